//! What a run is to do: one versioned RON file.
//!
//! ```ron
//! (
//!     version: 1,
//!     seed: 7,
//!     data: (path: "flowers"),
//!     supernet: (epochs: 60, lr: 0.1),
//!     search: (limits: ["macs <= 20M"]),
//! )
//! ```
//!
//! What a recipe does not say is as in [`Recipe::default`], which is made for the built-in data and
//! about five minutes on two cores; a `retrain` that says only its epochs keeps the other defaults
//! of retraining. Unknown fields are refused, with the nearest known one. Single fields are
//! overridden by [`Recipe::set`], from the same grammar.

mod adapt;
mod error;
mod read;
mod training;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use adapt::Adapt;
pub use error::RecipeError;
pub use training::{Teacher, Training};

use super::atomic;
use super::tensors::sha256;
use crate::data::Transform;
use crate::data::set::Cache;
use crate::data::shapes;
use crate::optimise::Selection;
use crate::search::Evolution;

/// The version of recipes read and written here.
pub const VERSION: u32 = 1;

/// A whole run: data, supernet, search, retraining.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// The version of the file's form; must be given.
    pub version: u32,
    /// The seed of every random stream.
    pub seed: u64,
    /// Threads; 0 stands for one per core. Results are bit-identical at equal counts only.
    pub threads: usize,
    /// `auto` (CUDA where there is one), `cpu`, `cuda` or `cuda:1`.
    pub device: String,
    /// Whether a graphics card computes what it computes the same in every run, and in whole 32-bit floats; it is
    /// faster without. Processors always do.
    pub deterministic: bool,
    /// Steps between two checkpoints of a training stage.
    pub checkpoint_every: u64,
    /// What draws the networks that the supernet's steps train, by name: `uniform`, `strict_fair`, ….
    pub sampler: String,
    /// Numbers of the sampler, by name; those not said have their defaults.
    pub sampler_options: BTreeMap<String, f64>,
    /// The share of the training images that samplers with parameters learn from, and weights do not.
    pub arch_share: f64,
    /// What is learned from.
    pub data: Data,
    /// Whether the supernet and the found network begin with what they can take from the weights of the seed
    /// network that the space's `remap` names.
    pub adapt: Option<Adapt>,
    /// How the supernet is trained.
    pub supernet: Training,
    /// Parts of the supernet's training, one after another, each with its own optimiser; without any
    /// there is one part, as `supernet` says.
    pub phases: Vec<Phase>,
    /// Networks whose order is looked at between epochs of the supernet's training.
    pub probe: Option<Probe>,
    /// How it is searched.
    pub search: Search,
    /// How the found network is trained.
    pub retrain: Training,
}

/// What is learned from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    /// A folder with `train/` and `test/` (or `val/`), each with a folder of images per class; when
    /// absent, the built-in data.
    pub path: Option<PathBuf>,
    /// Which images of the built-in data, when there is no `path`.
    pub shapes: shapes::Options,
    /// What is kept in memory of a `path`.
    pub cache: Cache,
    /// Whether the labels of the training images are dealt out anew by the seed, so that there is nothing to find: a
    /// search that gains by it is not to be believed.
    pub shuffle_labels: bool,
    /// The share of the training images, equal in all classes, that is kept from training and serves
    /// the search.
    pub holdout: f64,
    /// From an image to an input, in training and in evaluation; its `size` must be the space's.
    pub transform: Transform,
}

/// Networks that are judged between epochs, to see whether their order has settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Probe {
    /// How many, at random.
    pub networks: usize,
    /// Epochs between two looks.
    pub every: u64,
    /// A file of networks and the accuracies that they reach alone, a line `ARCH ACCURACY` for each: they are the
    /// probe then.
    pub alone: Option<PathBuf>,
}

impl Default for Probe {
    fn default() -> Self {
        Self { networks: 8, every: 1, alone: None }
    }
}

