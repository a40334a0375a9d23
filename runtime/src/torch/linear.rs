//! The fully connected layer.

use super::{Tensor, TorchError};

/// `input` `[N, I]` times the transpose of `weight` `[O, I]`, plus `bias` `[O]`.
pub fn linear(
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
) -> Result<Tensor, TorchError> {
    Ok(input.f_linear(weight, bias)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn rows_of_the_weight_are_outputs() {
        let input = Tensor::from_slice2(&[[1.0, 2.0f64]]);
        let weight = Tensor::from_slice2(&[[3.0, 4.0f64], [5.0, 6.0], [0.0, 1.0]]);
        let bias = Tensor::from_slice(&[0.0, 1.0, -2.0f64]);
        let output = linear(&input, &weight, Some(&bias)).unwrap();
        assert_eq!(Vec::<f64>::try_from(output.view(-1)).unwrap(), [11.0, 18.0, 0.0]);
    }
}
