//! Activations and softmax.

use nasc_compiler::ir::Role;

use super::{Call, Lowered, Run};
use crate::program::site::Site;
use crate::program::{Cut, ProgramError};
use crate::torch::{self, Tensor, TorchError};

/// An activation function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x * relu6(x + 3) / 6`.
    HardSwish,
    /// `relu6(x + 3) / 6`.
    HardSigmoid,
    /// The logistic function.
    Sigmoid,
    /// `x * sigmoid(x)`.
    Swish,
    /// `x * Φ(x)`.
    Gelu,
    /// The hyperbolic tangent.
    Tanh,
    /// `x` above zero, a learned multiple of it below.
    Prelu {
        /// `[C]`.
        slope: Cut,
    },
    /// The sign of `x` plus a learned shift.
    Rsign {
        /// `[1, C, 1, …]`.
        shift: Cut,
    },
    /// A learned shift, a [`Activation::Prelu`] and another shift.
    Rprelu {
        /// `[1, C, 1, …]`.
        before: Cut,
        /// `[C]`.
        slope: Cut,
        /// `[1, C, 1, …]`.
        after: Cut,
    },
}

pub(super) fn lower(site: &Site<'_>) -> Result<Lowered, ProgramError> {
    Ok(Lowered::Call(Call::Act(match site.text("kind")? {
        "identity" => return Ok(Lowered::Alias),
        "relu" => Activation::Relu,
        "relu6" => Activation::Relu6,
        "hswish" => Activation::HardSwish,
        "hsigmoid" => Activation::HardSigmoid,
        "sigmoid" => Activation::Sigmoid,
        "swish" => Activation::Swish,
        "gelu" => Activation::Gelu,
        "tanh" => Activation::Tanh,
        "prelu" => Activation::Prelu { slope: site.need(Role::Slope)? },
        "rsign" => Activation::Rsign { shift: site.need(Role::Offset)? },
        "rprelu" => {
            let mut shifts = site.params(Role::Offset).into_iter();
            let (Some(before), Some(after)) = (shifts.next(), shifts.next()) else {
                return Err(site.undefined(Role::Offset.name()));
            };
            Activation::Rprelu { before, slope: site.need(Role::Slope)?, after }
        }
        _ => return Err(site.undefined("kind")),
    })))
}

pub(super) fn lower_softmax(site: &Site<'_>) -> Result<Call, ProgramError> {
    if site.has("runs") {
        let runs = site.int("runs")?;
        if runs > 1 {
            return Ok(Call::SoftmaxOverRuns { runs });
        }
    }
    let axis = site.int("axis")?;
    // The space counts axes without the batch's.
    Ok(Call::Softmax { axis: if axis < 0 { axis } else { axis + 1 } })
}

impl Activation {
    pub(super) fn cuts(&self) -> Vec<&Cut> {
        match self {
            Self::Prelu { slope } => vec![slope],
            Self::Rsign { shift } => vec![shift],
            Self::Rprelu { before, slope, after } => vec![before, slope, after],
            _ => Vec::new(),
        }
    }

    pub(super) fn apply(&self, run: &Run<'_, '_>, input: &Tensor) -> Result<Tensor, TorchError> {
        match self {
            Self::Relu => torch::relu(input),
            Self::Relu6 => torch::relu6(input),
            Self::HardSwish => torch::hard_swish(input),
            Self::HardSigmoid => torch::hard_sigmoid(input),
            Self::Sigmoid => torch::sigmoid(input),
            Self::Swish => torch::swish(input),
            Self::Gelu => torch::gelu(input),
            Self::Tanh => torch::tanh(input),
            Self::Prelu { slope } => torch::prelu(input, &*slope.take(run.params)?),
            Self::Rsign { shift } => torch::rsign(input, &*shift.take(run.params)?),
            Self::Rprelu { before, slope, after } => {
                let [before, after] = [before.take(run.params)?, after.take(run.params)?];
                torch::rprelu(input, &before, &*slope.take(run.params)?, &after)
            }
        }
    }
}
