//! Images on their way into a network.

use std::sync::Arc;

use crate::data::loader::Epoch;
use crate::data::{self, DataError, Dataset, Loader, Transform};
use crate::supernet::Batch;
use crate::torch::{self, TorchError};

/// Some images of a data set, and how they are read.
#[derive(Debug, Clone)]
pub struct Feed {
    /// The data set.
    pub dataset: Arc<Dataset>,
    /// The images that are used, by position.
    pub indices: Vec<u32>,
    /// How an image becomes an input.
    pub transform: Transform,
    /// Threads that decode; 0 is one per core.
    pub threads: usize,
}

impl Feed {
    /// The same data set and transform with other images.
    #[must_use]
    pub fn of(&self, indices: Vec<u32>) -> Self {
        Self { indices, ..self.clone() }
    }

    /// The images in two: the rest, and a `share` of every class.
    ///
    /// # Errors
    /// A share outside of (0, 1), or a class with a single image.
    pub fn apart(&self, share: f64, seed: u64) -> Result<(Self, Self), DataError> {
        let labels = self.dataset.labels();
        let own: Vec<u32> = self.indices.iter().map(|&index| labels[index as usize]).collect();
        let parts = data::split(&own, share, seed)?;
        let of = |places: Vec<u32>| {
            self.of(places.into_iter().map(|place| self.indices[place as usize]).collect())
        };
        Ok((of(parts.train), of(parts.search)))
    }

    /// Full batches of `batch` images in one epoch; a set smaller than that is one batch.
    pub fn steps(&self, batch: usize) -> u64 {
        (self.indices.len() / self.batch(batch)) as u64
    }

    /// The batches of an epoch of training, from number `skip` on: shuffled and augmented by seed and
    /// epoch alone.
    ///
    /// # Errors
    /// Settings that mean nothing; images that cannot be read come up in the stream.
    pub fn epoch(
        &self,
        seed: u64,
        epoch: u64,
        batch: usize,
        skip: u64,
    ) -> Result<Loader, DataError> {
        let (batch, skip_batches) = (self.batch(batch), skip as usize);
        let threads = self.threads;
        let epoch = Epoch { seed, epoch, batch, drop_last: true, skip_batches, threads };
        Loader::train(&self.dataset, &self.indices, &self.transform, &epoch)
    }

    /// All images once, in order and without chance.
    ///
    /// # Errors
    /// As [`Feed::epoch`].
    pub fn once(&self, batch: usize) -> Result<Loader, DataError> {
        Loader::eval(&self.dataset, &self.indices, &self.transform, self.batch(batch), self.threads)
    }

    /// How many images a batch of training has, when `batch` are asked for.
    pub fn batch(&self, batch: usize) -> usize {
        batch.min(self.indices.len()).max(1)
    }
}

/// A batch as tensors: images `[N, 3, H, W]`, channels last in memory, and labels `[N]`.
///
/// # Errors
/// They do not fit into memory.
pub fn to_tensors(batch: &data::Batch) -> Result<Batch, TorchError> {
    let (images, side) = (batch.len() as i64, i64::from(batch.size));
    let rows = torch::from_slice(&batch.pixels, &[images, side, side, 3])?;
    let labels = torch::from_slice(&batch.labels, &[images])?;
    Ok(Batch { images: rows.f_permute([0, 3, 1, 2])?, labels })
}
