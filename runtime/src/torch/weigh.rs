//! Small vectors that weigh large tensors.

use super::{Device, Kind, Tensor, TorchError};

/// A vector `[D]` of numbers.
///
/// # Errors
/// It does not fit into memory.
pub fn row(numbers: &[f64], (kind, device): (Kind, Device)) -> Result<Tensor, TorchError> {
    Ok(Tensor::f_from_slice(numbers)?.f_to_kind(kind)?.f_to_device(device)?)
}

/// Weights of channels, `[C]` or `[N, C]` (one may stand for all channels), in a shape that multiplies `tensor`
/// `[N, C, …]`.
///
/// # Errors
/// libtorch gave out.
pub fn beside(weights: &Tensor, tensor: &Tensor) -> Result<Tensor, TorchError> {
    let mut shape = weights.size();
    if shape.len() < 2 {
        shape.insert(0, 1);
    }
    shape.resize(tensor.dim().max(2), 1);
    if tensor.dim() < 2 {
        shape.truncate(tensor.dim());
    }
    Ok(weights.f_reshape(&shape)?)
}
