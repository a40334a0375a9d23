//! Varying values: what a number, flag, string or dimension is in *every* network of a space at once.
//!
//! A [`Vary`] is a handle to a reduced, ordered, hash-consed multi-terminal decision diagram over the
//! decisions of a space in elaboration order. Two values are equal in every network exactly when
//! their handles are equal. Arithmetic is pointwise, with one memo table for the whole space; an
//! operation that fails in some networks has a [`Leaf::Fault`] there, which spreads through
//! everything computed from it.
//!
//! Promises: the same operations in the same order give the same handles on every machine.
//! Deliberately absent: anything about tensors, guards or sources; which fault matters is decided by
//! whoever uses the value.

mod apply;
mod build;
mod combine;
mod leaf;
mod query;
mod stored;
#[cfg(test)]
mod tests;

pub use apply::{Binary, Unary};
pub use leaf::{Fault, FaultId, Leaf, Real, Sorts};
pub use stored::StoredDiagrams;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// A decision of the space, numbered in elaboration order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DecisionId(pub u32);

impl DecisionId {
    /// The position of the decision in the space's table.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A value that may depend on decisions: a handle into the [`Diagrams`] it was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Vary(pub(crate) u32);

/// Most nodes that the diagrams of one space may have together.
pub const NODE_LIMIT: usize = 1_000_000;
/// Most distinct leaves that the diagrams of one space may have together.
pub const LEAF_LIMIT: usize = 65_536;

/// Longest string, in bytes.
pub const TEXT_LIMIT: usize = 4096;
/// Most results of operations that are remembered: beyond, the operations would take too long.
const WORK_LIMIT: usize = 2_000_000;

/// Most decisions that a space may have: operations recurse as deep as there are decisions.
pub const DECISION_LIMIT: usize = 4096;

/// One node of a diagram.
#[derive(Clone, Debug)]
pub(crate) enum Diagram {
    /// The value, whatever is decided below.
    Leaf(Leaf),
    /// The value depends on `decision`; the children lie at `first..first + count`, one per option.
    Test { decision: DecisionId, first: u32, count: u32 },
}

/// A few values, such as one per axis.
pub type Values = smallvec::SmallVec<[Vary; 4]>;

/// One value per option of a decision, most of which have few.
type Options = smallvec::SmallVec<[Vary; 8]>;

/// All diagrams of one space, shared and hash-consed.
#[derive(Clone, Debug)]
pub struct Diagrams {
    pub(crate) nodes: Vec<Diagram>,
    pub(crate) children: Vec<Vary>,
    /// Per node, which sorts of leaves lie below it.
    sorts: Vec<Sorts>,
    arities: Vec<u32>,
    faults: Vec<Fault>,
    fault_ids: FxHashMap<String, FaultId>,
    leaves: FxHashMap<Leaf, Vary>,
    /// The tests by the hash of decision and children; where that is taken, by the next free number.
    tests: FxHashMap<u64, Vary>,
    unary_memo: FxHashMap<(Unary, Vary), Vary>,
    binary_memo: FxHashMap<(Binary, Vary, Vary), Vary>,
    choice_memo: FxHashMap<(Vary, Vary, Vary), Vary>,
    too_large: Option<Vary>,
}

impl Default for Diagrams {
    fn default() -> Self {
        let mut diagrams = Self {
            nodes: Vec::new(),
            children: Vec::new(),
            sorts: Vec::new(),
            arities: Vec::new(),
            faults: Vec::new(),
            fault_ids: FxHashMap::default(),
            leaves: FxHashMap::default(),
            tests: FxHashMap::default(),
            unary_memo: FxHashMap::default(),
            binary_memo: FxHashMap::default(),
            choice_memo: FxHashMap::default(),
            too_large: None,
        };
        // Fixed handles, so that `FALSE` and `TRUE` can be constants.
        diagrams.leaf(Leaf::Bool(false));
        diagrams.leaf(Leaf::Bool(true));
        diagrams
    }
}

/// `false` in every network.
pub const FALSE: Vary = Vary(0);
/// `true` in every network.
pub const TRUE: Vary = Vary(1);
