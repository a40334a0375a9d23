//! Where each node and each decision exists.
//!
//! A node is live where its guard holds and a live node or an output uses it. Liveness is cut by a
//! select that takes another alternative, and by a tensor without channels. A decision exists where
//! its guard holds and a live node reads it, or an existing decision's guard does.

use crate::ir::{Graph, Node, NodeId, Op};
use crate::vary::{Binary, FALSE, Vary};

/// Settles `presence` of every node and `exists` of every decision.
pub fn liveness(graph: &mut Graph) {
    let ids = graph.node_ids();
    for &id in ids.iter().rev() {
        let used = match graph.node(id).op {
            Op::Output { .. } => graph.node(id).guard,
            Op::Input { .. } | Op::Prim { .. } | Op::Select { .. } => use_of(graph, id),
        };
        let guard = graph.node(id).guard;
        let presence = graph.diagrams.and(guard, used);
        graph.node_mut(id).presence = presence;
    }
    existence(graph, &ids);
}

/// Where any live user takes the node.
fn use_of(graph: &mut Graph, id: NodeId) -> Vary {
    let channels = graph.node(id).shape.channels();
    let zero = graph.diagrams.int(0);
    let nonempty = graph.diagrams.differ(channels, zero);
    let mut used = FALSE;
    for (user, port) in graph.users(id) {
        let presence = graph.node(user).presence;
        let mut taken = presence;
        if let Op::Select { on } = graph.node(user).op {
            let port = graph.diagrams.int(i64::from(port));
            let here = graph.diagrams.binary(Binary::Equal, on, port);
            taken = graph.diagrams.and(presence, here);
        }
        used = graph.diagrams.or(used, taken);
    }
    // Faults in a dimension are reported by its own check; here they count as channels.
    let is_fault = graph.diagrams.unary(crate::vary::Unary::IsFault, nonempty);
    let nonempty = graph.diagrams.or(is_fault, nonempty);
    graph.diagrams.and(used, nonempty)
}

fn existence(graph: &mut Graph, ids: &[NodeId]) {
    // What each node reads of its own, once.
    let readers: Vec<(Vary, Vec<Vary>)> = ids
        .iter()
        .map(|&id| {
            let node = graph.node(id);
            (node.presence, read_by(node))
        })
        .filter(|(presence, _)| *presence != FALSE)
        .collect();
    let supports: Vec<_> = readers
        .iter()
        .map(|(_, values)| {
            let mut all: Vec<_> =
                values.iter().flat_map(|&value| graph.diagrams.support(value)).collect();
            all.sort_unstable();
            all.dedup();
            all
        })
        .collect();
    let mut read = vec![FALSE; graph.decisions.len()];
    for ((presence, values), support) in readers.iter().zip(&supports) {
        for &decision in support {
            for &value in values {
                let looks = graph.diagrams.reads(value, decision);
                let looks = graph.diagrams.and(*presence, looks);
                let known = read[decision.index()];
                read[decision.index()] = graph.diagrams.or(known, looks);
            }
        }
    }
    // Guards read earlier decisions only, so the last decision is settled first.
    for index in (0..graph.decisions.len()).rev() {
        let guard = graph.decisions[index].guard;
        let exists = graph.diagrams.and(guard, read[index]);
        graph.decisions[index].exists = exists;
        for decision in graph.diagrams.support(guard) {
            let looks = graph.diagrams.reads(guard, decision);
            let looks = graph.diagrams.and(exists, looks);
            let known = read[decision.index()];
            read[decision.index()] = graph.diagrams.or(known, looks);
        }
    }
}

/// The varying values that decide what a node itself does.
fn read_by(node: &Node) -> Vec<Vary> {
    match &node.op {
        Op::Select { on } => vec![*on],
        Op::Prim { attributes, .. } => {
            attributes.iter().flat_map(|attribute| attribute.values.iter().copied()).collect()
        }
        Op::Input { .. } => node.shape.axes.clone(),
        Op::Output { .. } => Vec::new(),
    }
}
