//! Trees on several threads: each has some of the architectures, all see every batch.
//!
//! One operation on small images hardly gains from a second thread, two operations side by side do.
//! Architectures that share much go to one thread, and each thread computes with one.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle, scope};

use nasc_compiler::arch::Arch;

use super::Tree;
use crate::program::{Averaging, ProgramError};
use crate::supernet::{Batch, Counts, Supernet};
use crate::torch::{self, Device, Tensor};

/// Batches that wait for a thread: it never runs dry, and few are held in memory.
const WAITING: usize = 2;

/// What a thread is handed.
enum Work {
    Calibrate(Tensor),
    Score(Batch),
}

/// How well each architecture classifies the batches of `evaluation`, after a recalibration over the
/// images of `calibration`; without any of those, with the supernet's own statistics. Equal, bit by
/// bit, to [`Supernet::recalibrate`] and [`Supernet::evaluate`] for one after another with one thread
/// per operation, however many threads there are.
///
/// # Errors
/// The first error among the batches, or of a run.
pub fn evaluate_many<E: From<ProgramError>>(
    supernet: &Supernet,
    archs: &[Arch],
    calibration: impl IntoIterator<Item = Result<Tensor, E>>,
    by: Averaging,
    evaluation: impl IntoIterator<Item = Result<Batch, E>>,
) -> Result<Vec<Counts>, E> {
    let place = supernet.store().place();
    let threads = if place.device == Device::Cpu { torch::threads() } else { 1 };
    let groups = groups(&Tree::plant(supernet, archs)?, threads);
    let mut trees = Vec::with_capacity(groups.len());
    for group in &groups {
        let archs: Vec<Arch> = group.iter().map(|&arch| archs[arch].clone()).collect();
        trees.push(Tree::plant(supernet, &archs)?);
    }
    let counted = scope(|scope| {
        let workers: Vec<Worker<'_>> =
            trees.into_iter().map(|tree| Worker::start(scope, tree, by)).collect();
        let fed = feed(&workers, supernet, calibration, evaluation);
        // A thread that failed takes no more; its own error says why.
        let counted = workers.into_iter().map(Worker::finish).collect::<Result<Vec<_>, _>>()?;
        fed.map(|()| counted)
    })?;
    let mut counts = vec![Counts::default(); archs.len()];
    for (group, counted) in groups.iter().zip(counted) {
        for (&arch, counted) in group.iter().zip(counted) {
            counts[arch] = counted;
        }
    }
    Ok(counts)
}

/// The architectures of each thread: neighbours in the tree together, about equally many calls each.
fn groups(tree: &Tree, threads: usize) -> Vec<Vec<usize>> {
    let mut groups = vec![Vec::new(); threads.max(1)];
    for (arch, position) in tree.positions().into_iter().enumerate() {
        let group = (position * groups.len() as f64) as usize;
        groups[group].push(arch);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// Hands every batch to every thread.
fn feed<E: From<ProgramError>>(
    workers: &[Worker<'_>],
    supernet: &Supernet,
    calibration: impl IntoIterator<Item = Result<Tensor, E>>,
    evaluation: impl IntoIterator<Item = Result<Batch, E>>,
) -> Result<(), E> {
    for images in calibration {
        let images = supernet.place_input(&images?).map_err(ProgramError::from)?;
        if !workers.iter().all(|worker| worker.take(Work::Calibrate(images.shallow_clone()))) {
            return Ok(());
        }
    }
    for batch in evaluation {
        let Batch { images, labels } = batch?;
        let images = supernet.place_input(&images).map_err(ProgramError::from)?;
        for worker in workers {
            let (images, labels) = (images.shallow_clone(), labels.shallow_clone());
            if !worker.take(Work::Score(Batch { images, labels })) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// A thread with a tree.
struct Worker<'scope> {
    work: SyncSender<Work>,
    thread: ScopedJoinHandle<'scope, Result<Vec<Counts>, ProgramError>>,
}

impl<'scope> Worker<'scope> {
    fn start(scope: &'scope Scope<'scope, '_>, tree: Tree, by: Averaging) -> Self {
        let (work, todo) = sync_channel(WAITING);
        Self { work, thread: scope.spawn(move || run(tree, &todo, by)) }
    }

    /// Whether the thread is still there to take it.
    fn take(&self, work: Work) -> bool {
        self.work.send(work).is_ok()
    }

    fn finish(self) -> Result<Vec<Counts>, ProgramError> {
        drop(self.work);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn run(mut tree: Tree, todo: &Receiver<Work>, by: Averaging) -> Result<Vec<Counts>, ProgramError> {
    torch::set_threads(1);
    for work in todo {
        match work {
            Work::Calibrate(images) => tree.calibrate(&images, by)?,
            Work::Score(batch) => tree.score(&batch)?,
        }
    }
    Ok(tree.counts)
}
