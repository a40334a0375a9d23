//! A trained network whose opinion others learn from.

use std::fmt;

use nasc_compiler::arch::Arch;

use super::TrainError;
use crate::loss::distilled;
use crate::program::Norms;
use crate::run::recipe;
use crate::supernet::Network;
use crate::torch::{self, Tensor, TorchError};

/// A network with its weights, which learns nothing itself.
pub struct Teacher {
    network: Network,
    /// The hash of its weights: two teachers with the same one teach the same.
    hash: String,
    /// What both opinions are divided by before they are probabilities.
    temperature: f64,
    /// The share of the loss that its opinion has; the labels have the rest.
    share: f64,
}

impl Teacher {
    /// A network as the teacher that a recipe asks for. It has no decisions, takes the images of the training, and
    /// gives as many numbers as there are classes.
    ///
    /// # Errors
    /// libtorch gave out.
    pub fn new(network: Network, asked: &recipe::Teacher) -> Result<Self, TrainError> {
        let hash = network.store().hash()?;
        Ok(Self { network, hash, temperature: asked.temperature, share: asked.share })
    }

    /// Its opinion of images `[N, 3, H, W]`, as logits `[N, K]`.
    pub(super) fn opinion(&self, images: &Tensor) -> Result<Tensor, TrainError> {
        let _guard = torch::no_grad();
        let arch = Arch(Vec::new());
        let images = [self.network.place_input(images)?];
        let outputs = self.network.forward(&arch, &images, &mut Norms::Eval, false)?;
        outputs.into_iter().next().ok_or(TrainError::NoOutput(self.network.space().name.clone()))
    }

    /// The loss of `logits` beside an opinion, where `by_labels` is that beside the labels.
    pub(super) fn loss(
        &self,
        logits: &Tensor,
        opinion: &Tensor,
        by_labels: impl FnOnce() -> Result<Tensor, TorchError>,
    ) -> Result<Tensor, TorchError> {
        let soft = distilled(logits, opinion, self.temperature)?;
        if self.share >= 1.0 {
            return Ok(soft);
        }
        let hard = torch::scale(&by_labels()?, 1.0 - self.share)?;
        torch::add(&torch::scale(&soft, self.share)?, &hard)
    }
}

/// What a training depends on.
impl fmt::Debug for Teacher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { network: _, hash, temperature, share } = self;
        write!(f, "{share} of {hash} at {temperature}")
    }
}

impl PartialEq for Teacher {
    fn eq(&self, other: &Self) -> bool {
        let numbers = |of: &Self| [of.temperature, of.share].map(f64::to_bits);
        self.hash == other.hash && numbers(self) == numbers(other)
    }
}
