//! Normalisations that keep a bypass from being the identity where nothing is computed.
//!
//! A unit whose filters may all be taken away stands for a shorter network: without filters it has to
//! pass its input on as it is. So a bypass spans the whole unit, normalisation and activation
//! included.

use crate::diagnostic::{Diagnostic, Sink};
use crate::ir::{Graph, Kind, NodeId, Op};
use crate::vary::FALSE;

/// Warns of a normalisation behind a bypass that is the unit's own, and of one in front of what is
/// carried.
pub(super) fn altered(space: &Graph, sink: &mut Sink) {
    for (id, node) in space.nodes() {
        if kind(space, id) != Some(Kind::Bypass) || node.presence == FALSE {
            continue;
        }
        let [computed, carried] = space.operands(id)[..] else { continue };
        let found = if let Some(norm) = behind(space, id, [computed, carried]) {
            Some((norm, format!("what `{}` carries is normalised behind it", node.path)))
        } else {
            in_front(space, carried)
                .map(|norm| (norm, format!("what `{}` carries is normalised first", node.path)))
        };
        let Some((norm, message)) = found else { continue };
        let diagnostic = Diagnostic::warning("W0909", space.node(norm).origin, message)
            .at("changes the carried channels too")
            .label(node.origin, "carries them")
            .note("without computed channels the unit is not the identity")
            .help("a bypass spans the whole unit: `bypass(x -> conv(keep) -> bn -> relu, x)`");
        sink.push(diagnostic);
    }
}

fn kind(space: &Graph, id: NodeId) -> Option<Kind> {
    if let Op::Prim { kind, .. } = space.node(id).op { Some(kind) } else { None }
}

fn is_norm(space: &Graph, id: NodeId) -> bool {
    matches!(kind(space, id), Some(Kind::Bn | Kind::Gn))
}

fn has_weights(space: &Graph, id: NodeId) -> bool {
    matches!(
        kind(space, id),
        Some(Kind::Conv | Kind::ConvTranspose | Kind::BinaryConv | Kind::WsConv | Kind::Linear)
    )
}

/// The normalisation that alone reads the bypass, where the computed side has none of its own. Where it
/// has, the one behind belongs to what follows: units that normalise first.
fn behind(space: &Graph, bypass: NodeId, [computed, carried]: [NodeId; 2]) -> Option<NodeId> {
    let [(user, _)] = space.users(bypass)[..] else { return None };
    if !is_norm(space, user) {
        return None;
    }
    let mut at = computed;
    while at != carried
        && let [only] = space.operands(at)[..]
    {
        if is_norm(space, at) {
            return None;
        }
        at = only;
    }
    Some(user)
}

/// The normalisation that what is carried comes out of, unless it is the end of an earlier unit: the
/// only reader of a convolution.
fn in_front(space: &Graph, carried: NodeId) -> Option<NodeId> {
    let mut at = carried;
    while matches!(kind(space, at), Some(Kind::Act | Kind::Identity)) {
        at = *space.operands(at).first()?;
    }
    if !is_norm(space, at) {
        return None;
    }
    let source = *space.operands(at).first()?;
    let ends_unit = has_weights(space, source) && space.users(source).len() == 1;
    (!ends_unit).then_some(at)
}
