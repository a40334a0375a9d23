//! Convolution.

use nasc_compiler::ir::Role;

use super::Run;
use crate::program::site::Site;
use crate::program::{Cut, ProgramError};
use crate::torch::{self, Stride, Tensor, TorchError};

/// A convolution of `[N, C, H, W]` or `[N, C, T, H, W]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Conv {
    /// `[out, in / groups, kernel…]`.
    pub weight: Cut,
    /// `[out]`.
    pub bias: Option<Cut>,
    /// How the kernel moves.
    pub way: Stride,
    /// Groups of channels that do not see each other.
    pub groups: i64,
}

pub(super) fn lower(site: &Site<'_>) -> Result<Conv, ProgramError> {
    Ok(Conv {
        weight: site.need(Role::ConvWeight)?,
        bias: site.param(Role::Bias),
        way: Stride {
            stride: site.ints("stride")?,
            padding: site.ints("pad")?,
            dilation: site.ints("dilation")?,
        },
        groups: site.int("groups")?,
    })
}

impl Conv {
    pub(super) fn apply(&self, run: &Run<'_, '_>, input: &Tensor) -> Result<Tensor, TorchError> {
        let weight = self.weight.take(run.params)?;
        let bias = self.bias.as_ref().map(|bias| bias.take(run.params)).transpose()?;
        torch::conv(input, &weight, bias.as_deref(), &self.way, self.groups)
    }
}
