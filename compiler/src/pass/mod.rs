//! The passes from an elaborated graph to a checked one.
//!
//! [`Checked`] can only be made here: the runtime and the emitters accept nothing else.

mod fix;
mod liveness;
mod tables;
mod validity;

pub use fix::fix;
pub use liveness::liveness;
pub use tables::{Attached, Part, TableId};
pub use validity::validity;

use std::ops::Deref;

use crate::ir::Graph;

/// A graph of which every network was checked: its shapes agree, and its guards, presences and
/// existences are settled.
#[derive(Clone, Debug)]
pub struct Checked {
    graph: Graph,
    tables: Vec<Attached>,
}

impl Deref for Checked {
    type Target = Graph;

    fn deref(&self) -> &Graph {
        &self.graph
    }
}

/// Settles where nodes and decisions exist and which networks are valid, and seals the graph. Whoever
/// made it vouches for its shapes: nothing else is checked.
pub fn finish(mut graph: Graph) -> Checked {
    liveness(&mut graph);
    validity(&mut graph);
    Checked::seal(graph)
}

impl Checked {
    /// Seals a graph whose checks have all been made.
    pub(crate) fn seal(graph: Graph) -> Self {
        debug_assert_eq!(crate::ir::verify::verify(&graph), Vec::<String>::new());
        Self { graph, tables: Vec::new() }
    }

    /// The same graph under other limits: they are budgets, and no check asks for them.
    #[must_use]
    pub fn with_limits(mut self, limits: Vec<crate::ir::Limit>) -> Self {
        self.graph.limits = limits;
        self
    }

    /// The same graph with other probabilities of the options of its decisions, one row per decision that has any, each
    /// summing to one. An option of probability zero is one that nobody draws; networks that take it stay valid.
    #[must_use]
    pub fn with_priors(mut self, priors: Vec<Option<Vec<f64>>>) -> Self {
        for (decision, prior) in self.graph.decisions.iter_mut().zip(priors) {
            if prior.as_ref().is_none_or(|prior| prior.len() == decision.options.len()) {
                decision.prior = prior;
            }
        }
        self
    }

    /// The same graph with what its file says about a seed network.
    #[must_use]
    pub(crate) fn with_remap(mut self, remap: Option<crate::ir::Remap>) -> Self {
        self.graph.remap = remap;
        self
    }

    /// The graph without its tables, to work on; it must be checked again before it is run.
    pub fn into_graph(self) -> Graph {
        self.graph
    }
}
