//! Inverted residuals as single entries, as the published tables of ProxylessNAS and Once-for-all have them.
//!
//! A block ends with a 1x1 convolution. Before it stands a depthwise convolution, between them a gate (the mean of what
//! the depthwise gives, two 1x1, a product) or nothing, and before that a 1x1 with an activation, or none where there
//! is no expansion. Which of a network's units are such blocks may differ from network to network. What is in
//! no block is an entry of its own.

use std::collections::BTreeMap;

use super::unit::{Found, Unit};
use crate::ir::{Kind, NodeId, Op};
use crate::pass::Checked;
use crate::vary::{Binary, Diagrams, FALSE, Leaf, Vary};

/// An inverted residual in some networks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Its first operation.
    pub first: NodeId,
    /// Its depthwise convolution.
    pub depthwise: NodeId,
    /// The convolution that ends it.
    pub project: NodeId,
    /// Whether it has a gate.
    pub is_gated: bool,
    /// Where it exists.
    pub presence: Vary,
    /// What follows the depthwise convolution.
    pub inner: Vary,
    /// What follows the last one.
    pub outer: Vary,
}

/// The blocks of a space, and the units that are in none, each where it is in none.
pub(super) fn blocks(
    space: &Checked,
    diagrams: &mut Diagrams,
    found: Found,
) -> (Vec<Block>, Vec<Unit>) {
    let Found { units, lead } = found;
    let mut search = Search {
        space,
        result: results(space, diagrams, &lead),
        tails: BTreeMap::new(),
        taken: BTreeMap::new(),
        diagrams,
    };
    for unit in &units {
        let empty = search.diagrams.text("");
        let known = search.tails.get(&unit.lead).copied().unwrap_or(empty);
        let tail = search.diagrams.ite(unit.presence, unit.tail, known);
        search.tails.insert(unit.lead, tail);
    }
    let mut made = Vec::new();
    for unit in &units {
        if search.is_pointwise(unit.lead) {
            made.extend(search.ending(unit));
        }
    }
    let mut rest = Vec::new();
    for unit in units {
        let taken = search.taken.get(&unit.lead).copied().unwrap_or(FALSE);
        let free = search.diagrams.not(taken);
        let presence = search.diagrams.and(unit.presence, free);
        rest.push(Unit { presence, ..unit });
    }
    (made, rest)
}

/// Per node, the first operation of the unit that gives its result, by number; selects and what is nothing at inference
/// pass on what they take.
fn results(space: &Checked, diagrams: &mut Diagrams, lead: &[Vary]) -> Vec<Vary> {
    let nothing = diagrams.int(-1);
    let mut result = vec![nothing; space.node_bound()];
    for (id, node) in space.nodes() {
        let operands = space.operands(id);
        result[id.index()] = match &node.op {
            Op::Select { on } => {
                let all: Vec<Vary> = operands.iter().map(|o| result[o.index()]).collect();
                let taken = diagrams.select(*on, &all);
                diagrams.ite(node.presence, taken, nothing)
            }
            Op::Prim { .. } => {
                let own = lead[id.index()];
                let is_nothing = diagrams.binary(Binary::Equal, own, nothing);
                match operands.first() {
                    Some(operand) => diagrams.ite(is_nothing, result[operand.index()], own),
                    None => own,
                }
            }
            Op::Input { .. } | Op::Output { .. } => nothing,
        };
    }
    result
}

struct Search<'a> {
    space: &'a Checked,
    diagrams: &'a mut Diagrams,
    /// Per node, the first operation of the unit that gives its result.
    result: Vec<Vary>,
    /// Per first operation, what follows it.
    tails: BTreeMap<NodeId, Vary>,
    /// Per first operation, where it is in a block.
    taken: BTreeMap<NodeId, Vary>,
}

