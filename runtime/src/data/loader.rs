//! Batches from a pool of threads, in an order that only the seed and the epoch decide.
//!
//! Thread `t` of `T` makes the batches `t, t + T, ...` of the epoch and hands them over through a
//! queue of its own that holds one; the reader takes from the queues in turn. So the order is fixed,
//! memory is bounded, and no thread waits for another. Dropping the loader stops the threads at their
//! next image and joins them.

use std::fmt;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use nasc_compiler::random::Stream;

use super::transform::Workspace;
use super::{DataError, Dataset, Transform};

/// The most bytes of finished and unfinished batches; fewer threads run where a batch is huge.
const BYTES_IN_FLIGHT: usize = 2 << 30;

/// Images and labels of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Values in the order `[N, size, size, 3]`.
    pub pixels: Vec<f32>,
    /// Labels, `[N]`.
    pub labels: Vec<i64>,
    /// Positions in the data set, `[N]`.
    pub indices: Vec<u32>,
    /// Side of the square images in pixels.
    pub size: u32,
}

impl Batch {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// How an epoch of training is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// The run's seed.
    pub seed: u64,
    /// Number of the epoch, from 0.
    pub epoch: u64,
    /// Images per batch.
    pub batch: usize,
    /// Leave out the last batch if it is smaller than the others.
    pub drop_last: bool,
    /// Batches of this epoch that were already used, for a run that goes on.
    pub skip_batches: usize,
    /// Threads that decode and augment; 0 is one per core.
    pub threads: usize,
}

impl Default for Epoch {
    fn default() -> Self {
        Self { seed: 0, epoch: 0, batch: 64, drop_last: true, skip_batches: 0, threads: 0 }
    }
}

/// An iterator of batches. After an error it ends.
pub struct Loader {
    queues: Vec<Receiver<Result<Batch, DataError>>>,
    threads: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    next: usize,
    batches: usize,
}

impl fmt::Debug for Loader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { threads, next, batches, .. } = self;
        write!(f, "Loader {{ threads: {}, batch {next} of {batches} }}", threads.len())
    }
}

/// What the threads of a loader share.
struct Work {
    dataset: Arc<Dataset>,
    transform: Transform,
    order: Vec<u32>,
    batch: usize,
    /// Seed and epoch of the augmentation; none for evaluation.
    chance: Option<(u64, u64)>,
    stop: Arc<AtomicBool>,
}

impl Loader {
    /// The batches of an epoch over the images at `indices`, shuffled and augmented.
    ///
    /// # Errors
    /// Settings that mean nothing. Images that cannot be read surface in the stream.
    ///
    /// # Panics
    /// If an index is not one of the data set.
    pub fn train(
        dataset: &Arc<Dataset>,
        indices: &[u32],
        transform: &Transform,
        epoch: &Epoch,
    ) -> Result<Self, DataError> {
        let &Epoch { seed, epoch, batch, drop_last, skip_batches, threads } = epoch;
        let mut order = indices.to_vec();
        Stream::new(seed, "order", &[epoch]).shuffle(&mut order);
        if drop_last && batch > 0 {
            order.truncate(order.len() / batch * batch);
        }
        let chance = Some((seed, epoch));
        Self::start(dataset, order, transform, batch, chance, skip_batches, threads)
    }

    /// The images at `indices`, in that order, without chance; the last batch may be smaller.
    ///
    /// # Errors
    /// Settings that mean nothing. Images that cannot be read surface in the stream.
    ///
    /// # Panics
    /// If an index is not one of the data set.
    pub fn eval(
        dataset: &Arc<Dataset>,
        indices: &[u32],
        transform: &Transform,
        batch: usize,
        threads: usize,
    ) -> Result<Self, DataError> {
        Self::start(dataset, indices.to_vec(), transform, batch, None, 0, threads)
    }

