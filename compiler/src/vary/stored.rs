//! Diagrams on disk: the nodes in the order they were made.

use serde::{Deserialize, Serialize};

use super::{DECISION_LIMIT, DecisionId, Diagram, Diagrams, Fault, Leaf, Real, Vary};

/// The diagrams of a space as plain data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredDiagrams {
    arities: Vec<u32>,
    faults: Vec<Fault>,
    nodes: Vec<StoredNode>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
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
        let mut diagrams =
            Self { arities: stored.arities, faults: stored.faults, ..Self::default() };
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