/// A part of the supernet's training. What it does not say is as `supernet` and the recipe's sampler have it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Phase {
    /// Passes over its images.
    pub epochs: Option<u64>,
    /// Images per step.
    pub batch: Option<usize>,
    /// The highest learning rate.
    pub lr: Option<f64>,
    /// Epochs over which it rises to its course.
    pub warm_up: Option<f64>,
    /// Weight decay.
    pub weight_decay: Option<f64>,
    /// What is trained, as `last_norms`; all else keeps every bit.
    pub trains: Option<Selection>,
    /// Parameters of the space that are others in this part, by name, as `{"weights": "real"}`. What is trained then
    /// are the networks of the space with them; it must have the same decisions, and no tensors but the space's.
    pub set: BTreeMap<String, String>,
    /// What draws the networks. One that the phase before had too goes on with what it has learned.
    pub sampler: Option<String>,
    /// Numbers of the sampler, instead of the recipe's.
    pub sampler_options: Option<BTreeMap<String, f64>>,
    /// The names of the classes whose images it sees; all if empty.
    pub classes: Vec<String>,
    /// Side of the images.
    pub size: Option<u32>,
    /// Whether the channels of elastic widths are first put in the order of their importance; networks that were
    /// trained before compute the same afterwards.
    pub sort_channels: bool,
    /// The options that decisions may take, by path (a `*` stands for anything); all where nothing is said.
    pub only: BTreeMap<String, Vec<String>>,
}

/// Where weights start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// He's normal distribution over the fan-out.
    Kaiming,
    /// That of Single Path One-Shot.
    Spos,
}

/// Changes to all batch norms; what is absent stays as the space says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Norm {
    /// Whether they have a scale and a shift of their own.
    pub affine: Option<bool>,
    /// What is added to the variance.
    pub eps: Option<f64>,
    /// The share of a new batch in the running statistics.
    pub momentum: Option<f64>,
}

/// The memory layout of activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelsLast {
    /// Where it is faster.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// How the supernet is searched. The defaults are those of Single Path One-Shot, but for half its
/// generations and fewer images of recalibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// The strategy.
    pub strategy: Strategy,
    /// Networks per generation.
    pub population: usize,
    /// Generations after the first, random one.
    pub generations: u64,
    /// The best networks so far, from which the next ones come.
    pub parents: usize,
    /// Children of two parents per generation.
    pub crossover: usize,
    /// Mutants per generation.
    pub mutation: usize,
    /// The probability that a mutant's decision is drawn anew.
    pub mutation_probability: f64,
    /// What a network must keep to, as `macs <= 20M`, besides the limits of the space.
    pub limits: Vec<String>,
    /// How batch norms are made to fit a network before it is judged.
    pub recalibration: Recalibration,
    /// Images per batch of the evaluation.
    pub batch: usize,
    /// Whether as many random networks are evaluated besides, for comparison.
    pub random_baseline: bool,
}

/// How candidates are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Crossover and mutation of the best.
    Evolution,
    /// Uniformly at random: `population * (generations + 1)` networks.
    Random,
    /// What the sampler has settled on: under limits, the most probable network that keeps to them.
    Learned,
}

/// How batch-norm statistics are measured anew for one network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recalibration {
    /// Batches of training images; 0 leaves the statistics alone.
    pub batches: usize,
    /// Images per batch.
    pub batch: usize,
    /// How batches are put together.
    pub mode: Averaging,
}

/// How the statistics of several batches become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Averaging {
    /// Their mean; right for few batches.
    Cumulative,
    /// A moving average with the norm's momentum, from mean 0 and variance 1; for 50 batches or
    /// more.
    Ema,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            version: VERSION,
            seed: 0,
            threads: 0,
            device: "auto".to_owned(),
            deterministic: true,
            checkpoint_every: 100,
            sampler: "uniform".to_owned(),
            sampler_options: BTreeMap::new(),
            arch_share: 0.5,
            data: Data::default(),
            adapt: None,
            supernet: Training::default(),
            phases: Vec::new(),
            probe: None,
            search: Search::default(),
            retrain: Training { epochs: 10, norm: Norm::default(), ..Training::default() },
        }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self {
            path: None,
            shapes: shapes::Options::default(),
            cache: Cache::default(),
            shuffle_labels: false,
            holdout: 0.1,
            transform: Transform::small(32),
        }
    }
}

