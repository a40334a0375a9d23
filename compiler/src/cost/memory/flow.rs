//! What operations do with memory: which operands they take, which of them they only look at, and what
//! they keep for their gradient.

use super::super::operation::attribute;
use super::{Phase, SCALAR};
use crate::ir::{Graph, Kind, NodeId, Op};
use crate::pass::Checked;
use crate::vary::{Binary, Diagrams, FALSE, Leaf, TRUE, Vary};

/// Most nodes of the diagram of the bytes of one tensor.
const SIZE_LIMIT: usize = 4096;

/// One use of a tensor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    /// Whose operand it is.
    pub user: NodeId,
    /// Where the user is there and takes it.
    pub taken: Vary,
    /// Where the user's result is the tensor itself or looks at it.
    pub viewed: Vary,
    /// Where the user's gradient is the tensor's, too.
    pub handed_on: Vary,
    /// Where the user's gradient needs it.
    pub saved: Vary,
}

/// One operation's result.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    /// Where it exists.
    pub presence: Vary,
    /// Where it has memory of its own.
    pub made: Vary,
    /// Its bytes where it exists, zero elsewhere.
    pub bytes: Vary,
    /// Where a gradient reaches it.
    pub learns: Vary,
    /// Where its own operation's gradient needs it.
    pub saved: Vary,
    /// Bytes besides it that its operation's gradient needs.
    pub beside: Vary,
    /// Who uses it.
    pub uses: Vec<Use>,
}

/// All results, in order; the places are those of the nodes. `None` if a size outgrows its limits.
pub(super) fn flow(
    space: &Checked,
    diagrams: &mut Diagrams,
    phase: Phase,
) -> Option<Vec<Option<Tensor>>> {
    let mut tensors: Vec<Option<Tensor>> = vec![None; space.node_bound()];
    for (id, node) in space.nodes() {
        let bytes = if matches!(node.op, Op::Output { .. }) {
            diagrams.int(0)
        } else {
            product(diagrams, node.presence, SCALAR, &node.shape.axes)?
        };
        let operands = space.operands(id);
        let taken: Vec<Vary> = (0..operands.len())
            .map(|port| {
                let here = takes(space, diagrams, id, port);
                let there = space.node(operands[port]).presence;
                let here = diagrams.and(here, there);
                diagrams.ite(node.presence, here, FALSE)
            })
            .collect();
        let viewed = views(space, diagrams, id, &taken, phase);
        let mut looks = FALSE;
        let mut learns = learned(space, diagrams, id);
        let reach = |tensors: &[Option<Tensor>], operand: NodeId| {
            tensors[operand.index()].as_ref().map_or(FALSE, |tensor| tensor.learns)
        };
        for ((&operand, &taken), &viewed) in operands.iter().zip(&taken).zip(&viewed) {
            let here = diagrams.and(taken, viewed);
            looks = diagrams.or(looks, here);
            let from = diagrams.and(taken, reach(&tensors, operand));
            learns = diagrams.or(learns, from);
        }
        // Zeros depend on nothing.
        let is_zero = matches!(node.op, Op::Prim { kind: Kind::Zero, .. });
        learns = if is_zero { FALSE } else { diagrams.and(learns, node.presence) };
        let made = match node.op {
            Op::Output { .. } | Op::Select { .. } => FALSE,
            Op::Input { .. } | Op::Prim { .. } => {
                let fresh = diagrams.not(looks);
                diagrams.and(node.presence, fresh)
            }
        };
        for (port, &operand) in operands.iter().enumerate() {
            let others: Vec<Vary> = operands
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != port)
                .map(|(_, &other)| reach(&tensors, other))
                .collect();
            let saved = saves_operand(space, diagrams, id, port, &others);
            let saved = diagrams.and(saved, learns);
            let made_here = diagrams.and(saved, made);
            let handed_on = hands_on(space, id, viewed[port]);
            let used = Use {
                user: id,
                taken: taken[port],
                viewed: viewed[port],
                handed_on,
                saved: made_here,
            };
            if let Some(tensor) = &mut tensors[operand.index()] {
                tensor.uses.push(used);
            }
        }
        let saved = saves_result(space, diagrams, id);
        let keeps = diagrams.and(made, learns);
        let saved = diagrams.and(saved, keeps);
        let beside = beside(space, diagrams, id, keeps)?;
        let presence = node.presence;
        let tensor = Tensor { presence, made, bytes, learns, saved, beside, uses: Vec::new() };
        tensors[id.index()] = Some(tensor);
    }
    Some(tensors)
}

