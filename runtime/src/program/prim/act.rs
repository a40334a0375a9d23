//! Activations and softmax.

use super::{Call, Lowered};
use crate::program::ProgramError;
use crate::program::site::Site;
use crate::torch::{self, Tensor, TorchError};

/// An activation function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
}

/// By the name that the language has for them.
const NAMED: [(&str, Activation); 8] = [
    ("relu", Activation::Relu),
    ("relu6", Activation::Relu6),
    ("hswish", Activation::HardSwish),
    ("hsigmoid", Activation::HardSigmoid),
    ("sigmoid", Activation::Sigmoid),
    ("swish", Activation::Swish),
    ("gelu", Activation::Gelu),
    ("tanh", Activation::Tanh),
];

pub(super) fn lower(site: &Site<'_>) -> Result<Lowered, ProgramError> {
    let name = site.text("kind")?;
    if name == "identity" {
        return Ok(Lowered::Alias);
    }
    match NAMED.iter().find(|(known, _)| *known == name) {
        Some((_, activation)) => Ok(Lowered::Call(Call::Act(*activation))),
        None => Err(site.undefined("kind")),
    }
}

pub(super) fn lower_softmax(site: &Site<'_>) -> Result<Call, ProgramError> {
    let axis = site.int("axis")?;
    // The space counts axes without the batch's.
    Ok(Call::Softmax { axis: if axis < 0 { axis } else { axis + 1 } })
}

impl Activation {
    pub(super) fn apply(self, input: &Tensor) -> Result<Tensor, TorchError> {
        match self {
            Self::Relu => torch::relu(input),
            Self::Relu6 => torch::relu6(input),
            Self::HardSwish => torch::hard_swish(input),
            Self::HardSigmoid => torch::hard_sigmoid(input),
            Self::Sigmoid => torch::sigmoid(input),
            Self::Swish => torch::swish(input),
            Self::Gelu => torch::gelu(input),
            Self::Tanh => torch::tanh(input),
        }
    }
}
