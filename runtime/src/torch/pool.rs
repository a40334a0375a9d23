//! Pooling over windows and over whole images.

use super::{Tensor, TorchError};

/// A window that moves over an image, per spatial axis: two axes pool `[N, C, H, W]`, three `[N, C, T, H, W]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Window {
    /// Places that a window covers.
    pub kernel: Vec<i64>,
    /// Places between two windows.
    pub stride: Vec<i64>,
    /// Places added on both sides.
    pub padding: Vec<i64>,
}

/// The largest value under each window; padding never wins.
pub fn max_pool(input: &Tensor, window: &Window) -> Result<Tensor, TorchError> {
    let Window { kernel, stride, padding } = window;
    Ok(match kernel.len() {
        3 => input.f_max_pool3d(kernel, stride, padding, [1, 1, 1], false)?,
        _ => input.f_max_pool2d(kernel, stride, padding, [1, 1], false)?,
    })
}

/// The mean under each window; with `count_padding` padded places count as zeros, without it they do not count.
pub fn avg_pool(
    input: &Tensor,
    window: &Window,
    count_padding: bool,
) -> Result<Tensor, TorchError> {
    let Window { kernel, stride, padding } = window;
    Ok(match kernel.len() {
        3 => input.f_avg_pool3d(kernel, stride, padding, false, count_padding, None)?,
        _ => input.f_avg_pool2d(kernel, stride, padding, false, count_padding, None)?,
    })
}

/// Means over `output` nearly equal parts of each spatial axis.
pub fn adaptive_avg_pool(input: &Tensor, output: &[i64]) -> Result<Tensor, TorchError> {
    Ok(match output.len() {
        3 => input.f_adaptive_avg_pool3d(output)?,
        _ => input.f_adaptive_avg_pool2d(output)?,
    })
}

/// The mean of each channel: `[N, C, H, W]` to `[N, C, 1, 1]`, with three spatial axes to `[N, C, 1, 1, 1]`.
pub fn global_avg_pool(input: &Tensor) -> Result<Tensor, TorchError> {
    adaptive_avg_pool(input, if input.dim() == 5 { &[1, 1, 1] } else { &[1, 1] })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn image() -> Tensor {
        Tensor::from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, -9.0f64]).view([1, 1, 3, 3])
    }

    fn values(tensor: Result<Tensor, TorchError>) -> Vec<f64> {
        Vec::try_from(tensor.unwrap().flatten(0, -1)).unwrap()
    }

    #[test]
    fn windows_take_maxima_and_means() {
        let window = Window { kernel: vec![3, 3], stride: vec![2, 2], padding: vec![1, 1] };
        assert_eq!(values(max_pool(&image(), &window)), [5.0, 6.0, 8.0, 8.0]);
        assert_eq!(values(avg_pool(&image(), &window, false)), [3.0, 4.0, 6.0, 2.5]);
        assert_eq!(
            values(avg_pool(&image(), &window, true)),
            [12.0 / 9.0, 16.0 / 9.0, 24.0 / 9.0, 10.0 / 9.0]
        );
    }

    #[test]
    fn whole_images_become_one_place() {
        let output = global_avg_pool(&image()).unwrap();
        assert_eq!(output.size(), [1, 1, 1, 1]);
        assert_eq!(output.double_value(&[0, 0, 0, 0]), 3.0);
        assert_eq!(values(adaptive_avg_pool(&image(), &[3, 1])), [2.0, 5.0, 2.0]);
        let video = image().unsqueeze(2).repeat([1, 1, 4, 1, 1]);
        assert_eq!(global_avg_pool(&video).unwrap().size(), [1, 1, 1, 1, 1]);
    }
}
