//! Bounding of gradients before a step.

use crate::torch::{self, Tensor, TorchError};
use serde::{Deserialize, Serialize};

use super::selection::lies_at;

/// What bounds the gradients of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Clip {
    /// All gradients are scaled together, so that their joint Euclidean norm is at most this.
    Norm(f64),
    /// Every element is brought into this distance of zero by itself.
    Value(f64),
    /// Every unit of a gradient is shortened to a share of the length of the unit that it moves (Brock et al.,
    /// "High-Performance Large-Scale Image Recognition Without Normalization", ICML 2021). A unit is what one output
    /// has of a tensor; a tensor of one axis is a unit as a whole.
    Adaptive {
        /// The share.
        #[serde(default = "hundredth")]
        factor: f64,
        /// A unit of a tensor counts as at least this long, so that zeros can be left.
        #[serde(default = "thousandth")]
        eps: f64,
        /// What is left alone, as in [`Selection::Paths`](super::Selection::Paths): the classifier, in all published
        /// networks.
        #[serde(default)]
        except: Vec<String>,
    },
}

fn hundredth() -> f64 {
    1e-2
}

fn thousandth() -> f64 {
    1e-3
}

impl Clip {
    /// What its numbers lack, if anything, as the end of a sentence.
    pub fn fault(&self) -> Option<&'static str> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        match *self {
            Self::Norm(limit) | Self::Value(limit) => {
                (!positive(limit)).then_some("needs limits above 0")
            }
            Self::Adaptive { factor, eps, .. } => {
                (!positive(factor) || !positive(eps)).then_some("needs a factor and an eps above 0")
            }
        }
    }
}

