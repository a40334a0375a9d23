//! Scaling, and zeros.

use nasc_compiler::vary::Real;

use crate::program::ProgramError;
use crate::program::site::Site;
use crate::torch::{self, Tensor, TorchError};

/// A product with a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scale {
    /// The constant.
    pub by: Real,
}

/// Zeros in the place of something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Zero {
    /// The shape, without the batch axis.
    pub shape: Vec<i64>,
}

pub(super) fn lower_scale(site: &Site<'_>) -> Result<Scale, ProgramError> {
    Ok(Scale { by: site.real("by")? })
}

pub(super) fn lower_zero(site: &Site<'_>) -> Result<Zero, ProgramError> {
    Ok(Zero { shape: site.shape()? })
}

impl Scale {
    pub(super) fn apply(self, input: &Tensor) -> Result<Tensor, TorchError> {
        torch::scale(input, self.by.value())
    }
}

impl Zero {
    pub(super) fn apply(&self, input: &Tensor) -> Result<Tensor, TorchError> {
        let mut size = input.size();
        size.truncate(1);
        size.extend_from_slice(&self.shape);
        Ok(Tensor::f_zeros(size, (input.kind(), input.device()))?)
    }
}
