//! Transposed convolution.

use nasc_compiler::ir::Role;

use super::Run;
use crate::program::cut::Part;
use crate::program::site::Site;
use crate::program::{Cut, ProgramError};
use crate::torch::{self, Spread, Tensor, TorchError};

/// A transposed convolution of `[N, C, H, W]` or `[N, C, T, H, W]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConvTranspose {
    /// `[in, out / groups, kernel…]`.
    pub weight: Cut,
    /// `[out]`.
    pub bias: Option<Cut>,
    /// How the kernel moves.
    pub spread: Spread,
    /// Groups of channels that do not see each other.
    pub groups: i64,
}

pub(super) fn lower(site: &Site<'_>) -> Result<ConvTranspose, ProgramError> {
    Ok(ConvTranspose {
        weight: site.need(Role::TransposeWeight)?,
        bias: site.param(Role::Bias),
        spread: Spread {
            stride: site.ints("stride")?,
            padding: site.ints("pad")?,
            output_padding: site.ints("output_pad")?,
        },
        groups: site.int("groups")?,
    })
}

impl ConvTranspose {
    pub(super) fn apply(&self, run: &Run<'_, '_>, input: &Tensor) -> Result<Tensor, TorchError> {
        let low = |part| run.precision.low(part);
        let (input, weight) = (low(Part::Own(input))?, low(self.weight.take(run.params)?)?);
        let bias = self.bias.as_ref().map(|bias| low(bias.take(run.params)?)).transpose()?;
        torch::conv_transpose(&input, &weight, bias.as_deref(), &self.spread, self.groups)
    }
}
