//! One pass of a training step.

use nasc_compiler::arch::Arch;

use crate::program::{Gate, Gating, Numbers};

/// A step of training, and where in the training it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Its number, from 1.
    pub number: u64,
    /// How many steps there are in all.
    pub total: u64,
    /// How many steps an epoch has.
    pub per_epoch: u64,
    /// How many images a batch has.
    pub images: usize,
}

impl Step {
    /// The epoch that the step belongs to, from 0.
    pub fn epoch(&self) -> u64 {
        (self.number - 1) / self.per_epoch.max(1)
    }

    /// How many epochs there are in all.
    pub fn epochs(&self) -> u64 {
        self.total.div_ceil(self.per_epoch.max(1)).max(1)
    }

    /// Whether an epoch begins with it.
    pub fn begins_epoch(&self) -> bool {
        (self.number - 1).is_multiple_of(self.per_epoch.max(1))
    }

    /// The share of the training that lies behind it, from 0 to below 1.
    pub fn progress(&self) -> f64 {
        (self.number - 1) as f64 / self.total.max(1) as f64
    }
}

/// What all decisions are told in a pass.
#[derive(Debug, Clone, PartialEq)]
pub enum Gates {
    /// One option each: a single path, in canonical form.
    Path(Arch),
    /// Something for each decision, in their order.
    Mixture(Vec<Told>),
}

/// What one decision is told in a pass of more than a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// One option.
    One(u16),
    /// One option, and the factor that its result is multiplied with.
    Scaled(u16, f64),
    /// Options, and the weights of their results.
    Weighted(Vec<u16>, Vec<f64>),
    /// The option of every image.
    PerImage(Vec<u16>),
}

impl Gates {
    /// The gates of a line, and their numbers; `None` for a path. `options` has how many options each decision has.
    pub fn lower(&self, options: &[u16]) -> Option<(Gating, Vec<Option<Numbers>>)> {
        let Self::Mixture(told) = self else { return None };
        let gate = |told: &Told| match told {
            Told::One(option) => Gate::One(*option),
            Told::Scaled(option, _) => Gate::Scaled(*option),
            Told::Weighted(options, _) => Gate::Weighted(options.as_slice().into()),
            Told::PerImage(_) => Gate::PerImage,
        };
        let numbers = |(told, &options): (&Told, &u16)| match told {
            Told::One(_) => None,
            Told::Scaled(_, factor) => Some(Numbers::Weights(vec![*factor])),
            Told::Weighted(_, weights) => Some(Numbers::Weights(weights.clone())),
            Told::PerImage(taken) => Some(Numbers::PerImage { taken: taken.clone(), options }),
        };
        let gating = Gating(told.iter().map(gate).collect());
        Some((gating, told.iter().zip(options).map(numbers).collect()))
    }
}

/// Which images a pass sees, by name. Passes of one step on one stream see one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataStream(pub &'static str);

impl DataStream {
    /// The images that weights are trained on.
    pub const WEIGHTS: Self = Self("weights");
    /// Images kept from these, which architecture parameters are trained on.
    pub const ARCH: Self = Self("arch");
}

/// How the gradients of a tensor that several passes of one step train come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Together {
    /// They are summed.
    Sum,
    /// Their sum is divided by the number of those passes.
    Mean,
}

/// A share of a batch: the `index`-th of `of` equal parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which part, from 0.
    pub index: usize,
    /// How many parts there are.
    pub of: usize,
}

/// What the outputs of a pass are held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// The labels of the images, smoothed as the training says.
    Labels,
    /// The labels and what an earlier pass of the step gave for the same images, as probabilities; its outputs must
    /// have been kept.
    Distilled {
        /// The number of the pass, from 0.
        from: usize,
        /// What the loss by labels counts.
        labels: f64,
        /// What the loss by the earlier pass counts.
        soft: f64,
    },
}

/// At which weights a pass runs. The weights themselves do not move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum At {
    /// At those of the supernet.
    Own,
    /// At those that a step of the optimiser along the gradient of an earlier pass would give.
    Unrolled {
        /// The number of the pass, whose gradient must have been kept.
        by: usize,
    },
    /// At those moved along the gradient of an earlier pass by this Euclidean length in all.
    Along {
        /// The number of the pass, whose gradient must have been kept.
        by: usize,
        /// How far; against the gradient where negative.
        length: f64,
    },
}

/// What a pass teaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learns {
    /// Nothing: it runs forwards alone.
    Nothing,
    /// The weights that it touches.
    Weights,
    /// The sampler, by the derivatives of the gates; weights stay as they are.
    Gates,
    /// Both.
    Both,
}

impl Learns {
    /// Whether weights learn.
    pub fn weights(self) -> bool {
        matches!(self, Self::Weights | Self::Both)
    }

    /// Whether the derivatives of the gates are wanted.
    pub fn gates(self) -> bool {
        matches!(self, Self::Gates | Self::Both)
    }
}

/// One pass through the supernet, forwards and backwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// What the decisions are told.
    pub gates: Gates,
    /// Where the images come from.
    pub images: DataStream,
    /// The part of the batch that it sees, if not all.
    pub part: Option<Part>,
    /// What its outputs are held against.
    pub target: Target,
    /// What the loss is multiplied with before it goes backwards.
    pub scale: f64,
    /// Who learns from it.
    pub learns: Learns,
    /// At which weights it runs.
    pub at: At,
    /// Whether dropout drops.
    pub drops: bool,
    /// Whether its outputs are kept for later passes of the step.
    pub keeps_outputs: bool,
    /// Whether its gradient is kept for later passes of the step instead of teaching the weights.
    pub keeps_gradient: bool,
}

impl Pass {
    /// The ordinary pass: one path, training images, weights learn.
    pub fn path(arch: Arch) -> Self {
        Self::new(Gates::Path(arch))
    }

    /// A pass from whose training images weights learn.
    pub fn new(gates: Gates) -> Self {
        Self {
            gates,
            images: DataStream::WEIGHTS,
            part: None,
            target: Target::Labels,
            scale: 1.0,
            learns: Learns::Weights,
            at: At::Own,
            drops: true,
            keeps_outputs: false,
            keeps_gradient: false,
        }
    }

    /// The pass on images kept for the architecture, from which the sampler learns.
    #[must_use]
    pub fn for_gates(self) -> Self {
        Self { images: DataStream::ARCH, learns: Learns::Gates, ..self }
    }
}

/// A pass that was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// What was run.
    pub pass: Pass,
    /// Its loss, before scaling; always finite.
    pub loss: f64,
    /// The derivatives of the scaled loss by the numbers of the gates, in the order of the options told: one row per
    /// decision that has any.
    pub gates: Vec<Option<Vec<f64>>>,
    /// The Euclidean length of the gradient, where it was kept.
    pub length: f64,
    /// The learning rate of the step.
    pub rate: f64,
}

impl Done {
    /// The derivatives by the gates of a decision, zeros where there are none.
    pub fn gate(&self, decision: usize) -> Vec<f64> {
        if let Some(Some(row)) = self.gates.get(decision) {
            return row.clone();
        }
        let told = match &self.pass.gates {
            Gates::Mixture(told) => told.get(decision),
            Gates::Path(_) => None,
        };
        let count = match told {
            Some(Told::Weighted(options, _)) => options.len(),
            Some(Told::Scaled(..)) => 1,
            _ => 0,
        };
        vec![0.0; count]
    }
}
