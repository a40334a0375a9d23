//! Standardised weights: convolutions that need no normalisation behind them.

use super::elementwise::constant;
use super::{Kind, Tensor, TorchError};

/// A weight `[O, I / groups, kernel…]` with mean 0 and standard deviation 1 in each filter: `(w - mean) / (std + eps)`,
/// the deviation being the population's. The gradient goes through mean and deviation.
///
/// With a `gamma` the result is multiplied by `gamma / sqrt(fan-in)`, so that an output has the variance of an input
/// times `gamma` squared (Brock et al. 2021, "High-performance large-scale image recognition without normalization");
/// without one it is plain weight standardisation (Qiao et al. 2019).
pub fn standardised(weight: &Tensor, gamma: Option<f64>, eps: f64) -> Result<Tensor, TorchError> {
    let axes: Vec<i64> = (1..weight.dim() as i64).collect();
    let mean = weight.f_mean_dim(&axes[..], true, None::<Kind>)?;
    let deviation = weight.f_std_dim(&axes[..], false, true)?;
    let divisor = deviation.f_add(&constant(eps, weight)?)?;
    let standard = weight.f_sub(&mean)?.f_div(&divisor)?;
    let Some(gamma) = gamma else { return Ok(standard) };
    let fan_in: i64 = weight.size().iter().skip(1).product();
    Ok(standard.f_mul(&constant(gamma / (fan_in as f64).sqrt(), weight)?)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{backward, from_slice};

    fn flat(tensor: &Tensor) -> Vec<f64> {
        Vec::try_from(tensor.flatten(0, -1)).unwrap()
    }

    #[test]
    fn filters_get_mean_zero_and_the_deviation_asked_for() {
        let weight = from_slice(&[1.0, 2.0, 3.0, 6.0, -4.0, 0.0, 0.0, 4.0], &[2, 4, 1, 1]).unwrap();
        for (gamma, deviation) in [(None, 1.0), (Some(1.7), 1.7 / 2.0)] {
            let standard = standardised(&weight, gamma, 0.0).unwrap();
            for filter in flat(&standard).chunks(4) {
                assert!(filter.iter().sum::<f64>().abs() < 1e-12);
                let square = filter.iter().map(|x| x * x).sum::<f64>() / 4.0;
                assert!((square.sqrt() - deviation).abs() < 1e-12);
            }
        }
        // `eps` is added to the deviation, not to the variance: (-4, 0, 0, 4) deviates by sqrt(8).
        let standard = standardised(&weight, None, 1.0).unwrap();
        assert!((flat(&standard)[7] - 4.0 / (8.0f64.sqrt() + 1.0)).abs() < 1e-12);
    }

    /// One weight per filter has no deviation: the result is zero, and so is its gradient, not NaN.
    #[test]
    fn a_constant_filter_becomes_zero() {
        let weight = from_slice(&[3.0, -1.0], &[2, 1, 1, 1]).unwrap().set_requires_grad(true);
        let standard = standardised(&weight, Some(1.0), 1e-5).unwrap();
        assert_eq!(flat(&standard), [0.0, 0.0]);
        backward(&standard.sum(Kind::Double)).unwrap();
        assert_eq!(flat(&weight.grad()), [0.0, 0.0]);
    }
}