    fn start(
        dataset: &Arc<Dataset>,
        order: Vec<u32>,
        transform: &Transform,
        batch: usize,
        chance: Option<(u64, u64)>,
        skip: usize,
        threads: usize,
    ) -> Result<Self, DataError> {
        transform.check()?;
        if batch == 0 {
            return Err(DataError::setting("batch", "is 0"));
        }
        assert!(order.iter().all(|&index| (index as usize) < dataset.len()), "indices are images");
        let batches = order.len().div_ceil(batch);
        let skip = skip.min(batches);
        let threads = match threads {
            0 => thread::available_parallelism().map_or(1, std::num::NonZero::get),
            given => given,
        };
        // A thread holds the batch in its queue and the one that it makes.
        let bytes = 2 * batch * transform.len() * size_of::<f32>();
        let threads = threads.min(BYTES_IN_FLIGHT / bytes).max(1).min((batches - skip).max(1));
        let stop = Arc::new(AtomicBool::new(false));
        let work = Arc::new(Work {
            dataset: Arc::clone(dataset),
            transform: transform.clone(),
            order,
            batch,
            chance,
            stop: Arc::clone(&stop),
        });
        let mut loader =
            Self { queues: Vec::new(), threads: Vec::new(), stop, next: skip, batches };
        for thread in 0..threads {
            let (sender, receiver) = bounded(1);
            let work = Arc::clone(&work);
            loader.queues.push(receiver);
            loader.threads.push(thread::spawn(move || {
                make_batches((skip + thread..batches).step_by(threads), &work, &sender);
            }));
        }
        // Queue `b % T` holds batch `b`.
        loader.queues.rotate_right(skip % threads);
        Ok(loader)
    }

    /// The batches of the whole epoch, those skipped included.
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// The number within the epoch of the batch that comes next.
    pub fn position(&self) -> usize {
        self.next
    }

    /// Ends the threads, and takes over the panic of one that had one.
    fn join(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.queues.clear();
        for thread in self.threads.drain(..) {
            if let Err(payload) = thread.join()
                && !thread::panicking()
            {
                panic::resume_unwind(payload);
            }
        }
    }
}

impl Iterator for Loader {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.batches || self.queues.is_empty() {
            self.join();
            return None;
        }
        let queue = self.next % self.queues.len();
        match self.queues[queue].recv() {
            Ok(Ok(batch)) => {
                self.next += 1;
                Some(Ok(batch))
            }
            Ok(Err(error)) => {
                self.join();
                Some(Err(error))
            }
            // The thread ended before its last batch, so it panicked.
            Err(_) => {
                self.join();
                None
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = if self.queues.is_empty() { 0 } else { self.batches - self.next };
        (0, Some(left))
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.join();
    }
}

fn make_batches(
    numbers: impl Iterator<Item = usize>,
    work: &Work,
    queue: &Sender<Result<Batch, DataError>>,
) {
    let mut space = Workspace::default();
    for number in numbers {
        let end = work.order.len().min((number + 1) * work.batch);
        let Some(batch) = make_batch(&work.order[number * work.batch..end], work, &mut space)
        else {
            return;
        };
        let failed = batch.is_err();
        // The reader is gone, or has no use for what follows an error.
        if queue.send(batch).is_err() || failed {
            return;
        }
    }
}

/// One batch; none when the loader is being dropped.
fn make_batch(
    indices: &[u32],
    work: &Work,
    space: &mut Workspace,
) -> Option<Result<Batch, DataError>> {
    let Work { dataset, transform, chance, stop, .. } = work;
    let mut pixels = vec![0.0; indices.len() * transform.len()];
    for (&index, out) in indices.iter().zip(pixels.chunks_exact_mut(transform.len())) {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let image = match dataset.image(index) {
            Ok(image) => image,
            Err(error) => return Some(Err(error)),
        };
        match *chance {
            Some((seed, epoch)) => {
                let mut stream = Stream::new(seed, "augment", &[epoch, u64::from(index)]);
                transform.train(&image, &mut stream, space, out);
            }
            None => transform.eval(&image, space, out),
        }
    }
    let labels = indices.iter().map(|&i| i64::from(dataset.labels()[i as usize])).collect();
    Some(Ok(Batch { pixels, labels, indices: indices.to_vec(), size: transform.size }))
}

#[cfg(test)]
mod tests;
