//! Which tensors have one reader in a network, and no more.

use crate::ir::{Graph, Kind, NodeId, Op};
use crate::pass::Checked;
use crate::vary::{Binary, Diagrams, FALSE, TRUE, Vary};

/// Per node, where exactly one operation or output reads its result. A select reads nothing itself: who
/// reads it reads what it takes.
pub(super) fn single_reader(space: &Checked, diagrams: &mut Diagrams) -> Vec<Vary> {
    let mut any = vec![FALSE; space.node_bound()];
    let mut many = vec![FALSE; space.node_bound()];
    for id in space.node_ids().into_iter().rev() {
        let (mut some, mut more) = (FALSE, FALSE);
        for (user, port) in space.users(id) {
            let here = reads(space, diagrams, user, port);
            let (one, several) = match space.node(user).op {
                Op::Select { .. } => {
                    let at = user.index();
                    (diagrams.and(here, any[at]), diagrams.and(here, many[at]))
                }
                Op::Input { .. } | Op::Prim { .. } | Op::Output { .. } => (here, FALSE),
            };
            let second = diagrams.and(some, one);
            more = diagrams.or(more, second);
            more = diagrams.or(more, several);
            some = diagrams.or(some, one);
        }
        (any[id.index()], many[id.index()]) = (some, more);
    }
    any.into_iter()
        .zip(many)
        .map(|(any, many)| {
            let few = diagrams.not(many);
            diagrams.and(any, few)
        })
        .collect()
}

/// Where a node exists and takes that operand: a select takes one, a bypass what has channels in it.
pub(super) fn reads(graph: &Graph, diagrams: &mut Diagrams, user: NodeId, port: u32) -> Vary {
    let node = graph.node(user);
    let takes = match &node.op {
        Op::Select { on } => {
            let port = diagrams.int(i64::from(port));
            diagrams.binary(Binary::Equal, *on, port)
        }
        Op::Prim { kind: Kind::Bypass, .. } => match parts(graph, diagrams, user) {
            Some((computes, _)) if port == 0 => computes,
            Some((_, carries)) => carries,
            None => TRUE,
        },
        Op::Prim { .. } | Op::Input { .. } | Op::Output { .. } => TRUE,
    };
    diagrams.and(node.presence, takes)
}

/// Where a bypass has channels that are computed, and where it has some that are carried. `None` where only
/// one operand is left, which is then all that it gives.
pub(super) fn parts(
    graph: &Graph,
    diagrams: &mut Diagrams,
    bypass: NodeId,
) -> Option<(Vary, Vary)> {
    let Op::Prim { attributes, .. } = &graph.node(bypass).op else { return None };
    let value = |at: usize| attributes.get(at).and_then(|a| a.values.first()).copied();
    let (keep, until) = (value(0)?, value(1)?);
    if graph.operands(bypass).len() < 2 {
        return None;
    }
    let zero = diagrams.int(0);
    let computes = diagrams.binary(Binary::Less, zero, keep);
    let carries = diagrams.binary(Binary::Less, keep, until);
    Some((computes, carries))
}
