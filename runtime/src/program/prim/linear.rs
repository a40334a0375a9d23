//! The fully connected layer.

use nasc_compiler::ir::Role;

use super::Run;
use crate::program::cut::Part;
use crate::program::site::Site;
use crate::program::{Cut, ProgramError};
use crate::torch::{self, Tensor, TorchError};

/// A fully connected layer over channels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Linear {
    /// `[out, in]`.
    pub weight: Cut,
    /// `[out]`.
    pub bias: Option<Cut>,
    /// Whether the input still has spatial axes, of size one.
    pub flattens: bool,
}

pub(super) fn lower(site: &Site<'_>) -> Result<Linear, ProgramError> {
    Ok(Linear {
        weight: site.need(Role::LinearWeight)?,
        bias: site.param(Role::Bias),
        flattens: site.operand_shape(0)?.len() > 1,
    })
}

impl Linear {
    pub(super) fn apply(&self, run: &Run<'_, '_>, input: &Tensor) -> Result<Tensor, TorchError> {
        let low = |part| run.precision.low(part);
        let weight = low(self.weight.take(run.params)?)?;
        let bias = self.bias.as_ref().map(|bias| low(bias.take(run.params)?)).transpose()?;
        let input = low(Part::Own(input))?;
        if self.flattens {
            torch::linear(&torch::flatten(&input)?, &weight, bias.as_deref())
        } else {
            torch::linear(&input, &weight, bias.as_deref())
        }
    }
}
