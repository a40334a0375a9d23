//! How a recipe has weights taken from a seed network.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Training;

/// Where the weights of the seed network come from. The space says by its `remap` which network that is, and
/// what goes where.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adapt {
    /// Its weights, as `nasc import` writes them. When absent, it is trained first, on the images that the
    /// supernet's weights learn from.
    pub weights: Option<PathBuf>,
    /// How it is trained then.
    pub training: Training,
}
