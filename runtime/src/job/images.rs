//! The images of a run: which to train on, which to score candidates on, and which to leave alone.

use std::sync::Arc;

use crate::data::{DataError, Dataset, Part, folder, shapes, split};
use crate::run::recipe;
use crate::train::Feed;

/// The training part of the data, split in two. The test part is not read.
#[derive(Debug, Clone)]
pub struct Images {
    /// What weights are trained and statistics recalibrated on.
    pub train: Feed,
    /// What candidates are scored on.
    pub search: Feed,
}

impl Images {
    /// Opens the training images of a recipe and holds some out, by the seed.
    ///
    /// # Errors
    /// A folder or an image cannot be read, or a class is too small to be split.
    pub fn open(recipe: &recipe::Data, seed: u64, threads: usize) -> Result<Self, DataError> {
        let mut dataset = open(recipe, Part::Train)?;
        if recipe.shuffle_labels {
            dataset = dataset.with_shuffled_labels(seed);
        }
        let dataset = Arc::new(dataset);
        let parts = split(dataset.labels(), recipe.holdout, seed)?;
        let transform = recipe.transform.clone();
        let train = Feed { dataset, indices: parts.train, transform, threads };
        Ok(Self { search: train.of(parts.search), train })
    }
}

/// Opens the test images of a recipe, all of them.
///
/// # Errors
/// A folder or an image cannot be read.
pub fn open_test(recipe: &recipe::Data, threads: usize) -> Result<Feed, DataError> {
    let dataset = Arc::new(open(recipe, Part::Test)?);
    let indices = (0..dataset.len() as u32).collect();
    Ok(Feed { dataset, indices, transform: recipe.transform.clone(), threads })
}

fn open(recipe: &recipe::Data, part: Part) -> Result<Dataset, DataError> {
    match &recipe.path {
        Some(path) => Dataset::open(&folder::scan(path)?, part, &recipe.cache),
        None => shapes::in_memory(&recipe.shapes, part),
    }
}
