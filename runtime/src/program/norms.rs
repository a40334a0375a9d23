//! How the batch normalisations of a run get their statistics.

use super::straight::Straight;
use crate::torch::{Device, Kind, Tensor, TorchError};

/// Where a run's batch normalisations take mean and variance from, and what they leave behind.
///
/// A normalisation without buffers (`stats: "batch"`) always uses the batch's own.
#[derive(Debug)]
pub enum Norms<'a> {
    /// The batch's; the running statistics of the parameters move towards them.
    Train,
    /// The running statistics of the parameters.
    Eval,
    /// The batch's; `into` moves towards them, and the parameters stay as they are.
    Calibrate {
        /// What is being gathered.
        into: &'a mut Statistics,
        /// How much a batch counts.
        by: Averaging,
    },
    /// Gathered statistics instead of the parameters'.
    With(&'a Statistics),
}

/// How batches are averaged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Averaging {
    /// Every batch counts the same: the i-th with momentum `1 / i`.
    Cumulative,
    /// An exponential average from mean 0 and variance 1 on.
    Moving {
        /// The share of the new batch.
        momentum: f64,
    },
}

/// Mean and unbiased variance of one normalisation, `[C]` each.
#[derive(Debug)]
pub struct Moments {
    /// The mean.
    pub mean: Tensor,
    /// The variance.
    pub var: Tensor,
    /// How many batches went into them.
    pub batches: u64,
}

impl Moments {
    /// Mean 0 and variance 1 of so many channels.
    pub(crate) fn fresh(channels: i64, (kind, device): (Kind, Device)) -> Result<Self, TorchError> {
        Ok(Self {
            mean: Tensor::f_zeros([channels], (kind, device))?,
            var: Tensor::f_ones([channels], (kind, device))?,
            batches: 0,
        })
    }

    /// The momentum of the next batch, which is counted.
    pub(crate) fn next(&mut self, by: Averaging) -> f64 {
        self.batches += 1;
        match by {
            Averaging::Cumulative => 1.0 / self.batches as f64,
            Averaging::Moving { momentum } => momentum,
        }
    }
}

impl Clone for Moments {
    /// A copy with memory of its own.
    fn clone(&self) -> Self {
        Self { mean: self.mean.copy(), var: self.var.copy(), batches: self.batches }
    }
}

/// The statistics of one network, apart from its parameters: one entry per normalisation with
/// buffers, in the order of [`Straight::norms`].
#[derive(Debug, Clone, Default)]
pub struct Statistics {
    /// The entries.
    pub slots: Vec<Moments>,
}

impl Statistics {
    /// Mean 0 and variance 1 for every normalisation of a line.
    pub fn fresh(line: &Straight, options: (Kind, Device)) -> Result<Self, TorchError> {
        let channels = line.norms().iter().map(|slot| slot.mean.shape.iter().product());
        let slots = channels.map(|channels| Moments::fresh(channels, options));
        Ok(Self { slots: slots.collect::<Result<_, _>>()? })
    }
}