impl Default for Search {
    fn default() -> Self {
        Self {
            strategy: Strategy::Evolution,
            population: 50,
            generations: 10,
            parents: 10,
            crossover: 25,
            mutation: 25,
            mutation_probability: 0.1,
            limits: Vec::new(),
            recalibration: Recalibration::default(),
            batch: 100,
            random_baseline: true,
        }
    }
}

impl Default for Recalibration {
    fn default() -> Self {
        Self { batches: 4, batch: 64, mode: Averaging::Cumulative }
    }
}

impl Recipe {
    /// Reads a recipe file.
    ///
    /// # Errors
    /// It is missing, no RON, of another version, or says something unknown or impossible; the
    /// message names the line and column.
    pub fn load(path: &Path) -> Result<Self, RecipeError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| RecipeError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, &format!("recipe `{}`", path.display()))
    }

    /// Reads a recipe from text; `origin` stands for it in messages.
    ///
    /// # Errors
    /// As [`Recipe::load`].
    pub fn parse(text: &str, origin: &str) -> Result<Self, RecipeError> {
        let recipe = read::file(text, origin)?;
        recipe.check(origin)?;
        Ok(recipe)
    }

    /// The recipe as a file holds it, every field said.
    pub fn to_text(&self) -> String {
        read::text(self)
    }

    /// Writes the recipe, replacing the file whole.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), RecipeError> {
        Ok(atomic::write(path, self.to_text().as_bytes())?)
    }

    /// Overrides one field, given as on a command line: `supernet.epochs=3`. The value is RON; text
    /// needs no quotation marks (`data.path=flowers`), and one item does for a list
    /// (`search.limits=macs <= 20M`).
    ///
    /// # Errors
    /// There is no such field, or the value does not suit it; the recipe is then as it was.
    pub fn set(&mut self, assignment: &str) -> Result<(), RecipeError> {
        self.set_all(&[assignment])
    }

    /// Overrides several fields, as [`Recipe::set`] does one. Whether the values suit each other is
    /// asked when all are there, so their order does not matter.
    ///
    /// # Errors
    /// As [`Recipe::set`].
    pub fn set_all(&mut self, assignments: &[impl AsRef<str>]) -> Result<(), RecipeError> {
        let Some(last) = assignments.last() else { return Ok(()) };
        let mut recipe = self.clone();
        for assignment in assignments {
            recipe = read::assignment(&recipe, assignment.as_ref())?;
        }
        let origin = match assignments.len() {
            1 => format!("`{}`", last.as_ref()),
            _ => "the settings given".to_owned(),
        };
        recipe.check(&origin)?;
        *self = recipe;
        Ok(())
    }

    /// How the supernet is trained in a phase.
    pub fn training_of(&self, phase: &Phase) -> Training {
        let mut training = self.supernet.clone();
        training.epochs = phase.epochs.unwrap_or(training.epochs);
        training.batch = phase.batch.unwrap_or(training.batch);
        training.lr = phase.lr.unwrap_or(training.lr);
        training.warm_up =
            phase.warm_up.unwrap_or_else(|| training.warm_up.min(training.epochs as f64));
        training.weight_decay = phase.weight_decay.unwrap_or(training.weight_decay);
        if let Some(trains) = &phase.trains {
            training.trains = trains.clone();
        }
        training
    }

    /// A hash of everything the recipe says, independent of how its file is written.
    pub fn hash(&self) -> String {
        sha256(read::json(self).to_string().as_bytes())
    }

    /// Whether every number has a usable value; `origin` stands for the recipe in messages.
    ///
    /// # Errors
    /// The first one that has not.
    pub fn check(&self, origin: &str) -> Result<(), RecipeError> {
        let Self { version, seed: _, threads: _, device, checkpoint_every, .. } = self;
        let Self { data, adapt, supernet, search, retrain, .. } = self;
        let mut wrong = Vec::new();
        let mut must = |holds: bool, field: &str, reason: &str| {
            if !holds {
                wrong.push((field.to_owned(), reason.to_owned()));
            }
        };
        must(*version == VERSION, "version", "must be 1");
        must(is_device(device), "device", "must be `auto`, `cpu`, `cuda` or `cuda:N`");
        must(*checkpoint_every > 0, "checkpoint_every", "must be at least 1");
        must(
            self.arch_share > 0.0 && self.arch_share < 1.0,
            "arch_share",
            "must lie between 0 and 1",
        );
        must(data.holdout > 0.0 && data.holdout < 1.0, "data.holdout", "must lie between 0 and 1");
        let seed = adapt.as_ref().map(|adapt| ("adapt.training", &adapt.training));
        for (stage, training) in
            seed.into_iter().chain([("supernet", supernet), ("retrain", retrain)])
        {
            for (field, reason) in training.wrong() {
                must(false, &format!("{stage}.{field}"), reason);
            }
        }
        for (number, phase) in self.phases.iter().enumerate() {
            for (field, reason) in self.training_of(phase).wrong() {
                must(false, &format!("phases[{number}].{field}"), reason);
            }
            must(phase.size.is_none_or(|size| size > 0), "phases.size", "must be at least 1");
        }
        let probe = self.probe.as_ref();
        must(probe.is_none_or(|p| p.networks > 1), "probe.networks", "must be at least 2");
        must(probe.is_none_or(|p| p.every > 0), "probe.every", "must be at least 1");
        must(!supernet.inherit, "supernet.inherit", "must be false: only `retrain` can inherit");
        must(
            !adapt.as_ref().is_some_and(|adapt| adapt.training.inherit),
            "adapt.training.inherit",
            "must be false: only `retrain` can inherit",
        );
        for (field, reason) in search.wrong() {
            must(false, &format!("search.{field}"), reason);
        }
        if let Err(error) = data.transform.check() {
            must(false, "data.transform", &format!("is refused: {error}"));
        }
        if let Err(error) = data.shapes.check() {
            must(false, "data.shapes", &format!("is refused: {error}"));
        }
        match wrong.into_iter().next() {
            None => Ok(()),
            Some((field, reason)) => {
                Err(RecipeError::Value { origin: origin.to_owned(), field, reason })
            }
        }
    }
}

