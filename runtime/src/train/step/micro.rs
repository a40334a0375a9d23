//! A pass over its batch in parts, whose gradients are summed.
//!
//! What a batch has in common is taken part by part: batch norms go by the images of a part alone, and their running
//! statistics move once for each. Everything else is the mean over the images of the whole batch, so that a network
//! without batch norms learns the same as from the batch at once.

use std::collections::BTreeMap;

use super::Stepper;
use super::pass::{Derivatives, Forward, Made, Run, Shared};
use crate::program::Numbers;
use crate::run::fault;
use crate::sampler::Learns;
use crate::supernet::Batch;
use crate::torch::{self, Tensor, TorchError};
use crate::train::TrainError;

/// The images `from..to` of a batch, as the `index`-th part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Micro {
    pub index: u64,
    pub from: i64,
    pub to: i64,
}

/// What the parts of a pass came to so far, each by its share of the images.
#[derive(Default)]
struct Sums {
    loss: f64,
    outputs: Vec<Tensor>,
    weights: BTreeMap<usize, Tensor>,
    gates: Vec<Option<Vec<f64>>>,
}

impl Stepper<'_> {
    /// In how many parts a batch is run: as the settings say, but that each has two images, without which batch norms
    /// have nothing to go by.
    pub(super) fn micro_batches(&self, batch: &Batch) -> usize {
        self.settings.accumulate.min(batch.labels.numel() / 2).max(1)
    }

    /// A pass over a batch part by part.
    pub(super) fn in_parts(
        &mut self,
        at: &Run<'_>,
        (batch, rows): (&Batch, &[Option<Numbers>]),
        (trained, touched): (&BTreeMap<usize, u32>, &[usize]),
        shared: &mut Shared,
    ) -> Result<Made, TrainError> {
        let pass = at.pass;
        let learns_weights = pass.learns.weights() || pass.keeps_gradient;
        let images = batch.labels.numel();
        let mut sums = Sums::default();
        for micro in parts(images, self.micro_batches(batch)) {
            let Micro { from, to, .. } = micro;
            let own = Batch {
                images: torch::narrow(&batch.images, 0, from, to - from)?,
                labels: torch::narrow(&batch.labels, 0, from, to - from)?,
            };
            let values = self.gate_values(&rows_of(rows, &micro), pass)?;
            let Forward { loss, value, outputs } = self.run(at, &micro, &own, &values, shared)?;
            let share = (to - from) as f64 / images as f64;
            sums.loss += share * value;
            sums.outputs.extend(outputs);
            if pass.learns != Learns::Nothing {
                fault::point("train.before_backward");
                let weights = if learns_weights { touched } else { &[] };
                let loss = torch::scale(&loss, share)?;
                sums.add(self.derivatives(&loss, weights, &values)?)?;
            }
        }
        let Sums { loss, outputs, weights, gates } = sums;
        let outputs: Vec<&Tensor> = outputs.iter().collect();
        let outputs = pass.keeps_outputs.then(|| torch::concat(&outputs, 0)).transpose()?;
        shared.outputs.push(outputs);
        let mut weights: Vec<(usize, Tensor)> = weights.into_iter().collect();
        let mut length = 0.0;
        let mut scale = pass.scale;
        if pass.learns.weights() && !pass.keeps_gradient {
            let [keep, add] = self.sampler.weigh(pass, loss);
            self.scale_before(trained, keep)?;
            self.add_gradients(&weights, add)?;
            shared.gradients.push(None);
            scale = add;
        } else {
            for (_, gradient) in &mut weights {
                *gradient = torch::scale(gradient, scale)?;
            }
            length = shared.keep_gradient(pass, weights)?;
        }
        let scaled = |row: Vec<f64>| row.into_iter().map(|slope| scale * slope).collect();
        let gates = gates.into_iter().map(|row| row.map(scaled)).collect();
        Ok(Made { loss, gates, length, touched: Vec::new() })
    }

    /// Adds to the gradients of parameters.
    fn add_gradients(&self, own: &[(usize, Tensor)], factor: f64) -> Result<(), TorchError> {
        let _guard = torch::no_grad();
        let numbers: Vec<usize> = own.iter().map(|(number, _)| *number).collect();
        let parameters = self.optimiser.parameters(&numbers);
        torch::fill_gradients(&parameters)?;
        for (parameter, (_, gradient)) in parameters.into_iter().zip(own) {
            let _same = parameter.f_grad()?.f_add_(&torch::scale(gradient, factor)?)?;
        }
        Ok(())
    }
}

impl Sums {
    fn add(&mut self, part: Derivatives) -> Result<(), TorchError> {
        let _guard = torch::no_grad();
        for (number, gradient) in part.weights {
            let sum = match self.weights.get(&number) {
                Some(sum) => torch::add(sum, &gradient)?,
                None => gradient,
            };
            self.weights.insert(number, sum);
        }
        self.gates.resize(part.gates.len(), None);
        for (sum, row) in self.gates.iter_mut().zip(part.gates) {
            match (sum, row) {
                (Some(sum), Some(row)) => {
                    for (sum, slope) in sum.iter_mut().zip(row) {
                        *sum += slope;
                    }
                }
                (sum, Some(row)) => *sum = Some(row),
                (_, None) => {}
            }
        }
        Ok(())
    }
}

/// So many images in so many parts, which differ by one image at most.
fn parts(images: usize, count: usize) -> impl Iterator<Item = Micro> {
    let end = move |part: usize| (part * images / count) as i64;
    (0..count).map(move |part| Micro { index: part as u64, from: end(part), to: end(part + 1) })
}

/// The numbers of the gates for the images of a part.
fn rows_of(rows: &[Option<Numbers>], part: &Micro) -> Vec<Option<Numbers>> {
    let [from, to] = [part.from, part.to].map(|end| end as usize);
    let of = |row: &Numbers| match row {
        Numbers::Weights(weights) => Numbers::Weights(weights.clone()),
        Numbers::PerImage { taken, options } => {
            Numbers::PerImage { taken: taken[from..to].to_vec(), options: *options }
        }
    };
    rows.iter().map(|row| row.as_ref().map(of)).collect()
}
