//! Files of plain weights: a found network's `best.safetensors`, or any other program's.
//!
//! Files written here carry the hash of their tensors in the metadata, so that a changed byte is
//! found on reading; files without one are read as they are.

use std::path::{Path, PathBuf};

use super::atomic::{self, WriteError};
use super::tensors::{self, Facts, TensorError, Tensors};

const HASH: &str = "nasc.sha256";

/// A file of weights could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The system refused to read it.
    #[error("cannot read the weights `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not a whole safetensors file.
    #[error("the weights `{}` cannot be used: {reason}", path.display())]
    Tensors {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: TensorError,
    },
    /// Its tensors are not the ones that were written.
    #[error("the weights `{}` were altered: their checksum does not fit", .0.display())]
    Altered(PathBuf),
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Writes weights, replacing the file whole; `facts` are free-form metadata.
///
/// # Errors
/// A tensor's bytes do not fit its shape, or the file cannot be written.
pub fn save_weights(path: &Path, tensors: &Tensors, facts: &Facts) -> Result<(), WeightsError> {
    let mut facts = facts.clone();
    facts.insert(HASH.to_owned(), tensors::hash(tensors));
    let named = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    let encoded = tensors::encode(named, &facts)
        .map_err(|reason| WeightsError::Tensors { path: path.to_owned(), reason })?;
    Ok(atomic::write_with(path, |file| encoded.write_to(file))?)
}

/// Reads weights and the metadata they were written with.
///
/// # Errors
/// The file is missing, truncated, corrupt, or altered since it was written here.
pub fn load_weights(path: &Path) -> Result<(Tensors, Facts), WeightsError> {
    let bytes = std::fs::read(path)
        .map_err(|source| WeightsError::Read { path: path.to_owned(), source })?;
    let (tensors, mut facts) = tensors::from_bytes(&bytes)
        .map_err(|reason| WeightsError::Tensors { path: path.to_owned(), reason })?;
    match facts.remove(HASH) {
        Some(written) if written != tensors::hash(&tensors) => {
            Err(WeightsError::Altered(path.to_owned()))
        }
        _ => Ok((tensors, facts)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::run::tensors::{Dtype, RawTensor};

    fn sample() -> (Tensors, Facts) {
        let tensor = RawTensor { dtype: Dtype::F32, shape: vec![2], bytes: (0..8).collect() };
        let facts = Facts::from([("space".into(), "demo".into()), ("arch".into(), "a1".into())]);
        (Tensors::from([("stem.conv.weight".into(), tensor)]), facts)
    }

    #[test]
    fn weights_and_facts_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("best.safetensors");
        let (tensors, facts) = sample();
        save_weights(&path, &tensors, &facts).unwrap();
        assert_eq!(load_weights(&path).unwrap(), (tensors, facts));
    }

    #[test]
    fn every_cut_and_every_changed_value_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("best.safetensors");
        let (tensors, facts) = sample();
        save_weights(&path, &tensors, &facts).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for cut in 0..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let error = load_weights(&path).unwrap_err().to_string();
            assert!(error.contains("best.safetensors"), "{error}");
        }
        for at in bytes.len() - 8..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            assert!(matches!(load_weights(&path), Err(WeightsError::Altered(_))), "byte {at}");
        }
    }

    #[test]
    fn weights_of_other_programs_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.safetensors");
        let (tensors, _) = sample();
        std::fs::write(&path, tensors::to_bytes(&tensors, &Facts::new()).unwrap()).unwrap();
        assert_eq!(load_weights(&path).unwrap(), (tensors, Facts::new()));
    }
}
