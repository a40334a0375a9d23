//! The most bytes that the activations of one image take at once, at four bytes a scalar.
//!
//! **Inference** goes by what a straight line of calls does: operations run in the order of the space, the
//! operands of a call and its result are there together, and a tensor goes after its last reader. What
//! only looks at another tensor (`identity`, `slice`, `deinterleave`, `flatten` of a single position,
//! dropout, a concatenation or a bypass with one operand left) has no bytes of its own and keeps the
//! tensor that it looks at. Nothing is done in place. What a call needs for itself while it runs, and the
//! weights, are left out.
//!
//! **Training** goes by what backward keeps: an operation keeps of its operands and its result what its
//! gradient needs, from its call to its own backward. At the backward of an operation there are, besides
//! what it and all before it keep, the gradient of its result, those that it gives, and those that wait
//! for their operation; a sum hands its own on. The image and the outputs stay all the time. Gradients of
//! weights are left out, as everything is that does not grow with the batch.
//!
//! Either is a maximum over the cuts between operations, each a sum over tensors. That is no sum over the
//! space, so that memory is no [`Measure`](super::Measure): a limit on it is a condition on networks.
//! Cuts are made once for all networks, and those that never have most are dropped.

mod bound;
mod cuts;
mod flow;
#[cfg(test)]
mod tests;

use crate::arch::Arch;
use crate::ir::Metric;
use crate::pass::{Checked, fix};
use crate::vary::{Diagrams, Leaf, TRUE, Vary};

/// Bytes of one scalar.
const SCALAR: i64 = 4;

/// When memory is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// One forward of one image, no gradients.
    Inference,
    /// One training step on one image.
    Training,
}

impl Phase {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Inference, Self::Training];

    /// The phase whose memory a limit's metric bounds.
    pub fn of(metric: &Metric) -> Option<Self> {
        match metric {
            Metric::Memory => Some(Self::Inference),
            Metric::MemoryTraining => Some(Self::Training),
            Metric::Macs | Metric::Params | Metric::Latency(_) => None,
        }
    }

    /// The name in reports and limits.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inference => "memory",
            Self::Training => "memory_training",
        }
    }
}

/// The diagrams of the memory of a space outgrow their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryTooLarge;

impl std::fmt::Display for MemoryTooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the memory of all networks at once is too large to work with")
    }
}

impl std::error::Error for MemoryTooLarge {}

/// The memory of every network of a space.
#[derive(Clone, Debug)]
pub struct Memory {
    diagrams: Diagrams,
    /// The bytes at each cut as integers that add up.
    cuts: Vec<Vec<Vary>>,
}

impl Memory {
    /// The memory of a space in a phase.
    ///
    /// # Errors
    /// If the diagrams outgrow their limits.
    pub fn new(space: &Checked, phase: Phase) -> Result<Self, MemoryTooLarge> {
        Self::with(space, space.diagrams.clone(), phase)
    }

    /// The same in diagrams that are the space's and what was added to them.
    ///
    /// # Errors
    /// If the diagrams outgrow their limits.
    pub fn with(
        space: &Checked,
        mut diagrams: Diagrams,
        phase: Phase,
    ) -> Result<Self, MemoryTooLarge> {
        let cuts = cuts::cuts(space, &mut diagrams, phase).ok_or(MemoryTooLarge)?;
        Ok(Self { diagrams, cuts })
    }

    /// The peak of one network, in bytes.
    pub fn peak(&self, arch: &Arch) -> u64 {
        let bytes = |value: Vary| {
            let leaf: &Leaf = self.diagrams.eval(value, |decision| arch.option(decision));
            leaf.as_int().map_or(0, |bytes| bytes.max(0) as u64)
        };
        let cut = |cut: &Vec<Vary>| cut.iter().map(|&value| bytes(value)).sum();
        self.cuts.iter().map(cut).max().unwrap_or(0)
    }

