//! How well a network classifies.

use serde::{Deserialize, Serialize};

use crate::loss;
use crate::torch::{Tensor, TorchError};

/// Images and what is on them.
#[derive(Debug)]
pub struct Batch {
    /// `[N, C, H, W]`.
    pub images: Tensor,
    /// Class numbers `[N]`, of kind `i64`.
    pub labels: Tensor,
}

/// Sums over the images of an evaluation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Images seen.
    pub images: u64,
    /// Those whose class has the largest logit.
    pub top1: u64,
    /// Those whose class is among the five largest.
    pub top5: u64,
    /// The sum of their cross entropies, without label smoothing.
    pub loss: f64,
}

impl Counts {
    /// The share of images whose class leads.
    pub fn accuracy(&self) -> f64 {
        self.share(self.top1)
    }

    /// The share of images whose class is among the five that lead.
    pub fn top5_accuracy(&self) -> f64 {
        self.share(self.top5)
    }

    /// The mean cross entropy.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.images.max(1) as f64
    }

    /// Adds a batch of logits `[N, K]`.
    pub(super) fn add(&mut self, logits: &Tensor, labels: &Tensor) -> Result<(), TorchError> {
        let labels = labels.f_to_device(logits.device())?;
        let loss = loss::cross_entropy(logits, &labels, 0.0)?.f_double_value(&[])?;
        let loss::Correct { top1, top5, images } = loss::count_correct(logits, &labels)?;
        self.images += images;
        self.top1 += top1;
        self.top5 += top5;
        self.loss += loss * images as f64;
        Ok(())
    }

    fn share(&self, of: u64) -> f64 {
        of as f64 / self.images.max(1) as f64
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        let Self { images, top1, top5, loss } = other;
        self.images += images;
        self.top1 += top1;
        self.top5 += top5;
        self.loss += loss;
    }
}