/// Where a node that exists takes one of its operands.
fn takes(graph: &Graph, diagrams: &mut Diagrams, user: NodeId, port: usize) -> Vary {
    let node = graph.node(user);
    match &node.op {
        Op::Select { on } => {
            let port = diagrams.int(port as i64);
            diagrams.binary(Binary::Equal, *on, port)
        }
        Op::Prim { kind: Kind::Bypass, .. } => needs(graph, diagrams, user)[port.min(1)],
        Op::Prim { .. } | Op::Input { .. } | Op::Output { .. } => TRUE,
    }
}

/// Where a bypass needs what was computed, and where what was carried.
fn needs(graph: &Graph, diagrams: &mut Diagrams, bypass: NodeId) -> [Vary; 2] {
    let value = |name| attribute(graph.node(bypass), name).and_then(|v| v.first().copied());
    let (Some(keep), Some(until)) = (value("keep"), value("until")) else { return [TRUE; 2] };
    let zero = diagrams.int(0);
    [diagrams.binary(Binary::Less, zero, keep), diagrams.binary(Binary::Less, keep, until)]
}

/// Per operand, where the result is that operand or looks at it.
fn views(
    graph: &Graph,
    diagrams: &mut Diagrams,
    id: NodeId,
    taken: &[Vary],
    phase: Phase,
) -> Vec<Vary> {
    let node = graph.node(id);
    let is = |diagrams: &mut Diagrams, name: &str, wanted: Vary| {
        let value = attribute(node, name).and_then(|values| values.first().copied());
        value.map_or(FALSE, |value| diagrams.binary(Binary::Equal, value, wanted))
    };
    let kind = match &node.op {
        Op::Select { .. } => return vec![TRUE; taken.len()],
        Op::Input { .. } | Op::Output { .. } => return vec![FALSE; taken.len()],
        Op::Prim { kind, .. } => *kind,
    };
    let whole = match kind {
        Kind::Identity | Kind::Slice | Kind::Deinterleave => TRUE,
        Kind::Act => {
            let identity = diagrams.text("identity");
            is(diagrams, "kind", identity)
        }
        Kind::Shuffle => {
            let one = diagrams.int(1);
            is(diagrams, "groups", one)
        }
        Kind::Dropout | Kind::DropPath if phase == Phase::Inference => TRUE,
        Kind::Dropout | Kind::DropPath => {
            let zero = diagrams.float(0.0);
            is(diagrams, "p", zero)
        }
        // Memory has channels last: what has several positions is put in order first.
        Kind::Flatten => {
            let operands = graph.operands(id);
            let space = operands.first().map_or(&[][..], |&x| graph.node(x).shape.space());
            let one = diagrams.int(1);
            let product = space.iter().fold(one, |a, &b| diagrams.binary(Binary::Multiply, a, b));
            diagrams.binary(Binary::Equal, product, one)
        }
        Kind::TemporalShift => {
            let div = attribute(node, "div").and_then(|values| values.first().copied());
            let fold = div.map(|div| diagrams.binary(Binary::Div, node.shape.channels(), div));
            let zero = diagrams.int(0);
            fold.map_or(FALSE, |fold| diagrams.binary(Binary::Equal, fold, zero))
        }
        Kind::Concat | Kind::Bypass => {
            // It is the only operand that there is.
            let alone = |diagrams: &mut Diagrams, port: usize| {
                let others = taken.iter().enumerate().filter(|(other, _)| *other != port);
                let any = others.fold(FALSE, |any, (_, &other)| diagrams.or(any, other));
                diagrams.not(any)
            };
            return (0..taken.len()).map(|port| alone(diagrams, port)).collect();
        }
        _ => FALSE,
    };
    let whole = diagrams.ite(node.presence, whole, FALSE);
    (0..taken.len()).map(|port| if port == 0 { whole } else { FALSE }).collect()
}

/// Where the gradient of the result is that of an operand that it looks at: what takes a part of it has
/// a gradient of its own.
fn hands_on(graph: &Graph, id: NodeId, viewed: Vary) -> Vary {
    match graph.node(id).op {
        Op::Prim { kind: Kind::Slice | Kind::Deinterleave | Kind::Bypass, .. } => FALSE,
        _ => viewed,
    }
}

