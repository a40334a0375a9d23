//! The deterministic numbers that the vectors were computed with.

use nasc_runtime::supernet::Supernet;
use nasc_runtime::torch::{self, Kind, Tensor};
use serde_json::Value;

/// Element k, in row-major order, of tensor number `s` with amplitude `a`.
pub fn fill(shape: &[i64], s: i64, a: f64) -> Tensor {
    let count: i64 = shape.iter().product();
    let element = |k: i64| {
        let residue = (37 * k * k + 7919 * k + 104_729 * s + 12_345) % 10_007;
        a * (residue as f64 / 10_007.0 - 0.5)
    };
    torch::from_slice(&(0..count).map(element).collect::<Vec<_>>(), shape).unwrap()
}

/// Fills the trained tensors, numbered in elaboration order.
pub fn fill_weights(net: &Supernet) {
    let _guard = torch::no_grad();
    for (number, (_, entry, tensor)) in net.store().trainable().enumerate() {
        let shape = tensor.size();
        let fan: i64 = shape.iter().skip(1).product();
        let a = if entry.shape.len() == 2 { 1.0 } else { 4.0 / (fan as f64).sqrt() };
        tensor.shallow_clone().copy_(&fill(&shape, number as i64, a));
    }
}

/// Sum and Euclidean norm.
pub fn sum_l2(tensor: &Tensor) -> [f64; 2] {
    [tensor.sum(Kind::Double), tensor.square().sum(Kind::Double).sqrt()]
        .map(|value| value.double_value(&[]))
}

/// A file of `tests/vectors`.
pub fn vectors(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Agreement to 1e-9, relative for large numbers.
pub fn assert_close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs() / expected.abs().max(1.0);
        assert!(error < 1e-9, "{what}: {found} for {expected}");
    }
}
