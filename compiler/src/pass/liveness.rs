//! Where each node and each decision exists.
//!
//! A node is live where its guard holds and a live node or an output uses it. Liveness is cut by a
//! select that takes another alternative, by a bypass that keeps or carries nothing, and by a tensor
//! without channels. A decision exists where
//! its guard holds and a live node reads it, or an existing decision does: in its guard, or in the
//! guards of its alternatives. Whether an output is there is read in every network.

use rustc_hash::FxHashMap;

use crate::ir::{Graph, Kind, Node, NodeId, Op};
use crate::vary::{Binary, FALSE, TRUE, Unary, Vary};

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
        let here = takes(graph, user, port);
        let taken = graph.diagrams.and(presence, here);
        used = graph.diagrams.or(used, taken);
    }
    // Faults in a dimension are reported by its own check; here they count as channels.
    let is_fault = graph.diagrams.unary(Unary::IsFault, nonempty);
    let nonempty = graph.diagrams.or(is_fault, nonempty);
    graph.diagrams.and(used, nonempty)
}

/// Where a node takes one of its operands.
fn takes(graph: &mut Graph, user: NodeId, port: u32) -> Vary {
    match &graph.node(user).op {
        Op::Select { on } => {
            let on = *on;
            let port = graph.diagrams.int(i64::from(port));
            graph.diagrams.binary(Binary::Equal, on, port)
        }
        // What is computed counts where any of it is kept, what is carried where there is room left.
        Op::Prim { kind: Kind::Bypass, attributes } => {
            let value = |at: usize| attributes.get(at).and_then(|a| a.values.first()).copied();
            let (Some(keep), Some(until)) = (value(0), value(1)) else { return TRUE };
            let zero = graph.diagrams.int(0);
            let (low, high) = if port == 0 { (zero, keep) } else { (keep, until) };
            let here = graph.diagrams.binary(Binary::Less, low, high);
            // Faults are reported by their own check.
            let fails = graph.diagrams.unary(Unary::IsFault, here);
            graph.diagrams.ite(fails, TRUE, here)
        }
        Op::Prim { .. } | Op::Input { .. } | Op::Output { .. } => TRUE,
    }
}

fn existence(graph: &mut Graph, ids: &[NodeId]) {
    // What the nodes read of their own, and where any of them is there to read it: many read the same.
    let mut places: FxHashMap<Vary, usize> = FxHashMap::default();
    let mut readers: Vec<(Vary, Vary)> = Vec::new();
    for &id in ids {
        let (presence, values) = read_by(graph.node(id));
        for value in values {
            if presence == FALSE || graph.diagrams.constant(value).is_some() {
                continue;
            }
            let place = *places.entry(value).or_insert(readers.len());
            match readers.get_mut(place) {
                Some((_, known)) => *known = graph.diagrams.or(*known, presence),
                None => readers.push((value, presence)),
            }
        }
    }
    let mut read = vec![FALSE; graph.decisions.len()];
    for (value, presence) in readers {
        look(graph, presence, value, &mut read);
    }
    // What a decision reads is mostly earlier, so the last one is settled first; a shared block that
    // is applied again can read later ones.
    let offered = graph.offered.clone();
    loop {
        let before = read.clone();
        for index in (0..graph.decisions.len()).rev() {
            let guard = graph.decisions[index].guard;
            let exists = graph.diagrams.and(guard, read[index]);
            graph.decisions[index].exists = exists;
            look(graph, exists, guard, &mut read);
            for &(decision, condition) in &offered {
                if decision.index() == index {
                    look(graph, exists, condition, &mut read);
                }
            }
        }
        if read == before {
            break;
        }
    }
}

/// Notes the decisions that `value` looks at where `presence` holds.
fn look(graph: &mut Graph, presence: Vary, value: Vary, read: &mut [Vary]) {
    for decision in graph.diagrams.support(value) {
        let looks = graph.diagrams.reads(value, decision);
        let looks = graph.diagrams.and(presence, looks);
        let known = read[decision.index()];
        read[decision.index()] = graph.diagrams.or(known, looks);
    }
}

/// The varying values that decide what a node itself does, and where they are looked at.
fn read_by(node: &Node) -> (Vary, Vec<Vary>) {
    let own: &[Vary] = match &node.op {
        Op::Select { on } => &[*on],
        // Whether the network has the output at all is for its guard to say.
        Op::Output { .. } => return (TRUE, vec![node.guard]),
        Op::Prim { .. } | Op::Input { .. } => &[],
    };
    let attributes = match &node.op {
        Op::Prim { attributes, .. } => attributes.as_slice(),
        Op::Input { .. } | Op::Select { .. } | Op::Output { .. } => &[],
    };
    // An operand of no channels is not there to read its own width: what it joins does.
    let segments = node.shape.layout.segments.iter().map(|segment| segment.active);
    let values = own
        .iter()
        .copied()
        .chain(attributes.iter().flat_map(|attribute| attribute.values.iter().copied()))
        .chain(node.shape.axes.iter().copied())
        .chain(segments)
        .collect();
    (node.presence, values)
}
