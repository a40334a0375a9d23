//! The invariants of a graph, checked between passes in debug builds and tests.
//!
//! 1. Node paths are unique, and so are decision paths and parameter paths.
//! 2. Operands come before their users.
//! 3. Every handle belongs to the graph's diagrams.
//! 4. A guard or presence is a truth value in every network.
//! 5. A select has at least one operand; an output exactly one; an input none.
//! 6. A parameter has one slice per axis, and the segments of a prefix slice fill the axis.
//! 7. A shape's layout has as many channels as its channel axis can have at most where its guard
//!    holds.

use rustc_hash::FxHashSet;

use super::{AxisSlice, Graph, Op};
use crate::vary::{Leaf, Vary};

/// Every broken invariant, in one sentence each; none for a sound graph.
pub fn verify(graph: &Graph) -> Vec<String> {
    let mut broken = Vec::new();
    unique("node", graph.nodes().map(|(_, node)| &*node.path), &mut broken);
    unique("decision", graph.decisions.iter().map(|d| &*d.path), &mut broken);
    unique("parameter", graph.params.iter().map(|p| &*p.path), &mut broken);
    for (id, node) in graph.nodes() {
        let path = &node.path;
        let operands = graph.operands(id);
        if operands.iter().any(|&operand| operand >= id) {
            broken.push(format!("`{path}` uses a later node"));
        }
        let arity_fits = match node.op {
            Op::Input { .. } => operands.is_empty(),
            Op::Output { .. } => operands.len() == 1,
            Op::Select { .. } => !operands.is_empty(),
            Op::Prim { .. } => true,
        };
        if !arity_fits {
            broken.push(format!("`{path}` has {} operands", operands.len()));
        }
        for value in [node.guard, node.presence] {
            if !is_truth(graph, value) {
                broken.push(format!("`{path}` has a guard that is no truth value"));
            }
        }
        let mut values = node.shape.axes.clone();
        values.push(node.shape.stride);
        values.extend(node.shape.layout.segments.iter().map(|segment| segment.active));
        match &node.op {
            Op::Select { on } => values.push(*on),
            Op::Prim { attributes, .. } => {
                values.extend(attributes.iter().flat_map(|a| a.values.iter().copied()));
            }
            Op::Input { .. } | Op::Output { .. } => {}
        }
        if !values.iter().all(|&value| graph.diagrams.holds(value)) {
            broken.push(format!("`{path}` has a value of other diagrams"));
        }
        let most = graph
            .diagrams
            .int_range_where(node.guard, node.shape.channels())
            .map_or(0, |(_, most)| most);
        if most > i64::from(node.shape.layout.max()) && node.shape.layout.mixed.is_none() {
            broken.push(format!("`{path}` has more channels than its layout"));
        }
    }
    for param in &graph.params {
        if !is_truth(graph, param.when) {
            broken.push(format!("`{}` has a condition that is no truth value", param.path));
        }
        if param.full.len() != param.slices.len() {
            broken.push(format!("`{}` has a slice too few or too many", param.path));
        }
        for (&full, slice) in param.full.iter().zip(&param.slices) {
            if let AxisSlice::Prefixes(segments) = slice
                && segments.iter().map(|s| s.max).sum::<u32>() != full
            {
                broken.push(format!("the segments of `{}` do not fill its axis", param.path));
            }
        }
    }
    for decision in &graph.decisions {
        if !is_truth(graph, decision.guard) || !is_truth(graph, decision.exists) {
            broken.push(format!("`{}` has a guard that is no truth value", decision.path));
        }
    }
    broken
}

fn is_truth(graph: &Graph, value: Vary) -> bool {
    graph.diagrams.holds(value)
        && graph.diagrams.leaves(value).iter().all(|leaf| matches!(leaf, Leaf::Bool(_)))
}

fn unique<'a>(what: &str, paths: impl Iterator<Item = &'a str>, broken: &mut Vec<String>) {
    let mut seen = FxHashSet::default();
    for path in paths {
        if !seen.insert(path) {
            broken.push(format!("two {what}s are called `{path}`"));
        }
    }
}
