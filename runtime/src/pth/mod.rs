//! State dicts as `PyTorch` writes them: files of `torch.save`, read and written without Python.
//!
//! A `.pth` file is a program for an unpickler, and an unpickler runs what it is told. The reader here does not: it
//! knows a closed list of operations ([`pickle`]) and of names ([`global`]), makes plain values of them, and refuses
//! everything else by its name. What a hostile file can cost is bounded before it is spent ([`Limits`]): no value is
//! ever copied because it was named twice, nothing recurses, and no length is believed before it is compared with the
//! bytes that are there.
//!
//! Read: the zip format (stored or deflated) and the one before it; plain dicts and ordered ones, also inside a
//! checkpoint; views with offsets and strides. Not read: whole modules, quantised and sparse tensors, files of
//! big-endian machines.

mod archive;
mod error;
mod global;
mod legacy;
mod limits;
mod pickle;
mod state;
mod storage;
mod value;
mod view;
mod write;
mod zipped;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::run::tensors::RawTensor;

pub use error::PthError;
pub use limits::Limits;
pub use write::{WritePthError, save, to_bytes};

/// Named tensors in the order of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDict {
    /// The tensors, dense and in row-major order.
    pub tensors: Vec<(String, RawTensor)>,
    /// Under which names of the file they were found, outermost first; none for a plain state dict.
    pub entry: Vec<String>,
    /// Other state dicts of the file, which were not read.
    pub others: Vec<String>,
}

/// A file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refused.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not what is read here.
    #[error("`{}` cannot be used: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: PthError,
    },
}

/// Reads a file; `entry` names the state dict to take where the file has several.
///
/// # Errors
/// The file is missing, or is not a state dict that is read here.
pub fn load(path: &Path, entry: Option<&str>) -> Result<StateDict, ReadError> {
    let failed = |source| ReadError::Read { path: path.to_owned(), source };
    // A device or a pipe has no end.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(std::io::Error::other("it is not a regular file")));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    from_bytes(&bytes, entry, &Limits::of(bytes.len()))
        .map_err(|reason| ReadError::Unusable { path: path.to_owned(), reason })
}

/// Whether bytes begin as files of `torch.save` do, in either format.
pub fn is_pth(bytes: &[u8]) -> bool {
    bytes.starts_with(archive::MAGIC) || bytes.starts_with(legacy::MAGIC)
}

/// Reads the bytes of a file.
///
/// # Errors
/// They are not a state dict that is read here.
pub fn from_bytes(
    bytes: &[u8],
    entry: Option<&str>,
    limits: &Limits,
) -> Result<StateDict, PthError> {
    if bytes.starts_with(archive::MAGIC) {
        let zipped = zipped::Zipped::unpack(bytes, limits)?;
        state::read(&zipped.values(limits)?, &zipped.storages, entry, limits)
    } else if bytes.starts_with(legacy::MAGIC) {
        let (values, storages) = legacy::read(bytes, limits)?;
        state::read(&values, &storages, entry, limits)
    } else {
        Err(PthError::Foreign("it begins as none does"))
    }
}
