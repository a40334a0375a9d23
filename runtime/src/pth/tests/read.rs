//! Files that are read.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::build::{
    Entry, Pickle, Storage, View, archive, counted, deflated, entry, floats, old, zipped,
};
use crate::pth::{Limits, PthError, StateDict, from_bytes};
use crate::run::tensors::Dtype;

fn read(bytes: &[u8]) -> Result<StateDict, PthError> {
    from_bytes(bytes, None, &Limits::of(bytes.len()))
}

/// One tensor `w` in a plain dict.
fn one(storage: &Storage, offset: i64, shape: &[i64], strides: &[i64]) -> Vec<u8> {
    Pickle::new().raw(b"}").text("w").tensor(storage, offset, shape, strides).raw(b"s").end()
}

fn values(state: &StateDict, name: &str) -> Vec<f32> {
    let (_, tensor) = state.tensors.iter().find(|(known, _)| known == name).unwrap();
    assert_eq!(tensor.dtype, Dtype::F32);
    tensor.bytes.chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

fn names(state: &StateDict) -> Vec<&str> {
    state.tensors.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_plain_dict_is_read_in_both_formats() {
    let pickle = one(&floats("0", 6), 0, &[2, 3], &[3, 1]);
    let state = read(&zipped(&pickle, &[("0", counted(6))])).unwrap();
    assert_eq!(values(&state, "w"), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(state.tensors[0].1.shape, [2, 3]);
    assert!(state.entry.is_empty() && state.others.is_empty());

    let storage = Storage { view: View::None, ..floats("94", 6) };
    let pickle = one(&storage, 0, &[2, 3], &[3, 1]);
    assert_eq!(read(&old(&pickle, &[("94", 6, counted(6))])).unwrap(), state);
}

#[test]
fn an_ordered_dict_keeps_its_order_and_loses_its_versions() {
    let pickle = Pickle::new().ordered_dict().raw(b"q\x01(");
    let pickle = pickle.text("z").tensor(&floats("1", 1), 0, &[1], &[1]);
    let pickle = pickle.text("a").tensor(&floats("0", 1), 0, &[], &[]);
    let pickle = pickle.raw(b"u}").text("_metadata").ordered_dict().raw(b"sb").end();
    let state = read(&zipped(&pickle, &[("0", counted(1)), ("1", counted(1))])).unwrap();
    assert_eq!(names(&state), ["z", "a"]);
    assert_eq!(state.tensors[1].1.shape, [0_usize; 0]);
}

#[test]
fn ordered_dicts_of_python_2_are_lists_of_pairs() {
    let pair = Pickle::new().global("collections", "OrderedDict").raw(b"(](]").text("w");
    let pair = pair.raw(b"a").tensor(&floats("0", 2), 0, &[2], &[1]).raw(b"aetR").end();
    let state = read(&zipped(&pair, &[("0", counted(2))])).unwrap();
    assert_eq!(values(&state, "w"), [0.0, 1.0]);
}

#[test]
fn views_share_a_storage() {
    let storage = floats("0", 6);
    let pickle = Pickle::new().raw(b"}(").text("whole").tensor(&storage, 0, &[6], &[1]);
    let pickle = pickle.text("across").tensor(&storage, 0, &[3, 2], &[1, 3]);
    let pickle = pickle.text("tail").tensor(&storage, 4, &[2], &[1]).raw(b"u").end();
    let state = read(&zipped(&pickle, &[("0", counted(6))])).unwrap();
    assert_eq!(values(&state, "whole"), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(values(&state, "across"), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    assert_eq!(values(&state, "tail"), [4.0, 5.0]);
}

#[test]
fn parts_of_storages_of_the_old_format_are_read() {
    let storage = Storage { view: View::Part(2, 3), ..floats("7", 6) };
    let pickle = one(&storage, 1, &[2], &[1]);
    let state = read(&old(&pickle, &[("7", 6, counted(6))])).unwrap();
    assert_eq!(values(&state, "w"), [3.0, 4.0]);
}

#[test]
fn every_type_is_read() {
    let classes = [
        ("DoubleStorage", Dtype::F64),
        ("FloatStorage", Dtype::F32),
        ("HalfStorage", Dtype::F16),
        ("BFloat16Storage", Dtype::BF16),
        ("LongStorage", Dtype::I64),
        ("IntStorage", Dtype::I32),
        ("ShortStorage", Dtype::I16),
        ("CharStorage", Dtype::I8),
        ("ByteStorage", Dtype::U8),
        ("BoolStorage", Dtype::Bool),
    ];
    assert_eq!(classes.len(), Dtype::ALL.len());
    for (class, dtype) in classes {
        let storage = Storage { class, key: "0", length: 3, view: View::Absent };
        let data: Vec<u8> = (0..3 * dtype.bytes() as u8).collect();
        let state = read(&zipped(&one(&storage, 0, &[3], &[1]), &[("0", data.clone())])).unwrap();
        let tensor = &state.tensors[0].1;
        assert_eq!((tensor.dtype, &tensor.bytes), (dtype, &data), "{class}");
    }
}

#[test]
fn parameters_are_their_tensors() {
    let pickle = Pickle::new().raw(b"}").text("w").global("torch._utils", "_rebuild_parameter");
    let pickle = pickle.raw(b"(").tensor(&floats("0", 1), 0, &[1], &[1]).raw(b"\x88");
    let pickle = pickle.ordered_dict().raw(b"tRs").end();
    assert_eq!(names(&read(&zipped(&pickle, &[("0", counted(1))])).unwrap()), ["w"]);
}

#[test]
fn younger_pickles_are_read() {
    // Frames, short text, names from the stack, and a memo that counts by itself.
    let pickle = b"\x80\x04\x95\0\0\0\0\0\0\0\0}\x94\x8c\x01w\x94\x8c\x0ctorch._utils\x94\
        \x8c\x12_rebuild_tensor_v2\x94\x93\x94((\x8c\x07storage\x94\x8c\x05torch\x94\
        \x8c\x0cFloatStorage\x94\x93\x94\x8c\x010\x94\x8c\x03cpu\x94K\x01tQK\0K\x01\x85\x94K\x01\x85\
        \x89Nt\x94Rs.";
    let state = read(&zipped(pickle, &[("0", counted(1))])).unwrap();
    assert_eq!(values(&state, "w"), [0.0]);
}

/// A dict of one tensor `name`.
fn inner(pickle: Pickle, name: &str) -> Pickle {
    pickle.raw(b"}").text(name).tensor(&floats("0", 1), 0, &[1], &[1]).raw(b"s")
}

#[test]
fn checkpoints_are_opened() {
    let storages = [("0", counted(1))];
    let pickle = Pickle::new().raw(b"}(").text("epoch").int(90).text("best").raw(b"G12345678");
    let pickle = pickle.text("accuracy").tensor(&floats("0", 1), 0, &[], &[]);
    let pickle = inner(pickle.text("model_ema"), "ema");
    let pickle = inner(pickle.text("state_dict"), "w").text("args").raw(b"Nu").end();
    let bytes = zipped(&pickle, &storages);
    let state = read(&bytes).unwrap();
    assert_eq!(names(&state), ["w"]);
    assert_eq!(
        (&state.entry[..], &state.others[..]),
        (&["state_dict".to_owned()][..], &["model_ema".to_owned()][..])
    );
    let limits = Limits::of(bytes.len());
    let other = from_bytes(&bytes, Some("model_ema"), &limits).unwrap();
    assert_eq!((names(&other), &other.entry[..]), (vec!["ema"], &["model_ema".to_owned()][..]));
    let error = from_bytes(&bytes, Some("optimizer"), &limits).unwrap_err().to_string();
    assert!(error.contains("`optimizer`") && error.contains("`model_ema`"), "{error}");

    let twice = Pickle::new().raw(b"}").text("model").raw(b"}").text("state_dict");
    let twice = inner(twice, "w").raw(b"ss").end();
    let state = read(&zipped(&twice, &storages)).unwrap();
    assert_eq!(state.entry, ["model", "state_dict"]);
}

#[test]
fn deflated_archives_are_read() {
    let pickle = one(&floats("0", 500), 0, &[500], &[1]);
    let entries: Vec<Entry> = vec![
        deflated("data.pkl", &pickle),
        entry("byteorder", b"little"),
        deflated("data/0", &counted(500)),
    ];
    let state = read(&archive(&entries)).unwrap();
    assert_eq!(values(&state, "w")[499], 499.0);
}

#[test]
fn archives_with_wide_directories_are_read() {
    // The directory as `torch.save` writes it: sizes in 64 bits, a second end, and its locator.
    let pickle = one(&floats("0", 1), 0, &[1], &[1]);
    let narrow = zipped(&pickle, &[("0", counted(1))]);
    let end = narrow.len() - 22;
    let count = u64::from(narrow[end + 10]);
    let first = u64::from(u32::from_le_bytes(narrow[end + 16..end + 20].try_into().unwrap()));
    let mut wide = narrow[..end].to_vec();
    wide.extend(b"PK\x06\x06");
    wide.extend(44_u64.to_le_bytes());
    wide.extend([0; 12]);
    wide.extend(count.to_le_bytes());
    wide.extend(count.to_le_bytes());
    wide.extend((end as u64 - first).to_le_bytes());
    wide.extend(first.to_le_bytes());
    wide.extend(b"PK\x06\x07\0\0\0\0");
    wide.extend((end as u64).to_le_bytes());
    wide.extend(1_u32.to_le_bytes());
    wide.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
    assert_eq!(read(&wide).unwrap(), read(&narrow).unwrap());
}
