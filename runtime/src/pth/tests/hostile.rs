//! Files that are refused, each for the reason that it says.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::build::{
    Entry, Pickle, Storage, View, archive, counted, deflated, entry, floats, old, old_head, zipped,
};
use crate::pth::{Limits, PthError, from_bytes, load};

fn refused(bytes: &[u8]) -> PthError {
    from_bytes(bytes, None, &Limits::of(bytes.len())).unwrap_err()
}

/// Refused with a message that has these words.
#[track_caller]
fn says(bytes: &[u8], words: &str) {
    let message = refused(bytes).to_string();
    assert!(message.contains(words), "{message:?} lacks {words:?}");
}

fn one(storage: &Storage, offset: i64, shape: &[i64], strides: &[i64]) -> Vec<u8> {
    Pickle::new().raw(b"}").text("w").tensor(storage, offset, shape, strides).raw(b"s").end()
}

/// A file of both formats whose pickle is this one.
fn both(pickle: &[u8]) -> [Vec<u8>; 2] {
    [zipped(pickle, &[]), old(pickle, &[])]
}

#[test]
fn nothing_is_executed() {
    let marker = std::env::temp_dir().join(format!("nasc-executed-{}", std::process::id()));
    let command = format!("touch {}", marker.display());
    for (module, name) in [
        ("os", "system"),
        ("posix", "system"),
        ("builtins", "eval"),
        ("subprocess", "Popen"),
        ("torch.nn.modules.module", "Module"),
        ("torch", "load"),
        ("torch._utils", "_rebuild_tensor_v3"),
        ("collections", "OrderedDict.__class__"),
    ] {
        let pickle = Pickle::new().global(module, name).raw(b"(").text(&command).raw(b"tR.").0;
        for bytes in both(&pickle) {
            assert_eq!(refused(&bytes), PthError::Global(format!("{module}.{name}")));
        }
        // Names from the stack are names too.
        let pickle = Pickle::new().text(module).text(name).raw(b"\x93").text(&command);
        let bytes = zipped(&pickle.raw(b"\x85R.").0, &[]);
        assert_eq!(refused(&bytes), PthError::Global(format!("{module}.{name}")));
    }
    assert!(!marker.exists());
}

#[test]
fn operations_outside_of_the_list_are_refused() {
    // Instances, extensions, objects, other reductions, other names of storages.
    for opcode in *b"io\x81\x92\x82\x83\x84P\x8b\x8d\x8e\x8f\x90\x91\x96\x97\x98IFSVLdlpg12" {
        for bytes in both(&[0x80, 2, opcode, b'.']) {
            assert!(matches!(refused(&bytes), PthError::Opcode { opcode: found, .. }
                if found == opcode));
        }
    }
    says(&zipped(b"\x80\x06N.", &[]), "protocol is 6");
}

#[test]
fn calls_of_what_is_no_function_are_refused() {
    for (pickle, words) in [
        (&b"\x80\x02N)R."[..], "no function"),
        (b"\x80\x02ccollections\nOrderedDict\nNR.", "without a tuple"),
        (b"\x80\x02ctorch\nFloatStorage\n)R.", "a storage of nothing"),
        (b"\x80\x02ccollections\nOrderedDict\nN\x85R.", "no list"),
        (b"\x80\x02]Nb.", "state of what is no dict"),
        (b"\x80\x02]NNs.", "what is no dict"),
        (b"\x80\x02}Na.", "no list"),
        (b"\x80\x02}(Nu.", "key without a value"),
        (b"\x80\x02a.", "empty stack"),
        (b"\x80\x02t.", "misses a mark"),
        (b"\x80\x02N(R.", "empty stack"),
        (b"\x80\x02h\x07.", "no memo 7"),
        (b"\x80\x02NQ.", "no tuple"),
        (b"\x80\x02)Q.", "lacks its class"),
        (b"\x80\x02X\xff\xff\xff\xffabc", "ends too early"),
        (b"\x80\x02X\x01\0\0\0\xff.", "not UTF-8"),
        (b"\x80\x02ctorch", "no end"),
        (b"\x80\x02", "ends too early"),
        (b"", "ends too early"),
    ] {
        says(&zipped(pickle, &[]), words);
    }
    says(&zipped(b"\x80\x02}.more", &[]), "follows its end");
    says(&zipped(b"\x80\x02].", &[]), "no dict");
    says(&zipped(b"\x80\x02}.", &[]), "no tensors");
}

