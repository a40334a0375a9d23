//! Binarised activations and weights, with the gradients that train them.
//!
//! A sign has no useful derivative: each function here computes with the sign and passes the gradient of something
//! smooth (straight through). The value itself is never rounded by that.
//!
//! Source: Chen et al. 2021, "BNN - BN = ?", and its published code.

use super::elementwise::constant;
use super::{Kind, Tensor, TorchError, shim};

/// `sign(x + shift)`, with `sign(0) = 0`.
///
/// The gradient reaches `x` and `shift` multiplied by the derivative of a piecewise parabola at `u = x + shift`:
/// `2 + 2u` on `[-1, 0)`, `2 - 2u` on `[0, 1)`, zero elsewhere.
pub fn rsign(input: &Tensor, shift: &Tensor) -> Result<Tensor, TorchError> {
    shim::sign(&input.f_add(shift)?)
}

/// `prelu(x + before) + after` with one slope per channel.
pub fn rprelu(
    input: &Tensor,
    before: &Tensor,
    slope: &Tensor,
    after: &Tensor,
) -> Result<Tensor, TorchError> {
    Ok(input.f_add(before)?.f_prelu(slope)?.f_add(after)?)
}

/// A convolution's weight `[O, I / groups, kernel…]` as `s * sign(w)`, where `s` is each filter's mean of `|w|`.
///
/// The gradient reaches `w` as it is where `|w| <= 1`, and not elsewhere; none goes through `s`.
pub fn binarised(weight: &Tensor) -> Result<Tensor, TorchError> {
    let plain = weight.f_detach()?;
    let axes: Vec<i64> = (1..weight.dim() as i64).collect();
    let size = plain.f_abs()?.f_mean_dim(&axes[..], true, None::<Kind>)?;
    let hard = size.f_mul(&plain.f_sign()?)?;
    if !weight.requires_grad() {
        return Ok(hard);
    }
    let (low, high) = (constant(-1.0, weight)?, constant(1.0, weight)?);
    let inside = weight.f_clamp_tensor(Some(&low), Some(&high))?;
    // The difference is exactly zero, so nothing is rounded, and has the gradient of the clamped weight.
    let nothing = inside.f_sub(&inside.f_detach()?)?;
    Ok(hard.f_add(&nothing)?)
}

#[cfg(test)]
mod tests;