    /// No network has less, and none has more; neither need be reached.
    pub fn bounds(&self) -> (u64, u64) {
        let ends = self.cuts.iter().map(|cut| {
            cut.iter().fold((0, 0), |(least, most), &value| {
                let (low, high) = self.diagrams.int_range(value).unwrap_or((0, 0));
                (least + low.max(0) as u64, most + high.max(0) as u64)
            })
        });
        ends.fold((0, 0), |(least, most), (low, high)| (least.max(low), most.max(high)))
    }

    fn at_most(&mut self, bytes: u64) -> Result<Vary, MemoryTooLarge> {
        let mut all = TRUE;
        let mut seen = rustc_hash::FxHashSet::default();
        for cut in &self.cuts {
            let here = bound::at_most(&mut self.diagrams, cut, bytes).ok_or(MemoryTooLarge)?;
            if seen.insert(here) {
                all = self.diagrams.and(all, here);
            }
            if !self.diagrams.is_sound(all) {
                return Err(MemoryTooLarge);
            }
        }
        Ok(all)
    }

    /// Which networks have that many bytes, both bounds inclusive, as a condition in the diagrams that
    /// [`Memory::into_diagrams`] gives.
    ///
    /// # Errors
    /// If the condition outgrows its limits.
    pub fn within(&mut self, min: Option<u64>, max: Option<u64>) -> Result<Vary, MemoryTooLarge> {
        let most = max.map_or(Ok(TRUE), |max| self.at_most(max))?;
        let Some(below) = min.and_then(|min| min.checked_sub(1)) else { return Ok(most) };
        let less = self.at_most(below)?;
        let least = self.diagrams.not(less);
        let both = self.diagrams.and(least, most);
        if self.diagrams.is_sound(both) { Ok(both) } else { Err(MemoryTooLarge) }
    }

    /// What conditions are handles of.
    pub fn diagrams(&mut self) -> &mut Diagrams {
        &mut self.diagrams
    }

    /// The same, to keep.
    pub fn into_diagrams(self) -> Diagrams {
        self.diagrams
    }
}

/// Which networks have between so many bytes, both bounds inclusive, as a condition in diagrams that are
/// the space's and what was added to them. They stay as they were if it is too large.
///
/// # Errors
/// If the condition outgrows its limits.
pub fn condition(
    space: &Checked,
    diagrams: &mut Diagrams,
    phase: Phase,
    [min, max]: [Option<u64>; 2],
) -> Result<Vary, MemoryTooLarge> {
    let mut memory = Memory::with(space, diagrams.clone(), phase)?;
    let condition = memory.within(min, max)?;
    *diagrams = memory.into_diagrams();
    Ok(condition)
}

/// The peaks of networks: from the cuts of all of them where these fit, else of each by itself.
#[derive(Clone, Debug)]
pub struct Peaks(Source);

#[derive(Clone, Debug)]
enum Source {
    All(Box<Memory>),
    Each(Box<Checked>, Phase),
}

impl Peaks {
    /// The peaks of the networks of a space.
    pub fn new(space: &Checked, phase: Phase) -> Self {
        Self(match Memory::new(space, phase) {
            Ok(memory) => Source::All(Box::new(memory)),
            Err(MemoryTooLarge) => Source::Each(Box::new(space.clone()), phase),
        })
    }

    /// The peak of one network of that space, in bytes.
    pub fn of(&self, arch: &Arch) -> u64 {
        match &self.0 {
            Source::All(memory) => memory.peak(arch),
            Source::Each(space, phase) => peak(space, arch, *phase),
        }
    }
}

/// The peak of one network, in bytes. It is known for every space, however large.
pub fn peak(space: &Checked, arch: &Arch, phase: Phase) -> u64 {
    // The diagrams of a network are all constant.
    Memory::new(&fix(space, arch), phase).map_or(0, |memory| memory.peak(&Arch::default()))
}
