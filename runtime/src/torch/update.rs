//! Steps of optimisers: parameters and their states, in place.
//!
//! A step moves those parameters that have a gradient; the others and their states keep every bit. A state is an
//! undefined tensor until its parameter's first step, in which it is made with the parameter's memory order. Steps are
//! libtorch's fused or listed kernels, so a list costs hardly more than a tensor.
#![expect(unsafe_code, reason = "calls of C++")]

use std::ffi::c_int;

use torch_sys::C_tensor;

use super::shim::{checked, pointers};
use super::{Tensor, TorchError};

unsafe extern "C" {
    fn nasc_sgd_step(
        parameters: *const *const C_tensor,
        buffers: *const *mut C_tensor,
        count: i64,
        rate: f64,
        momentum: f64,
        decay: f64,
        nesterov: c_int,
    ) -> c_int;
    fn nasc_adam_step(
        parameters: *const *const C_tensor,
        means: *const *mut C_tensor,
        squares: *const *mut C_tensor,
        steps: *const *mut C_tensor,
        count: i64,
        rate: f64,
        beta1: f64,
        beta2: f64,
        eps: f64,
        decay: f64,
        decoupled: c_int,
    ) -> c_int;
    fn nasc_rmsprop_step(
        parameters: *const *const C_tensor,
        squares: *const *mut C_tensor,
        means: *const *mut C_tensor,
        buffers: *const *mut C_tensor,
        count: i64,
        rate: f64,
        smoothing: f64,
        momentum: f64,
        eps: f64,
        decay: f64,
        centred: c_int,
        tensorflow: c_int,
    ) -> c_int;
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

/// The numbers of one step of Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// The learning rate.
    pub rate: f64,
    /// What is kept of the mean gradient, and of the mean square.
    pub betas: (f64, f64),
    /// Added to the root of the mean square.
    pub eps: f64,
    /// Added to a gradient as this multiple of its parameter; if decoupled, what a unit of learning rate takes off the
    /// parameter.
    pub weight_decay: f64,
    /// Whether decay stays out of the means, as in `AdamW`.
    pub decoupled: bool,
}

/// The numbers of one step of `RMSprop`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsPropStep {
    /// The learning rate.
    pub rate: f64,
    /// What is kept of the mean square.
    pub smoothing: f64,
    /// The share of the old momentum that is kept; without any, no buffer is made.
    pub momentum: f64,
    /// Added to the root of the mean square, or within it.
    pub eps: f64,
    /// Added to a gradient as this multiple of its parameter.
    pub weight_decay: f64,
    /// Whether the square of the mean is taken off the mean square.
    pub centred: bool,
    /// Whether `eps` stands within the root, the momentum holds the rate, and mean squares begin at one.
    pub tensorflow: bool,
}

/// One step of stochastic gradient descent; a buffer per parameter.
///
/// # Panics
/// When there is not one buffer per parameter.
pub fn sgd_step(
    parameters: &[&Tensor],
    buffers: &mut [&mut Tensor],
    step: SgdStep,
) -> Result<(), TorchError> {
    let SgdStep { rate, momentum, weight_decay, nesterov } = step;
    let buffers = states(parameters, buffers);
    let parameters = pointers(parameters);
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

/// One step of Adam or `AdamW`; a mean, a mean square and a number of steps per parameter.
///
/// # Panics
/// When there is not one of each per parameter.
pub fn adam_step(
    parameters: &[&Tensor],
    means: &mut [&mut Tensor],
    squares: &mut [&mut Tensor],
    steps: &mut [&mut Tensor],
    step: AdamStep,
) -> Result<(), TorchError> {
    let AdamStep { rate, betas: (beta1, beta2), eps, weight_decay, decoupled } = step;
    let (means, squares) = (states(parameters, means), states(parameters, squares));
    let steps = states(parameters, steps);
    let parameters = pointers(parameters);
    checked(unsafe {
        nasc_adam_step(
            parameters.as_ptr(),
            means.as_ptr(),
            squares.as_ptr(),
            steps.as_ptr(),
            parameters.len() as i64,
            rate,
            beta1,
            beta2,
            eps,
            weight_decay,
            c_int::from(decoupled),
        )
    })
}

/// One step of `RMSprop`; a mean square, a mean and a buffer per parameter. Those that the step does not ask for stay
/// undefined.
///
/// # Panics
/// When there is not one of each per parameter.
pub fn rmsprop_step(
    parameters: &[&Tensor],
    squares: &mut [&mut Tensor],
    means: &mut [&mut Tensor],
    buffers: &mut [&mut Tensor],
    step: RmsPropStep,
) -> Result<(), TorchError> {
    let RmsPropStep { rate, smoothing, momentum, eps, weight_decay, centred, tensorflow } = step;
    let (squares, means) = (states(parameters, squares), states(parameters, means));
    let buffers = states(parameters, buffers);
    let parameters = pointers(parameters);
    checked(unsafe {
        nasc_rmsprop_step(
            parameters.as_ptr(),
            squares.as_ptr(),
            means.as_ptr(),
            buffers.as_ptr(),
            parameters.len() as i64,
            rate,
            smoothing,
            momentum,
            eps,
            weight_decay,
            c_int::from(centred),
            c_int::from(tensorflow),
        )
    })
}

fn states(parameters: &[&Tensor], list: &mut [&mut Tensor]) -> Vec<*mut C_tensor> {
    assert_eq!(parameters.len(), list.len(), "each parameter has one state of each kind");
    list.iter_mut().map(|state| state.as_mut_ptr()).collect()
}
