//! Where a factor on a value stands.
//!
//! A branch has a result, which its factor multiplies. A value (a kernel, a width) forms tensors of which the last one
//! before something else joins carries its factor: the end of the residual branch in which it was decided. Behind the
//! convolution itself a batch normalisation would undo any factor.

use std::collections::{BTreeMap, BTreeSet};

use nasc_compiler::ir::{AxisSlice, Kind, Op};
use nasc_compiler::vary::{DecisionId, Vary};

use super::Mixer;
use crate::program::gates::Gate;

/// The decisions whose factors multiply the result of a place.
pub(super) fn factors(
    mixer: &Mixer<'_>,
    taken: &[Option<Vec<usize>>],
) -> BTreeMap<usize, Vec<DecisionId>> {
    let graph = &mixer.program.space;
    let gates = &mixer.gates.gating.0;
    let scaled = gates.iter().enumerate().filter(|(_, gate)| matches!(gate, Gate::Scaled(_)));
    let mut open: BTreeSet<DecisionId> = scaled.map(|(d, _)| DecisionId(d as u32)).collect();
    let mut made: BTreeMap<usize, Vec<DecisionId>> = BTreeMap::new();
    if open.is_empty() {
        return made;
    }
    for (place, line) in mixer.program.lines.iter().enumerate() {
        let node = graph.node(line.node);
        if let (Some(_), Op::Select { on }) = (&taken[place], &node.op) {
            for decision in mixer.gates.mean(node.presence, *on).decisions() {
                open.remove(&DecisionId(decision));
            }
        }
    }
    let users = users(taken);
    let mut formed: BTreeMap<DecisionId, Vec<usize>> = BTreeMap::new();
    for (place, line) in mixer.program.lines.iter().enumerate() {
        if taken[place].is_none() {
            continue;
        }
        let node = graph.node(line.node);
        let Op::Prim { attributes, .. } = &node.op else { continue };
        let mut values: Vec<Vary> =
            attributes.iter().flat_map(|a| a.values.iter().copied()).collect();
        for &param in &node.params {
            for slice in &graph.param(param).slices {
                match slice {
                    AxisSlice::Whole => {}
                    AxisSlice::Centre(size) => values.push(*size),
                    AxisSlice::Prefixes(segments) => {
                        values.extend(segments.iter().map(|s| s.active));
                    }
                }
            }
        }
        values.sort_unstable();
        values.dedup();
        let support: BTreeSet<DecisionId> =
            values.iter().flat_map(|&value| graph.diagrams.support(value)).collect();
        for decision in support.intersection(&open) {
            formed.entry(*decision).or_default().push(place);
        }
    }
    for (decision, places) in formed {
        let path = &graph.decision(decision).path;
        let scope = path.rsplit_once('.').map_or("", |(scope, _)| scope);
        for last in last_of_groups(&places, taken) {
            let end = follow(mixer, last, scope, taken, &users);
            let decisions = made.entry(end).or_default();
            if !decisions.contains(&decision) {
                decisions.push(decision);
            }
        }
    }
    made
}

/// Whether the result of a place only weighs another: its one way leads through single readers into a product.
pub(super) fn weighs(
    mixer: &Mixer<'_>,
    from: usize,
    taken: &[Option<Vec<usize>>],
    users: &[Vec<usize>],
) -> bool {
    let graph = &mixer.program.space;
    let mut at = from;
    loop {
        let [user] = *users[at] else { return false };
        let op = &graph.node(mixer.program.lines[user].node).op;
        match op {
            Op::Prim { kind: Kind::Mul, .. } => return true,
            Op::Prim { kind: Kind::Act | Kind::Resize | Kind::Identity, .. }
                if taken[user].as_ref().is_some_and(|operands| operands.len() == 1) =>
            {
                at = user;
            }
            _ => return false,
        }
    }
}

/// Who reads a place.
pub(super) fn users(taken: &[Option<Vec<usize>>]) -> Vec<Vec<usize>> {
    let mut users = vec![Vec::new(); taken.len()];
    for (place, operands) in taken.iter().enumerate() {
        for &operand in operands.iter().flatten() {
            users[operand].push(place);
        }
    }
    users
}

/// Of places that read one another, possibly through others between them, the last.
fn last_of_groups(places: &[usize], taken: &[Option<Vec<usize>>]) -> Vec<usize> {
    let mut group: BTreeMap<usize, usize> = BTreeMap::new();
    let mut lasts: Vec<usize> = Vec::new();
    for &place in places {
        let operands = taken[place].as_deref().unwrap_or_default();
        // One step over what forms nothing itself (an activation, a pooling) still belongs together.
        let near = operands.iter().flat_map(|&operand| {
            std::iter::once(operand).chain(taken[operand].iter().flatten().copied())
        });
        let known = { near }.find_map(|operand| group.get(&operand).copied());
        let own = known.unwrap_or_else(|| {
            lasts.push(place);
            lasts.len() - 1
        });
        lasts[own] = place;
        group.insert(place, own);
    }
    lasts
}

/// The last tensor that `from` alone forms, within the block `scope`.
fn follow(
    mixer: &Mixer<'_>,
    from: usize,
    scope: &str,
    taken: &[Option<Vec<usize>>],
    users: &[Vec<usize>],
) -> usize {
    let graph = &mixer.program.space;
    let node = |place: usize| graph.node(mixer.program.lines[place].node);
    let inside = |place: usize| {
        scope.is_empty() || node(place).path.strip_prefix(scope).is_some_and(|p| p.starts_with('.'))
    };
    let alone = |place: usize| taken[place].as_ref().is_some_and(|operands| operands.len() == 1);
    let is_prim = |place: usize| matches!(node(place).op, Op::Prim { .. });
    let is_product = |place: usize| matches!(node(place).op, Op::Prim { kind: Kind::Mul, .. });
    let mut at = from;
    loop {
        let next = match *users[at] {
            [user] if alone(user) && is_prim(user) => Some(user),
            // A squeeze that comes back to the tensor it weighs.
            [a, b] => [(a, b), (b, a)].into_iter().find_map(|(product, mut way)| {
                if !is_product(product) {
                    return None;
                }
                while way != product {
                    let [user] = *users[way] else { return None };
                    way = user;
                }
                Some(product)
            }),
            _ => None,
        };
        match next {
            Some(next) if inside(next) => at = next,
            _ => return at,
        }
    }
}
