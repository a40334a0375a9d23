//! Primitives that only move channels about.

use super::{Call, Lowered};
use crate::program::ProgramError;
use crate::program::site::Site;
use crate::torch::{self, Tensor, TorchError};

/// A range of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slice {
    /// The first.
    pub start: i64,
    /// How many.
    pub length: i64,
}

pub(super) fn lower_concat(site: &Site<'_>) -> Lowered {
    if site.operands.len() == 1 { Lowered::Alias } else { Lowered::Call(Call::Concat) }
}

pub(super) fn lower_slice(site: &Site<'_>) -> Result<Lowered, ProgramError> {
    let channels = |shape: Vec<i64>| shape.first().copied().unwrap_or(0);
    let (length, available) = (channels(site.shape()?), channels(site.operand_shape(0)?));
    if length == available {
        return Ok(Lowered::Alias);
    }
    // Bounds clamp; how many channels are left is the shape rule's business.
    let start = site.int("from")?.clamp(0, available - length);
    Ok(Lowered::Call(Call::Slice(Slice { start, length })))
}

pub(super) fn lower_shuffle(site: &Site<'_>) -> Result<Lowered, ProgramError> {
    let groups = site.int("groups")?;
    Ok(if groups == 1 { Lowered::Alias } else { Lowered::Call(Call::Shuffle { groups }) })
}

pub(super) fn lower_shift(site: &Site<'_>) -> Result<Lowered, ProgramError> {
    let (channels, div) = (site.operand_shape(0)?.first().copied().unwrap_or(0), site.int("div")?);
    let fold = channels.checked_div(div).ok_or_else(|| site.undefined("div"))?;
    Ok(if fold == 0 { Lowered::Alias } else { Lowered::Call(Call::TemporalShift { fold }) })
}

pub(super) fn lower_flatten(site: &Site<'_>) -> Result<Lowered, ProgramError> {
    let is_flat = site.operand_shape(0)?.len() == 1;
    Ok(if is_flat { Lowered::Alias } else { Lowered::Call(Call::Flatten) })
}

impl Slice {
    pub(super) fn apply(self, input: &Tensor) -> Result<Tensor, TorchError> {
        torch::narrow(input, 1, self.start, self.length)
    }
}
