//! Files that Python wrote, in every form; `tests/pth_fixtures.py` makes them and says what they hold.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use crate::pth::{StateDict, load};
use crate::run::tensors::{Dtype, RawTensor};
use half::{bf16, f16};

const NAMES: [&str; 8] = [
    "0.weight",
    "1.weight",
    "1.bias",
    "1.running_mean",
    "1.running_var",
    "1.num_batches_tracked",
    "2.weight",
    "2.bias",
];
const SHAPES: [&[usize]; 8] = [&[3, 2, 1, 2], &[3], &[3], &[3], &[3], &[], &[2, 3], &[2]];

fn file(name: &str) -> StateDict {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/pth");
    load(&folder.join(name), None).unwrap()
}

/// Element `k` of tensor `number`.
fn element(number: usize, k: usize) -> i64 {
    (5 * k + 3 * number) as i64 % 17 - 8
}

fn bytes(dtype: Dtype, value: i64) -> Vec<u8> {
    let float = value as f32;
    match dtype {
        Dtype::Bool => vec![u8::from(value != 0)],
        Dtype::U8 => vec![value.unsigned_abs() as u8],
        Dtype::I8 => (value as i8).to_le_bytes().to_vec(),
        Dtype::I16 => (value as i16).to_le_bytes().to_vec(),
        Dtype::I32 => (value as i32).to_le_bytes().to_vec(),
        Dtype::I64 => value.to_le_bytes().to_vec(),
        Dtype::F16 => f16::from_f32(float).to_le_bytes().to_vec(),
        Dtype::BF16 => bf16::from_f32(float).to_le_bytes().to_vec(),
        Dtype::F32 => float.to_le_bytes().to_vec(),
        Dtype::F64 => f64::from(float).to_le_bytes().to_vec(),
    }
}

fn tensor(dtype: Dtype, shape: &[usize], elements: impl IntoIterator<Item = i64>) -> RawTensor {
    let bytes = elements.into_iter().flat_map(|value| bytes(dtype, value)).collect();
    RawTensor { dtype, shape: shape.to_vec(), bytes }
}

/// The module of the script in a type, each name behind `prefix`.
fn module(dtype: Dtype, prefix: &str) -> Vec<(String, RawTensor)> {
    let tensors = NAMES.iter().zip(SHAPES).enumerate().map(|(number, (name, shape))| {
        let count = shape.iter().product();
        let tensor = if shape.is_empty() {
            tensor(Dtype::I64, shape, [7])
        } else {
            tensor(dtype, shape, (0..count).map(|k| element(number, k)))
        };
        (format!("{prefix}{name}"), tensor)
    });
    tensors.collect()
}

#[test]
fn modules_are_read_from_every_form() {
    for ending in ["", "_old"] {
        for name in ["ordered", "plain", "state_dict", "model", "model_ema"] {
            let state = file(&format!("{name}{ending}.pth"));
            assert_eq!(state.tensors, module(Dtype::F32, ""), "{name}{ending}");
            let entry: &[&str] = if ["ordered", "plain"].contains(&name) { &[] } else { &[name] };
            assert_eq!(state.entry, entry, "{name}{ending}");
        }
        for (name, dtype) in [("f64", Dtype::F64), ("f16", Dtype::F16), ("bf16", Dtype::BF16)] {
            assert_eq!(file(&format!("{name}{ending}.pth")).tensors, module(dtype, ""), "{name}");
        }
    }
    assert_eq!(file("wrapped.pth").tensors, module(Dtype::F32, "module."));
    let trained = module(Dtype::F32, "").into_iter();
    let trained: Vec<_> = trained
        .filter(|(name, _)| !name.contains("running") && !name.contains("num_batches"))
        .collect();
    assert_eq!(file("parameters.pth").tensors, trained);
}

#[test]
fn every_type_is_read() {
    let types = [
        ("float64", Dtype::F64),
        ("float32", Dtype::F32),
        ("float16", Dtype::F16),
        ("bfloat16", Dtype::BF16),
        ("int64", Dtype::I64),
        ("int32", Dtype::I32),
        ("int16", Dtype::I16),
        ("int8", Dtype::I8),
        ("uint8", Dtype::U8),
        ("bool", Dtype::Bool),
    ];
    let expected: Vec<(String, RawTensor)> = types
        .into_iter()
        .enumerate()
        .map(|(number, (name, dtype))| {
            (name.to_owned(), tensor(dtype, &[2, 3], (0..6).map(|k| element(number, k))))
        })
        .collect();
    for name in ["types.pth", "types_old.pth"] {
        assert_eq!(file(name).tensors, expected, "{name}");
    }
}

#[test]
fn views_are_read_as_they_look() {
    let at = |row: usize, column: usize| element(1, 6 * row + column);
    let grid = |rows: Vec<usize>, columns: Vec<usize>| {
        let (height, width) = (rows.len(), columns.len());
        let elements = rows.into_iter().flat_map(|row| columns.iter().map(move |&c| at(row, c)));
        tensor(Dtype::F32, &[height, width], elements.collect::<Vec<_>>())
    };
    let across = (0..6).flat_map(|column| (0..4).map(move |row| at(row, column)));
    let image = RawTensor { shape: vec![1, 4, 2, 3], ..grid(vec![0, 1, 2, 3], (0..6).collect()) };
    let expected = [
        ("whole", grid(vec![0, 1, 2, 3], (0..6).collect())),
        ("across", tensor(Dtype::F32, &[6, 4], across)),
        ("corner", grid(vec![1, 2], vec![2, 3, 4])),
        ("steps", grid(vec![0, 1, 2, 3], vec![0, 2, 4])),
        ("spread", grid(vec![0, 0, 0], (0..6).collect())),
        ("image", image),
        ("empty", tensor(Dtype::F32, &[0, 6], [])),
        ("scalar", tensor(Dtype::F32, &[], [at(2, 3)])),
    ];
    let expected = expected.map(|(name, tensor)| (name.to_owned(), tensor));
    for name in ["views.pth", "views_old.pth"] {
        assert_eq!(file(name).tensors, expected, "{name}");
    }
}
