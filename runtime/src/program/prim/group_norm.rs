//! Group normalisation.

use nasc_compiler::ir::Role;
use nasc_compiler::vary::Real;

use super::Run;
use crate::program::site::Site;
use crate::program::{Cut, ProgramError};
use crate::torch::{self, Tensor, TorchError};

/// A normalisation of equal runs of channels, image by image; it has no statistics.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupNorm {
    /// Gamma `[C]`; one where absent.
    pub weight: Option<Cut>,
    /// Beta `[C]`; zero where absent.
    pub bias: Option<Cut>,
    /// How many runs.
    pub groups: i64,
    /// Added to the variance under the root.
    pub eps: Real,
}

pub(super) fn lower(site: &Site<'_>) -> Result<GroupNorm, ProgramError> {
    Ok(GroupNorm {
        weight: site.param(Role::NormWeight),
        bias: site.param(Role::NormBias),
        groups: site.int("groups")?,
        eps: site.real("eps")?,
    })
}

impl GroupNorm {
    pub(super) fn apply(&self, run: &Run<'_, '_>, input: &Tensor) -> Result<Tensor, TorchError> {
        let weight = self.weight.as_ref().map(|weight| weight.take(run.params)).transpose()?;
        let bias = self.bias.as_ref().map(|bias| bias.take(run.params)).transpose()?;
        let (weight, bias) = (weight.as_deref(), bias.as_deref());
        torch::group_norm(input, self.groups, weight, bias, self.eps.value())
    }
}
