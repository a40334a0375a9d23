//! Alternatives of one decision that compute the same.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::{Places, and_others};
use crate::diagnostic::{Diagnostic, Sink};
use crate::ir::{AxisSlice, DecisionId, Graph, Kind, NodeId, Op, Role};
use crate::vary::{FALSE, Vary};

/// Most operations of a space that is looked at: the walk recurses as deep as there are operations.
const MOST_NODES: usize = 100_000;

/// Warns of two alternatives that are the same operations on the same tensors, whatever their weights.
pub(super) fn identical(space: &Graph, places: &Places, sink: &mut Sink) {
    if space.len() > MOST_NODES {
        return;
    }
    let selects = selects(space);
    for (&origin, decisions) in places {
        let mut open = decisions.iter().filter_map(|id| Some((*id, selects.get(id)?)));
        let Some((first, at)) = open.next() else { continue };
        let mut pairs = equal_pairs(space, first, at);
        let mut others = 1;
        for (id, at) in open {
            if pairs.is_empty() {
                break;
            }
            let here = equal_pairs(space, id, at);
            pairs.retain(|pair| here.contains(pair));
            others += 1;
        }
        let Some((one, other)) = pairs.pop_first() else { continue };
        let path = &space.decision(first).path;
        let message = format!("the alternatives `{one}` and `{other}` of `{path}` are the same");
        let mut diagnostic = Diagnostic::warning("W0904", origin, message)
            .note("they differ in nothing but the paths of their tensors");
        let more = pairs.iter().map(|(one, other)| format!("so are `{one}` and `{other}`"));
        diagnostic.notes.extend(more.chain(and_others(others)));
        sink.push(diagnostic);
    }
}

/// The live selects of every decision for branches.
fn selects(space: &Graph) -> FxHashMap<DecisionId, Vec<NodeId>> {
    let mut found: FxHashMap<DecisionId, Vec<NodeId>> = FxHashMap::default();
    for (id, node) in space.nodes() {
        if let Some(decision) = space.choice(id).filter(|_| node.presence != FALSE) {
            found.entry(decision).or_default().push(id);
        }
    }
    found
}

/// The labels of the options that are the same at every select of the decision.
fn equal_pairs(space: &Graph, decision: DecisionId, at: &[NodeId]) -> BTreeSet<(String, String)> {
    let options = &space.decision(decision).options;
    let mut walk = Walk {
        space,
        decision,
        guards: FxHashMap::default(),
        hashes: FxHashMap::default(),
        same: FxHashSet::default(),
    };
    let columns: Vec<Vec<NodeId>> = at.iter().map(|&select| space.operands(select)).collect();
    let hashes: Vec<Vec<u64>> = (0..options.len())
        .map(|option| columns.iter().filter_map(|c| Some(walk.hash(*c.get(option)?))).collect())
        .collect();
    let mut pairs = BTreeSet::new();
    for (one, first) in hashes.iter().enumerate() {
        for (other, second) in hashes.iter().enumerate().skip(one + 1) {
            // A hash only makes it likely.
            let same = first == second
                && columns.iter().all(|c| match (c.get(one), c.get(other)) {
                    (Some(&a), Some(&b)) => walk.equal(a, b),
                    _ => false,
                });
            if same {
                pairs.insert((options[one].to_string(), options[other].to_string()));
            }
        }
    }
    pairs
}

/// Looks at what stands in the alternatives of one decision. What stands outside of them is a thing of
/// its own: two towers that are trained apart are not the same.
struct Walk<'a> {
    space: &'a Graph,
    decision: DecisionId,
    /// Whether a guard looks at the decision.
    guards: FxHashMap<Vary, bool>,
    hashes: FxHashMap<NodeId, u64>,
    /// What was found to be the same.
    same: FxHashSet<(NodeId, NodeId)>,
}

impl Walk<'_> {
    fn is_inside(&mut self, id: NodeId) -> bool {
        let guard = self.space.node(id).guard;
        let (space, decision) = (self.space, self.decision);
        *self
            .guards
            .entry(guard)
            .or_insert_with(|| space.diagrams.support(guard).contains(&decision))
    }

    /// Past operations that pass their operand on.
    fn source(&self, mut id: NodeId) -> NodeId {
        while let Op::Prim { kind: Kind::Identity, .. } = self.space.node(id).op
            && let [only] = self.space.operands(id)[..]
        {
            id = only;
        }
        id
    }

    /// A switch such as `bias` shows in the tensors alone.
    fn tensors(&self, id: NodeId) -> impl Iterator<Item = (Role, &[u32], &[AxisSlice])> {
        self.space.node(id).params.iter().map(|&param| {
            let param = self.space.param(param);
            (param.role, param.full.as_slice(), param.slices.as_slice())
        })
    }

    fn hash(&mut self, id: NodeId) -> u64 {
        let id = self.source(id);
        if let Some(&known) = self.hashes.get(&id) {
            return known;
        }
        let mut hasher = FxHasher::default();
        if self.is_inside(id) {
            let node = self.space.node(id);
            std::mem::discriminant(&node.op).hash(&mut hasher);
            match &node.op {
                Op::Prim { kind, attributes } => {
                    kind.hash(&mut hasher);
                    for attribute in attributes {
                        attribute.values.hash(&mut hasher);
                    }
                }
                Op::Select { on } => on.hash(&mut hasher),
                Op::Input { name } | Op::Output { name } => name.hash(&mut hasher),
            }
            node.shape.axes.hash(&mut hasher);
            for &param in &node.params {
                self.space.param(param).role.hash(&mut hasher);
            }
            for operand in self.space.operands(id) {
                self.hash(operand).hash(&mut hasher);
            }
        } else {
            id.hash(&mut hasher);
        }
        let hash = hasher.finish();
        self.hashes.insert(id, hash);
        hash
    }

    fn equal(&mut self, a: NodeId, b: NodeId) -> bool {
        let (a, b) = (self.source(a), self.source(b));
        if a == b || self.same.contains(&(a, b)) {
            return true;
        }
        if !self.is_inside(a) || !self.is_inside(b) || self.hash(a) != self.hash(b) {
            return false;
        }
        let (first, second) = (self.space.node(a), self.space.node(b));
        let (lefts, rights) = (self.space.operands(a), self.space.operands(b));
        let same = first.op == second.op
            && first.shape.axes == second.shape.axes
            && self.tensors(a).eq(self.tensors(b))
            && lefts.len() == rights.len()
            && lefts.into_iter().zip(rights).all(|(a, b)| self.equal(a, b));
        if same {
            self.same.insert((a, b));
        }
        same
    }
}
