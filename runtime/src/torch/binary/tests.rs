//! Against the published code's outputs and gradients, in double precision.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::torch::{Stride, backward, conv, from_slice, standardised};
use serde_json::Value;

const VECTORS: &str = include_str!("../../../../tests/vectors/bnn_nobn.json");

fn case(name: &str) -> Value {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    all[name].clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn tensor(value: &Value, shape: &[i64]) -> Tensor {
    from_slice(&numbers(value), shape).unwrap()
}

/// Element i is `off + s * sin(a * i + b)`.
fn fill(a: f64, b: f64, s: f64, off: f64, shape: &[i64]) -> Tensor {
    let count: i64 = shape.iter().product();
    let elements: Vec<f64> = (0..count).map(|i| off + s * (a * i as f64 + b).sin()).collect();
    from_slice(&elements, shape).unwrap()
}

fn leaf(tensor: Tensor) -> Tensor {
    tensor.set_requires_grad(true)
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.flatten(0, -1)).unwrap()
}

/// Agreement to 1e-10, relative for large numbers.
fn assert_close(found: &Tensor, expected: &Value, what: &str) {
    let (found, expected) = (flat(found), numbers(expected));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let error = (found - expected).abs() / expected.abs().max(1.0);
        assert!(error < 1e-10, "{what}: {found} for {expected}");
    }
}

#[test]
fn a_sign_passes_the_slope_of_a_parabola() {
    let case = case("binary_activation");
    let input = leaf(tensor(&case["x"], &[13]));
    let output = rsign(&input, &from_slice(&[0.0], &[1]).unwrap()).unwrap();
    assert_eq!(flat(&output), numbers(&case["y"]));
    backward(&output.sum(Kind::Double)).unwrap();
    assert_close(&input.grad(), &case["dy_dx"], "derivative");
}

#[test]
fn a_shifted_sign() {
    let case = case("rsign");
    let input = leaf(tensor(&case["x"], &[1, 2, 1, 3]));
    let shift = leaf(tensor(&case["bias_added"], &[1, 2, 1, 1]));
    let output = rsign(&input, &shift).unwrap();
    assert_eq!(flat(&output), numbers(&case["y"]));
    backward(&(output * tensor(&case["upstream"], &[1, 2, 1, 3])).sum(Kind::Double)).unwrap();
    assert_close(&input.grad(), &case["dx"], "dx");
    assert_close(&shift.grad(), &case["dbias"], "dbias");
}

#[test]
fn a_shifted_prelu() {
    let case = case("rprelu");
    let input = leaf(tensor(&case["x"], &[1, 2, 1, 3]));
    let before = leaf(tensor(&case["bias_in"], &[1, 2, 1, 1]));
    let slope = leaf(tensor(&case["slope"], &[2]));
    let after = leaf(tensor(&case["bias_out"], &[1, 2, 1, 1]));
    let output = rprelu(&input, &before, &slope, &after).unwrap();
    assert_close(&output, &case["y"], "y");
    let upstream = from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1, 2, 1, 3]).unwrap();
    backward(&(output * upstream).sum(Kind::Double)).unwrap();
    assert_close(&input.grad(), &case["dx"], "dx");
    assert_close(&before.grad(), &case["dbias_in"], "dbias_in");
    assert_close(&slope.grad(), &case["dslope"], "dslope");
    assert_close(&after.grad(), &case["dbias_out"], "dbias_out");
}

fn padded_by_one(input: &Tensor, weight: &Tensor) -> Tensor {
    let way = Stride { stride: vec![1, 1], padding: vec![1, 1], dilation: vec![1, 1] };
    conv(input, weight, None, &way, 1).unwrap()
}

#[test]
fn a_convolution_with_binarised_weights() {
    let case = case("hard_binary_conv");
    let weight = leaf(fill(0.9, 0.3, 1.3, 0.0, &[2, 2, 3, 3]));
    assert_close(&weight, &case["w"], "w");
    let input = leaf(fill(0.7, 0.1, 1.0, 0.0, &[1, 2, 3, 3]).sign());
    let binary = binarised(&weight).unwrap();
    let sizes = binary.abs().amax([1, 2, 3], false);
    assert_close(&sizes, &case["alpha_mean_abs"], "alpha");
    let output = padded_by_one(&input, &binary);
    assert_close(&output, &case["y"], "y");
    let upstream = fill(0.5, 0.2, 1.0, 0.0, &[1, 2, 3, 3]);
    backward(&(output * upstream).sum(Kind::Double)).unwrap();
    assert_close(&weight.grad(), &case["dw"], "dw");
    assert_close(&input.grad(), &case["dx"], "dx");
}

