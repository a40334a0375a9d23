//! Many architectures at once, as a tree of what they have in common.
//!
//! Their lines are laid into a prefix tree: instructions are shared from the start as long as they
//! compute the same. The tree is walked depth first, one batch at a time, so a shared beginning runs
//! once and one batch of activations per level is alive. Statistics of a recalibration belong to a
//! place of the tree; what enters a layer in train mode depends on the layers above it alone, so this
//! gives, bit by bit, what one architecture after another would give.
//!
//! A normalisation that one network uses in several places gathers from all of them. It is shared
//! only with networks that agree up to its last use.

mod plan;
mod together;

use nasc_compiler::arch::Arch;

use super::{Batch, Counts, Place, Supernet};
use crate::program::{
    Averaging, Moments, Norms, ProgramError, Registers, Run, Statistics, Straight, execute,
};
use crate::torch::{self, Tensor};
use plan::{Plan, Step};
pub use together::evaluate_many;

/// Architectures of one supernet, laid together.
#[derive(Debug)]
pub struct Tree {
    /// The supernet's tensors; handles, not copies.
    params: Vec<Tensor>,
    place: Place,
    plan: Plan,
    inputs: usize,
    /// Gathered statistics, one entry per normalisation of the plan; none before a recalibration.
    statistics: Option<Statistics>,
    counts: Vec<Counts>,
    calls_alone: usize,
}

impl Tree {
    /// Lays the architectures together. The first output of the space are the logits.
    ///
    /// # Errors
    /// If an architecture is none of the space's networks.
    pub fn plant(supernet: &Supernet, archs: &[Arch]) -> Result<Self, ProgramError> {
        let lines =
            archs.iter().map(|arch| supernet.specialise(arch)).collect::<Result<Vec<_>, _>>()?;
        let lines: Vec<&Straight> = lines.iter().map(|line| &**line).collect();
        Ok(Self {
            params: supernet.store().tensors().iter().map(Tensor::shallow_clone).collect(),
            place: supernet.store().place(),
            plan: Plan::of(&lines),
            inputs: lines.first().map_or(0, |line| line.inputs()),
            statistics: None,
            counts: vec![Counts::default(); archs.len()],
            calls_alone: lines.iter().map(|line| line.instructions().len()).sum(),
        })
    }

    /// How many calls a walk makes, and how many it would be without sharing.
    pub fn calls(&self) -> (usize, usize) {
        let calls = self.plan.steps.iter().filter(|step| matches!(step, Step::Call { .. })).count();
        (calls, self.calls_alone)
    }

    /// Adds a batch of images `[N, C, H, W]` to the statistics of every architecture. From the first
    /// one on the supernet's own statistics are not used any more.
    ///
    /// # Errors
    /// If libtorch refuses.
    pub fn calibrate(&mut self, images: &Tensor, by: Averaging) -> Result<(), ProgramError> {
        let Place { kind, device, .. } = self.place;
        let fresh = |&channels| Moments::fresh(channels, (kind, device));
        let mut statistics = match self.statistics.take() {
            Some(statistics) => statistics,
            None => Statistics {
                slots: self.plan.channels.iter().map(fresh).collect::<Result<_, _>>()?,
            },
        };
        let _guard = torch::no_grad();
        let mut registers = self.start(images)?;
        let mut norms = Norms::Calibrate { into: &mut statistics, by };
        let mut run = Run::plain(&self.params, &mut norms, false);
        for step in &self.plan.steps {
            match step {
                Step::Call { instruction, feeds: true } => {
                    execute(instruction, &mut registers, &mut run)?;
                }
                // What comes after the last normalisation is not computed, but ends lives all the same.
                Step::Call { instruction, feeds: false } => {
                    instruction.frees.iter().for_each(|&register| registers.free(register));
                }
                Step::Emit { logits, frees, .. } => {
                    if *frees {
                        registers.free(*logits);
                    }
                }
            }
        }
        self.statistics = Some(statistics);
        Ok(())
    }

    /// Counts how every architecture classifies a batch.
    ///
    /// # Errors
    /// If libtorch refuses.
    pub fn score(&mut self, batch: &Batch) -> Result<(), ProgramError> {
        let _guard = torch::no_grad();
        let mut registers = self.start(&batch.images)?;
        let mut norms = self.statistics.as_ref().map_or(Norms::Eval, Norms::With);
        let mut run = Run::plain(&self.params, &mut norms, false);
        for step in &self.plan.steps {
            match step {
                Step::Call { instruction, .. } => execute(instruction, &mut registers, &mut run)?,
                Step::Emit { archs, logits, frees } => {
                    let mut counted = Counts::default();
                    counted.add(registers.read(*logits), &batch.labels)?;
                    for &arch in archs {
                        self.counts[arch] += counted;
                    }
                    if *frees {
                        registers.free(*logits);
                    }
                }
            }
        }
        Ok(())
    }

    /// Where the logits of each architecture come up in a walk, in `0.0..1.0`: architectures that are
    /// near share much.
    fn positions(&self) -> Vec<f64> {
        let mut positions = vec![0.0; self.counts.len()];
        for (number, step) in self.plan.steps.iter().enumerate() {
            if let Step::Emit { archs, .. } = step {
                let position = number as f64 / self.plan.steps.len() as f64;
                for &arch in archs {
                    positions[arch] = position;
                }
            }
        }
        positions
    }

    /// What was counted, in the order of the architectures.
    pub fn counts(&self) -> &[Counts] {
        &self.counts
    }

    fn start(&self, images: &Tensor) -> Result<Registers, ProgramError> {
        let images = self.place.of_input(images)?;
        Registers::new(self.plan.registers, self.inputs, &[images])
    }
}
