//! The calls of `csrc/shim.cpp`: what tch does not offer.
//!
//! All `unsafe` of the shim is here. Pointers go down only for the length of a call, as lists whose lengths agree; the
//! C++ side lets no exception out and takes no ownership, and what it returns through an `out` is owned here.
#![expect(unsafe_code, reason = "calls of C++")]

use super::{Tensor, TorchError};
use std::ffi::{CStr, c_char, c_int};
use torch_sys::C_tensor;

unsafe extern "C" {
    fn nasc_last_error() -> *const c_char;
    fn nasc_sgd_step(
        parameters: *const *const C_tensor,
        buffers: *const *mut C_tensor,
        count: i64,
        rate: f64,
        momentum: f64,
        decay: f64,
        nesterov: c_int,
    ) -> c_int;
    fn nasc_drop_gradients(parameters: *const *const C_tensor, count: i64) -> c_int;
    fn nasc_gradient_norm(parameters: *const *const C_tensor, count: i64, norm: *mut f64) -> c_int;
    fn nasc_scale_gradients(parameters: *const *const C_tensor, count: i64, factor: f64) -> c_int;
    fn nasc_clamp_gradients(parameters: *const *const C_tensor, count: i64, limit: f64) -> c_int;
    fn nasc_channels_last(tensor: *const C_tensor, out: *mut *mut C_tensor) -> c_int;
    fn nasc_is_channels_last(tensor: *const C_tensor, answer: *mut c_int) -> c_int;
    fn nasc_sign(input: *const C_tensor, out: *mut *mut C_tensor) -> c_int;
    fn nasc_exact_kernels(exact: c_int) -> c_int;
    fn nasc_seed_draws(seed: u64) -> c_int;
    fn nasc_dropout_mask(like: *const C_tensor, probability: f64, out: *mut *mut C_tensor)
    -> c_int;
    fn nasc_cuda_peak_bytes(index: c_int, bytes: *mut i64) -> c_int;
}

/// The numbers of one step of stochastic gradient descent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SgdStep {
    /// The learning rate.
    pub rate: f64,
    /// The share of the old momentum that is kept; without any, no buffer is made.
    pub momentum: f64,
    /// Added to a gradient as this multiple of its parameter.
    pub weight_decay: f64,
    /// Whether to look ahead along the momentum.
    pub nesterov: bool,
}

/// Updates, in place, those `parameters` that have a gradient, and their momentum `buffers`. A buffer is an undefined
/// tensor until the first step of its parameter. Parameters without a gradient, and their buffers, keep every bit.
///
/// # Panics
/// When there is not one buffer per parameter.
pub fn sgd_step(
    parameters: &[&Tensor],
    buffers: &mut [&mut Tensor],
    step: SgdStep,
) -> Result<(), TorchError> {
    assert_eq!(parameters.len(), buffers.len(), "each parameter has one buffer");
    let SgdStep { rate, momentum, weight_decay, nesterov } = step;
    let parameters = pointers(parameters);
    let buffers: Vec<_> = buffers.iter_mut().map(|buffer| buffer.as_mut_ptr()).collect();
    checked(unsafe {
        nasc_sgd_step(
            parameters.as_ptr(),
            buffers.as_ptr(),
            parameters.len() as i64,
            rate,
            momentum,
            weight_decay,
            c_int::from(nesterov),
        )
    })
}

pub(super) fn drop_gradients(parameters: &[&Tensor]) -> Result<(), TorchError> {
    let list = pointers(parameters);
    checked(unsafe { nasc_drop_gradients(list.as_ptr(), list.len() as i64) })
}

pub(super) fn gradient_norm(parameters: &[&Tensor]) -> Result<f64, TorchError> {
    let list = pointers(parameters);
    let mut norm = 0.0;
    checked(unsafe { nasc_gradient_norm(list.as_ptr(), list.len() as i64, &raw mut norm) })?;
    Ok(norm)
}

pub(super) fn scale_gradients(parameters: &[&Tensor], factor: f64) -> Result<(), TorchError> {
    let list = pointers(parameters);
    checked(unsafe { nasc_scale_gradients(list.as_ptr(), list.len() as i64, factor) })
}

pub(super) fn clamp_gradients(parameters: &[&Tensor], limit: f64) -> Result<(), TorchError> {
    let list = pointers(parameters);
    checked(unsafe { nasc_clamp_gradients(list.as_ptr(), list.len() as i64, limit) })
}

pub(super) fn channels_last(tensor: &Tensor) -> Result<Tensor, TorchError> {
    let mut out = std::ptr::null_mut();
    checked(unsafe { nasc_channels_last(tensor.as_ptr(), &raw mut out) })?;
    Ok(unsafe { Tensor::from_ptr(out) })
}

pub(super) fn is_channels_last(tensor: &Tensor) -> Result<bool, TorchError> {
    let mut answer = 0;
    checked(unsafe { nasc_is_channels_last(tensor.as_ptr(), &raw mut answer) })?;
    Ok(answer != 0)
}

pub(super) fn sign(tensor: &Tensor) -> Result<Tensor, TorchError> {
    let mut out = std::ptr::null_mut();
    checked(unsafe { nasc_sign(tensor.as_ptr(), &raw mut out) })?;
    Ok(unsafe { Tensor::from_ptr(out) })
}

pub(super) fn exact_kernels(exact: bool) -> Result<(), TorchError> {
    checked(unsafe { nasc_exact_kernels(c_int::from(exact)) })
}

pub(super) fn seed_draws(seed: u64) -> Result<(), TorchError> {
    checked(unsafe { nasc_seed_draws(seed) })
}

pub(super) fn dropout_mask(like: &Tensor, probability: f64) -> Result<Tensor, TorchError> {
    let mut out = std::ptr::null_mut();
    checked(unsafe { nasc_dropout_mask(like.as_ptr(), probability, &raw mut out) })?;
    Ok(unsafe { Tensor::from_ptr(out) })
}

pub(super) fn cuda_peak_bytes(index: usize) -> Result<u64, TorchError> {
    let mut bytes = 0;
    checked(unsafe { nasc_cuda_peak_bytes(index as c_int, &raw mut bytes) })?;
    Ok(bytes.max(0).cast_unsigned())
}

fn pointers(tensors: &[&Tensor]) -> Vec<*const C_tensor> {
    tensors.iter().map(|tensor| tensor.as_ptr()).collect()
}

fn checked(status: c_int) -> Result<(), TorchError> {
    if status == 0 {
        return Ok(());
    }
    // SAFETY: never null, and valid until this thread's next failure.
    let message = unsafe { CStr::from_ptr(nasc_last_error()) };
    Err(TorchError::from_message(&message.to_string_lossy()))
}
