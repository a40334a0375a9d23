//! The manifest of a checkpoint: a RON file whose last line, a comment, is its own checksum.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{CheckpointError, Group, SpaceTag};
use crate::run::tensors;

/// The format of checkpoints written here.
pub const FORMAT: u32 = 1;

const SEAL: &str = "// sha256: ";
/// A search's progress takes some hundred kilobytes; a file beyond this is none of ours.
const LONGEST: u64 = 256 << 20;

/// What stands in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format's version.
    pub format: u32,
    /// The stage.
    pub stage: String,
    /// The last step that is contained.
    pub step: u64,
    /// The epoch that step lies in.
    pub epoch: u64,
    /// The space.
    pub space: SpaceTag,
    /// The architecture, when the tensors are one network's.
    pub arch: Option<String>,
    /// How many tensors each group has.
    pub groups: BTreeMap<Group, usize>,
    /// The tensor file, beside the manifest.
    pub file: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
    /// The stage's own state.
    pub progress: String,
}

/// The part that every format has.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl Manifest {
    /// The manifest as it stands in its file.
    pub(super) fn to_text(&self) -> String {
        let pretty = ron::ser::PrettyConfig::new().new_line("\n").struct_names(false);
        #[expect(clippy::expect_used, reason = "a manifest is a struct of numbers and strings")]
        let body =
            ron::ser::to_string_pretty(self, pretty).expect("a manifest is always valid RON");
        let sum = tensors::sha256(format!("{body}\n").as_bytes());
        format!("{body}\n{SEAL}{sum}\n")
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// It is missing, truncated or altered, or of another format.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let read = |source| CheckpointError::io(path, "read", source);
        let corrupt = |reason: String| CheckpointError::Manifest { path: path.to_owned(), reason };
        let length = std::fs::metadata(path).map_err(read)?.len();
        if length > LONGEST {
            return Err(corrupt(format!("it is {length} bytes long")));
        }
        let bytes = std::fs::read(path).map_err(read)?;
        let text = str::from_utf8(&bytes).map_err(|error| corrupt(error.to_string()))?;
        let sealed = text.strip_suffix('\n').and_then(|text| text.rsplit_once(SEAL));
        let (body, sum) = sealed.ok_or_else(|| corrupt("it is truncated".to_owned()))?;
        if tensors::sha256(body.as_bytes()) != sum {
            return Err(CheckpointError::Checksum { path: path.to_owned() });
        }
        let Head { format } = ron::from_str(body).map_err(|error| corrupt(error.to_string()))?;
        if format != FORMAT {
            let (path, found) = (path.to_owned(), format);
            return Err(CheckpointError::Format { path, found, expected: FORMAT });
        }
        let manifest: Self = ron::from_str(body).map_err(|error| corrupt(error.to_string()))?;
        if Path::new(&manifest.file).components().count() != 1 || manifest.file.contains("..") {
            return Err(corrupt(format!("`{}` is not a file beside it", manifest.file)));
        }
        Ok(manifest)
    }
}
