//! The plan as a value.

use std::sync::Arc;

use serde::Serialize;

use super::taken::{Rest, Taken};
use super::view::Seen;
use crate::ir::Role;
use crate::ir::remap::{Depth, Fill, Kernel, Pair, Remap, Slots, Width};

/// How a target is filled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// What extra layers are filled from.
    pub depth: Depth,
    /// Which channels are taken.
    pub width: Width,
    /// Where kernels go.
    pub kernel: Kernel,
    /// What fills the rest.
    pub fill: Fill,
    /// How layers are matched.
    pub slots: Slots,
    /// Where names differ.
    pub pairs: Vec<Pair>,
}

impl From<&Remap> for Policy {
    fn from(remap: &Remap) -> Self {
        let Remap { depth, width, kernel, fill, slots, .. } = *remap;
        Self { depth, width, kernel, fill, slots, pairs: remap.pairs.clone() }
    }
}

/// What every tensor of a target is filled from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The name of the seed network.
    pub seed: String,
    /// The name of the target.
    pub target: String,
    /// How it is filled.
    pub policy: Policy,
    /// The tensors of the target, in its order.
    pub tensors: Vec<Planned>,
    /// The choices of channels that depend on weights; [`Run::by`](super::Run::by) refers to them by
    /// place.
    pub selections: Vec<Selection>,
    /// The tensors of the seed that nothing is filled from, in its order.
    pub unmapped: Vec<Arc<str>>,
}

/// What one tensor of the target is filled from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Planned {
    /// Its path.
    pub path: Arc<str>,
    /// What it is for.
    pub role: Role,
    /// Its shape.
    pub shape: Vec<u32>,
    /// The part of the target that it belongs to, by path.
    pub stage: Arc<str>,
    /// What is taken from the seed.
    pub from: Option<Taken>,
    /// Why nothing is: the tensor keeps its values.
    pub unfilled: Option<Unfilled>,
    /// How many of its numbers are what.
    pub tally: Tally,
}

/// Why a tensor of the target has no counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfilled {
    /// The seed has no tensor where its path leads.
    Unnamed,
    /// What has its name in the seed is something else.
    Other,
    /// It gives a number of classes that the seed does not have.
    Classes,
    /// Its kernel has another size, and kernels are not moved.
    Kernel,
}

impl Unfilled {
    /// In a few words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unnamed => "no counterpart",
            Self::Other => "another kind of tensor",
            Self::Classes => "other classes",
            Self::Kernel => "another kernel size",
        }
    }
}

/// Numbers of a tensor, or of several, by what they become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Copied from the seed.
    pub copied: u64,
    /// Set to zero.
    pub zeroed: u64,
    /// Left at what the target has: initial values in a fresh network.
    pub fresh: u64,
}

impl Tally {
    /// All of them.
    pub fn all(self) -> u64 {
        self.copied + self.zeroed + self.fresh
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.copied += other.copied;
        self.zeroed += other.zeroed;
        self.fresh += other.fresh;
    }
}

/// A choice of channels by what the weights make of them: those with the largest scores, of equal
/// ones the first, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Selection {
    /// What is compared.
    pub score: Width,
    /// The seed's tensor whose numbers are looked at.
    pub tensor: Arc<str>,
    /// The axis of it whose places are the channels.
    pub axis: usize,
    /// The first of them.
    pub start: u32,
    /// How many there are to choose from.
    pub among: u32,
    /// How many are chosen.
    pub keep: u32,
}

impl Selection {
    /// The chosen channels, counted from `start`. `shape` is the tensor's, and `number` gives its numbers
    /// in row-major order. Scores are summed in that order, in double precision.
    pub fn choose(&self, shape: &[u32], number: impl Fn(usize) -> f64) -> Vec<u32> {
        let size = |lengths: &[u32]| lengths.iter().map(|&n| n as usize).product::<usize>();
        let (before, behind) = shape.split_at(self.axis.min(shape.len()));
        let (length, behind) = behind.split_first().map_or((1, 1), |(&n, rest)| (n, size(rest)));
        let scores: Vec<f64> = (0..self.among)
            .map(|channel| {
                let place = (self.start + channel) as usize;
                let rows = (0..size(before)).map(|row| (row * length as usize + place) * behind);
                self.score(rows.flat_map(|row| (row..row + behind).map(&number)))
            })
            .collect();
        let mut order: Vec<u32> = (0..self.among).collect();
        order.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
        order.truncate(self.keep as usize);
        order.sort_unstable();
        order
    }

    /// The score of a channel with these numbers: the sum of their magnitudes, or their standard deviation
    /// (of these numbers alone).
    fn score(&self, numbers: impl Iterator<Item = f64> + Clone) -> f64 {
        match self.score {
            Width::Std => {
                let count = numbers.clone().count().max(1) as f64;
                let mean = numbers.clone().sum::<f64>() / count;
                (numbers.map(|n| (n - mean).powi(2)).sum::<f64>() / count).sqrt()
            }
            Width::First | Width::L1 | Width::BnGamma => numbers.map(f64::abs).sum(),
        }
    }
}

/// What becomes of the tensors of one part of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// Its path.
    pub path: Arc<str>,
    /// How many tensors it has.
    pub tensors: usize,
    /// Their numbers.
    pub tally: Tally,
}

impl Planned {
    pub(super) fn new(seen: &Seen, stage: Arc<str>, taken: Result<Taken, Unfilled>) -> Self {
        let all: u64 = seen.full.iter().map(|&length| u64::from(length)).product();
        let (from, unfilled) = match taken {
            Ok(taken) => (Some(taken), None),
            Err(reason) => (None, Some(reason)),
        };
        let tally = match &from {
            None => Tally { fresh: all, ..Tally::default() },
            Some(taken) => {
                let copied = taken.count(&seen.full);
                let fresh = match taken.rest {
                    Rest::Zero => 0,
                    Rest::Initial => all - copied,
                    Rest::InitialOutputs { axis } => taken.new_outputs(&seen.full, axis),
                };
                Tally { copied, zeroed: all - copied - fresh, fresh }
            }
        };
        let (path, role, shape) = (seen.path.clone(), seen.role, seen.full.clone());
        Self { path, role, shape, stage, from, unfilled, tally }
    }
}

impl Plan {
    /// What becomes of all numbers.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        for planned in &self.tensors {
            total += planned.tally;
        }
        total
    }

    /// The same by parts of the target, in order.
    pub fn stages(&self) -> Vec<Stage> {
        let mut stages: Vec<Stage> = Vec::new();
        for planned in &self.tensors {
            let known = stages.iter().position(|stage| stage.path == planned.stage);
            let at = known.unwrap_or_else(|| {
                let path = planned.stage.clone();
                stages.push(Stage { path, tensors: 0, tally: Tally::default() });
                stages.len() - 1
            });
            stages[at].tensors += 1;
            stages[at].tally += planned.tally;
        }
        stages
    }
}
