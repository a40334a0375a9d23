//! The built-in data set: ten kinds of figure in rendered scenes.
//!
//! Each image shows one whole figure whose kind is its class. Colours, fill, size, place, rotation,
//! background, loose fragments of other figures, lines, an occasional bar in front and sensor noise
//! are drawn independently of the class, foreground may be darker or lighter than background, and
//! no class has a place or a colour of its own: a linear model on the pixels finds next to nothing,
//! a small convolutional network most of it.
//!
//! An image is a function of (seed, part, index, size) alone and has the same bytes on every machine;
//! asking for more images leaves the former ones as they were.

mod figure;
mod paint;
mod render;
mod scene;
mod write;

use std::path::PathBuf;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::{Deserialize, Serialize};

pub use self::figure::{FIGURES, Figure};
pub use self::write::{Written, write};

use super::{DataError, Dataset, Image, Part};

/// Which images are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Side of the images in pixels.
    pub size: u32,
    /// Training images, over all classes.
    pub train: u32,
    /// Test images, over all classes.
    pub test: u32,
    /// Seed of the scenes.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { size: 32, train: 8000, test: 2000, seed: 0 }
    }
}

impl Options {
    /// Whether every field has a usable value: sides of 16 to 1024 pixels, an image per class.
    pub fn check(&self) -> Result<(), DataError> {
        let Self { size, train, test, seed: _ } = *self;
        if !(16..=1024).contains(&size) {
            return Err(DataError::setting("size", format!("is {size}, not within 16..=1024")));
        }
        for (setting, images) in [("train", train), ("test", test)] {
            if (images as usize) < FIGURES.len() {
                return Err(DataError::setting(
                    setting,
                    format!("is {images}, below one per class"),
                ));
            }
        }
        Ok(())
    }

    fn images(&self, part: Part) -> u32 {
        match part {
            Part::Train => self.train,
            Part::Test => self.test,
        }
    }
}

/// Image `index` of a part; its class is the figure `index % 10` of [`FIGURES`].
pub fn image(options: &Options, part: Part, index: u32) -> Image {
    let figure = FIGURES[index as usize % FIGURES.len()];
    let purpose = format!("shapes {}", folder_name(part));
    let scene = scene::draw(figure, options.seed, &purpose, index);
    render::render(&scene, options.size)
}

/// A part in memory: the same images, names and hash as [`write`] and [`Dataset::open`] give.
///
/// # Errors
/// Options that mean nothing.
pub fn in_memory(options: &Options, part: Part) -> Result<Dataset, DataError> {
    options.check()?;
    let places: Vec<Place> = places(options.images(part)).collect();
    let images = places.clone().into_par_iter().map(|place| image(options, part, place.index));
    let images = images.collect();
    let labels = places.iter().map(|place| place.label).collect();
    let names = places.iter().map(|place| place.path(part)).collect();
    Ok(Dataset::in_memory(class_names(), labels, names, images))
}

fn class_names() -> Vec<String> {
    FIGURES.iter().map(|figure| figure.name().to_owned()).collect()
}

fn folder_name(part: Part) -> &'static str {
    match part {
        Part::Train => "train",
        Part::Test => "test",
    }
}

/// Where an image stands in the listing of its part.
#[derive(Debug, Clone, Copy)]
struct Place {
    index: u32,
    label: u32,
    /// Its number within the class.
    number: u32,
}

impl Place {
    fn path(self, part: Part) -> PathBuf {
        let class = FIGURES[self.label as usize].name();
        PathBuf::from(format!("{}/{class}/{:05}.png", folder_name(part), self.number))
    }
}

/// The places of `images` images, by class and then by number.
fn places(images: u32) -> impl Iterator<Item = Place> {
    let classes = FIGURES.len() as u32;
    (0..classes).flat_map(move |label| {
        let numbers = (label..images).step_by(classes as usize).enumerate();
        numbers.map(move |(number, index)| Place { index, label, number: number as u32 })
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// Stored results name this data by its seed, so its bytes may never change.
    #[test]
    fn the_bytes_of_a_seed_never_change() {
        let options = Options { size: 32, train: 40, test: 20, seed: 7 };
        let data = in_memory(&options, Part::Train).unwrap();
        assert_eq!(data.hash(), "ab2d3c7e9b49cd74e63d4d4d5b39adba9c1064748e1e168eca4fdb03a7f188eb");
    }

    #[test]
    fn an_image_does_not_depend_on_how_many_there_are() {
        let few = Options { train: 40, ..Options::default() };
        let many = Options { train: 80, ..Options::default() };
        for index in 0..40 {
            assert_eq!(image(&few, Part::Train, index), image(&many, Part::Train, index));
        }
        let other = Options { seed: 1, ..few.clone() };
        assert_ne!(image(&few, Part::Train, 0), image(&few, Part::Test, 0));
        assert_ne!(image(&few, Part::Train, 0), image(&other, Part::Train, 0));
        assert_ne!(image(&few, Part::Train, 0), image(&few, Part::Train, 10));
    }

    #[test]
    fn classes_are_balanced_and_in_the_order_of_their_names() {
        let options = Options { size: 16, train: 25, test: 10, seed: 0 };
        let data = in_memory(&options, Part::Train).unwrap();
        let count = |label| data.labels().iter().filter(|&&found| found == label).count();
        assert_eq!((0..10).map(count).collect::<Vec<_>>(), [3, 3, 3, 3, 3, 2, 2, 2, 2, 2]);
        assert!(data.labels().is_sorted() && data.classes().is_sorted());
    }

    /// The same scene at another size is the same picture.
    #[test]
    fn sizes_show_the_same_scene() {
        let at = |size| image(&Options { size, ..Options::default() }, Part::Test, 5);
        let mean = |image: &Image, channel: usize| {
            let values: Vec<f64> =
                image.pixels().iter().skip(channel).step_by(3).map(|&b| f64::from(b)).collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        let (small, large) = (at(32), at(96));
        for channel in 0..3 {
            assert!((mean(&small, channel) - mean(&large, channel)).abs() < 2.0);
        }
    }

    #[test]
    fn options_without_meaning_are_refused() {
        let refused = |options: Options| options.check().unwrap_err().to_string();
        assert!(refused(Options { size: 8, ..Options::default() }).contains("`size` is 8"));
        assert!(refused(Options { test: 9, ..Options::default() }).contains("`test` is 9"));
    }
}