#[test]
fn bombs_take_little() {
    // Ten lists, each of ten times the one before: there once, however often it is named.
    let mut laughs = Pickle::new().raw(b"}").text("w").raw(b"]q\x000");
    for level in 1..=10_u8 {
        laughs = laughs.raw(b"](");
        for _ in 0..10 {
            laughs = laughs.raw(&[b'h', level - 1]);
        }
        laughs = laughs.raw(&[b'e', b'q', level, b'0']);
    }
    says(&zipped(&laughs.raw(b"h\x0as.").0, &[]), "no tensors");

    // A dict in a dict in a dict, and one in itself.
    let deep = [b"}".repeat(100_000), b"N".repeat(100_000), b".".to_vec()].concat();
    says(&zipped(&deep, &[]), "no dict");
    let mut nested = Pickle::new();
    for _ in 0..10_000 {
        nested = nested.raw(b"}").text("state_dict");
    }
    says(&zipped(&nested.raw(b"}").raw(&b"s".repeat(10_000)).end(), &[]), "inside each other");
    let own = Pickle::new().raw(b"}q\0").text("state_dict").raw(b"h\0s").end();
    says(&zipped(&own, &[]), "inside each other");
    says(&zipped(&[&b"("[..], &b"(".repeat(1_000_000)].concat(), &[]), "ends too early");

    // A million values, and one large list of pairs of which a dict is made again and again.
    says(&zipped(&b"}".repeat(2_000_000), &[]), "the values of its pickle");
    let memos: Vec<u8> =
        (0..2_000_000_u32).flat_map(|index| [&b"r"[..], &index.to_le_bytes()].concat()).collect();
    says(&zipped(&[&b"N"[..], &memos].concat(), &[]), "the memo of its pickle");
    let pairs = Pickle::new().raw(b"](").raw(&b"NN\x86".repeat(10_000)).raw(b"e\x85q\0");
    let pairs = pairs.global("collections", "OrderedDict").raw(b"q\x01");
    let pairs = pairs.raw(&b"h\x01h\0R".repeat(10_000)).end();
    says(&zipped(&pairs, &[]), "the values of its pickle");
}

#[test]
fn tensors_stay_within_their_storage() {
    let storage = floats("0", 6);
    for (offset, shape, strides, words) in [
        (-1, &[1][..], &[1][..], "the offset of a tensor has the negative number -1"),
        (0, &[-3], &[1], "the shape of a tensor has the negative number -3"),
        (5, &[2], &[-1], "the strides of a tensor has the negative number -1"),
        (1, &[2, 3], &[3, 1], "tensor `w` reaches element 7 of the storage `0`, which has 6"),
        (0, &[2], &[6], "reaches element 7"),
        (7, &[], &[], "reaches element 8"),
        (i64::MAX, &[2], &[i64::MAX], "reaches"),
        (0, &[i64::MAX, i64::MAX], &[1, 1], "no memory holds"),
        (0, &[2], &[], "1 axes and 0 strides"),
        (0, &[1 << 40], &[0], "its tensors would pass the limit"),
    ] {
        let pickle = one(&storage, offset, shape, strides);
        says(&zipped(&pickle, &[("0", counted(6))]), words);
        says(&old(&pickle, &[("0", 6, counted(6))]), words);
    }
    says(&zipped(&one(&storage, 0, &[0; 65], &[0; 65]), &[("0", counted(6))]), "65 numbers");
    // Many tensors on one storage take what they take.
    let many = Pickle::new().raw(b"}(");
    let many = (0..200)
        .fold(many, |many, at| many.text(&format!("w{at}")).tensor(&storage, 0, &[1 << 20], &[0]));
    says(&zipped(&many.raw(b"u").end(), &[("0", counted(6))]), "its tensors would pass");
}

#[test]
fn storages_are_as_long_as_they_say() {
    for length in [5, 7] {
        let pickle = one(&floats("0", 6), 0, &[1], &[1]);
        says(&zipped(&pickle, &[("0", counted(length))]), "of 24 bytes");
    }
    let huge = one(&floats("0", i64::MAX), 0, &[1], &[1]);
    says(&zipped(&huge, &[("0", counted(1))]), "elements");
    says(&old(&huge, &[("0", i64::MAX as u64, counted(1))]), "elements");
    says(&zipped(&one(&floats("0", -4), 0, &[1], &[1]), &[]), "negative number -4");
    says(&zipped(&one(&floats("1", 1), 0, &[1], &[1]), &[("0", counted(1))]), "`1`, which is not");

    let pickle = one(&floats("0", 6), 0, &[1], &[1]);
    says(&old(&pickle, &[("0", 6, counted(5))]), "`0` of 24 bytes is truncated");
    says(&old(&pickle, &[("0", 5, counted(6))]), "another length");
    says(&old(&pickle, &[("0", 6, counted(7))]), "follows the last storage");
    says(&old(&pickle, &[("0", 6, counted(6)), ("0", 6, counted(6))]), "there twice");
    says(&old(&pickle, &[("1", 6, counted(6))]), "no tensor lies in the storage `1`");
    says(&old(&pickle, &[]), "`0`, which is not there");
    let outside = Storage { view: View::Part(4, 3), ..floats("0", 6) };
    says(&old(&one(&outside, 0, &[1], &[1]), &[("0", 6, counted(6))]), "outside of it");
    let two = Pickle::new().raw(b"}(").text("a").tensor(&floats("0", 6), 0, &[1], &[1]);
    let half = Storage { class: "HalfStorage", ..floats("0", 6) };
    let two = two.text("b").tensor(&half, 0, &[1], &[1]).raw(b"u").end();
    says(&old(&two, &[("0", 6, counted(6))]), "two types");
    says(&zipped(&two, &[("0", counted(6))]), "tensor `b`");
}

