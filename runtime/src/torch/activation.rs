//! Activation functions, element by element, and softmax.

use super::{Tensor, TorchError};

/// `max(x, 0)`.
pub fn relu(input: &Tensor) -> Result<Tensor, TorchError> {
    Ok(input.f_relu()?)
}

/// `min(max(x, 0), 6)`.
pub fn relu6(input: &Tensor) -> Result<Tensor, TorchError> {
    Ok(input.f_relu6()?)
}

/// `x * relu6(x + 3) / 6` (MobileNet V3, section 5.2).
pub fn hard_swish(input: &Tensor) -> Result<Tensor, TorchError> {
    Ok(input.f_hardswish()?)
}

/// `relu6(x + 3) / 6`.
pub fn hard_sigmoid(input: &Tensor) -> Result<Tensor, TorchError> {
    Ok(input.f_hardsigmoid()?)
}

/// `1 / (1 + exp(-x))`.
pub fn sigmoid(input: &Tensor) -> Result<Tensor, TorchError> {
    Ok(input.f_sigmoid()?)
}

/// `x * sigmoid(x)`.
pub fn swish(input: &Tensor) -> Result<Tensor, TorchError> {
    Ok(input.f_silu()?)
}

/// `x * Φ(x)` with the exact normal distribution, not its tanh approximation.
pub fn gelu(input: &Tensor) -> Result<Tensor, TorchError> {
    Ok(input.f_gelu("none")?)
}

/// The hyperbolic tangent.
pub fn tanh(input: &Tensor) -> Result<Tensor, TorchError> {
    Ok(input.f_tanh()?)
}

/// `x` where it is positive, `slope * x` elsewhere; one slope in all or one per channel.
pub fn prelu(input: &Tensor, slope: &Tensor) -> Result<Tensor, TorchError> {
    Ok(input.f_prelu(slope)?)
}

/// Exponentials along `axis` that sum to one.
pub fn softmax(input: &Tensor, axis: i64) -> Result<Tensor, TorchError> {
    Ok(input.f_softmax(axis, None)?)
}

/// Softmax over `runs` equal runs of the channels of `[N, C, …]`: the values at one place of all runs sum to one.
/// `runs` divides the number of channels.
pub fn softmax_over_runs(input: &Tensor, runs: i64) -> Result<Tensor, TorchError> {
    let size = input.size();
    let Some(&channels) = size.get(1).filter(|&&channels| runs > 0 && channels % runs == 0) else {
        return Err(TorchError::Refused(format!("a tensor {size:?} has no {runs} equal runs")));
    };
    let apart = input.f_unflatten(1, [runs, channels / runs])?;
    Ok(apart.f_softmax(1, None)?.f_flatten(1, 2)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    type Activation = fn(&Tensor) -> Result<Tensor, TorchError>;

    /// Values at -4, -1, 0, 0.5 and 7, worked out by hand or from tables.
    #[test]
    fn each_has_its_published_values() {
        let input = Tensor::from_slice(&[-4.0, -1.0, 0.0, 0.5, 7.0f64]);
        let cases: [(&str, Activation, [f64; 5]); 9] = [
            ("relu", relu, [0.0, 0.0, 0.0, 0.5, 7.0]),
            ("relu6", relu6, [0.0, 0.0, 0.0, 0.5, 6.0]),
            ("hard_swish", hard_swish, [0.0, -1.0 / 3.0, 0.0, 0.5 * 3.5 / 6.0, 7.0]),
            ("hard_sigmoid", hard_sigmoid, [0.0, 1.0 / 3.0, 0.5, 3.5 / 6.0, 1.0]),
            ("sigmoid", sigmoid, [0.017_986_21, 0.268_941_42, 0.5, 0.622_459_33, 0.999_088_95]),
            ("swish", swish, [-0.071_944_84, -0.268_941_42, 0.0, 0.311_229_67, 6.993_622_64]),
            ("gelu", gelu, [-0.000_126_69, -0.158_655_25, 0.0, 0.345_731_23, 7.0]),
            ("tanh", tanh, [-0.999_329_3, -0.761_594_16, 0.0, 0.462_117_16, 0.999_998_34]),
            ("prelu", |x| prelu(x, &Tensor::from_slice(&[0.25f64])), [-1.0, -0.25, 0.0, 0.5, 7.0]),
        ];
        for (name, activation, expected) in cases {
            let output = Vec::<f64>::try_from(activation(&input).unwrap()).unwrap();
            for (found, expected) in output.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-7, "{name}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn softmax_sums_to_one() {
        let rows = softmax(&Tensor::from_slice2(&[[1.0, 2.0f64], [5.0, 5.0]]), 1).unwrap();
        assert!((rows.double_value(&[0, 1]) - 1.0 / (1.0 + (-1.0f64).exp())).abs() < 1e-12);
        assert_eq!(rows.double_value(&[1, 0]), 0.5);
    }

    const SPLIT_ATTENTION: &str = include_str!("../../../tests/vectors/split_attention.json");

    /// With one group of channels the published softmax over the radix is the one over runs.
    #[test]
    fn runs_share_each_place() {
        let vectors: serde_json::Value = serde_json::from_str(SPLIT_ATTENTION).unwrap();
        let vectors = &vectors["rsoftmax"];
        let numbers =
            |name: &str| -> Vec<f64> { serde_json::from_value(vectors[name].clone()).unwrap() };
        let input = Tensor::from_slice(&numbers("in")).view([1, 8, 1, 1]);
        for runs in [2, 4] {
            let found = softmax_over_runs(&input, runs).unwrap();
            assert_eq!(found.size(), [1, 8, 1, 1]);
            let found = Vec::<f64>::try_from(found.flatten(0, -1)).unwrap();
            for (found, expected) in found.iter().zip(numbers(&format!("radix{runs}_card1"))) {
                assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
            }
        }
        for runs in [0, 3, -2] {
            assert!(softmax_over_runs(&input, runs).is_err());
        }
    }
}
