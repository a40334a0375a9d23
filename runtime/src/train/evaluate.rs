//! How well networks do on images that they were not trained on.
//!
//! Weights shared by many networks leave running statistics that fit none of them, so a network of a
//! supernet is recalibrated first: its statistics are gathered anew over some batches of training
//! images. The batches are the same for every network. Many networks are evaluated as one tree,
//! with the same bits as one by one.

use nasc_compiler::arch::Arch;
use nasc_compiler::random::Stream;

use super::{Feed, Recalibration, TrainError, feed, memory};
use crate::data::Loader;
use crate::program::Statistics;
use crate::run::fault;
use crate::supernet::{self, Batch, Counts, Supernet};
use crate::torch::Tensor;

impl Recalibration {
    /// The batches: training images with training augmentation, drawn by the seed alone.
    fn batches(&self, images: &Feed, seed: u64) -> Calibration {
        Calibration {
            seed: Stream::new(seed, "recalibrate", &[]).next_u64(),
            batch: self.batch,
            next: 0,
            end: if images.indices.is_empty() { 0 } else { self.batches },
            images: images.clone(),
            loader: None,
        }
    }
}

/// Batches of a recalibration, over as many epochs as they take.
struct Calibration {
    images: Feed,
    seed: u64,
    batch: usize,
    next: u64,
    end: u64,
    loader: Option<Loader>,
}

impl Calibration {
    fn load(&mut self) -> Result<Option<Tensor>, TrainError> {
        let per_epoch = self.images.steps(self.batch);
        if self.next.is_multiple_of(per_epoch) {
            let epoch = self.next / per_epoch;
            self.loader = Some(self.images.epoch(self.seed, epoch, self.batch, 0)?);
        }
        self.next += 1;
        let batch = self.loader.as_mut().and_then(Iterator::next).transpose()?;
        Ok(batch.map(|batch| feed::to_tensors(&batch)).transpose()?.map(|batch| batch.images))
    }
}

impl Iterator for Calibration {
    type Item = Result<Tensor, TrainError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.end { None } else { self.load().transpose() }
    }
}

/// The images of a feed once, as tensors.
fn once(
    images: &Feed,
    batch: usize,
) -> Result<impl Iterator<Item = Result<Batch, TrainError>> + use<>, TrainError> {
    let loader = images.once(batch)?;
    Ok(loader.map(|batch| {
        fault::point("evaluate.batch");
        Ok(feed::to_tensors(&batch?)?)
    }))
}

/// The statistics of one network over training images.
///
/// # Errors
/// Images, memory or libtorch gave out.
pub fn recalibrate(
    supernet: &Supernet,
    arch: &Arch,
    images: &Feed,
    how: &Recalibration,
    seed: u64,
) -> Result<Option<Statistics>, TrainError> {
    if how.batches == 0 {
        return Ok(None);
    }
    let made = supernet.recalibrate(arch, how.batches(images, seed), how.by);
    made.map(Some).map_err(|error| explain(error, supernet, arch, how.batch))
}

/// How well a network classifies images, with the given statistics or the supernet's own.
///
/// # Errors
/// Images, memory or libtorch gave out.
pub fn evaluate(
    supernet: &Supernet,
    arch: &Arch,
    statistics: Option<&Statistics>,
    images: &Feed,
    batch: usize,
) -> Result<Counts, TrainError> {
    let counts = supernet.evaluate(arch, statistics, once(images, batch)?);
    counts.map_err(|error| explain(error, supernet, arch, batch))
}

/// How well each network classifies `images` after a recalibration over `training`; the same bits as
/// [`recalibrate`] and [`evaluate`] for one after another.
///
/// # Errors
/// Images, memory or libtorch gave out.
pub fn evaluate_many(
    supernet: &Supernet,
    archs: &[Arch],
    (training, how, seed): (&Feed, &Recalibration, u64),
    (images, batch): (&Feed, usize),
) -> Result<Vec<Counts>, TrainError> {
    let Some(largest) = archs.first() else { return Ok(Vec::new()) };
    let calibration = how.batches(training, seed);
    let evaluation = once(images, batch)?;
    supernet::evaluate_many(supernet, archs, calibration, how.by, evaluation)
        .map_err(|error| explain(error, supernet, largest, batch.max(how.batch)))
}

fn explain(error: TrainError, supernet: &Supernet, arch: &Arch, batch: usize) -> TrainError {
    let doing = format!("evaluating batches of {batch} images");
    let predicted = || memory::of_evaluation(supernet, arch, batch);
    memory::explain(error, doing, predicted, supernet.store().place().device)
}
