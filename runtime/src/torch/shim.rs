//! The calls of `csrc/shim.cpp`: what tch does not offer.
//!
//! All `unsafe` of the shim is here and in [`update`](super::update). Pointers go down only for the length of a call,
//! as lists whose lengths agree; the C++ side lets no exception out and takes no ownership, and what it returns through
//! an `out` is owned here.
#![expect(unsafe_code, reason = "calls of C++")]

use super::{Tensor, TorchError};
use std::ffi::{CStr, c_char, c_int};
use torch_sys::C_tensor;

unsafe extern "C" {
    fn nasc_count_bytes();
    fn nasc_counted_bytes(held: *mut i64, most: *mut i64);
    fn nasc_stop_counting();
    fn nasc_last_error() -> *const c_char;
    fn nasc_fill_gradients(parameters: *const *const C_tensor, count: i64) -> c_int;
    fn nasc_drop_gradients(parameters: *const *const C_tensor, count: i64) -> c_int;
    fn nasc_gradient_norm(parameters: *const *const C_tensor, count: i64, norm: *mut f64) -> c_int;
    fn nasc_scale_gradients(parameters: *const *const C_tensor, count: i64, factor: f64) -> c_int;
    fn nasc_clamp_gradients(parameters: *const *const C_tensor, count: i64, limit: f64) -> c_int;
    fn nasc_clip_units(
        parameters: *const *const C_tensor,
        count: i64,
        factor: f64,
        least: f64,
    ) -> c_int;
    fn nasc_draw_near(
        averages: *const *const C_tensor,
        towards: *const *const C_tensor,
        count: i64,
        by: f64,
    ) -> c_int;
    fn nasc_channels_last(tensor: *const C_tensor, out: *mut *mut C_tensor) -> c_int;
    fn nasc_is_channels_last(tensor: *const C_tensor, answer: *mut c_int) -> c_int;
    fn nasc_sign(input: *const C_tensor, out: *mut *mut C_tensor) -> c_int;
    fn nasc_exact_kernels(exact: c_int) -> c_int;
    fn nasc_seed_draws(seed: u64) -> c_int;
    fn nasc_dropout_mask(like: *const C_tensor, probability: f64, out: *mut *mut C_tensor)
    -> c_int;
    fn nasc_cuda_peak_bytes(index: c_int, bytes: *mut i64) -> c_int;
}

pub(super) fn fill_gradients(parameters: &[&Tensor]) -> Result<(), TorchError> {
    let list = pointers(parameters);
    checked(unsafe { nasc_fill_gradients(list.as_ptr(), list.len() as i64) })
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

pub(super) fn clip_units(
    parameters: &[&Tensor],
    factor: f64,
    least: f64,
) -> Result<(), TorchError> {
    let list = pointers(parameters);
    checked(unsafe { nasc_clip_units(list.as_ptr(), list.len() as i64, factor, least) })
}

pub(super) fn draw_near(
    averages: &[&Tensor],
    towards: &[&Tensor],
    by: f64,
) -> Result<(), TorchError> {
    assert_eq!(averages.len(), towards.len(), "each average has its tensor");
    let (from, to) = (pointers(averages), pointers(towards));
    checked(unsafe { nasc_draw_near(from.as_ptr(), to.as_ptr(), from.len() as i64, by) })
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

pub(super) fn count_bytes() {
    unsafe { nasc_count_bytes() }
}

pub(super) fn counted_bytes() -> [u64; 2] {
    let (mut held, mut most) = (0, 0);
    unsafe { nasc_counted_bytes(&raw mut held, &raw mut most) };
    [held, most].map(|bytes| bytes.max(0).cast_unsigned())
}

pub(super) fn stop_counting() {
    unsafe { nasc_stop_counting() }
}

pub(super) fn pointers(tensors: &[&Tensor]) -> Vec<*const C_tensor> {
    tensors.iter().map(|tensor| tensor.as_ptr()).collect()
}

pub(super) fn checked(status: c_int) -> Result<(), TorchError> {
    if status == 0 {
        return Ok(());
    }
    // SAFETY: never null, and valid until this thread's next failure.
    let message = unsafe { CStr::from_ptr(nasc_last_error()) };
    Err(TorchError::from_message(&message.to_string_lossy()))
}
