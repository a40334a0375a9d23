//! The reference networks of the library against torchvision's, with the same weights.
//!
//! `tests/torchvision_outputs.py` computes the vector, and says how weights and images are filled.

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::Role;
use nasc_runtime::program::Norms;
use nasc_runtime::supernet::{Entry, Supernet};
use nasc_runtime::torch::{self, Tensor};
use serde_json::Value;

use crate::compiled::{PRECISE, space};
use crate::fill::{assert_close, fill, numbers, vectors};

/// The value that tensor `number` of the state dict has.
pub fn value(entry: &Entry, number: i64) -> Tensor {
    let shape: Vec<i64> = entry.shape.iter().map(|&length| length as i64).collect();
    match entry.role {
        Role::NormWeight => fill(&shape, number, 0.2) + 1.0,
        Role::RunningVar => fill(&shape, number, 0.5) + 1.0,
        Role::Bias | Role::NormBias | Role::RunningMean => fill(&shape, number, 0.2),
        _ => {
            let per_output: i64 = shape.iter().skip(1).product();
            fill(&shape, number, (24.0 / per_output as f64).sqrt())
        }
    }
}

fn check(name: &str, size: i64, expected: &Value) {
    let net = Supernet::new(
        space(&format!("std/seeds/{name}"), true, &[("size", &size.to_string())]),
        PRECISE,
    );
    let net = net.unwrap();
    let _guard = torch::no_grad();
    for (number, (entry, tensor)) in
        net.store().entries().iter().zip(net.store().tensors()).enumerate()
    {
        tensor.shallow_clone().copy_(&value(entry, number as i64));
    }
    let images = fill(&[2, 3, size, size], 9999, 4.0);
    let outputs = net.forward(&Arch::default(), &[images], &mut Norms::Eval, false).unwrap();
    let logits = &outputs[0];
    assert_eq!(logits.size(), [2, 1000], "{name}");
    for (image, first) in expected["first"].as_array().unwrap().iter().enumerate() {
        let row = logits.select(0, image as i64);
        let found = Vec::<f64>::try_from(row.narrow(0, 0, 8)).unwrap();
        assert_close(&found, &numbers(first), name);
        let sum = row.sum(row.kind()).double_value(&[]);
        assert_close(&[sum], &numbers(&expected["sums"])[image..=image], name);
    }
}

#[test]
fn seeds_compute_what_torchvisions_networks_do() {
    let vectors = vectors("torchvision_outputs");
    let size = vectors["size"].as_i64().unwrap();
    let models = vectors["models"].as_object().unwrap();
    assert_eq!(models.len(), 7);
    for (name, expected) in models {
        check(name, size, expected);
    }
}
