//! A seed network that belongs to itself, for whoever fills more than one target from it.

use super::{Plan, Policy, Side, plan};
use crate::arch::Arch;
use crate::pass::Checked;

/// A seed network.
#[derive(Clone, Debug)]
pub struct Seed {
    /// The network, or a space that stands for one.
    pub graph: Checked,
    /// The space that it was found in, if any.
    pub found_in: Option<Checked>,
    /// If the graph is a space, the network of it that counts.
    pub arch: Option<Arch>,
}

impl Seed {
    /// The seed as a side of a plan.
    pub fn side(&self) -> Side<'_> {
        let Self { graph, found_in, arch } = self;
        Side { graph, arch: arch.as_ref(), found_in: found_in.as_ref() }
    }

    /// The plan that fills a target as the target's own file says, or as the defaults say. `found_in` is
    /// the space that the target was found in, if it is a network of one.
    pub fn plan(&self, target: &Checked, found_in: Option<&Checked>) -> Plan {
        let policy = target.remap.as_ref().map(Policy::from).unwrap_or_default();
        plan(&self.side(), &Side { graph: target, arch: None, found_in }, &policy)
    }
}
