//! Why weights cannot be filled.

use crate::supernet::StoreError;
use crate::torch::TorchError;

/// A seed's weights do not fit a plan, or the plan not the store.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RemapError {
    /// The seed's weights lack a tensor that the plan takes something from.
    #[error("the seed has no tensor `{path}`")]
    Missing {
        /// The tensor.
        path: String,
    },
    /// A tensor of the seed has another shape than the seed network's.
    #[error("the seed's tensor `{path}` has the shape {found:?}, and its network has {expected:?}")]
    Shape {
        /// The tensor.
        path: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape in the seed network.
        expected: Vec<u32>,
    },
    /// The plan is for another space.
    #[error("the plan fills `{path}`, which is not the tensor of that place")]
    Other {
        /// The tensor.
        path: String,
    },
    /// The target cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// libtorch failed.
    #[error("tensor `{path}`: {source}")]
    Torch {
        /// The tensor.
        path: String,
        /// What libtorch said.
        source: TorchError,
    },
}
