//! Normalisation by the batch and by groups of channels.

use super::{Tensor, TorchError};

/// What a batch normalisation works with besides its input.
#[derive(Debug, Clone, Copy)]
pub struct BatchNorm<'a> {
    /// Gamma `[C]`; ones where absent.
    pub weight: Option<&'a Tensor>,
    /// Beta `[C]`; zeros where absent.
    pub bias: Option<&'a Tensor>,
    /// Running mean and running (unbiased) variance, `[C]` each. Without them the batch's own are always used.
    pub running: Option<(&'a Tensor, &'a Tensor)>,
    /// Whether to normalise by the batch and to move the running statistics towards it.
    pub training: bool,
    /// The share of the batch in the moved statistics: `running = (1 - momentum) * running + momentum * batch`.
    pub momentum: f64,
    /// Added to the variance under the root.
    pub eps: f64,
}

/// Normalises each channel of `input` `[N, C, …]`.
///
/// In training the running statistics are changed in place.
pub fn batch_norm(input: &Tensor, with: BatchNorm<'_>) -> Result<Tensor, TorchError> {
    let BatchNorm { weight, bias, running, training, momentum, eps } = with;
    let (mean, variance) = running.unzip();
    let by_batch = training || running.is_none();
    Ok(input.f_batch_norm(weight, bias, mean, variance, by_batch, momentum, eps, true)?)
}

/// Normalises each image of `input` `[N, C, …]` by itself, over `groups` equal runs of its channels, and then scales by
/// `weight` `[C]` and shifts by `bias` `[C]`.
pub fn group_norm(
    input: &Tensor,
    groups: i64,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Result<Tensor, TorchError> {
    Ok(input.f_group_norm(groups, weight, bias, eps, true)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    const PLAIN: BatchNorm<'static> = BatchNorm {
        weight: None,
        bias: None,
        running: None,
        training: true,
        momentum: 0.1,
        eps: 0.0,
    };

    fn input() -> Tensor {
        Tensor::from_slice2(&[[1.0, 10.0f64], [3.0, 30.0]])
    }

    fn values(tensor: &Tensor) -> Vec<f64> {
        Vec::try_from(tensor.flatten(0, -1)).unwrap()
    }

    fn close(found: &Tensor, expected: &[f64]) -> bool {
        values(found).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12)
    }

    #[test]
    fn training_normalises_by_the_batch_and_moves_the_statistics() {
        let (mean, variance) =
            (Tensor::from_slice(&[0.0, 5.0f64]), Tensor::from_slice(&[1.0f64; 2]));
        let output = batch_norm(&input(), BatchNorm { running: Some((&mean, &variance)), ..PLAIN });
        assert!(close(&output.unwrap(), &[-1.0, -1.0, 1.0, 1.0]));
        // Means 2 and 20; unbiased variances 2 and 200.
        assert!(close(&mean, &[0.2, 6.5]));
        assert!(close(&variance, &[1.1, 20.9]));
    }

    #[test]
    fn evaluation_uses_the_statistics_and_leaves_them() {
        let (mean, variance) =
            (Tensor::from_slice(&[1.0, 0.0f64]), Tensor::from_slice(&[4.0, 100.0f64]));
        let (gamma, beta) =
            (Tensor::from_slice(&[2.0, 1.0f64]), Tensor::from_slice(&[0.0, 7.0f64]));
        let output = batch_norm(
            &input(),
            BatchNorm {
                weight: Some(&gamma),
                bias: Some(&beta),
                running: Some((&mean, &variance)),
                training: false,
                ..PLAIN
            },
        );
        assert_eq!(values(&output.unwrap()), [0.0, 8.0, 2.0, 10.0]);
        assert_eq!(values(&mean), [1.0, 0.0]);
    }

    #[test]
    fn without_statistics_evaluation_uses_the_batch() {
        let output = batch_norm(&input(), BatchNorm { training: false, ..PLAIN });
        assert!(close(&output.unwrap(), &[-1.0, -1.0, 1.0, 1.0]));
    }

    #[test]
    fn groups_of_channels_are_normalised_image_by_image() {
        let input =
            Tensor::from_slice(&[1.0, 3.0, 5.0, 9.0, 0.0, 8.0, 4.0, 2.0f64]).view([2, 4, 1, 1]);
        let (gamma, beta) = (
            Tensor::from_slice(&[1.0, 1.0, 1.0, 2.0f64]),
            Tensor::from_slice(&[0.0, 0.0, 0.5, 0.0f64]),
        );
        let output = group_norm(&input, 2, Some(&gamma), Some(&beta), 0.0).unwrap();
        assert!(close(&output, &[-1.0, 1.0, -0.5, 2.0, -1.0, 1.0, 1.5, -2.0]));
        assert!(group_norm(&input, 3, None, None, 1e-5).is_err());
    }
}