/// Where an operation learns something of its own.
fn learned(graph: &Graph, diagrams: &mut Diagrams, id: NodeId) -> Vary {
    let params = graph.node(id).params.iter().map(|&param| graph.param(param));
    let trained = params.filter(|param| !param.role.is_buffer());
    trained.fold(FALSE, |any, param| diagrams.or(any, param.when))
}

/// Where the gradient of an operation needs one of its operands. `others` says where a gradient reaches
/// the other operands.
fn saves_operand(
    graph: &Graph,
    diagrams: &mut Diagrams,
    id: NodeId,
    port: usize,
    others: &[Vary],
) -> Vary {
    let Op::Prim { kind, .. } = graph.node(id).op else { return FALSE };
    match kind {
        Kind::Mul => others.iter().fold(FALSE, |any, &other| diagrams.or(any, other)),
        Kind::Conv
        | Kind::ConvTranspose
        | Kind::BinaryConv
        | Kind::WsConv
        | Kind::Linear
        | Kind::Bn
        | Kind::Gn
        | Kind::MaxPool
        | Kind::AvgPool
        | Kind::Gain
            if port == 0 =>
        {
            TRUE
        }
        Kind::AdaptivePool => {
            let one = diagrams.int(1);
            let places = graph.node(id).shape.space().to_vec();
            let product =
                places.into_iter().fold(one, |a, b| diagrams.binary(Binary::Multiply, a, b));
            diagrams.differ(product, one)
        }
        Kind::Act => {
            among(graph, diagrams, id, &["relu6", "hswish", "hsigmoid", "swish", "gelu", "prelu"])
        }
        _ => FALSE,
    }
}

/// Where the gradient of an operation needs its result.
fn saves_result(graph: &Graph, diagrams: &mut Diagrams, id: NodeId) -> Vary {
    match graph.node(id).op {
        Op::Prim { kind: Kind::Softmax, .. } => TRUE,
        Op::Prim { kind: Kind::Act, .. } => {
            among(graph, diagrams, id, &["relu", "sigmoid", "tanh"])
        }
        _ => FALSE,
    }
}

/// Bytes that an operation keeps besides operands and result: the places of maxima, the mask of a
/// dropout, mean and deviation of a normalisation, and what an activation shifts before its own work.
fn beside(graph: &Graph, diagrams: &mut Diagrams, id: NodeId, keeps: Vary) -> Option<Vary> {
    let node = graph.node(id);
    let none = diagrams.int(0);
    let Op::Prim { kind, .. } = node.op else { return Some(none) };
    let axes = node.shape.axes.clone();
    match kind {
        Kind::MaxPool => product(diagrams, keeps, 2 * SCALAR, &axes),
        Kind::Dropout => product(diagrams, keeps, SCALAR, &axes),
        Kind::Bn => product(diagrams, keeps, 2 * SCALAR, &axes[..1]),
        Kind::Gn => product(diagrams, keeps, 2 * SCALAR, attribute(node, "groups")?),
        Kind::Act => {
            let shifts = among(graph, diagrams, id, &["rsign", "rprelu"]);
            let here = diagrams.and(keeps, shifts);
            product(diagrams, here, SCALAR, &axes)
        }
        _ => Some(none),
    }
}

/// Where an activation is one of those.
fn among(graph: &Graph, diagrams: &mut Diagrams, id: NodeId, names: &[&str]) -> Vary {
    let value = attribute(graph.node(id), "kind").and_then(|values| values.first().copied());
    let Some(value) = value else { return FALSE };
    diagrams.map(value, &mut |d, leaf| match leaf {
        Leaf::Str(name) => d.boolean(names.contains(&&**name)),
        _ => FALSE,
    })
}

/// `each` times the product of the dimensions where `presence` holds, zero elsewhere.
fn product(diagrams: &mut Diagrams, presence: Vary, each: i64, axes: &[Vary]) -> Option<Vary> {
    let zero = diagrams.int(0);
    let each = diagrams.int(each);
    let mut bytes = diagrams.ite(presence, each, zero);
    for &axis in axes {
        let axis = if presence == TRUE { axis } else { diagrams.ite(presence, axis, zero) };
        bytes = diagrams.binary(Binary::Multiply, bytes, axis);
        if diagrams.size(bytes) > SIZE_LIMIT {
            return None;
        }
    }
    diagrams.is_sound(bytes).then_some(bytes)
}
