//! A network as it is deployed: with what folds into weights folded.
//!
//! What is timed whole has to be what units stand for. Only the operations are those of the deployed network;
//! the weights are not computed.

use std::sync::Arc;

use super::key::folds;
use crate::ir::{AxisSlice, Graph, Kind, NodeId, Op, Origin, Param, Role};
use crate::pass::Checked;
use crate::vary::TRUE;

/// The network, which has no decisions, without the normalisations, factors and shifts behind convolutions and
/// linear layers, which have a bias instead, and with plain convolutions in place of those whose weights are
/// standardised.
pub fn deployed(network: &Checked) -> Checked {
    let mut graph = network.clone().into_graph();
    // What the results of nodes can be folded into.
    let mut weights: Vec<Option<NodeId>> = vec![None; graph.node_bound()];
    for id in graph.node_ids() {
        let Op::Prim { kind, .. } = &graph.node(id).op else { continue };
        let kind = *kind;
        if kind == Kind::WsConv {
            plain(&mut graph, id);
        }
        if folds(kind) {
            weights[id.index()] = Some(id);
            continue;
        }
        let operand = graph.operands(id).first().copied();
        let alone = operand.filter(|&operand| graph.users(operand).len() == 1);
        let Some(into) = alone.and_then(|operand| weights[operand.index()]) else { continue };
        match kind {
            Kind::Bn | Kind::Gain | Kind::Offset | Kind::Scale => {
                if matches!(kind, Kind::Bn | Kind::Offset) {
                    add_bias(&mut graph, into);
                }
                let node = graph.node_mut(id);
                node.op = Op::Prim { kind: Kind::Identity, attributes: Vec::new() };
                node.params.clear();
                weights[id.index()] = Some(into);
            }
            Kind::Dropout | Kind::DropPath | Kind::Identity | Kind::Flatten => {
                weights[id.index()] = Some(into);
            }
            _ => {}
        }
    }
    Checked::seal(graph)
}

fn plain(graph: &mut Graph, id: NodeId) {
    let gains: Vec<bool> =
        graph.node(id).params.iter().map(|&param| graph.param(param).role == Role::Gain).collect();
    let node = graph.node_mut(id);
    if let Op::Prim { kind, attributes } = &mut node.op {
        *kind = Kind::Conv;
        attributes.retain(|attribute| !["scaled", "eps", "gamma"].contains(&&*attribute.name));
    }
    let mut gains = gains.into_iter();
    node.params.retain(|_| gains.next() != Some(true));
}

fn add_bias(graph: &mut Graph, id: NodeId) {
    let node = graph.node(id);
    if node.params.iter().any(|&param| graph.param(param).role == Role::Bias) {
        return;
    }
    let channels = graph.diagrams.constant_int(node.shape.channels()).unwrap_or(0);
    let path = Arc::from(format!("{}.folded", node.path));
    let made = graph.add_param(Param {
        path,
        role: Role::Bias,
        full: vec![u32::try_from(channels).unwrap_or(0)],
        slices: vec![AxisSlice::Whole],
        when: TRUE,
        keys: Vec::new(),
        origin: Origin::default(),
    });
    graph.node_mut(id).params.push(made);
}
