//! The data set as an `ImageFolder` of PNG files.
//!
//! The folder carries a marker until its last image is there, which readers refuse, and every image
//! appears whole or not at all: an interrupted run leaves nothing that looks finished, and the next
//! one goes on where it stopped.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

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
        Ok(mut entries) => entries.next().is_some(),
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
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.partial"));
    fs::write(&partial, bytes)
        .and_then(|()| fs::rename(&partial, path))
        .map_err(|source| DataError::write(path, source))
}

#[expect(clippy::expect_used, reason = "memory takes any bytes, and the image has its size")]
fn png(image: &Image) -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(image.pixels(), image.width(), image.height(), ExtendedColorType::Rgb8)
        .expect("a PNG into memory");
    bytes
}
