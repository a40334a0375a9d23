//! Bounding of gradients before a step.

use crate::torch::{self, Tensor, TorchError};
use serde::{Deserialize, Serialize};

/// What bounds the gradients of a step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clip {
    /// All gradients are scaled together, so that their joint Euclidean norm is at most this.
    Norm(f64),
    /// Every element is brought into this distance of zero by itself.
    Value(f64),
}

/// Bounds the gradients of those `parameters` that have one, and gives their joint norm *before*.
///
/// The norm is not finite where a gradient is not; scaling then spreads NaN over all of them, so the caller looks at
/// the norm before it takes the step.
pub fn clip(parameters: &[&Tensor], by: Clip) -> Result<f64, TorchError> {
    let norm = torch::gradient_norm(parameters)?;
    match by {
        // The small term is PyTorch's; it keeps results equal to the bit.
        Clip::Norm(limit) => {
            let factor = limit / (norm + 1e-6);
            if factor < 1.0 || factor.is_nan() {
                torch::scale_gradients(parameters, factor)?;
            }
        }
        Clip::Value(limit) => torch::clamp_gradients(parameters, limit)?,
    }
    Ok(norm)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// Parameters with the gradients (3, 0), (0, 4) and none.
    fn parameters() -> [Tensor; 3] {
        let parameter = || Tensor::from_slice(&[0.0, 0.0f64]).set_requires_grad(true);
        let (a, b, c) = (parameter(), parameter(), parameter());
        let slopes = [Tensor::from_slice(&[3.0, 0.0f64]), Tensor::from_slice(&[0.0, 4.0f64])];
        let [p, q] = slopes;
        torch::backward(&(a.dot(&p) + b.dot(&q))).unwrap();
        [a, b, c]
    }

    fn gradient(parameter: &Tensor) -> Vec<f64> {
        Vec::try_from(parameter.grad()).unwrap()
    }

    #[test]
    fn a_long_gradient_is_scaled_as_a_whole() {
        let [a, b, c] = parameters();
        assert_eq!(clip(&[&a, &b, &c], Clip::Norm(1.0)).unwrap(), 5.0);
        let factor = 1.0 / (5.0 + 1e-6);
        assert_eq!(gradient(&a), [3.0 * factor, 0.0]);
        assert_eq!(gradient(&b), [0.0, 4.0 * factor]);
        assert!(!c.grad().defined());
    }

    #[test]
    fn a_short_one_keeps_its_bits() {
        let [a, b, c] = parameters();
        assert_eq!(clip(&[&a, &b, &c], Clip::Norm(6.0)).unwrap(), 5.0);
        assert_eq!(gradient(&a), [3.0, 0.0]);
    }

    #[test]
    fn values_are_bounded_one_by_one() {
        let [a, b, c] = parameters();
        assert_eq!(clip(&[&a, &b, &c], Clip::Value(3.5)).unwrap(), 5.0);
        assert_eq!((gradient(&a), gradient(&b)), (vec![3.0, 0.0], vec![0.0, 3.5]));
    }

    #[test]
    fn without_any_gradient_nothing_happens() {
        let [_, _, c] = parameters();
        assert_eq!(clip(&[&c], Clip::Norm(1.0)).unwrap(), 0.0);
        assert_eq!(clip(&[], Clip::Value(1.0)).unwrap(), 0.0);
    }

    #[test]
    fn a_gradient_that_is_not_finite_shows_in_the_norm() {
        let a = Tensor::from_slice(&[0.0f64]).set_requires_grad(true);
        torch::backward(&(&a * f64::NAN).sum(a.kind())).unwrap();
        assert!(clip(&[&a], Clip::Norm(1.0)).unwrap().is_nan());
    }
}