impl Search<'_> {
    /// The blocks that end with a unit.
    fn ending(&mut self, unit: &Unit) -> Vec<Block> {
        let mut made = Vec::new();
        for (inner, here) in self.before(unit.lead, 0, unit.presence) {
            if self.is_depthwise(inner) {
                made.extend(self.beginning(unit, inner, &[], here));
            } else if self.kind(inner) == Some(Kind::Mul) {
                for (depthwise, here) in self.before(inner, 0, here) {
                    if !self.is_depthwise(depthwise) {
                        continue;
                    }
                    let mut here = here;
                    let mut gate = vec![inner];
                    let mut port = 1;
                    for kind in [Kind::Conv, Kind::Conv, Kind::GlobalPool] {
                        let last = gate.last().copied().unwrap_or(inner);
                        let found = self.before(last, port, here);
                        // One way alone: a gate is not chosen.
                        let [(next, there)] = found[..] else { break };
                        if self.kind(next) != Some(kind) {
                            break;
                        }
                        (here, port) = (there, 0);
                        gate.push(next);
                    }
                    let Some(&pool) = gate.get(3) else { continue };
                    for (from, here) in self.before(pool, 0, here) {
                        if from == depthwise {
                            made.extend(self.beginning(unit, depthwise, &gate, here));
                        }
                    }
                }
            }
        }
        made
    }

    /// The blocks around a depthwise convolution, with and without an expansion.
    fn beginning(
        &mut self,
        unit: &Unit,
        depthwise: NodeId,
        gate: &[NodeId],
        here: Vary,
    ) -> Vec<Block> {
        let mut made = Vec::new();
        let mut without = here;
        let inner = self.tails.get(&depthwise).copied().unwrap_or(FALSE);
        let mut block = |this: &mut Self, first: NodeId, presence: Vary| {
            if presence == FALSE {
                return;
            }
            let members = gate.iter().chain([&depthwise, &unit.lead, &first]);
            for &member in members {
                let known = this.taken.get(&member).copied().unwrap_or(FALSE);
                let taken = this.diagrams.or(known, presence);
                this.taken.insert(member, taken);
            }
            let is_gated = !gate.is_empty();
            let project = unit.lead;
            made.push(Block {
                first,
                depthwise,
                project,
                is_gated,
                presence,
                inner,
                outer: unit.tail,
            });
        };
        for (expand, there) in self.before(depthwise, 0, here) {
            if !self.is_pointwise(expand) {
                continue;
            }
            let tail = self.tails.get(&expand).copied().unwrap_or(FALSE);
            // What ends in a sum or in no activation is the block before.
            let expands = self.diagrams.combine(there, &[tail], &mut |leaves| {
                let tail = leaves.first().and_then(Leaf::as_str).unwrap_or_default();
                Leaf::Bool(acts(tail) && !tail.contains("add"))
            });
            let expands = self.diagrams.ite(there, expands, FALSE);
            let not = self.diagrams.not(expands);
            without = self.diagrams.and(without, not);
            block(self, expand, expands);
        }
        block(self, depthwise, without);
        made
    }

    /// The first operations of the units that an operand may come from, and where it does.
    fn before(&mut self, id: NodeId, port: usize, here: Vary) -> Vec<(NodeId, Vary)> {
        let Some(operand) = self.space.operands(id).get(port).copied() else { return Vec::new() };
        let result = self.result[operand.index()];
        let leaves = self.diagrams.leaves_where(here, result);
        let mut found = Vec::new();
        for number in leaves.iter().filter_map(Leaf::as_int) {
            let Ok(first) = u32::try_from(number) else { continue };
            let number = self.diagrams.int(number);
            let is = self.diagrams.binary(Binary::Equal, result, number);
            found.push((NodeId(first), self.diagrams.and(here, is)));
        }
        found
    }

    fn kind(&self, id: NodeId) -> Option<Kind> {
        match &self.space.node(id).op {
            Op::Prim { kind, .. } => Some(*kind),
            Op::Input { .. } | Op::Select { .. } | Op::Output { .. } => None,
        }
    }

    fn is_pointwise(&self, id: NodeId) -> bool {
        let one = |&value: &Vary| self.space.diagrams.constant_int(value) == Some(1);
        let Op::Prim { kind: Kind::Conv, attributes } = &self.space.node(id).op else {
            return false;
        };
        attributes
            .iter()
            .filter(|attribute| ["kernel", "groups", "stride"].contains(&&*attribute.name))
            .all(|attribute| attribute.values.iter().all(one))
            && self.space.node(id).shape.axes.len() > 1
    }

    fn is_depthwise(&self, id: NodeId) -> bool {
        let node = self.space.node(id);
        let Op::Prim { kind: Kind::Conv, attributes } = &node.op else { return false };
        let groups = attributes.iter().find(|attribute| &*attribute.name == "groups");
        let groups = groups.and_then(|attribute| attribute.values.first()).copied();
        let read = self.space.operands(id).first().map(|&o| self.space.node(o).shape.channels());
        groups.is_some()
            && groups == read
            && groups == Some(node.shape.channels())
            && groups.and_then(|groups| self.space.diagrams.constant_int(groups)) != Some(1)
    }
}

/// Whether an activation is among what follows.
pub(super) fn acts(tail: &str) -> bool {
    let other = |token: &str| {
        ["", "bn", "gain", "offset", "scale"].contains(&token)
            || token.starts_with("add")
            || token.starts_with("bypass")
    };
    tail.split(',').any(|token| !other(token))
}
