//! One part of a data set: images with labels, read from files when asked or held in memory.
//!
//! A small part is decoded once and kept as bytes, so that an epoch costs no decoding. Whether it is
//! kept never changes a pixel: the bound on the shorter side is applied to files read one by one too.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use nasc_compiler::random::Stream;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::folder::File;
use super::transform::{Resizer, everything, with_shorter_side};
use super::{DataError, Image, ImageFolder, Part, decode};

/// What is kept in memory. Part of a recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cache {
    /// The most bytes of decoded pixels that are kept; a part that needs more is read from its files
    /// in every epoch. 0 keeps nothing.
    pub bytes: u64,
    /// Images whose shorter side has more pixels than this are reduced to it when read. It changes
    /// what a network sees: give it at least the evaluation's `resize`.
    pub shorter_side: Option<u32>,
}

impl Default for Cache {
    fn default() -> Self {
        Self { bytes: 512 << 20, shorter_side: None }
    }
}

/// Images and labels of one part, in the order of the listing.
#[derive(Debug)]
pub struct Dataset {
    classes: Vec<String>,
    labels: Vec<u32>,
    /// Paths below the root, also of images that were never files.
    names: Vec<PathBuf>,
    source: Source,
    hash: String,
}

#[derive(Debug)]
enum Source {
    Files { root: PathBuf, shorter_side: Option<u32> },
    Memory(Vec<Image>),
}

impl Dataset {
    /// The part of a scanned folder, decoded into memory if it fits the cache.
    ///
    /// # Errors
    /// An image that cannot be read or decoded: all of them are tried when the part fits the cache,
    /// and the first in the order of the listing is named.
    pub fn open(folder: &ImageFolder, part: Part, cache: &Cache) -> Result<Self, DataError> {
        if cache.shorter_side == Some(0) {
            return Err(DataError::setting("cache.shorter_side", "is 0"));
        }
        let files = &folder.part(part).files;
        let names: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
        let labels: Vec<u32> = files.iter().map(|file| file.label).collect();
        let classes = folder.classes.clone();
        if fits(&folder.root, files, cache)? {
            let read: Vec<Result<Image, DataError>> = names
                .par_iter()
                .map(|name| read(&folder.root.join(name), cache.shorter_side))
                .collect();
            let images = read.into_iter().collect::<Result<_, _>>()?;
            return Ok(Self::in_memory(classes, labels, names, images));
        }
        let source = Source::Files { root: folder.root.clone(), shorter_side: cache.shorter_side };
        let sizes = files.iter().map(|file| file.bytes.to_le_bytes());
        let seal = format!("files {:?}", cache.shorter_side);
        let hash = hash(&seal, &classes, &labels, &names, sizes);
        Ok(Self { classes, labels, names, source, hash })
    }

    /// A part of decoded images; `names` are the paths they have or would have below a root.
    ///
    /// # Panics
    /// If the lists differ in length or a label names no class.
    pub fn in_memory(
        classes: Vec<String>,
        labels: Vec<u32>,
        names: Vec<PathBuf>,
        images: Vec<Image>,
    ) -> Self {
        assert!(
            labels.len() == images.len() && names.len() == images.len(),
            "one of each per image"
        );
        assert!(
            labels.iter().all(|&label| (label as usize) < classes.len()),
            "labels name classes"
        );
        let contents = images.iter().map(|image| {
            let size = [image.width().to_le_bytes(), image.height().to_le_bytes()].concat();
            [&size, image.pixels()].concat()
        });
        let hash = hash("pixels", &classes, &labels, &names, contents);
        Self { classes, labels, names, source: Source::Memory(images), hash }
    }

    /// The same images with their labels dealt out anew, each as often as before: nothing can be learned from them that
    /// holds for other images. What a search finds on them it found by chance.
    #[must_use]
    pub fn with_shuffled_labels(mut self, seed: u64) -> Self {
        Stream::new(seed, "shuffled labels", &[]).shuffle(&mut self.labels);
        self.hash = format!("{} shuffled by {seed}", self.hash);
        self
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Names of the classes; a label is a position here.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The label of each image.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The path of an image below the root of its data.
    pub fn name(&self, index: u32) -> &Path {
        &self.names[index as usize]
    }

    /// Whether the images lie decoded in memory.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.source, Source::Memory(_))
    }

    /// An image; read from its file if it is not in memory.
    pub fn image(&self, index: u32) -> Result<Cow<'_, Image>, DataError> {
        match &self.source {
            Source::Memory(images) => Ok(Cow::Borrowed(&images[index as usize])),
            Source::Files { root, shorter_side } => {
                read(&root.join(self.name(index)), *shorter_side).map(Cow::Owned)
            }
        }
    }

    /// SHA-256 in hexadecimal of classes, paths and labels, and of the pixels where they are in
    /// memory or the files' sizes where they are not.
    ///
    /// The key of results that depend on this data. Equal pixels under equal names have one hash,
    /// whatever the format of the files; a part that stops fitting the cache gets another.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// Whether the decoded images fit the cache; heads are read only until they do not.
fn fits(root: &Path, files: &[File], cache: &Cache) -> Result<bool, DataError> {
    // The smallest image of the formats takes more than 60 bytes of file and 3 of memory.
    let mut bytes = 3 * files.len() as u64;
    for file in files {
        if bytes > cache.bytes {
            return Ok(false);
        }
        let (width, height) = decode::dimensions(&root.join(&file.path))?;
        let (shorter, longer) = (u64::from(width.min(height)), u64::from(width.max(height)));
        bytes += match cache.shorter_side {
            Some(side) if u64::from(side) < shorter => {
                3 * u64::from(side) * (u64::from(side) * longer / shorter)
            }
            _ => 3 * shorter * longer,
        };
    }
    Ok(bytes <= cache.bytes)
}

fn read(path: &Path, shorter_side: Option<u32>) -> Result<Image, DataError> {
    let image = decode::read(path)?;
    match shorter_side {
        Some(side) if side < image.width().min(image.height()) => {
            let whole = everything(&image);
            let (width, height) = with_shorter_side(whole, side);
            let pixels = Resizer::default().resize(&image, whole, width, height);
            Ok(Image::new(width, height, pixels))
        }
        _ => Ok(image),
    }
}

/// Every field goes in with its length before it, so that no two data sets read alike.
fn hash<Content: AsRef<[u8]>>(
    seal: &str,
    classes: &[String],
    labels: &[u32],
    names: &[PathBuf],
    contents: impl Iterator<Item = Content>,
) -> String {
    let mut digest = Sha256::new();
    let mut put = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    put(seal.as_bytes());
    for class in classes {
        put(class.as_bytes());
    }
    for ((name, label), content) in names.iter().zip(labels).zip(contents) {
        put(name.as_os_str().as_encoded_bytes());
        put(&label.to_le_bytes());
        put(content.as_ref());
    }
    digest.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
