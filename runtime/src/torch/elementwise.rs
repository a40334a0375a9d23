//! Sums and products of tensors, with broadcasting of axes of size one.

use super::{Tensor, TorchError};

/// `a + b`.
pub fn add(a: &Tensor, b: &Tensor) -> Result<Tensor, TorchError> {
    Ok(a.f_add(b)?)
}

/// `a * b`.
pub fn mul(a: &Tensor, b: &Tensor) -> Result<Tensor, TorchError> {
    Ok(a.f_mul(b)?)
}

/// `factor * a`.
pub fn scale(a: &Tensor, factor: f64) -> Result<Tensor, TorchError> {
    Ok(a.f_mul(&constant(factor, a)?)?)
}

/// A number as a tensor of no axes, which changes the kind of no other: tch's operations with a scalar panic where
/// those with a tensor return an error.
pub(super) fn constant(value: f64, beside: &Tensor) -> Result<Tensor, TorchError> {
    Ok(Tensor::f_from_slice(&[value])?.f_reshape([0i64; 0])?.f_to_device(beside.device())?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::Kind;

    #[test]
    fn axes_of_size_one_broadcast() {
        let image = Tensor::from_slice(&[1.0, 2.0, 3.0, 4.0f64]).view([1, 2, 1, 2]);
        let gate = Tensor::from_slice(&[10.0, 0.5f64]).view([1, 2, 1, 1]);
        let flat = |t: Tensor| Vec::<f64>::try_from(t.flatten(0, -1)).unwrap();
        assert_eq!(flat(mul(&image, &gate).unwrap()), [10.0, 20.0, 1.5, 2.0]);
        assert_eq!(flat(add(&image, &gate).unwrap()), [11.0, 12.0, 3.5, 4.5]);
        assert!(add(&image, &Tensor::from_slice(&[1.0f64; 3])).is_err());
    }

    #[test]
    fn scaling_keeps_the_kind() {
        let scaled = scale(&Tensor::from_slice(&[1.0, 3.0f32]), 0.5).unwrap();
        assert_eq!(scaled.kind(), Kind::Float);
        assert_eq!(Vec::<f32>::try_from(scaled).unwrap(), [0.5, 1.5]);
    }
}