impl Search {
    /// The settings of the evolution.
    pub fn evolution(&self) -> Evolution {
        Evolution {
            population: self.population,
            generations: self.generations,
            parents: self.parents,
            crossovers: self.crossover,
            mutants: self.mutation,
            mutation_probability: self.mutation_probability,
            ..Evolution::default()
        }
    }
}

fn is_device(device: &str) -> bool {
    matches!(device, "auto" | "cpu" | "cuda")
        || device.strip_prefix("cuda:").is_some_and(|index| index.parse::<u8>().is_ok())
}

fn is_positive(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

impl Search {
    fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let Self { strategy: _, population, generations: _, parents, crossover, mutation, .. } =
            self;
        let Self { mutation_probability, recalibration, batch, .. } = self;
        let facts = [
            (*population > 0, "population", "must be at least 1"),
            (
                (1..=*population).contains(parents),
                "parents",
                "must lie within 1 and the population",
            ),
            (
                crossover.checked_add(*mutation).is_some_and(|children| children <= *population),
                "population",
                "must hold the children of crossover and mutation",
            ),
            (
                (0.0..=1.0).contains(mutation_probability),
                "mutation_probability",
                "must lie within 0 and 1",
            ),
            (recalibration.batch > 1, "recalibration.batch", "must be at least 2"),
            (*batch > 0, "batch", "must be at least 1"),
        ];
        failing(facts)
    }
}

fn sound(field: &'static str, fault: Option<&'static str>) -> (bool, &'static str, &'static str) {
    (fault.is_none(), field, fault.unwrap_or_default())
}

fn failing<const N: usize>(
    facts: [(bool, &'static str, &'static str); N],
) -> Vec<(&'static str, &'static str)> {
    let failing = facts.into_iter().filter(|(holds, ..)| !holds);
    failing.map(|(_, field, reason)| (field, reason)).collect()
}

#[cfg(test)]
mod tests;
