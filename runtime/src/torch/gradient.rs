//! Gradients: taking them, measuring them, dropping them.
//!
//! A tensor that no backward pass has reached has no gradient at all, which is not the same as a gradient of zero: the
//! optimiser leaves such a tensor alone. Functions here that take a list skip those without.

use super::{Tensor, TorchError, shim};

/// Stops the recording of operations on this thread until it is dropped.
#[must_use = "recording goes on as soon as this is dropped"]
pub struct NoGrad {
    _guard: tch::NoGradGuard,
    // The mode belongs to the thread, so the guard must be dropped where it was made.
    _thread: std::marker::PhantomData<*const ()>,
}

/// Stops the recording of operations on this thread, also through a panic, until the guard is dropped.
pub fn no_grad() -> NoGrad {
    NoGrad { _guard: tch::no_grad_guard(), _thread: std::marker::PhantomData }
}

/// Adds the derivatives of `loss`, which has one element, to the gradients of all that it was computed from.
pub fn backward(loss: &Tensor) -> Result<(), TorchError> {
    Ok(loss.f_backward()?)
}

/// The derivatives of `loss`, which has one element, by `inputs`, in their order; undefined where there is none. No
/// gradient of anything else changes.
pub fn derivatives(loss: &Tensor, inputs: &[&Tensor]) -> Result<Vec<Tensor>, TorchError> {
    if inputs.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Tensor::f_run_backward(&[loss], inputs, false, false)?)
}

/// Makes the gradients undefined.
pub fn drop_gradients(parameters: &[&Tensor]) -> Result<(), TorchError> {
    shim::drop_gradients(parameters)
}

/// Gives those parameters that have no gradient one of zero.
pub fn fill_gradients(parameters: &[&Tensor]) -> Result<(), TorchError> {
    shim::fill_gradients(parameters)
}

/// The Euclidean norm of all gradients as one vector; zero without any.
pub fn gradient_norm(parameters: &[&Tensor]) -> Result<f64, TorchError> {
    shim::gradient_norm(parameters)
}

/// Multiplies all gradients by `factor`, in place.
pub fn scale_gradients(parameters: &[&Tensor], factor: f64) -> Result<(), TorchError> {
    shim::scale_gradients(parameters, factor)
}

/// Brings every element of all gradients into `-limit..=limit`, in place.
pub fn clamp_gradients(parameters: &[&Tensor], limit: f64) -> Result<(), TorchError> {
    shim::clamp_gradients(parameters, limit)
}

/// Shortens every unit of the gradients to `factor` times the length of the parameter's unit, in place, of which the
/// length counts as `least` where it is less. A unit is what belongs to one index of the first axis; a tensor of one
/// axis or none is a unit as a whole. Shorter units keep every bit.
pub fn clip_units(parameters: &[&Tensor], factor: f64, least: f64) -> Result<(), TorchError> {
    shim::clip_units(parameters, factor, least)
}

/// Moves each of `averages`, in place, the share `by` of its way to the tensor of `towards` with its number.
///
/// # Panics
/// When the lists are not equally long.
pub fn draw_near(averages: &[&Tensor], towards: &[&Tensor], by: f64) -> Result<(), TorchError> {
    shim::draw_near(averages, towards, by)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn parameter() -> Tensor {
        Tensor::from_slice(&[1.0, 2.0f64]).set_requires_grad(true)
    }

    #[test]
    fn dropped_gradients_are_undefined() {
        let (used, unused) = (parameter(), parameter());
        backward(&used.dot(&used)).unwrap();
        assert!(used.grad().defined() && !unused.grad().defined());
        drop_gradients(&[&used, &unused]).unwrap();
        assert!(!used.grad().defined());
    }

    #[test]
    fn nothing_is_recorded_until_the_guard_falls() {
        let weight = parameter();
        let caught = std::panic::catch_unwind(|| {
            let _guard = no_grad();
            assert!(!parameter().dot(&parameter()).requires_grad());
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(caught.is_err());
        assert!(weight.dot(&weight).requires_grad());
    }

    #[test]
    fn a_loss_of_two_elements_is_refused() {
        assert!(matches!(backward(&parameter()), Err(TorchError::Refused(_))));
    }
}
