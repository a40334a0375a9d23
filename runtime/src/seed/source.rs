//! Files of weights, whatever their form.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::pth;
use crate::run::tensors::RawTensor;
use crate::run::weights::{self, WeightsError};

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its tensors.
    pub tensors: Vec<(String, RawTensor)>,
    /// Whether they stand in the order in which the network defines them. Safetensors files keep no order.
    pub ordered: bool,
    /// Under which names of a checkpoint they were found.
    pub entry: Vec<String>,
    /// Other state dicts of it.
    pub others: Vec<String>,
}

/// A file of weights cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The system refused.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is a state dict, but none that is read.
    #[error(transparent)]
    Pth(#[from] pth::ReadError),
    /// It is no safetensors file.
    #[error(transparent)]
    Safetensors(#[from] WeightsError),
    /// It has no entries to choose from.
    #[error("`{}` is a safetensors file, which has no entry `{entry}`", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        entry: String,
    },
}

/// Reads a state dict or a safetensors file; `entry` names one of several state dicts of a checkpoint.
///
/// # Errors
/// The file is missing, damaged, or of another form.
pub fn read(path: &Path, entry: Option<&str>) -> Result<Source, SourceError> {
    if pth::is_pth(&head(path)?) {
        let pth::StateDict { tensors, entry, others } = pth::load(path, entry)?;
        return Ok(Source { tensors, ordered: true, entry, others });
    }
    if let Some(entry) = entry {
        return Err(SourceError::Entry { path: path.to_owned(), entry: entry.to_owned() });
    }
    let (tensors, _) = weights::load_weights(path)?;
    let tensors = tensors.into_iter().collect();
    Ok(Source { tensors, ordered: false, entry: Vec::new(), others: Vec::new() })
}

/// The first bytes, by which forms are told apart.
fn head(path: &Path) -> Result<Vec<u8>, SourceError> {
    let failed = |source| SourceError::Read { path: path.to_owned(), source };
    // A device or a pipe has no end.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(std::io::Error::other("it is not a regular file")));
    }
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(32).read_to_end(&mut head).map_err(failed)?;
    Ok(head)
}
