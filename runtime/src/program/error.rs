//! Why an architecture has no program, or a program no result.

use crate::torch::TorchError;

/// What went wrong in a program.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProgramError {
    /// The architecture is none of the space's networks: an attribute has no value in it.
    #[error("`{path}` has no `{what}` in this architecture")]
    Undefined {
        /// The operation.
        path: String,
        /// The attribute or parameter.
        what: String,
    },
    /// A run was given the wrong number of inputs.
    #[error("the network takes {expected} inputs, and {found} were given")]
    Inputs {
        /// How many it takes.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A decision changes something that networks run together must agree on.
    #[error("`{decision}` cannot be mixed: it changes the {what} of `{path}`")]
    Mixture {
        /// The decision.
        decision: String,
        /// The operation.
        path: String,
        /// What of it.
        what: String,
    },
    /// libtorch failed in an operation.
    #[error("`{path}`: {source}")]
    Run {
        /// The operation.
        path: String,
        /// What libtorch said.
        source: TorchError,
    },
    /// libtorch failed outside any operation.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

impl ProgramError {
    /// What libtorch said, if it was libtorch.
    pub fn torch(&self) -> Option<&TorchError> {
        match self {
            Self::Run { source, .. } | Self::Torch(source) => Some(source),
            Self::Undefined { .. } | Self::Inputs { .. } | Self::Mixture { .. } => None,
        }
    }
}
