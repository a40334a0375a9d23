#![expect(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::Value as Json;

use super::*;
use crate::optimise::{Group, Optimiser, Settings, Untouched};
use crate::torch::{self, Tensor};

const VECTORS: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/optimisers.json"));

fn filled(count: usize, a: f64, b: f64) -> Vec<f64> {
    (0..count).map(|k| (a * k as f64 + b).sin()).collect()
}

fn parse<T: serde::de::DeserializeOwned>(json: &Json) -> T {
    serde_json::from_value(json.clone()).unwrap()
}

/// The weights of one case of the vectors after every step.
fn weights(case: &Json, touched: &[usize]) -> Vec<Vec<Vec<f64>>> {
    let rule: Rule = parse(&case["rule"]);
    let untouched: Untouched = parse(&case["untouched"]);
    let groups: Vec<Group> = parse(&case["groups"]);
    let rates: Vec<f64> = parse(&case["rates"]);
    let first = torch::from_slice(&filled(6, 0.7, 0.3), &[2, 3]).unwrap();
    let second = torch::from_slice(&filled(4, 1.1, 0.2), &[4]).unwrap();
    let tensors = [first, second].map(|tensor| tensor.set_requires_grad(true));
    let named = tensors.iter().zip(groups).enumerate();
    let named = named.map(|(i, (tensor, group))| (format!("p{i}"), tensor.shallow_clone(), group));
    let mut optimiser = Optimiser::new(Settings { rule, untouched }, named).unwrap();
    let mut after = Vec::new();
    for (step, rate) in rates.into_iter().enumerate() {
        torch::drop_gradients(&[&tensors[0], &tensors[1]]).unwrap();
        for (number, tensor) in tensors.iter().enumerate() {
            if number == 0 || touched.contains(&step) {
                let slopes = filled(tensor.numel(), 0.5, 0.9 * step as f64 + number as f64);
                let slopes = torch::from_slice(&slopes, &tensor.size()).unwrap();
                torch::backward(&(tensor * slopes).sum(tensor.kind())).unwrap();
            }
        }
        optimiser.step(&[0, 1], rate).unwrap();
        let values = |tensor: &Tensor| Vec::try_from(tensor.detach().flatten(0, -1)).unwrap();
        after.push(tensors.iter().map(values).collect());
    }
    after
}

#[test]
fn every_rule_follows_pytorch() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    let touched: Vec<usize> = parse(&vectors["touched"]);
    let written: Vec<usize> = parse(&vectors["written"]);
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let expected: Vec<Vec<Vec<f64>>> = parse(&case["weights"]);
        let all = weights(case, &touched);
        let found: Vec<_> = written.iter().map(|&step| &all[step]).collect();
        assert_eq!(found.len(), expected.len());
        let pairs = found.into_iter().flatten().flatten().zip(expected.iter().flatten().flatten());
        for (found, expected) in pairs {
            assert!(
                (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
                "{found} for {expected}: {} {}",
                case["rule"],
                case["untouched"]
            );
        }
    }
    assert_eq!(cases.len(), 56);
}

#[test]
fn a_recipe_may_leave_the_numbers_out() {
    let read = |text: &str| ron::from_str::<Rule>(text).unwrap();
    assert_eq!(read("sgd()"), Rule::default());
    assert_eq!(read("adamw(eps: 0.1)"), Rule::AdamW { betas: (0.9, 0.999), eps: 0.1 });
    assert_eq!(
        read("rmsprop(tensorflow: true)"),
        Rule::RmsProp {
            smoothing: 0.9,
            momentum: 0.9,
            eps: 1e-3,
            centred: false,
            tensorflow: true
        }
    );
    for rule in [read("sgd(nesterov: true)"), read("adam(betas: (0.5, 0.9))"), read("rmsprop()")] {
        assert_eq!(read(&ron::to_string(&rule).unwrap()), rule);
    }
}

#[test]
fn numbers_without_meaning_are_told() {
    let fault = |text| ron::from_str::<Rule>(text).unwrap().fault();
    for sound in ["sgd()", "sgd(momentum: 0)", "adam()", "adamw()", "rmsprop()"] {
        assert_eq!(fault(sound), None);
    }
    for text in ["sgd(momentum: -0.1)", "sgd(momentum: NaN)", "rmsprop(momentum: 1)"] {
        assert_eq!(fault(text), Some("needs a momentum of at least 0 and below 1"));
    }
    assert!(fault("sgd(momentum: 0, nesterov: true)").unwrap().contains("nesterov"));
    assert!(fault("adam(betas: (0.9, 1.0))").unwrap().contains("betas"));
    assert!(fault("adamw(eps: 0)").unwrap().contains("eps"));
    assert!(fault("rmsprop(smoothing: 1)").unwrap().contains("smoothing"));
}
