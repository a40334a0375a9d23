//! What can be wrong with a checkpoint.

use std::path::{Path, PathBuf};

use super::SpaceTag;
use crate::run::atomic::WriteError;
use crate::run::tensors::TensorError;

/// A checkpoint could not be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// There is none.
    #[error("there is no checkpoint of stage `{stage}` in `{}`", folder.display())]
    NotFound {
        /// The stage.
        stage: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The tensor file has another length than its manifest says.
    #[error(
        "checkpoint `{}` is truncated or overwritten: {present} bytes instead of {expected}",
        path.display()
    )]
    Truncated {
        /// The tensor file.
        path: PathBuf,
        /// Bytes it has.
        present: u64,
        /// Bytes it should have.
        expected: u64,
    },
    /// A file's bytes are not those that were written.
    #[error("checkpoint `{}` is corrupt: its checksum does not fit", path.display())]
    Checksum {
        /// The tensor file or the manifest.
        path: PathBuf,
    },
    /// The manifest cannot be understood.
    #[error("checkpoint manifest `{}` is corrupt: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// The tensor file is no safetensors file, or a tensor cannot be written.
    #[error("checkpoint `{}` cannot be used: {reason}", path.display())]
    Tensors {
        /// The tensor file.
        path: PathBuf,
        /// What is wrong.
        reason: TensorError,
    },
    /// The tensor file holds something its manifest does not speak of.
    #[error("checkpoint `{}` holds `{tensor}`, which belongs to no group", path.display())]
    Stray {
        /// The tensor file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// It was made from another space.
    #[error(
        "checkpoint `{}` belongs to the space {found}, but this run's space is {expected}",
        path.display()
    )]
    WrongSpace {
        /// The manifest.
        path: PathBuf,
        /// The checkpoint's space.
        found: SpaceTag,
        /// The run's space.
        expected: SpaceTag,
    },
    /// It was written by another version of this program.
    #[error(
        "checkpoint `{}` has format {found}; this version reads format {expected}",
        path.display()
    )]
    Format {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The format read here.
        expected: u32,
    },
    /// The system refused.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl CheckpointError {
    pub(super) fn io(path: &Path, action: &'static str, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), action, source }
    }

    /// Whether the files are damaged or gone, so that the checkpoint before can stand in; a wrong
    /// space or format is no damage.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Truncated { .. }
            | Self::Checksum { .. }
            | Self::Manifest { .. }
            | Self::Tensors { .. }
            | Self::Stray { .. } => true,
            Self::Io { source, .. } => source.kind() == std::io::ErrorKind::NotFound,
            Self::NotFound { .. }
            | Self::WrongSpace { .. }
            | Self::Format { .. }
            | Self::Write(_) => false,
        }
    }
}
