//! One training step.

mod micro;
mod pass;

use std::collections::BTreeMap;

use nasc_compiler::arch::text::compact;
use nasc_compiler::ir::Graph;

use super::{TrainError, Training, memory, trainable};
use crate::optimise::{Averages, Optimiser, OptimiserError, clip};
use crate::run::fault;
use crate::sampler::{DataStream, Done, Gates, Pass, Sampler, Step, Together, Told};
use crate::supernet::{Batch, Supernet};
use crate::torch::{self, Tensor, TorchError};

use pass::Shared;

/// Where the images of steps come from.
pub trait Batches {
    /// The next batch of a stream.
    ///
    /// # Errors
    /// Images cannot be read, or there is no such stream.
    fn next(&mut self, stream: DataStream) -> Result<Batch, TrainError>;
}

impl<F: FnMut(DataStream) -> Result<Batch, TrainError>> Batches for F {
    fn next(&mut self, stream: DataStream) -> Result<Batch, TrainError> {
        self(stream)
    }
}

/// What steps are made with.
pub struct Stepper<'a> {
    /// What is trained.
    pub supernet: &'a Supernet,
    /// What says what a step runs.
    pub sampler: Box<dyn Sampler>,
    /// What moves the weights.
    pub optimiser: Optimiser,
    /// The moving averages of the weights, if they are kept.
    pub averages: Option<Averages>,
    /// How.
    pub settings: &'a Training,
    /// The stage, for errors.
    pub stage: &'a str,
    /// The seed of the run.
    pub seed: u64,
    /// How often each option of each decision was trained, once per pass and image set.
    pub visits: Vec<Vec<u64>>,
    /// The optimiser's number of each parameter; none for buffers.
    numbers: Vec<Option<usize>>,
}

impl<'a> Stepper<'a> {
    /// A stepper whose optimiser has not moved yet.
    ///
    /// # Errors
    /// Settings that mean nothing.
    pub fn new(
        supernet: &'a Supernet,
        sampler: Box<dyn Sampler>,
        settings: &'a Training,
        stage: &'a str,
        seed: u64,
    ) -> Result<Self, OptimiserError> {
        let (optimiser, numbers) = trainable::optimiser(supernet, settings)?;
        let averages = settings.ema.map(|ema| {
            let all =
                optimiser.all().map(|(path, tensor)| (path.to_owned(), tensor.shallow_clone()));
            Averages::new(ema, all)
        });
        let averages = averages.transpose()?;
        let decisions = supernet.space().decisions.iter();
        let visits = decisions.map(|decision| vec![0; decision.options.len()]).collect();
        Ok(Self { supernet, sampler, optimiser, averages, settings, stage, seed, visits, numbers })
    }

    /// Makes a step at a learning rate, and gives the mean loss of its passes.
    ///
    /// Only tensors on the paths of the step change, and their momentum and running statistics.
    ///
    /// # Errors
    /// The loss or a gradient is no number, before any weight has moved; or images or libtorch gave out.
    pub fn step(
        &mut self,
        step: &Step,
        images: &mut dyn Batches,
        rate: f64,
    ) -> Result<f64, TrainError> {
        let mut done: Vec<Done> = Vec::new();
        let mut shared = Shared::new(rate);
        // What the passes train, and how many of them each.
        let mut trained: BTreeMap<usize, u32> = BTreeMap::new();
        while let Some(pass) = self.sampler.next_pass(step, &done)? {
            let batch = shared.batch(&pass, images)?;
            let size = batch.labels.numel().div_ceil(self.micro_batches(&batch));
            let made = self
                .pass(step, &pass, &batch, &trained, &mut shared)
                .map_err(|error| self.explain(error, &pass, size))?;
            if pass.learns.weights() && !pass.keeps_gradient {
                for &number in &made.touched {
                    *trained.entry(number).or_insert(0) += 1;
                }
                self.count(&pass.gates);
            }
            let (loss, gates, length) = (made.loss, made.gates, made.length);
            done.push(Done { pass, loss, gates, length, rate });
        }
        let factor = self.sampler.learn(step, &done)?;
        let touched: Vec<usize> = trained.keys().copied().collect();
        if factor != 1.0 {
            torch::scale_gradients(&self.optimiser.parameters(&touched), factor)?;
        }
        if self.sampler.together() == Together::Mean {
            self.average(&trained)?;
        }
        if !self.settings.clip.is_empty() {
            let norm = clip::clip(&self.optimiser.named(&touched), &self.settings.clip)?;
            if !norm.is_finite() {
                return Err(self.diverged("the norm of the gradient", norm, step, &done));
            }
        }
        fault::point("train.before_update");
        self.optimiser.step(&touched, rate)?;
        torch::drop_gradients(&self.optimiser.parameters(&touched))?;
        if let Some(averages) = &mut self.averages {
            averages.follow(step.number)?;
        }
        Ok(done.iter().map(|done| done.loss).sum::<f64>() / done.len().max(1) as f64)
    }

