//! Files that are written.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::pth::{Limits, WritePthError, from_bytes, load, save, to_bytes};
use crate::run::tensors::{Dtype, RawTensor};

fn sample() -> Vec<(String, RawTensor)> {
    let shapes = [&[][..], &[0, 3], &[2, 3], &[1, 2, 2, 1]];
    let all = Dtype::ALL.into_iter().enumerate();
    all.map(|(at, dtype)| {
        let shape = shapes[at % shapes.len()].to_vec();
        let length = shape.iter().product::<usize>() * dtype.bytes();
        let bytes = (0..length as u8).map(|byte| byte.wrapping_add(at as u8)).collect();
        (format!("z{}.größe", 20 - at), RawTensor { dtype, shape, bytes })
    })
    .collect()
}

#[test]
fn what_is_written_is_read() {
    let tensors = sample();
    let bytes = to_bytes(&tensors).unwrap();
    let state = from_bytes(&bytes, None, &Limits::of(bytes.len())).unwrap();
    assert_eq!(state.tensors, tensors);
    assert_eq!(to_bytes(&tensors).unwrap(), bytes);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pth");
    save(&path, &tensors).unwrap();
    assert_eq!(load(&path, None).unwrap().tensors, tensors);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

/// `load_state_dict` of some networks looks at versions, and that of every normalisation.
#[test]
fn modules_have_versions() {
    let tensor = |shape: &[usize]| RawTensor {
        dtype: Dtype::U8,
        shape: shape.to_vec(),
        bytes: vec![0; shape.iter().product()],
    };
    let names = ["a.weight", "b.weight", "b.num_batches_tracked"];
    let bytes = to_bytes(&names.map(|name| (name.to_owned(), tensor(&[])))).unwrap();
    let version = |module: &[u8], version: u8| {
        let length = (module.len() as u32).to_le_bytes();
        let item = [b"X", &length[..], module, b"}X\x07\0\0\0versionK", &[version], b"s"].concat();
        bytes.windows(item.len()).any(|window| window == item)
    };
    assert!(version(b"", 1) && version(b"a", 1) && version(b"b", 2));
}

#[test]
fn data_is_aligned() {
    let tensor = RawTensor { dtype: Dtype::U8, shape: vec![5], bytes: b"vwxyz".to_vec() };
    let bytes = to_bytes(&[("a".to_owned(), tensor)]).unwrap();
    let at = bytes.windows(5).position(|window| window == b"vwxyz").unwrap();
    assert_eq!(at % 64, 0);
}

#[test]
fn wrong_tensors_are_not_written() {
    let mut tensors = sample();
    tensors[2].1.bytes.pop();
    assert!(matches!(to_bytes(&tensors), Err(WritePthError::Size(name)) if name == tensors[2].0));
    let mut tensors = sample();
    tensors[2].0 = tensors[1].0.clone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pth");
    std::fs::write(&path, "old").unwrap();
    assert!(matches!(save(&path, &tensors), Err(WritePthError::Twice(_))));
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}
