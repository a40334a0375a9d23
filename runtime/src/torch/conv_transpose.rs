//! Transposed convolution.

use super::{Tensor, TorchError};

/// How a transposed convolution moves over its output, per spatial axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Spread {
    /// Places of the output between two places of the input.
    pub stride: Vec<i64>,
    /// Places cut off on both sides.
    pub padding: Vec<i64>,
    /// Places added at the end.
    pub output_padding: Vec<i64>,
}

/// The gradient of a convolution with respect to its input: `input` `[N, C, H, W]` (or `[N, C, T, H, W]`) with `weight`
/// `[C, O / groups, kernel…]`, plus `bias` `[O]`. A spatial axis of `n` places gets
/// `(n - 1) * stride - 2 * padding + kernel + output_padding`.
pub fn conv_transpose(
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    spread: &Spread,
    groups: i64,
) -> Result<Tensor, TorchError> {
    let Spread { stride, padding, output_padding: end } = spread;
    Ok(match input.dim() {
        5 => input.f_conv_transpose3d(weight, bias, stride, padding, end, groups, [1, 1, 1])?,
        _ => input.f_conv_transpose2d(weight, bias, stride, padding, end, groups, [1, 1])?,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{Device, Kind, Stride, backward, conv, from_slice};

    fn noise(size: &[i64]) -> Tensor {
        Tensor::randn(size, (Kind::Double, Device::Cpu))
    }

    fn same(count: usize, value: i64) -> Vec<i64> {
        vec![value; count]
    }

    /// What the name says: the gradient of the convolution that the weight belongs to.
    #[test]
    fn it_is_the_gradient_of_a_convolution() {
        for (axes, kernel, stride, pad, groups) in
            [(2, 4, 2, 1, 1), (2, 3, 1, 1, 2), (2, 3, 2, 0, 1), (3, 2, 2, 0, 1)]
        {
            let spatial = |value| same(axes, value);
            let weight = noise(&[vec![4, 6 / groups], spatial(kernel)].concat());
            let input = noise(&[vec![2, 4], spatial(5)].concat());
            let end = spatial(0);
            let spread =
                Spread { stride: spatial(stride), padding: spatial(pad), output_padding: end };
            let output = conv_transpose(&input, &weight, None, &spread, groups).unwrap();
            let length = (5 - 1) * stride - 2 * pad + kernel;
            assert_eq!(output.size(), [vec![2, 6], spatial(length)].concat());
            let image = noise(&output.size()).set_requires_grad(true);
            let way =
                Stride { stride: spatial(stride), padding: spatial(pad), dilation: spatial(1) };
            let there = conv(&image, &weight, None, &way, groups).unwrap();
            backward(&(there * &input).sum(Kind::Double)).unwrap();
            assert!((image.grad() - output).abs().max().double_value(&[]) < 1e-12);
        }
    }

    #[test]
    fn the_end_and_the_bias_are_added() {
        let ones = |size: &[i64]| Tensor::ones(size, (Kind::Double, Device::Cpu));
        let spread = Spread { stride: same(2, 2), padding: same(2, 0), output_padding: vec![0, 1] };
        let bias = from_slice(&[0.5], &[1]).unwrap();
        let output =
            conv_transpose(&ones(&[1, 1, 1, 2]), &ones(&[1, 1, 1, 2]), Some(&bias), &spread, 1);
        let values = Vec::<f64>::try_from(output.unwrap().flatten(0, -1)).unwrap();
        assert_eq!(values, [1.5, 1.5, 1.5, 1.5, 0.5]);
    }
}
