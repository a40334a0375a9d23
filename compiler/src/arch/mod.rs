//! An architecture: one option for every decision of a space.
//!
//! The canonical form takes option 0 wherever a decision does not exist, so that equal networks are
//! equal values. Everything that stores, compares or hashes architectures uses canonical ones.

mod derive;
pub mod foreign;
mod hash;
#[cfg(test)]
mod tests;
pub mod text;

pub use derive::derive_text;
pub use hash::{arch_hash, space_hash};

use serde::{Deserialize, Serialize};

use crate::ir::{DecisionId, Graph};
use crate::vary::{Leaf, Vary};

/// One option per decision, in elaboration order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Arch(pub Vec<u16>);

impl Arch {
    /// The option that `decision` takes; 0 for a decision that the architecture does not know.
    pub fn option(&self, decision: DecisionId) -> u32 {
        self.0.get(decision.index()).copied().map_or(0, u32::from)
    }

    /// Sets the option of a decision.
    pub fn set(&mut self, decision: DecisionId, option: u32) {
        if self.0.len() <= decision.index() {
            self.0.resize(decision.index() + 1, 0);
        }
        if let Some(place) = self.0.get_mut(decision.index()) {
            *place = option as u16;
        }
    }
}

impl Graph {
    /// What a varying value is in one architecture.
    pub fn value(&self, value: Vary, arch: &Arch) -> &Leaf {
        self.diagrams.eval(value, |decision| arch.option(decision))
    }

    /// Whether a varying truth value holds in one architecture.
    pub fn holds(&self, condition: Vary, arch: &Arch) -> bool {
        *self.value(condition, arch) == Leaf::Bool(true)
    }

    /// Whether a decision exists in an architecture.
    pub fn decision_exists(&self, decision: DecisionId, arch: &Arch) -> bool {
        self.holds(self.decision(decision).exists, arch)
    }

    /// The same network with every absent decision at option 0.
    pub fn canonical(&self, arch: &Arch) -> Arch {
        let mut canonical = Arch(vec![0; self.decisions.len()]);
        for (id, _) in self.decision_ids() {
            canonical.set(id, arch.option(id));
        }
        // A decision's existence depends on existing decisions alone, so one sweep settles it.
        let settled = canonical.clone();
        for (id, _) in self.decision_ids() {
            if !self.decision_exists(id, &settled) {
                canonical.set(id, 0);
            }
        }
        canonical
    }

    /// The seed architecture: every decision at its default, or at its first option.
    pub fn seed_arch(&self) -> Arch {
        let options = self.decisions.iter().map(|d| d.default.unwrap_or(0) as u16).collect();
        self.canonical(&Arch(options))
    }

    /// Whether the architecture is a network of the space: no `forbid` holds. Limits are not asked.
    pub fn is_valid(&self, arch: &Arch) -> bool {
        self.holds(self.valid, arch)
            && self.decision_ids().all(|(id, d)| (arch.option(id) as usize) < d.options.len())
    }
}
