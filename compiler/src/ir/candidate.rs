//! What the alternatives of a choice own: their last normalisations.

use std::collections::{BTreeMap, BTreeSet};

use super::{DecisionId, Graph, Kind, NodeId, Op};

/// The last normalisations of every alternative that has one, by decision and option.
///
/// An alternative owns what is there only where it is taken and its result is computed from; of nested choices the
/// inner one owns. Its last normalisation is the one with the most operations behind it within the alternative, so
/// that of a projection beside a longer branch is not; where several are equally deep, all of them are. One without
/// scale and shift counts like any other.
///
/// Source: BN-NAS (ICCV 2021), which trains and compares these alone.
pub fn last_norms(graph: &Graph) -> BTreeMap<(DecisionId, u32), Vec<NodeId>> {
    let mut results: BTreeMap<(DecisionId, u32), Vec<NodeId>> = BTreeMap::new();
    for id in graph.node_ids() {
        let Some(decision) = graph.choice(id) else { continue };
        for (option, operand) in graph.operands(id).into_iter().enumerate() {
            results.entry((decision, option as u32)).or_default().push(operand);
        }
    }
    let mut owned = BTreeSet::new();
    let mut last = BTreeMap::new();
    // A choice within an alternative is decided after the one around it.
    for ((decision, option), ends) in results.into_iter().rev() {
        let depths = depths(graph, decision, option, ends);
        let own: Vec<(NodeId, usize)> =
            depths.into_iter().filter(|(id, _)| is_norm(graph, *id) && owned.insert(*id)).collect();
        let Some(deepest) = own.iter().map(|(_, depth)| *depth).max() else { continue };
        let deepest = own.into_iter().filter(|(_, depth)| *depth == deepest);
        last.insert((decision, option), deepest.map(|(id, _)| id).collect());
    }
    last
}

/// What `ends` are computed from within an alternative, in elaboration order, and how many operations it takes to get
/// there.
fn depths(
    graph: &Graph,
    decision: DecisionId,
    option: u32,
    ends: Vec<NodeId>,
) -> BTreeMap<NodeId, usize> {
    let is_inside = |id: NodeId| {
        let taken = graph.diagrams.options_where(decision, &[graph.node(id).guard]);
        taken.iter().enumerate().all(|(other, &taken)| taken == (other == option as usize))
    };
    let mut inside = BTreeSet::new();
    let mut open = ends;
    while let Some(id) = open.pop() {
        if !inside.contains(&id) && is_inside(id) {
            inside.insert(id);
            open.extend(graph.operands(id));
        }
    }
    let mut depths: BTreeMap<NodeId, usize> = BTreeMap::new();
    for id in inside {
        let operands = graph.operands(id);
        let before = operands.iter().filter_map(|operand| depths.get(operand)).max();
        depths.insert(id, before.copied().unwrap_or(0) + 1);
    }
    depths
}

fn is_norm(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.node(id).op, Op::Prim { kind: Kind::Bn | Kind::Gn, .. })
}
