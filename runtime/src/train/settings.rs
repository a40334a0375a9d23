//! How weights are trained and networks recalibrated, as a recipe says it.

use std::rc::Rc;

use super::Teacher;
use crate::optimise::{self, Clip, Ema, GroupRule, Schedule, Selection};
use crate::program::{self, Precision};
use crate::run::recipe;

/// A stage of training.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// The name of the sampler: a run goes on with the one that it began with.
    pub sampler: String,
    /// Passes over the training images.
    pub epochs: u64,
    /// Images per step; the last, smaller batch of an epoch is left out.
    pub batch: usize,
    /// In how many parts a batch is run before the weights move.
    pub accumulate: usize,
    /// The numbers that passes compute with; weights stay what they are.
    pub precision: Precision,
    /// The rule of the optimiser.
    pub optimiser: optimise::Settings,
    /// The learning rate of each step.
    pub schedule: Schedule,
    /// The share of a weight that is added to its gradient: of convolutions and linear layers alone, but for `groups`.
    pub weight_decay: f64,
    /// Whose opinion is learned from besides the labels.
    pub teacher: Option<Rc<Teacher>>,
    /// How much of the target is spread over all classes.
    pub label_smoothing: f64,
    /// What is trained; all else keeps every bit.
    pub trains: Selection,
    /// What holds for some tensors alone.
    pub groups: Vec<GroupRule>,
    /// What bounds the gradients, in this order.
    pub clip: Vec<Clip>,
    /// The moving averages that take the weights' place at the end, if any.
    pub ema: Option<Ema>,
    /// Steps between two checkpoints; there is one at the end of each epoch in any case.
    pub checkpoint_steps: u64,
    /// Steps between two lines of the log.
    pub log_steps: u64,
}

impl Training {
    /// What a recipe says, when an epoch has so many steps, with the sampler `uniform` and without a teacher.
    pub fn of(recipe: &recipe::Training, checkpoint_steps: u64, steps_per_epoch: u64) -> Self {
        Self {
            sampler: "uniform".to_owned(),
            epochs: recipe.epochs,
            batch: recipe.batch,
            accumulate: recipe.accumulate,
            precision: recipe.precision,
            optimiser: recipe.optimisation(),
            schedule: recipe.rates(steps_per_epoch),
            weight_decay: recipe.weight_decay,
            teacher: None,
            label_smoothing: recipe.label_smoothing,
            trains: recipe.trains.clone(),
            groups: recipe.groups.clone(),
            clip: recipe.clips(),
            ema: recipe.ema,
            checkpoint_steps,
            log_steps: 10,
        }
    }
}

/// How statistics are gathered for one network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recalibration {
    /// How many batches; 0 leaves the supernet's own statistics.
    pub batches: u64,
    /// Images per batch.
    pub batch: usize,
    /// How batches are averaged.
    pub by: program::Averaging,
}

impl Recalibration {
    /// What a recipe says; `momentum` is the norms' own.
    pub fn of(recipe: &recipe::Recalibration, momentum: f64) -> Self {
        let by = match recipe.mode {
            recipe::Averaging::Cumulative => program::Averaging::Cumulative,
            recipe::Averaging::Ema => program::Averaging::Moving { momentum },
        };
        Self { batches: recipe.batches as u64, batch: recipe.batch, by }
    }
}
