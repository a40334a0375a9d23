//! Diagrams on disk: the nodes in the order they were made.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{
    DECISION_LIMIT, DecisionId, Diagram, Diagrams, FALSE, Fault, FaultId, Leaf, Real, TRUE, Vary,
};

/// The diagrams of a space as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredDiagrams {
    arities: Vec<u32>,
    faults: Vec<Fault>,
    nodes: Vec<StoredNode>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum StoredNode {
    Leaf(Leaf),
    Test(DecisionId, Vec<Vary>),
}

impl From<&Diagrams> for StoredDiagrams {
    fn from(diagrams: &Diagrams) -> Self {
        let nodes = (0..diagrams.nodes.len() as u32)
            .map(|index| match diagrams.branch(Vary(index)) {
                Some((decision, children)) => StoredNode::Test(decision, children.to_vec()),
                None => StoredNode::Leaf(diagrams.leaf_of(Vary(index))),
            })
            .collect();
        Self { arities: diagrams.arities.clone(), faults: diagrams.faults.clone(), nodes }
    }
}

impl StoredDiagrams {
    /// What the `roots` need of the diagrams, and where each handle that they reach went. Faults that
    /// nothing reaches are left out too.
    pub(crate) fn reachable(diagrams: &Diagrams, roots: &[Vary]) -> (Self, FxHashMap<Vary, Vary>) {
        // The two constants have fixed places.
        let mut needed: BTreeSet<Vary> = [FALSE, TRUE].into();
        let mut open = roots.to_vec();
        while let Some(at) = open.pop() {
            if needed.insert(at)
                && let Some((_, children)) = diagrams.branch(at)
            {
                open.extend_from_slice(children);
            }
        }
        let mut kept = FxHashMap::default();
        let mut stored =
            Self { arities: diagrams.arities.clone(), faults: Vec::new(), nodes: Vec::new() };
        // Children were made before their parents, so they are renumbered before them.
        for handle in needed {
            let node = match diagrams.branch(handle) {
                Some((decision, children)) => StoredNode::Test(
                    decision,
                    children.iter().map(|c| kept.get(c).copied().unwrap_or(*c)).collect(),
                ),
                None => match diagrams.leaf_of(handle) {
                    Leaf::Fault(id) => {
                        let message = diagrams.fault_message(id).to_owned();
                        stored.faults.push(Fault { message });
                        StoredNode::Leaf(Leaf::Fault(FaultId(stored.faults.len() as u32 - 1)))
                    }
                    leaf => StoredNode::Leaf(leaf),
                },
            };
            kept.insert(handle, Vary(stored.nodes.len() as u32));
            stored.nodes.push(node);
        }
        (stored, kept)
    }
}

impl TryFrom<StoredDiagrams> for Diagrams {
    type Error = String;

    /// # Errors
    /// If a node refers to one after it, a test has the wrong number of children, or two nodes are
    /// equal: such a file was not written by this program.
    fn try_from(stored: StoredDiagrams) -> Result<Self, String> {
        if stored.arities.len() > DECISION_LIMIT {
            return Err(format!("there are more than {DECISION_LIMIT} decisions"));
        }
        let faults = stored.faults.len();
        let ids = stored.faults.iter().zip(0..).map(|(f, id)| (f.message.clone(), FaultId(id)));
        let fault_ids = ids.collect();
        let mut diagrams =
            Self { arities: stored.arities, faults: stored.faults, fault_ids, ..Self::default() };
        for (index, node) in stored.nodes.into_iter().enumerate() {
            let made = match node {
                StoredNode::Leaf(leaf) => {
                    let known = match &leaf {
                        Leaf::Fault(id) => (id.0 as usize) < faults,
                        Leaf::Float(real) => Real::from(real.value()) == *real,
                        Leaf::Bool(_) | Leaf::Int(_) | Leaf::Str(_) | Leaf::Absent => true,
                    };
                    if !known {
                        return Err(format!("diagram node {index} is malformed"));
                    }
                    diagrams.leaf(leaf)
                }
                StoredNode::Test(decision, children) => {
                    // A decision without options has no value at all to give.
                    let in_order = !children.is_empty()
                        && children.iter().all(|c| (c.0 as usize) < index)
                        && children.len() == diagrams.arity(decision) as usize
                        && children
                            .iter()
                            .all(|&c| diagrams.branch(c).is_none_or(|(d, _)| d > decision));
                    if !in_order {
                        return Err(format!("diagram node {index} is malformed"));
                    }
                    diagrams.test(decision, &children)
                }
            };
            if made.0 as usize != index {
                return Err(format!("diagram node {index} is a copy of node {}", made.0));
            }
        }
        Ok(diagrams)
    }
}

impl Diagrams {
    /// Whether `value` is a handle of these diagrams.
    pub fn holds(&self, value: Vary) -> bool {
        matches!(self.nodes.get(value.0 as usize), Some(Diagram::Leaf(_) | Diagram::Test { .. }))
    }
}