/// Convolutions `[3, 2, 3, 3]` of `[1, 2, 4, 4]` with standardised weights, binarised or not.
fn standardised_case(name: &str, is_binary: bool) {
    let (real, case) = (case("scaled_std_conv2d"), case(name));
    let weight = leaf(fill(0.9, 0.3, 0.4, 0.05, &[3, 2, 3, 3]));
    let gain = leaf(tensor(&real["gain"], &[3, 1, 1, 1]));
    let input = fill(0.7, 0.1, 1.0, 0.0, &[1, 2, 4, 4]);
    let input = leaf(if is_binary { input.sign() } else { input });
    let standard = standardised(&weight, Some(1.0), 1e-5).unwrap();
    let (used, listed) = if is_binary {
        (binarised(&standard).unwrap() * &gain, &case["w_used"])
    } else {
        (standard * &gain, &case["w_hat"])
    };
    assert_close(&used, listed, "weight");
    let output = padded_by_one(&input, &used);
    assert_close(&output, &case["y"], "y");
    let upstream = fill(0.5, 0.2, 1.0, 0.0, &[1, 3, 4, 4]);
    backward(&(output * upstream).sum(Kind::Double)).unwrap();
    assert_close(&weight.grad(), &case["dw"], "dw");
    assert_close(&gain.grad(), &case["dgain"], "dgain");
    assert_close(&input.grad(), &case["dx"], "dx");
}

#[test]
fn a_convolution_with_standardised_weights() {
    standardised_case("scaled_std_conv2d", false);
}

#[test]
fn a_convolution_with_standardised_and_then_binarised_weights() {
    standardised_case("hard_binary_scaled_std_conv2d", true);
}

/// Values of very different sizes would be rounded by a sum that does not cancel exactly.
#[test]
fn values_are_exact_with_and_without_gradients() {
    let values = from_slice(&[1e-30f32, -0.3, 0.7, -1e20, 0.1, 3.0], &[2, 3]).unwrap();
    let shift = from_slice(&[0.0f32], &[1]).unwrap();
    let signs = [1.0, -1.0, 1.0, -1.0, 1.0, 1.0];
    for input in [values.shallow_clone(), leaf(values.copy())] {
        let output = rsign(&input, &shift).unwrap();
        assert_eq!(output.requires_grad(), input.requires_grad());
        assert_eq!(flat(&output), signs);
    }
    let [plain, learned] =
        [values.shallow_clone(), leaf(values)].map(|weight| binarised(&weight).unwrap());
    assert!(crate::torch::bit_equal(&plain, &learned).unwrap());
}

/// The gradient passes at `|w| = 1` and stops beyond.
#[test]
fn a_weight_of_one_still_learns() {
    let weight = leaf(from_slice(&[1.0, -1.0, 1.0 + 1e-12, 0.0], &[1, 4]).unwrap());
    backward(&binarised(&weight).unwrap().sum(Kind::Double)).unwrap();
    assert_eq!(flat(&weight.grad()), [1.0, 1.0, 0.0, 1.0]);
}

#[test]
fn a_sign_keeps_the_memory_order_of_images_and_of_their_gradients() {
    use crate::torch::{channels_last, is_channels_last};
    let input = fill(0.7, 0.1, 1.5, 0.0, &[2, 3, 4, 4]);
    let input = leaf(channels_last(&input).unwrap());
    let shift = from_slice(&[0.1, 0.0, -0.2], &[1, 3, 1, 1]).unwrap();
    let output = rsign(&input, &shift).unwrap();
    assert!(is_channels_last(&output).unwrap());
    backward(&(&output * &input.detach()).sum(Kind::Double)).unwrap();
    assert!(is_channels_last(&input.grad()).unwrap());
}

#[test]
fn a_wrong_shape_is_an_error() {
    let input = fill(0.7, 0.1, 1.5, 0.0, &[2, 3]);
    assert!(rsign(&input, &from_slice(&[0.0; 4], &[4]).unwrap()).is_err());
}
