//! The data set as an `ImageFolder` of PNG files.
//!
//! The folder carries a marker until its last image is there, which readers refuse, and every image
//! appears whole or not at all: an interrupted run leaves nothing that looks finished, and the next
//! one goes on where it stopped.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::{FIGURES, Options, Place, folder_name, image, places};
use crate::data::folder::INCOMPLETE;
use crate::data::{DataError, Image, Part};

/// What a finished folder was made from.
const MANIFEST: &str = "shapes.ron";

/// What [`write`] found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Images that were missing and have been written.
    pub written: u32,
    /// Images that were there.
    pub present: u32,
}

/// Writes `train/<class>/00000.png` and so on below `root`, or completes what an earlier run left.
///
/// # Errors
/// Options that mean nothing, a folder that holds something else, or a file that cannot be written.
pub fn write(root: &Path, options: &Options) -> Result<Written, DataError> {
    options.check()?;
    let manifest = ron::to_string(options)
        .map_err(|error| DataError::setting("options", format!("cannot be written: {error}")))?;
    let images = options.train + options.test;
    if found(root, &manifest)? {
        return Ok(Written { written: 0, present: images });
    }
    make_folder(root)?;
    put(&root.join(INCOMPLETE), manifest.as_bytes())?;
    for part in [Part::Train, Part::Test] {
        for figure in FIGURES {
            make_folder(&root.join(folder_name(part)).join(figure.name()))?;
        }
    }
    let jobs: Vec<(Part, Place)> = [Part::Train, Part::Test]
        .into_iter()
        .flat_map(|part| places(options.images(part)).map(move |place| (part, place)))
        .collect();
    let counts: Result<Vec<u32>, DataError> = jobs
        .into_par_iter()
        .map(|(part, place)| {
            let path = root.join(place.path(part));
            if path.exists() {
                return Ok(0);
            }
            let bytes = png(&image(options, part, place.index));
            put(&path, &bytes).map(|()| 1)
        })
        .collect();
    let written = counts?.into_iter().sum();
    put(&root.join(MANIFEST), manifest.as_bytes())?;
    let marker = root.join(INCOMPLETE);
    fs::remove_file(&marker).map_err(|source| DataError::write(&marker, source))?;
    Ok(Written { written, present: images - written })
}

/// Whether the folder is finished with this manifest; an error if it holds something else.
fn found(root: &Path, manifest: &str) -> Result<bool, DataError> {
    let occupied = |reason: String| DataError::Occupied { path: root.to_owned(), reason };
    for (name, finished) in [(INCOMPLETE, false), (MANIFEST, true)] {
        let path = root.join(name);
        match fs::read_to_string(&path) {
            Ok(text) if text == manifest => return Ok(finished),
            Ok(text) => return Err(occupied(format!("it holds images of other options: {text}"))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => return Err(DataError::read(&path, source)),
        }
    }
    let occupants = match fs::read_dir(root) {
        // A run killed at its very start leaves the unfinished marker.
        Ok(mut entries) => !entries
            .all(|entry| entry.is_ok_and(|entry| entry.path() == partial(&root.join(INCOMPLETE)))),
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(source) => return Err(DataError::read(root, source)),
    };
    if occupants {
        return Err(occupied("it holds files that were not written here".to_owned()));
    }
    Ok(false)
}

fn make_folder(path: &Path) -> Result<(), DataError> {
    fs::create_dir_all(path).map_err(|source| DataError::write(path, source))
}

/// Writes a file so that it appears whole: under a hidden name first, then renamed.
fn put(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    let partial = partial(path);
    fs::write(&partial, bytes)
        .and_then(|()| fs::rename(&partial, path))
        .map_err(|source| DataError::write(path, source))
}

fn partial(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.partial"))
}

#[expect(clippy::expect_used, reason = "memory takes any bytes, and the image has its size")]
fn png(image: &Image) -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(image.pixels(), image.width(), image.height(), ExtendedColorType::Rgb8)
        .expect("a PNG into memory");
    bytes
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::data::folder::scan;

    const OPTIONS: Options = Options { size: 16, train: 23, test: 10, seed: 0 };

    #[test]
    fn an_interrupted_folder_is_refused_and_then_completed() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("shapes");
        fs::create_dir(&path).unwrap();
        fs::write(partial(&path.join(INCOMPLETE)), "(si").unwrap();
        assert_eq!(write(&path, &OPTIONS).unwrap(), Written { written: 33, present: 0 });
        let listing = scan(&path).unwrap();
        assert_eq!((listing.train.files.len(), listing.test.files.len()), (23, 10));
        let lost = path.join("train/arrow/00002.png");
        let bytes = fs::read(&lost).unwrap();

        // The state of a run killed while it wrote this image.
        fs::rename(path.join(MANIFEST), path.join(INCOMPLETE)).unwrap();
        fs::remove_file(&lost).unwrap();
        fs::write(path.join("train/arrow/.00002.png.partial"), &bytes[..20]).unwrap();
        assert!(matches!(scan(&path), Err(DataError::Incomplete { .. })));
        assert_eq!(write(&path, &OPTIONS).unwrap(), Written { written: 1, present: 32 });
        assert_eq!(fs::read(&lost).unwrap(), bytes);
        assert_eq!(scan(&path).unwrap().train.files, listing.train.files);
        assert_eq!(write(&path, &OPTIONS).unwrap(), Written { written: 0, present: 33 });
    }

    #[test]
    fn what_others_wrote_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &OPTIONS).unwrap();
        let other = write(root.path(), &Options { seed: 1, ..OPTIONS }).unwrap_err().to_string();
        assert!(other.contains("images of other options: (size:16,"), "{other}");
        let own = tempfile::tempdir().unwrap();
        fs::write(own.path().join("thesis.tex"), "").unwrap();
        let refused = write(own.path(), &OPTIONS).unwrap_err().to_string();
        assert!(refused.ends_with("it holds files that were not written here"), "{refused}");
        assert_eq!(fs::read_dir(own.path()).unwrap().count(), 1);
    }
}