#[test]
fn types_without_use_are_refused_by_name() {
    for class in ["QInt8Storage", "ComplexFloatStorage", "UntypedStorage"] {
        let storage = Storage { class, ..floats("0", 1) };
        let bytes = zipped(&one(&storage, 0, &[1], &[1]), &[("0", counted(1))]);
        assert_eq!(refused(&bytes), PthError::Global(format!("torch.{class}")));
    }
}

#[test]
fn other_byte_orders_are_refused() {
    let pickle = one(&floats("0", 1), 0, &[1], &[1]);
    let entries =
        [entry("data.pkl", &pickle), entry("byteorder", b"big"), entry("data/0", &counted(1))];
    assert_eq!(refused(&archive(&entries)), PthError::BigEndian);
    assert_eq!(refused(&[old_head(false), pickle].concat()), PthError::BigEndian);
}

fn entries() -> Vec<Entry> {
    let pickle = one(&floats("0", 64), 0, &[64], &[1]);
    vec![entry("data.pkl", &pickle), deflated("data/0", &counted(64))]
}

/// The archive of [`entries`] with the storage changed.
fn changed(change: impl FnOnce(&mut Entry)) -> Vec<u8> {
    let mut entries = entries();
    change(&mut entries[1]);
    archive(&entries)
}

#[test]
fn damaged_archives_are_refused() {
    assert!(from_bytes(&changed(|_| ()), None, &Limits::of(0)).is_ok());
    says(&changed(|entry| entry.checksum ^= 1), "checksum of `archive/data/0`");
    says(&changed(|entry| entry.local_name.replace_range(0..1, "x")), "another name");
    says(&changed(|entry| entry.flags = 1), "encrypted");
    says(&changed(|entry| entry.method = 12), "method 12");
    says(&changed(|entry| entry.length += 4), "260 bytes");
    says(&changed(|entry| entry.length -= 4), "longer than its 252 bytes");
    says(&changed(|entry| entry.packed[3] ^= 0xff), "`archive/data/0`");
    says(&changed(|entry| entry.shares = Some(0)), "another name");
    says(&archive(&[entries(), entries()].concat()), "there twice");
    says(&archive(&entries()[1..]), "no `data.pkl`");
    let whole = changed(|_| ());
    for cut in 0..whole.len() {
        refused(&whole[..cut]);
    }
    says(b"not a file of weights", "begins as none does");
    says(b"", "begins as none does");
}

#[test]
fn entries_that_overlap_are_refused() {
    // The second entry stands inside the data of the first.
    let inner = archive(&[entry("data/0", &counted(1))]);
    let mut entries = vec![entry("data.pkl", &inner), entry("data/0", &counted(1))];
    entries[1].shares = Some(0);
    let mut bytes = archive(&entries);
    let place = bytes.len() - 22 - "archive/data/0".len() - 4;
    let begin = 30 + "archive/data.pkl".len() as u32;
    bytes[place..place + 4].copy_from_slice(&begin.to_le_bytes());
    says(&bytes, "overlap");
}

#[test]
fn zip_bombs_are_refused() {
    let zeros = vec![0; 4 << 20];
    let pickle = one(&floats("0", 1 << 20), 0, &[1], &[1]);
    let mut entries = vec![entry("data.pkl", &pickle), deflated("data/0", &zeros)];
    let bytes = archive(&entries);
    assert!(bytes.len() < 1 << 14);
    let limits = Limits { unpacked: 1 << 20, ..Limits::of(bytes.len()) };
    let error = from_bytes(&bytes, None, &limits).unwrap_err().to_string();
    assert!(error.contains("what its archive unpacks to would pass the limit"), "{error}");
    // What the directory hides is not unpacked either.
    entries[1].length = 1000;
    says(&archive(&entries), "longer than its 1000 bytes");
    entries[1].length = u32::MAX - 1;
    says(&archive(&entries), "would pass the limit");
}

#[test]
fn every_prefix_of_an_old_file_is_refused() {
    let storage = Storage { view: View::None, ..floats("0", 3) };
    let whole = old(&one(&storage, 0, &[3], &[1]), &[("0", 3, counted(3))]);
    assert!(from_bytes(&whole, None, &Limits::of(whole.len())).is_ok());
    for cut in 0..whole.len() {
        refused(&whole[..cut]);
    }
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evil.pth");
    std::fs::write(&path, zipped(b"\x80\x02cos\nsystem\n.", &[])).unwrap();
    let message = load(&path, None).unwrap_err().to_string();
    assert!(message.contains("evil.pth") && message.contains("`os.system`"), "{message}");
    let message = load(&folder.path().join("none.pth"), None).unwrap_err().to_string();
    assert!(message.contains("none.pth"), "{message}");
    assert!(load(folder.path(), None).is_err());
}
