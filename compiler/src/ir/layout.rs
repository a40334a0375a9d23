//! Shapes, and how a smaller network uses the channels of a larger one.

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};

use super::NodeId;
use crate::vary::{Diagrams, Values, Vary};

/// A run of channels of which a network uses a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Segment {
    /// How many channels the largest network has here.
    pub max: u32,
    /// How many leading ones are in use, in every network.
    pub active: Vary,
}

/// Runs of channels one after another; nearly always one.
pub type Segments = SmallVec<[Segment; 2]>;

/// The segments of a channel axis, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Layout {
    /// The runs of channels.
    pub segments: Segments,
    /// A select whose alternatives have different layouts: nothing with weights can read this.
    pub mixed: Option<NodeId>,
}

impl Layout {
    /// One run of channels.
    pub fn single(max: u32, active: Vary) -> Self {
        Self { segments: smallvec![Segment { max, active }], mixed: None }
    }

    /// How many channels the largest network has.
    pub fn max(&self) -> u32 {
        self.segments.iter().fold(0, |sum, segment| sum.saturating_add(segment.max))
    }

    /// Whether every network uses all channels.
    pub fn is_full(&self, diagrams: &Diagrams) -> bool {
        self.segments.iter().all(|s| diagrams.constant_int(s.active) == Some(i64::from(s.max)))
    }

    /// Whether the runs have the same lengths, whatever is in use of them.
    pub fn fits(&self, other: &Self) -> bool {
        self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(|(a, b)| a.max == b.max)
    }
}

/// The shape of a tensor without its batch axis: channels, then space.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// `[C, H, W]`, `[C, T, H, W]` or `[C]`.
    pub axes: Values,
    /// What the channel axis is made of.
    pub layout: Layout,
    /// The product of strides from the input; a fault where paths to the tensor disagree.
    pub stride: Vary,
}

impl Shape {
    /// The channels.
    pub fn channels(&self) -> Vary {
        self.axes.first().copied().unwrap_or(crate::vary::FALSE)
    }

    /// The spatial axes.
    pub fn space(&self) -> &[Vary] {
        self.axes.get(1..).unwrap_or(&[])
    }
}
