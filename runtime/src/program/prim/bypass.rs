//! Channels that go around a layer.

use super::rearrange::Slice;
use super::{Call, Lowered};
use crate::program::ProgramError;
use crate::program::site::Site;
use crate::torch::{self, Tensor, TorchError};

/// The first `keep` channels of what was computed, and behind them those of what was carried from `keep` up to
/// `until`, which is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bypass {
    /// How many computed ones are kept; at least one.
    pub keep: i64,
    /// Where the carried ones end.
    pub until: i64,
}

/// Which of the two operands a bypass needs.
pub(in crate::program) fn needs(keep: i64, until: i64) -> [bool; 2] {
    [keep > 0, until > keep]
}

/// With one of the operands alone, a bypass is a slice of it.
pub(super) fn lower(site: &Site<'_>) -> Result<Lowered, ProgramError> {
    let (keep, until) = (site.int("keep")?, site.int("until")?);
    if needs(keep, until) == [true, true] {
        return Ok(Lowered::Call(Call::Bypass(Bypass { keep, until })));
    }
    let (length, available) = (keep.max(until), site.operand_shape(0)?);
    if available.first() == Some(&length) {
        return Ok(Lowered::Alias);
    }
    Ok(Lowered::Call(Call::Slice(Slice { start: 0, length })))
}

impl Bypass {
    pub(super) fn apply(self, computed: &Tensor, carried: &Tensor) -> Result<Tensor, TorchError> {
        torch::bypass(&torch::narrow(computed, 1, 0, self.keep)?, carried, self.until)
    }
}
