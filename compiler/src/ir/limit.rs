//! Budgets that a file states.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Origin;

/// What a limit counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Metric {
    /// Multiply-adds of convolutions and linear layers, for one image.
    Macs,
    /// Trainable scalars.
    Params,
    /// The most bytes that activations take at once in a forward of one image.
    Memory,
    /// The most bytes that activations and their gradients take at once in a training step on one image.
    MemoryTraining,
    /// Milliseconds by a table of that name.
    Latency(Arc<str>),
}

impl std::fmt::Display for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Macs => f.write_str("macs"),
            Self::Params => f.write_str("params"),
            Self::Memory => f.write_str("memory"),
            Self::MemoryTraining => f.write_str("memory_training"),
            Self::Latency(table) => write!(f, "latency(\"{table}\")"),
        }
    }
}

/// A budget: the metric of every network lies between the bounds, both inclusive. Counts are exact
/// integers; memory is bytes, latencies are nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// What is counted.
    pub metric: Metric,
    /// The path of the part that is counted; the whole network if `None`.
    pub scope: Option<Arc<str>>,
    /// The smallest allowed value.
    pub min: Option<u64>,
    /// The largest allowed value.
    pub max: Option<u64>,
    /// Where it was written.
    pub origin: Origin,
}
