//! Samplers: what a training step of a supernet runs.
//!
//! A step is a row of passes. For each, a [`Sampler`] says which [`Gates`] the decisions get, which
//! images go through, how much the loss counts and whether the weights learn from it; it is asked
//! for one pass after another and sees the losses of those before, so a later pass may depend on
//! them. Samplers differ in nothing else: the loop that runs them is one.
//!
//! [`SAMPLERS`] lists them all; the command line and the recipe take names from there. To add one:
//! a file here and a line there.

mod plan;
mod strict_fair;
mod uniform;

use std::collections::BTreeMap;
use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::pass::Checked;

pub use plan::{DataStream, Done, Gates, Pass, Together};
pub use strict_fair::StrictFair;
pub use uniform::Uniform;

use crate::torch::{Tensor, TorchError};

/// Why a sampler has no pass to give.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SamplerError {
    /// Rules of the space take out every network that was drawn.
    #[error("none of {0} random networks is one of the space: its rules forbid them")]
    NoNetwork(u64),
    /// A saved state is not one of this sampler.
    #[error("the state of the sampler has `{0}`, which it does not know")]
    UnknownState(String),
    /// libtorch failed.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// Decides what each training step runs.
pub trait Sampler {
    /// The next pass of step `step` (from 1), after those in `earlier`; `None` ends the step.
    ///
    /// # Errors
    /// The space or libtorch gave out.
    fn next_pass(&mut self, step: u64, earlier: &[Done]) -> Result<Option<Pass>, SamplerError>;

    /// Learns from a step: called when all gradients of it are there and the weights have not moved
    /// yet. Samplers without parameters have nothing to do.
    ///
    /// # Errors
    /// libtorch gave out.
    fn learn(&mut self, step: u64, done: &[Done]) -> Result<(), SamplerError> {
        let _ = (step, done);
        Ok(())
    }

    /// What becomes of the gradients of a tensor that several passes of a step train.
    fn together(&self) -> Together {
        Together::Sum
    }

    /// The network that the sampler has settled on; `None` for one that learns nothing.
    fn discretise(&self) -> Option<Arch> {
        None
    }

    /// Its parameters and their optimiser's state, for a checkpoint.
    fn state(&self) -> BTreeMap<String, Tensor> {
        BTreeMap::new()
    }

    /// Takes a state back.
    ///
    /// # Errors
    /// The state is another sampler's.
    fn restore(&mut self, state: BTreeMap<String, Tensor>) -> Result<(), SamplerError> {
        match state.into_keys().next() {
            Some(name) => Err(SamplerError::UnknownState(name)),
            None => Ok(()),
        }
    }
}

/// A sampler as the recipe and the command line know it.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Makes one for a space and the seed of a run.
    pub make: fn(&Arc<Checked>, u64) -> Box<dyn Sampler>,
}

/// Every sampler.
pub const SAMPLERS: &[Entry] = &[uniform::ENTRY, strict_fair::SUM, strict_fair::MEAN];

/// The sampler of that name.
pub fn named(name: &str) -> Option<&'static Entry> {
    SAMPLERS.iter().find(|entry| entry.name == name)
}
