//! Costs layer by layer.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::factor::{mac_terms, param_terms};
use crate::arch::Arch;
use crate::ir::{Graph, NodeId, Op, ParamId};
use crate::pass::Checked;
use crate::vary::{Binary, FALSE, Leaf};

/// Most nodes of the diagram of the parameters of one operation.
const PARAMS_LIMIT: usize = 4096;

/// One operation of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The operation's path.
    pub path: Arc<str>,
    /// Which primitive it is.
    pub operation: &'static str,
    /// The shape of its result, `[C, spatial…]`.
    pub shape: Vec<i64>,
    /// Its trainable scalars; those it shares with an earlier row stand there.
    pub params: u64,
    /// Its multiply-adds.
    pub macs: u64,
    /// Its part of the network's multiply-adds, 0 to 1.
    pub share: f64,
}

/// The operations of one network in order, with what each costs.
pub fn per_layer(space: &Checked, arch: &Arch) -> Vec<Row> {
    let mut diagrams = space.diagrams.clone();
    let mut seen: FxHashSet<ParamId> = FxHashSet::default();
    let mut rows = Vec::new();
    for (id, node) in space.nodes() {
        let Op::Prim { kind, .. } = &node.op else { continue };
        if !space.holds(node.presence, arch) {
            continue;
        }
        let terms = mac_terms(space, &mut diagrams, id);
        let int = |value| diagrams.eval(value, |d| arch.option(d)).as_int().unwrap_or(0);
        let macs =
            terms.map_or(0, |terms| terms.into_iter().map(|term| int(term) as u64).product());
        let used = |param: &&ParamId| space.holds(space.param(**param).when, arch);
        let fresh = node.params.iter().filter(used).filter(|&&param| seen.insert(param));
        rows.push(Row {
            path: node.path.clone(),
            operation: kind.name(),
            shape: node.shape.axes.iter().map(|&axis| int(axis)).collect(),
            params: fresh.map(|&param| trainable(space, arch, param)).sum(),
            macs,
            share: 0.0,
        });
    }
    let total: u64 = rows.iter().map(|row| row.macs).sum();
    for row in &mut rows {
        row.share = if total == 0 { 0.0 } else { row.macs as f64 / total as f64 };
    }
    rows
}

fn trainable(space: &Graph, arch: &Arch, param: ParamId) -> u64 {
    let param = space.param(param);
    if !param.role.is_counted() {
        return 0;
    }
    space.active_shape(param, arch).into_iter().map(u64::from).product()
}

/// The fewest and the most multiply-adds of every node that has any, over the networks where it
/// exists. Limits are not asked.
pub fn mac_ranges(space: &Checked) -> Vec<(NodeId, u64, u64)> {
    let mut diagrams = space.diagrams.clone();
    let mut found = Vec::new();
    for id in space.node_ids() {
        let Some(terms) = mac_terms(space, &mut diagrams, id) else { continue };
        let presence = space.node(id).presence;
        let mut product = diagrams.int(1);
        // Bounds of the terms alone stand in where the product outgrows its limits.
        let (mut least, mut most) = (1_i64, 1_i64);
        for term in terms {
            let here = diagrams.where_(presence, term);
            product = diagrams.binary(Binary::Multiply, product, here);
            let (low, high) = diagrams.int_range(here).unwrap_or((0, 0));
            (least, most) = (least.saturating_mul(low), most.saturating_mul(high));
        }
        let fails = diagrams.leaves(product).iter().any(|leaf| matches!(leaf, Leaf::Fault(_)));
        if !fails && let Some(exact) = diagrams.int_range(product) {
            (least, most) = exact;
        }
        found.push((id, least.max(0) as u64, most.max(0) as u64));
    }
    found
}

/// The fewest and the most trainable scalars of every node that has any, over the networks where it
/// exists. What it shares counts at the first node there is, as in [`per_layer`]. Limits are not asked.
pub fn param_ranges(space: &Checked) -> Vec<(NodeId, u64, u64)> {
    let mut diagrams = space.diagrams.clone();
    // Where an earlier node has the parameter.
    let mut taken = vec![FALSE; space.params.len()];
    let mut found = Vec::new();
    for (id, node) in space.nodes() {
        let zero = diagrams.int(0);
        let mut sum = zero;
        // Bounds of the single parameters stand in where the sum outgrows its limits.
        let (mut least, mut most) = (0_i64, 0_i64);
        for &used in &node.params {
            let param = space.param(used);
            if !param.role.is_counted() {
                continue;
            }
            let here = diagrams.and(node.presence, param.when);
            let before = taken[used.index()];
            let fresh = diagrams.not(before);
            let fresh = diagrams.and(here, fresh);
            taken[used.index()] = diagrams.or(before, here);
            let one = diagrams.int(1);
            let mut size = diagrams.ite(fresh, one, zero);
            for term in param_terms(param, &mut diagrams) {
                let term = diagrams.ite(fresh, term, zero);
                size = diagrams.binary(Binary::Multiply, size, term);
            }
            let (low, high) = diagrams.int_range_where(node.presence, size).unwrap_or((0, 0));
            (least, most) = (least.saturating_add(low), most.saturating_add(high));
            if diagrams.size(sum) <= PARAMS_LIMIT {
                sum = diagrams.binary(Binary::Add, sum, size);
            }
        }
        if diagrams.size(sum) <= PARAMS_LIMIT
            && diagrams.is_sound(sum)
            && let Some(exact) = diagrams.int_range_where(node.presence, sum)
        {
            (least, most) = exact;
        }
        if most > 0 {
            found.push((id, least.max(0) as u64, most as u64));
        }
    }
    found
}
