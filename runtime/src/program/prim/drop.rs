//! Dropout of elements and of whole images.

use nasc_compiler::ir::Kind;
use nasc_compiler::vary::Real;

use super::{Call, Lowered};
use crate::program::ProgramError;
use crate::program::site::Site;
use crate::torch::{self, Tensor, TorchError};

/// What is zeroed at random in training; the rest is scaled by `1 / (1 - probability)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Drop {
    /// The probability.
    pub probability: Real,
    /// Whether an image is zeroed as a whole (stochastic depth) or element by element.
    pub whole: bool,
}

pub(super) fn lower(site: &Site<'_>) -> Result<Lowered, ProgramError> {
    let probability = site.real("p")?;
    if probability.value() == 0.0 {
        return Ok(Lowered::Alias);
    }
    let whole = site.kind == Kind::DropPath;
    Ok(Lowered::Call(Call::Drop(Drop { probability, whole })))
}

impl Drop {
    pub(super) fn apply(self, input: &Tensor, training: bool) -> Result<Tensor, TorchError> {
        if !training {
            return Ok(input.shallow_clone());
        }
        if !self.whole {
            return torch::dropout(input, self.probability.value());
        }
        let mut size = vec![1; input.dim()];
        size[0] = input.size().first().copied().unwrap_or(1);
        let images = Tensor::f_ones(size, (input.kind(), input.device()))?;
        torch::mul(input, &torch::dropout(&images, self.probability.value())?)
    }
}
