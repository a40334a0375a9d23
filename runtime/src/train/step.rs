//! One training step.

use std::collections::{BTreeMap, BTreeSet};

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{ParamId, Role};
use nasc_compiler::random::Stream;

use super::{TrainError, Training, memory};
use crate::loss::{LossError, cross_entropy, finite_value};
use crate::optimise::{Group, Sgd, SgdError, clip};
use crate::program::Norms;
use crate::run::fault;
use crate::sampler::{DataStream, Done, Gates, Pass, Sampler, Together};
use crate::supernet::{Batch, Supernet};
use crate::torch::{self, Tensor, TorchError};
use nasc_compiler::arch::text::compact;

/// What steps are made with.
pub struct Stepper<'a> {
    /// What is trained.
    pub supernet: &'a Supernet,
    /// What says what a step runs.
    pub sampler: Box<dyn Sampler>,
    /// What moves the weights.
    pub sgd: Sgd,
    /// How.
    pub settings: &'a Training,
    /// The stage, for errors.
    pub stage: &'a str,
    /// The seed of the run.
    pub seed: u64,
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
    ) -> Result<Self, SgdError> {
        let store = supernet.store();
        let mut numbers = vec![None; store.entries().len()];
        for (number, (id, ..)) in store.trainable().enumerate() {
            numbers[id.index()] = Some(number);
        }
        let parameters = store.trainable().map(|(_, entry, tensor)| {
            let decays =
                matches!(entry.role, Role::ConvWeight | Role::TransposeWeight | Role::LinearWeight);
            let weight_decay = if decays { settings.weight_decay } else { 0.0 };
            let group = Group { weight_decay, ..Group::default() };
            (entry.path.to_string(), tensor.shallow_clone(), group)
        });
        let sgd = Sgd::new(settings.sgd, parameters)?;
        Ok(Self { supernet, sampler, sgd, settings, stage, seed, numbers })
    }

    /// Makes step `step` (from 1) on a batch at a learning rate, and gives its mean loss.
    ///
    /// Only tensors on the paths of the step change, and their momentum and running statistics.
    ///
    /// # Errors
    /// The loss or a gradient is no number, before any weight has moved; or libtorch gave out.
    pub fn step(&mut self, step: u64, batch: &Batch, rate: f64) -> Result<f64, TrainError> {
        let mut done: Vec<Done> = Vec::new();
        // What the passes train, and how many of them each.
        let mut trained: BTreeMap<usize, u32> = BTreeMap::new();
        while let Some(pass) = self.sampler.next_pass(step, &done)? {
            let Gates::Path(arch) = &pass.gates;
            if pass.images != DataStream::WEIGHTS {
                return Err(TrainError::NoStream(pass.images.0));
            }
            let loss = self
                .pass(step, done.len() as u64, arch, &pass, batch)
                .map_err(|error| self.explain(error, arch, batch))?;
            if pass.updates_weights {
                for number in self.touched(arch)? {
                    *trained.entry(number).or_insert(0) += 1;
                }
            }
            done.push(Done { pass, loss });
        }
        self.sampler.learn(step, &done)?;
        if self.sampler.together() == Together::Mean {
            self.average(&trained)?;
        }
        let touched: Vec<usize> = trained.into_keys().collect();
        if let Some(by) = self.settings.clip {
            let norm = clip::clip(&self.sgd.parameters(&touched), by)?;
            if !norm.is_finite() {
                return Err(self.diverged("the norm of the gradient", norm, step, &done));
            }
        }
        fault::point("train.before_update");
        self.sgd.step(&touched, rate)?;
        torch::drop_gradients(&self.sgd.parameters(&touched))?;
        Ok(done.iter().map(|done| done.loss).sum::<f64>() / done.len().max(1) as f64)
    }

    /// Divides the gradient of every tensor by the number of passes that trained it.
    fn average(&self, trained: &BTreeMap<usize, u32>) -> Result<(), TorchError> {
        let mut by_count: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (&number, &count) in trained {
            by_count.entry(count).or_default().push(number);
        }
        for (count, numbers) in by_count.into_iter().filter(|(count, _)| *count > 1) {
            torch::scale_gradients(&self.sgd.parameters(&numbers), 1.0 / f64::from(count))?;
        }
        Ok(())
    }

    /// One pass, forwards and, if weights learn from it, backwards; gives its loss.
    fn pass(
        &self,
        step: u64,
        number: u64,
        arch: &Arch,
        pass: &Pass,
        batch: &Batch,
    ) -> Result<f64, TrainError> {
        torch::seed_draws(Stream::new(self.seed, "dropout", &[step, number]).next_u64())?;
        let inputs = [batch.images.shallow_clone()];
        let _guard = (!pass.updates_weights).then(torch::no_grad);
        let outputs = self.supernet.forward(arch, &inputs, &mut Norms::Train, true)?;
        let Some(logits) = outputs.first() else {
            return Err(TrainError::NoOutput(self.supernet.space().name.clone()));
        };
        let labels = batch.labels.f_to_device(logits.device()).map_err(TorchError::from)?;
        let loss = cross_entropy(logits, &labels, self.settings.label_smoothing)?;
        let value = finite_value(&loss).map_err(|error| match error {
            LossError::NotFinite(value) => TrainError::Diverged {
                what: "the loss".to_owned(),
                value,
                stage: self.stage.to_owned(),
                step,
                path: compact(self.supernet.space(), arch),
            },
            LossError::Torch(error) => error.into(),
        })?;
        if !pass.updates_weights {
            return Ok(value);
        }
        fault::point("train.before_backward");
        let loss = if pass.scale == 1.0 { loss } else { torch::scale(&loss, pass.scale)? };
        torch::backward(&loss)?;
        Ok(value)
    }

    /// The optimiser's numbers of what a path trains, each once.
    fn touched(&self, arch: &Arch) -> Result<BTreeSet<usize>, TrainError> {
        let line = self.supernet.specialise(arch)?;
        Ok(line.params().iter().filter_map(|id: &ParamId| self.numbers[id.index()]).collect())
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

    fn diverged(&self, what: &str, value: f64, step: u64, done: &[Done]) -> TrainError {
        let space = self.supernet.space();
        let paths = done.iter().map(|done| match &done.pass.gates {
            Gates::Path(arch) => compact(space, arch),
        });
        TrainError::Diverged {
            what: what.to_owned(),
            value,
            stage: self.stage.to_owned(),
            step,
            path: paths.collect::<Vec<_>>().join("; "),
        }
    }

    fn explain(&self, error: TrainError, arch: &Arch, batch: &Batch) -> TrainError {
        let images = batch.labels.numel();
        let doing = format!("training `{}` on {images} images", self.stage);
        let predicted = || memory::of_training(self.supernet, arch, images);
        memory::explain(error, doing, predicted, self.supernet.store().place().device)
    }
}

fn is_finite(tensor: &Tensor) -> Result<bool, TorchError> {
    let _guard = torch::no_grad();
    Ok(tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0)
}

#[cfg(test)]
mod tests;
