//! Parameters and buffers of a space.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Origin, Segments};
use crate::vary::Vary;

/// What stands between a parameter's path and what tells a copy: `s1.conv.weight@24`.
pub const COPY: char = '@';

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
    /// Weights of a transposed convolution, `[in, out / groups, kernel…]`.
    TransposeWeight,
    /// Weights of a linear layer, `[out, in]`.
    LinearWeight,
    /// Bias of a convolution or linear layer, `[out]`.
    Bias,
    /// Scale of a normalisation, `[C]`.
    NormWeight,
    /// Shift of a normalisation, `[C]`.
    NormBias,
    /// A learned factor, `[1, C, 1, 1]`, `[1]`, or `[out, 1, 1, 1]` beside standardised weights.
    Gain,
    /// A learned shift, `[1, C, 1, 1]`.
    Offset,
    /// Slope of an activation below zero, `[C]`.
    Slope,
    /// What makes a small kernel of a larger one's centre, `[k^2, k^2]`.
    Transform,
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

    /// Whether it is among the parameters that a network is said to have. The matrices between kernel
    /// sizes are not: they go into the weights of a network that is taken out of its supernet.
    pub fn is_counted(self) -> bool {
        !self.is_buffer() && self != Self::Transform
    }

    /// Whether it belongs to a normalisation.
    pub fn is_norm(self) -> bool {
        matches!(self, Self::NormWeight | Self::NormBias | Self::RunningMean | Self::RunningVar)
    }

    /// The name in the text form.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConvWeight => "conv_weight",
            Self::TransposeWeight => "transpose_weight",
            Self::LinearWeight => "linear_weight",
            Self::Bias => "bias",
            Self::NormWeight => "norm_weight",
            Self::NormBias => "norm_bias",
            Self::Gain => "gain",
            Self::Offset => "offset",
            Self::Slope => "slope",
            Self::Transform => "transform",
            Self::RunningMean => "running_mean",
            Self::RunningVar => "running_var",
        }
    }
}

/// A tensor's name in a scheme of interchange, such as torchvision's state dicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The scheme.
    pub scheme: Arc<str>,
    /// The name.
    pub name: Arc<str>,
}

/// Which part of an axis of the full tensor a network uses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AxisSlice {
    /// All of it, in every network.
    Whole,
    /// The active prefix of each segment, one after another.
    Prefixes(Segments),
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
    /// Where an operation that owns it uses it. Everywhere, unless it is one of several copies: of
    /// those with one role, a network uses the one whose condition holds.
    pub when: Vary,
    /// Its name for interchange, per scheme.
    pub keys: Vec<Key>,
    /// Where it was written.
    pub origin: Origin,
}

impl Param {
    /// Its path in a network of its own, where copies are gone: without what tells the copy.
    pub fn plain_path(&self) -> Arc<str> {
        match self.path.split_once(COPY) {
            Some((plain, _)) => Arc::from(plain),
            None => self.path.clone(),
        }
    }

    /// Its name in a scheme of interchange.
    pub fn key(&self, scheme: &str) -> Option<&str> {
        self.keys.iter().find(|key| &*key.scheme == scheme).map(|key| &*key.name)
    }

    /// How many scalars the largest network has.
    pub fn full_size(&self) -> u64 {
        self.full.iter().map(|&n| u64::from(n)).product()
    }
}
