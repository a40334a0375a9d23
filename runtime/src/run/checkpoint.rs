//! Checkpoints: everything a stage needs to go on exactly.
//!
//! A checkpoint is two files: the tensors, `<stage>-<step>.safetensors`, and a manifest,
//! `<stage>-<step>.ron`, with their length and SHA-256. The tensors are written first, and a
//! checkpoint exists only when its manifest does, so a kill in between leaves the one before.
//! [`load`] takes the newest whose checksums fit and says which it had to pass over.
//!
//! What a stage keeps besides tensors (a search's population, a mean's sum) is a string of its own
//! in the manifest. Random streams are counter-based and need only the step.

mod error;
mod manifest;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use error::CheckpointError;
pub use manifest::{FORMAT, Manifest};

use super::tensors::{self, Facts, Tensors};
use super::{atomic, fault};

/// The name and the hash of a space: weights fit one space alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceTag {
    /// The space's name in its file.
    pub name: String,
    /// The hash of its graph.
    pub hash: String,
}

impl std::fmt::Display for SpaceTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` ({})", self.name, self.hash)
    }
}

/// What a group of tensors is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Parameters.
    Weights,
    /// State that no optimiser moves, such as running statistics.
    Buffers,
    /// Momentum and the like, by the path of the parameter it belongs to.
    Optimiser,
    /// Moving averages of the parameters.
    Ema,
    /// A sampler's own parameters.
    Architecture,
}

impl Group {
    const ALL: [Self; 5] =
        [Self::Weights, Self::Buffers, Self::Optimiser, Self::Ema, Self::Architecture];

    /// What stands before a tensor's path in the file.
    fn prefix(self) -> &'static str {
        match self {
            Self::Weights => "weights/",
            Self::Buffers => "buffers/",
            Self::Optimiser => "optimiser/",
            Self::Ema => "ema/",
            Self::Architecture => "architecture/",
        }
    }
}

/// The state of a stage after a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The stage: lower-case letters, digits and `_`.
    pub stage: String,
    /// The last step that is contained; 0 before the first.
    pub step: u64,
    /// The epoch that step lies in.
    pub epoch: u64,
    /// The space that the tensors belong to.
    pub space: SpaceTag,
    /// The architecture, as compact text, when the tensors are one network's.
    pub arch: Option<String>,
    /// The tensors.
    pub groups: BTreeMap<Group, Tensors>,
    /// The stage's own state, in whatever text it chose.
    pub progress: String,
}

/// Where checkpoints lie and how many of a stage are kept.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// The folder; it is made on the first saving.
    pub folder: PathBuf,
    /// How many of a stage to keep, at least 1.
    pub keep: usize,
}

impl Shelf {
    /// A shelf that keeps the last two of each stage, so that a damaged one does not end the run.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), keep: 2 }
    }
}

/// A checkpoint that was read, and those newer ones that could not be.
#[derive(Debug)]
pub struct Loaded {
    /// The newest good checkpoint.
    pub checkpoint: Checkpoint,
    /// Its manifest.
    pub manifest: PathBuf,
    /// Why newer ones were passed over, newest first; each deserves a warning.
    pub skipped: Vec<CheckpointError>,
}

/// A manifest on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The last step that is contained.
    pub step: u64,
    /// The manifest's path.
    pub manifest: PathBuf,
}

/// Saves a checkpoint and removes those of its stage that are no longer to be kept; gives the
/// manifest's path.
///
/// # Errors
/// A tensor is malformed or a file cannot be written; what was on the shelf before stays.
pub fn save(shelf: &Shelf, checkpoint: &Checkpoint) -> Result<PathBuf, CheckpointError> {
    let Checkpoint { stage, step, epoch, space, arch, groups, progress } = checkpoint;
    debug_assert!(is_stage(stage), "`{stage}` cannot be part of a file name");
    let in_folder = |action, source| CheckpointError::io(&shelf.folder, action, source);
    std::fs::create_dir_all(&shelf.folder).map_err(|source| in_folder("create", source))?;

    let named: Vec<(String, &tensors::RawTensor)> = groups
        .iter()
        .flat_map(|(group, tensors)| {
            tensors.iter().map(|(path, tensor)| (format!("{}{path}", group.prefix()), tensor))
        })
        .collect();
    let encoded =
        tensors::encode(named.iter().map(|(name, tensor)| (name.as_str(), *tensor)), &Facts::new());
    let stem = format!("{stage}-{step:08}");
    let encoded = encoded.map_err(|reason| {
        let path = shelf.folder.join(format!("{stem}.safetensors"));
        CheckpointError::Tensors { path, reason }
    })?;

    let manifest_path = shelf.folder.join(format!("{stem}.ron"));
    let file = free_name(shelf, &stem, &manifest_path);
    let manifest = Manifest {
        format: FORMAT,
        stage: stage.clone(),
        step: *step,
        epoch: *epoch,
        space: space.clone(),
        arch: arch.clone(),
        groups: groups.iter().map(|(group, tensors)| (*group, tensors.len())).collect(),
        file,
        bytes: encoded.length(),
        sha256: encoded.sha256(),
        progress: progress.clone(),
    };
    atomic::write_with(&shelf.folder.join(&manifest.file), |file| encoded.write_to(file))?;
    fault::point("checkpoint.tensors_written");
    atomic::write(&manifest_path, manifest.to_text().as_bytes())?;
    fault::point("checkpoint.manifest_written");
    prune(shelf, stage)?;
    Ok(manifest_path)
}

/// The name of a tensor file that no manifest speaks of: a step saved again (after falling back to
/// the checkpoint before it) must not pull the tensors from under the manifest that is there.
fn free_name(shelf: &Shelf, stem: &str, manifest: &Path) -> String {
    let first = format!("{stem}.safetensors");
    if !manifest.exists() {
        return first;
    }
    let again = (2..).map(|count| format!("{stem}.{count}.safetensors"));
    let mut names = std::iter::once(first).chain(again);
    // Endless, so there always is one.
    names.find(|name| !shelf.folder.join(name).exists()).unwrap_or_default()
}

/// The checkpoints of a stage, newest first; their content is not looked at.
///
/// # Errors
/// The folder cannot be listed. One that does not exist holds none.
pub fn list(shelf: &Shelf, stage: &str) -> Result<Vec<Entry>, CheckpointError> {
    let mut entries = Vec::new();
    for name in names(shelf)? {
        let Some(step) = name.strip_suffix(".ron").and_then(|stem| step_of(stem, stage)) else {
            continue;
        };
        entries.push(Entry { step, manifest: shelf.folder.join(name) });
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.step));
    Ok(entries)
}

/// Loads the newest good checkpoint of a stage.
///
/// # Errors
/// There is none ([`CheckpointError::NotFound`]); none is good, and then the newest one's reason is
/// given; or the newest one belongs to another space or a newer format, which falling back would
/// hide.
pub fn load(shelf: &Shelf, stage: &str, space: &SpaceTag) -> Result<Loaded, CheckpointError> {
    let mut skipped = Vec::new();
    for Entry { manifest, .. } in list(shelf, stage)? {
        match load_one(&manifest) {
            Ok(checkpoint) if checkpoint.space == *space => {
                return Ok(Loaded { checkpoint, manifest, skipped });
            }
            Ok(checkpoint) => {
                let (found, expected) = (checkpoint.space, space.clone());
                return Err(CheckpointError::WrongSpace { path: manifest, found, expected });
            }
            Err(error) if error.is_damage() => skipped.push(error),
            Err(error) => return Err(error),
        }
    }
    if skipped.is_empty() {
        let (stage, folder) = (stage.to_owned(), shelf.folder.clone());
        return Err(CheckpointError::NotFound { stage, folder });
    }
    Err(skipped.swap_remove(0))
}

/// Loads the checkpoint that a manifest describes.
///
/// # Errors
/// A file is missing, truncated or altered, or of another format.
pub fn load_one(manifest_path: &Path) -> Result<Checkpoint, CheckpointError> {
    let manifest = Manifest::read(manifest_path)?;
    let Manifest {
        format: _,
        stage,
        step,
        epoch,
        space,
        arch,
        groups,
        file,
        bytes,
        sha256,
        progress,
    } = manifest;
    let path = manifest_path.with_file_name(file);
    let content =
        std::fs::read(&path).map_err(|source| CheckpointError::io(&path, "read", source))?;
    if content.len() as u64 != bytes {
        let present = content.len() as u64;
        return Err(CheckpointError::Truncated { path, present, expected: bytes });
    }
    if tensors::sha256(&content) != sha256 {
        return Err(CheckpointError::Checksum { path });
    }
    let (read, _) = tensors::from_bytes(&content)
        .map_err(|reason| CheckpointError::Tensors { path: path.clone(), reason })?;

    let mut found: BTreeMap<Group, Tensors> =
        groups.keys().map(|group| (*group, Tensors::new())).collect();
    for (name, tensor) in read {
        let group = Group::ALL.into_iter().find(|group| name.starts_with(group.prefix()));
        let tensors = group
            .and_then(|group| Some((found.get_mut(&group)?, name.strip_prefix(group.prefix())?)));
        let Some((tensors, tensor_path)) = tensors else {
            return Err(CheckpointError::Stray { path, tensor: name });
        };
        tensors.insert(tensor_path.to_owned(), tensor);
    }
    Ok(Checkpoint { stage, step, epoch, space, arch, groups: found, progress })
}

/// Removes what a stage no longer needs: all but the newest `keep` checkpoints, and tensors that no
/// manifest speaks of. A manifest goes before its tensors, so a kill in between leaves no manifest
/// without them.
fn prune(shelf: &Shelf, stage: &str) -> Result<(), CheckpointError> {
    let remove = |path: &Path| match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(CheckpointError::io(path, "remove", source))
        }
        _ => Ok(()),
    };
    // A damaged manifest keeps nothing alive and must not push a good checkpoint off the shelf.
    let (mut kept, mut spoken_for) = (0, Vec::new());
    for Entry { manifest, .. } in list(shelf, stage)? {
        match Manifest::read(&manifest) {
            Ok(read) if kept < shelf.keep.max(1) && is_whole(shelf, &read) => {
                kept += 1;
                spoken_for.push(read.file);
            }
            // A newer program's checkpoints are not ours to remove.
            Err(CheckpointError::Format { .. }) => return Ok(()),
            _ => remove(&manifest)?,
        }
    }
    fault::point("checkpoint.half_pruned");
    for name in names(shelf)? {
        let Some(stem) = name.strip_suffix(".safetensors") else { continue };
        let stem = stem.split_once('.').map_or(stem, |(stem, _)| stem);
        if step_of(stem, stage).is_some() && !spoken_for.contains(&name) {
            remove(&shelf.folder.join(name))?;
        }
    }
    Ok(())
}

fn is_whole(shelf: &Shelf, manifest: &Manifest) -> bool {
    let file = std::fs::metadata(shelf.folder.join(&manifest.file));
    file.is_ok_and(|file| file.len() == manifest.bytes)
}

fn names(shelf: &Shelf) -> Result<Vec<String>, CheckpointError> {
    let failed = |source| CheckpointError::io(&shelf.folder, "list", source);
    let entries = match std::fs::read_dir(&shelf.folder) {
        Ok(entries) => entries,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed(source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        // No name of ours is anything but UTF-8.
        names.extend(entry.map_err(failed)?.file_name().into_string().ok());
    }
    Ok(names)
}

/// The step in `<stage>-<step>`.
fn step_of(stem: &str, stage: &str) -> Option<u64> {
    let digits = stem.strip_prefix(stage)?.strip_prefix('-')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn is_stage(stage: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !stage.is_empty() && stage.bytes().all(fits)
}

#[cfg(test)]
mod tests;
