//! A few networks whose order is looked at between epochs.
//!
//! A supernet is of use if it tells good networks from bad ones. What they reach when trained alone is seldom known;
//! how much their order still changes from one look to the next always is. Looking changes no weight.

use nasc_compiler::arch::Arch;

use super::{Feed, Recalibration, TrainError, evaluate_many};
use crate::alpha::kendall;
use crate::supernet::Supernet;

/// The networks, and how they are judged: as candidates of a search are.
#[derive(Debug)]
pub struct Probe<'a> {
    /// The networks, at least two.
    pub archs: Vec<Arch>,
    /// The accuracies that they reach alone, if those are known.
    pub alone: Option<Vec<f64>>,
    /// Epochs between two looks; there is one at the end in any case.
    pub every: u64,
    /// The images that statistics are gathered over.
    pub training: &'a Feed,
    /// How they are gathered.
    pub how: Recalibration,
    /// The images that networks are judged on.
    pub images: &'a Feed,
    /// Images per batch.
    pub batch: usize,
    /// The seed of the run.
    pub seed: u64,
}

impl Probe<'_> {
    /// Whether there is a look after an epoch, numbered from 1.
    pub(super) fn is_due(&self, epoch: u64, last: u64) -> bool {
        epoch.is_multiple_of(self.every.max(1)) || epoch == last
    }

    /// The accuracies of the networks with the weights as they are.
    pub(super) fn look(&self, supernet: &Supernet) -> Result<Vec<f64>, TrainError> {
        let training = (self.training, &self.how, self.seed);
        let counts = evaluate_many(supernet, &self.archs, training, (self.images, self.batch))?;
        let share = |correct: u64, images: u64| correct as f64 / images.max(1) as f64;
        Ok(counts.iter().map(|counts| share(counts.top1, counts.images)).collect())
    }
}

/// How well two orders of the networks agree: Kendall's tau with ties. `None` where one tells no two of them apart.
pub(super) fn agreement(first: &[f64], second: &[f64]) -> Option<f64> {
    if first.len() == second.len() { kendall(first, second).tau_b() } else { None }
}
