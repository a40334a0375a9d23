//! Parameters and buffers of a space.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Origin, Segment};
use crate::vary::Vary;

/// A parameter or buffer, numbered in elaboration order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ParamId(pub u32);

impl ParamId {
    /// The parameter's place in the graph's table.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a parameter is for: initialisers, weight decay and counting rules go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Weights of a convolution, `[out, in / groups, kernel…]`.
    ConvWeight,
    /// Weights of a linear layer, `[out, in]`.
    LinearWeight,
    /// Bias of a convolution or linear layer, `[out]`.
    Bias,
    /// Scale of a normalisation, `[C]`.
    NormWeight,
    /// Shift of a normalisation, `[C]`.
    NormBias,
    /// Running mean of a normalisation, `[C]`; a buffer.
    RunningMean,
    /// Running variance of a normalisation, `[C]`; a buffer.
    RunningVar,
}

impl Role {
    /// Whether it is a buffer: saved with the weights, but neither trained nor counted.
    pub fn is_buffer(self) -> bool {
        matches!(self, Self::RunningMean | Self::RunningVar)
    }

    /// Whether it belongs to a normalisation.
    pub fn is_norm(self) -> bool {
        matches!(self, Self::NormWeight | Self::NormBias | Self::RunningMean | Self::RunningVar)
    }

    /// The name in the text form.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConvWeight => "conv_weight",
            Self::LinearWeight => "linear_weight",
            Self::Bias => "bias",
            Self::NormWeight => "norm_weight",
            Self::NormBias => "norm_bias",
            Self::RunningMean => "running_mean",
            Self::RunningVar => "running_var",
        }
    }
}

/// Which part of an axis of the full tensor a network uses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AxisSlice {
    /// All of it, in every network.
    Whole,
    /// The active prefix of each segment, one after another.
    Prefixes(Vec<Segment>),
    /// That many places around the centre: `(full - size) / 2` are left out in front.
    Centre(Vary),
}

/// A parameter or buffer of the space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// The stable, readable path; unique in the graph.
    pub path: Arc<str>,
    /// What it is for.
    pub role: Role,
    /// Its shape in the largest network.
    pub full: Vec<u32>,
    /// How each axis of a smaller network is cut out, one entry per axis.
    pub slices: Vec<AxisSlice>,
    /// Where it was written.
    pub origin: Origin,
}

impl Param {
    /// How many scalars the largest network has.
    pub fn full_size(&self) -> u64 {
        self.full.iter().map(|&n| u64::from(n)).product()
    }
}