    /// Counts the options that a pass trains.
    fn count(&mut self, gates: &Gates) {
        let space = self.supernet.space();
        match gates {
            Gates::Path(arch) => {
                for (id, _) in space.decision_ids() {
                    if space.decision_exists(id, arch) {
                        self.visits[id.index()][arch.option(id) as usize] += 1;
                    }
                }
            }
            Gates::Mixture(told) => {
                for (visits, told) in self.visits.iter_mut().zip(told) {
                    let mut options = match told {
                        Told::One(option) | Told::Scaled(option, _) => vec![*option],
                        Told::Weighted(options, _) | Told::PerImage(options) => options.clone(),
                    };
                    options.sort_unstable();
                    options.dedup();
                    for option in options {
                        visits[option as usize] += 1;
                    }
                }
            }
        }
    }

    /// Divides the gradient of every tensor by the number of passes that trained it.
    fn average(&self, trained: &BTreeMap<usize, u32>) -> Result<(), TorchError> {
        let mut by_count: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (&number, &count) in trained {
            by_count.entry(count).or_default().push(number);
        }
        for (count, numbers) in by_count.into_iter().filter(|(count, _)| *count > 1) {
            torch::scale_gradients(&self.optimiser.parameters(&numbers), 1.0 / f64::from(count))?;
        }
        Ok(())
    }

    /// The first tensor that holds something other than a number, by path.
    ///
    /// # Errors
    /// libtorch gave out.
    pub fn find_not_finite(&self) -> Result<Option<String>, TorchError> {
        let store = self.supernet.store();
        for (entry, tensor) in store.entries().iter().zip(store.tensors()) {
            if !is_finite(tensor)? {
                return Ok(Some(entry.path.to_string()));
            }
        }
        Ok(None)
    }

    fn diverged(&self, what: &str, value: f64, step: &Step, done: &[Done]) -> TrainError {
        let space = self.supernet.space();
        let paths = done.iter().map(|done| describe(space, &done.pass.gates));
        TrainError::Diverged {
            what: what.to_owned(),
            value,
            stage: self.stage.to_owned(),
            step: step.number,
            path: paths.collect::<Vec<_>>().join("; "),
        }
    }

    fn explain(&self, error: TrainError, pass: &Pass, images: usize) -> TrainError {
        let doing = format!("training `{}` on {images} images", self.stage);
        let kept = self.settings.optimiser.rule.kept();
        let predicted = || match &pass.gates {
            Gates::Path(arch) => memory::of_training(self.supernet, arch, images, kept),
            Gates::Mixture(_) => memory::of_mixture(self.supernet, images, kept),
        };
        memory::explain(error, doing, predicted, self.supernet.store().place().device)
    }
}

/// The path of a pass as text.
fn describe(space: &Graph, gates: &Gates) -> String {
    match gates {
        Gates::Path(arch) => compact(space, arch),
        Gates::Mixture(_) => "of a mixture".to_owned(),
    }
}

fn is_finite(tensor: &Tensor) -> Result<bool, TorchError> {
    let _guard = torch::no_grad();
    Ok(tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0)
}

#[cfg(test)]
mod tests;
