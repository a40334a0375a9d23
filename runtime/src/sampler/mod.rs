//! Samplers: what a training step of a supernet runs.
//!
//! A step is a row of passes. For each, a [`Sampler`] says which [`Gates`] the decisions get, which images go through,
//! what the outputs are held against, how much the loss counts and who learns from it; it is asked for one pass after
//! another and sees the losses and the derivatives of those before, so a later pass may depend on them. Samplers differ
//! in nothing else: the loop that runs them is one. They hold numbers, no tensors.
//!
//! [`SAMPLERS`] lists them all, with their options; the command line and the recipe take names from there. To add one
//! here: a file and a line. One from outside the crate implements [`Sampler`] and is handed to
//! [`train`](crate::train::train).

mod danas;
mod darts;
mod distribution;
mod dsnas;
mod flops_bins;
mod fna;
mod gdas;
mod health;
mod options;
mod ordered_dropout;
mod parsec;
mod plan;
pub(crate) mod price;
mod progressive;
mod proxyless;
mod sandwich;
mod snas;
mod state;
mod strict_fair;
mod uniform;
mod uniform_limited;

use std::collections::BTreeMap;
use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::Limit;
use nasc_compiler::pass::Checked;

pub use distribution::Distribution;
pub use health::Health;
pub use options::{Options, Parameter, UnknownOption};
pub use plan::{At, DataStream, Done, Gates, Learns, Part, Pass, Step, Target, Together, Told};
pub use state::State;
pub use strict_fair::StrictFair;
pub use uniform::Uniform;

use crate::search::networks::LimitError;

/// Why a sampler has no pass to give, or cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SamplerError {
    /// Rules of the space take out every network that was drawn.
    #[error("none of {0} random networks is one of the space: its rules forbid them")]
    NoNetwork(u64),
    /// No network keeps to the limits.
    #[error("no network of the space keeps to its limits")]
    NothingWithin,
    /// A saved state is not one of this sampler.
    #[error("the state of the sampler has `{0}`, which it does not know")]
    UnknownState(String),
    /// A saved state lacks something, or has too little of it.
    #[error("the state of the sampler has no `{0}` that fits the space")]
    MissingState(String),
    /// The space cannot be sampled so.
    #[error("{0}")]
    Unsuitable(String),
    /// Limits that cannot be counted.
    #[error(transparent)]
    Limits(#[from] LimitError),
    /// Options that it does not have.
    #[error(transparent)]
    Options(#[from] UnknownOption),
}

/// Decides what each training step runs.
pub trait Sampler {
    /// The next pass of a step after those in `earlier`; `None` ends the step.
    ///
    /// # Errors
    /// The space gave out.
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError>;

    /// What the gradients of the step so far, and that of a pass with this loss, are multiplied with. Known
    /// only now where passes are weighed by their losses.
    fn weigh(&mut self, pass: &Pass, loss: f64) -> [f64; 2] {
        let _ = loss;
        [1.0, pass.scale]
    }

    /// Learns from a step: called when all gradients of it are there and the weights have not moved yet. Gives what all
    /// gradients are multiplied with. Samplers without parameters have nothing to do.
    ///
    /// # Errors
    /// The space gave out.
    fn learn(&mut self, step: &Step, done: &[Done]) -> Result<f64, SamplerError> {
        let _ = (step, done);
        Ok(1.0)
    }

    /// What becomes of the gradients of a tensor that several passes of a step train.
    fn together(&self) -> Together {
        Together::Sum
    }

    /// The distribution over networks that it learns, if it learns a row of logits per decision: what follows here is
    /// then said of it.
    fn distribution(&self) -> Option<&Distribution> {
        None
    }

    /// The same, to put a saved state into.
    fn distribution_mut(&mut self) -> Option<&mut Distribution> {
        None
    }

    /// The network that the sampler has settled on; `None` for one that learns nothing.
    fn discretise(&self) -> Option<Arch> {
        self.distribution()?.best()
    }

    /// How its distribution over networks stands; `None` for one that learns nothing.
    fn health(&self) -> Option<Health> {
        self.distribution().map(|learned| Health::of(&learned.space, &learned.logits))
    }

    /// Its parameters and their optimiser's state, for a checkpoint.
    fn state(&self) -> State {
        self.distribution().map(Distribution::state).unwrap_or_default()
    }

    /// Takes a state back.
    ///
    /// # Errors
    /// The state is another sampler's.
    fn restore(&mut self, state: State) -> Result<(), SamplerError> {
        match self.distribution_mut() {
            Some(learned) => learned.restore(state),
            None => state::finish(state),
        }
    }
}

/// What a sampler is made from.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The space.
    pub space: Arc<Checked>,
    /// The seed of the run.
    pub seed: u64,
    /// The limits that networks are to keep to, for those samplers that ask for them.
    pub limits: Vec<Limit>,
    /// Its numbers.
    pub options: Options,
}

/// A sampler as the recipe and the command line know it.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// The numbers that it takes.
    pub parameters: &'static [Parameter],
    /// Whether it asks for images that weights are not trained on.
    pub uses_arch_images: bool,
    /// Whether it leaves alone what has a prior of zero.
    pub minds_priors: bool,
    make: fn(Setting) -> Result<Box<dyn Sampler>, SamplerError>,
}

impl Entry {
    /// Makes one for a space; `given` overrides its numbers.
    ///
    /// # Errors
    /// It does not suit the space, or has no such numbers.
    pub fn make(
        &self,
        space: &Arc<Checked>,
        seed: u64,
        limits: &[Limit],
        given: &BTreeMap<String, f64>,
    ) -> Result<Box<dyn Sampler>, SamplerError> {
        let options = Options::of(self.name, self.parameters, given)?;
        let is_closed = |prior: &Vec<f64>| prior.contains(&0.0);
        let closed = space.decisions.iter().find(|d| d.prior.as_ref().is_some_and(is_closed));
        if let (Some(closed), false) = (closed, self.minds_priors) {
            return Err(SamplerError::Unsuitable(format!(
                "the sampler `{}` draws all options, and some of `{}` are closed",
                self.name, closed.path
            )));
        }
        (self.make)(Setting { space: Arc::clone(space), seed, limits: limits.to_vec(), options })
    }
}

/// Every sampler.
pub const SAMPLERS: &[Entry] = &[
    uniform::ENTRY,
    uniform_limited::ENTRY,
    flops_bins::ENTRY,
    strict_fair::SUM,
    strict_fair::MEAN,
    sandwich::ENTRY,
    progressive::ENTRY,
    ordered_dropout::ENTRY,
    dsnas::ENTRY,
    snas::ENTRY,
    darts::ENTRY,
    gdas::ENTRY,
    proxyless::ENTRY,
    fna::ENTRY,
    parsec::PARSEC,
    parsec::FP_NAS,
    danas::ENTRY,
];

/// The sampler of that name.
pub fn named(name: &str) -> Option<&'static Entry> {
    SAMPLERS.iter().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests;