/// Bounds the gradients of those parameters, given with their paths, that have one, in this order, and gives their
/// joint norm *before* all of it.
///
/// The norm is not finite where a gradient is not; scaling then spreads NaN over all of them, so the caller looks at
/// the norm before it takes the step.
pub fn clip(parameters: &[(&str, &Tensor)], by: &[Clip]) -> Result<f64, TorchError> {
    let all: Vec<&Tensor> = parameters.iter().map(|(_, tensor)| *tensor).collect();
    let first = torch::gradient_norm(&all)?;
    // Another transform in between changes it.
    let mut norm = Some(first);
    for by in by {
        match by {
            // The small term is PyTorch's; it keeps results equal to the bit.
            Clip::Norm(limit) => {
                let found = norm.take().map_or_else(|| torch::gradient_norm(&all), Ok)?;
                let factor = limit / (found + 1e-6);
                if factor < 1.0 || factor.is_nan() {
                    torch::scale_gradients(&all, factor)?;
                }
            }
            Clip::Value(limit) => torch::clamp_gradients(&all, *limit)?,
            Clip::Adaptive { factor, eps, except } => {
                let is_left = |path: &str| except.iter().any(|pattern| lies_at(pattern, path));
                let bounded = parameters.iter().filter(|(path, _)| !is_left(path));
                let bounded: Vec<&Tensor> = bounded.map(|(_, tensor)| *tensor).collect();
                torch::clip_units(&bounded, *factor, *eps)?;
            }
        }
        norm = None;
    }
    Ok(first)
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

    fn named<'a>(parameters: &[&'a Tensor]) -> Vec<(&'a str, &'a Tensor)> {
        parameters.iter().map(|parameter| ("p", *parameter)).collect()
    }

    fn gradient(parameter: &Tensor) -> Vec<f64> {
        Vec::try_from(parameter.grad()).unwrap()
    }

    #[test]
    fn a_long_gradient_is_scaled_as_a_whole() {
        let [a, b, c] = parameters();
        assert_eq!(clip(&named(&[&a, &b, &c]), &[Clip::Norm(1.0)]).unwrap(), 5.0);
        let factor = 1.0 / (5.0 + 1e-6);
        assert_eq!(gradient(&a), [3.0 * factor, 0.0]);
        assert_eq!(gradient(&b), [0.0, 4.0 * factor]);
        assert!(!c.grad().defined());
    }

    #[test]
    fn a_short_one_keeps_its_bits() {
        let [a, b, c] = parameters();
        assert_eq!(clip(&named(&[&a, &b, &c]), &[Clip::Norm(6.0)]).unwrap(), 5.0);
        assert_eq!(gradient(&a), [3.0, 0.0]);
    }

    #[test]
    fn values_are_bounded_one_by_one() {
        let [a, b, c] = parameters();
        assert_eq!(clip(&named(&[&a, &b, &c]), &[Clip::Value(3.5)]).unwrap(), 5.0);
        assert_eq!((gradient(&a), gradient(&b)), (vec![3.0, 0.0], vec![0.0, 3.5]));
    }

    #[test]
    fn without_any_gradient_nothing_happens() {
        let [_, _, c] = parameters();
        assert_eq!(clip(&named(&[&c]), &[Clip::Norm(1.0)]).unwrap(), 0.0);
        assert_eq!(clip(&[], &[Clip::Value(1.0)]).unwrap(), 0.0);
    }

    #[test]
    fn a_gradient_that_is_not_finite_shows_in_the_norm() {
        let a = Tensor::from_slice(&[0.0f64]).set_requires_grad(true);
        torch::backward(&(&a * f64::NAN).sum(a.kind())).unwrap();
        assert!(clip(&named(&[&a]), &[Clip::Norm(1.0)]).unwrap().is_nan());
    }

    #[test]
    fn transforms_follow_each_other() {
        let [a, b, _] = parameters();
        let by = [Clip::Value(3.0), Clip::Norm(3.0)];
        assert_eq!(clip(&named(&[&a, &b]), &by).unwrap(), 5.0);
        // (3, 0) and (0, 3) after the first; that is what the second measures.
        let factor = 3.0 / (18.0_f64.sqrt() + 1e-6);
        assert!((gradient(&a)[0] - 3.0 * factor).abs() < 1e-12);
        assert!((gradient(&b)[1] - 3.0 * factor).abs() < 1e-12);
    }

    /// Against the published code of "BNN - BN = ?" (CVPRW 2021).
    #[test]
    fn units_are_bounded_by_what_they_move() {
        let vectors = include_str!("../../../tests/vectors/bnn_nobn.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        let shapes: [(&str, &[i64]); 5] = [
            ("conv(2,2,1,2)", &[2, 2, 1, 2]),
            ("linear(2,3)", &[2, 3]),
            ("vec(3)", &[3]),
            ("learnable_bias(1,3,1,1)=0", &[1, 3, 1, 1]),
            ("gain(2,1,1,1)", &[2, 1, 1, 1]),
        ];
        let by = |except: &[&str]| Clip::Adaptive {
            factor: 0.02,
            eps: 1e-3,
            except: except.iter().map(|path| (*path).to_owned()).collect(),
        };
        for (case, shape) in shapes {
            let numbers = |name: &str| -> Vec<f64> {
                serde_json::from_value(vectors["agc"][case][name].clone()).unwrap()
            };
            let (slopes, expected) = (numbers("g"), numbers("g_clipped_factor0.02"));
            let parameter = torch::from_slice(&numbers("p"), shape).unwrap();
            let parameter = parameter.set_requires_grad(true);
            let slope = torch::from_slice(&slopes, shape).unwrap();
            torch::backward(&(&parameter * slope).sum(parameter.kind())).unwrap();
            let found = || Vec::<f64>::try_from(parameter.grad().flatten(0, -1)).unwrap();
            let named = [("body.weight", &parameter)];
            clip(&named, &[by(&["body"])]).unwrap();
            assert_eq!(found(), slopes, "an exception");
            clip(&named, &[by(&["head"])]).unwrap();
            for ((found, expected), slope) in found().iter().zip(&expected).zip(&slopes) {
                assert!((found - expected).abs() <= 1e-15 + 1e-10 * expected.abs(), "{case}");
                assert!(found == slope || expected != slope, "short units keep every bit: {case}");
            }
        }
    }

    #[test]
    fn bounds_without_meaning_are_told() {
        assert_eq!(Clip::Norm(5.0).fault(), None);
        assert!(Clip::Value(0.0).fault().is_some());
        assert!(Clip::Norm(f64::NAN).fault().is_some());
        let read: Clip = ron::from_str("adaptive(factor: 0.02, except: [\"head\"])").unwrap();
        assert_eq!(read.fault(), None);
        let read: Clip = ron::from_str("adaptive(eps: 0)").unwrap();
        assert!(read.fault().is_some());
    }
}
