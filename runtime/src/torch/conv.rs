//! Convolution.

use super::{Tensor, TorchError};

/// How a convolution moves over its input, per spatial axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stride {
    /// Places between two applications.
    pub stride: Vec<i64>,
    /// Zeros on both sides.
    pub padding: Vec<i64>,
    /// Places between two taps of the kernel.
    pub dilation: Vec<i64>,
}

/// Cross-correlation of `input` `[N, C, H, W]` (or `[N, C, T, H, W]`) with `weight` `[O, C / groups, kernel…]`, plus
/// `bias` `[O]`.
pub fn conv(
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    way: &Stride,
    groups: i64,
) -> Result<Tensor, TorchError> {
    let Stride { stride, padding, dilation } = way;
    Ok(match input.dim() {
        5 => input.f_conv3d(weight, bias, stride, padding, dilation, groups)?,
        _ => input.f_conv2d(weight, bias, stride, padding, dilation, groups)?,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{Device, Kind};

    #[test]
    fn a_box_filter_counts_what_it_covers() {
        let ones = |size: &[i64]| Tensor::ones(size, (Kind::Double, Device::Cpu));
        let way = Stride { stride: vec![2, 2], padding: vec![1, 1], dilation: vec![1, 1] };
        let bias = Tensor::from_slice(&[0.5, 0.0f64]);
        let output =
            conv(&ones(&[1, 4, 4, 4]), &ones(&[2, 2, 3, 3]), Some(&bias), &way, 2).unwrap();
        assert_eq!(output.size(), [1, 2, 2, 2]);
        let values = Vec::<f64>::try_from(output.flatten(0, -1)).unwrap();
        assert_eq!(values, [8.5, 12.5, 12.5, 18.5, 8.0, 12.0, 12.0, 18.0]);
    }

    #[test]
    fn five_axes_make_it_three_dimensional() {
        let ones = |size: &[i64]| Tensor::ones(size, (Kind::Double, Device::Cpu));
        let way = Stride { stride: vec![1; 3], padding: vec![1, 0, 0], dilation: vec![1, 2, 2] };
        let output = conv(&ones(&[1, 1, 2, 5, 5]), &ones(&[1, 1, 3, 3, 3]), None, &way, 1);
        let output = output.unwrap();
        assert_eq!(output.size(), [1, 1, 2, 1, 1]);
        assert_eq!(Vec::<f64>::try_from(output.flatten(0, -1)).unwrap(), [18.0, 18.0]);
    }

    #[test]
    fn a_wrong_shape_is_an_error() {
        let zeros = |size: &[i64]| Tensor::zeros(size, (Kind::Float, Device::Cpu));
        let way = Stride { stride: vec![1, 1], padding: vec![0, 0], dilation: vec![1, 1] };
        let refused = conv(&zeros(&[1, 3, 8, 8]), &zeros(&[4, 2, 3, 3]), None, &way, 1);
        assert!(matches!(refused, Err(TorchError::Refused(_))));
    }
}
