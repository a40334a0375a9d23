//! Learned factors and shifts.

use nasc_compiler::ir::Role;

use super::Run;
use crate::program::site::Site;
use crate::program::{Cut, ProgramError};
use crate::torch::{self, Tensor, TorchError};

/// A product with learned factors, or a sum with learned shifts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Learned {
    /// Factors, `[1, C, 1, …]` or `[1]`.
    Gain(Cut),
    /// Shifts, `[1, C, 1, …]`.
    Offset(Cut),
}

pub(super) fn lower_gain(site: &Site<'_>) -> Result<Learned, ProgramError> {
    Ok(Learned::Gain(site.need(Role::Gain)?))
}

pub(super) fn lower_offset(site: &Site<'_>) -> Result<Learned, ProgramError> {
    Ok(Learned::Offset(site.need(Role::Offset)?))
}

impl Learned {
    pub(super) fn cut(&self) -> &Cut {
        let (Self::Gain(cut) | Self::Offset(cut)) = self;
        cut
    }

    pub(super) fn apply(&self, run: &Run<'_, '_>, input: &Tensor) -> Result<Tensor, TorchError> {
        match self {
            Self::Gain(cut) => torch::mul(input, &*cut.take(run.params)?),
            Self::Offset(cut) => torch::add(input, &*cut.take(run.params)?),
        }
    }
}
