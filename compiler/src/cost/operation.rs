//! What one operation adds to a measure of operations, as products of dimensions.

use super::Measure;
use super::factor::mac_terms;
use crate::ir::{Graph, Kind, Node, NodeId, Op, Role};
use crate::vary::{Binary, Diagrams, Leaf, Vary};

/// How many multiply-adds of binary values count as one operation.
const BINARY_PER_OPERATION: i64 = 64;

/// What a node adds to a measure, each product as the dimensions to multiply.
pub(super) fn operations(
    graph: &Graph,
    diagrams: &mut Diagrams,
    id: NodeId,
    measure: Measure,
) -> Vec<Vec<Vary>> {
    let node = graph.node(id);
    let Op::Prim { kind, .. } = node.op else { return Vec::new() };
    let Some(mut terms) = mac_terms(graph, diagrams, id) else {
        return match measure {
            Measure::Thop => by_thop(graph, diagrams, id, kind),
            Measure::Fvcore => by_fvcore(graph, diagrams, id, kind),
            Measure::MobileCv if is_grid(kind) => vec![read(graph, id)],
            _ => Vec::new(),
        };
    };
    match (measure, kind) {
        (Measure::MacsAtOutputs | Measure::Thop, Kind::ConvTranspose) => {
            // The positions come last.
            let space = node.shape.space();
            terms.truncate(terms.len() - space.len());
            terms.extend(space);
        }
        (Measure::OpsBinary, Kind::BinaryConv) => {
            terms = vec![binary_operations(diagrams, terms)];
        }
        (Measure::TorchFlops, _) => terms.push(diagrams.int(2)),
        (Measure::Bnnas, Kind::Linear) => {
            let axes = read(graph, id);
            let two = diagrams.int(2);
            let doubled =
                axes.into_iter().fold(two, |a, b| diagrams.binary(Binary::Multiply, a, b));
            let one = diagrams.int(1);
            let each = diagrams.binary(Binary::Subtract, doubled, one);
            terms = vec![node.shape.channels(), each];
        }
        _ => {}
    }
    let mut products = vec![terms];
    if measure == Measure::MacsBias && has(graph, node, Role::Bias) {
        products.push(node.shape.axes.to_vec());
    }
    products
}

/// What `thop` counts besides convolutions and linear layers.
fn by_thop(graph: &Graph, diagrams: &mut Diagrams, id: NodeId, kind: Kind) -> Vec<Vec<Vary>> {
    let node = graph.node(id);
    let given = || node.shape.axes.to_vec();
    match kind {
        Kind::Bn => {
            let each = if has(graph, node, Role::NormWeight) { 4 } else { 2 };
            vec![times(diagrams, each, read(graph, id))]
        }
        Kind::AvgPool => vec![given()],
        Kind::GlobalPool | Kind::AdaptivePool => vec![read(graph, id), given()],
        Kind::Resize => {
            let each = if is_text(diagrams, node, "mode", "bilinear") { 11 } else { 1 };
            vec![times(diagrams, each, given())]
        }
        Kind::Act if is_text(diagrams, node, "kind", "prelu") => vec![read(graph, id)],
        Kind::Softmax => softmax(graph, diagrams, id),
        _ => Vec::new(),
    }
}

/// What `fvcore` counts besides convolutions and linear layers.
fn by_fvcore(graph: &Graph, diagrams: &mut Diagrams, id: NodeId, kind: Kind) -> Vec<Vec<Vary>> {
    let node = graph.node(id);
    let affine = has(graph, node, Role::NormWeight);
    let is_picture = node.shape.axes.len() == 3;
    match kind {
        Kind::Bn => vec![times(diagrams, if affine { 2 } else { 1 }, read(graph, id))],
        Kind::Gn => vec![times(diagrams, if affine { 5 } else { 4 }, read(graph, id))],
        Kind::GlobalPool | Kind::AdaptivePool if is_picture => vec![read(graph, id)],
        Kind::Resize if is_picture => {
            let each = if is_text(diagrams, node, "mode", "bilinear") { 4 } else { 1 };
            vec![times(diagrams, each, node.shape.axes.to_vec())]
        }
        _ => Vec::new(),
    }
}

/// An exponential, a sum and a division for every value, but one sum less for every group that sums to
/// one.
fn softmax(graph: &Graph, diagrams: &mut Diagrams, id: NodeId) -> Vec<Vec<Vary>> {
    let mut axes = read(graph, id);
    let given = |name| attribute(graph.node(id), name)?.first().copied();
    let axis = given("axis").and_then(|axis| diagrams.constant_int(axis));
    let axis = axis.and_then(|axis| usize::try_from(axis).ok());
    let Some(size) = axis.and_then(|axis| axes.get_mut(axis)) else { return Vec::new() };
    // With runs, what stands at one place of all of them is a group.
    let length = given("runs").unwrap_or(*size);
    *size = diagrams.binary(Binary::Divide, *size, length);
    let one = diagrams.int(1);
    let three = diagrams.int(3);
    let tripled = diagrams.binary(Binary::Multiply, length, three);
    axes.push(diagrams.binary(Binary::Subtract, tripled, one));
    vec![axes]
}

/// Whether it is a mean over windows, of which as many are asked for as the grid has places.
fn is_grid(kind: Kind) -> bool {
    matches!(kind, Kind::GlobalPool | Kind::AdaptivePool)
}

/// The dimensions of what a node reads first.
fn read(graph: &Graph, id: NodeId) -> Vec<Vary> {
    let operands = graph.operands(id);
    operands.first().map_or(Vec::new(), |&operand| graph.node(operand).shape.axes.to_vec())
}

fn times(diagrams: &mut Diagrams, each: i64, mut terms: Vec<Vary>) -> Vec<Vary> {
    terms.push(diagrams.int(each));
    terms
}

fn has(graph: &Graph, node: &Node, role: Role) -> bool {
    node.params.iter().any(|&param| graph.param(param).role == role)
}

/// Whether an attribute is that text in every network.
fn is_text(diagrams: &Diagrams, node: &Node, name: &str, text: &str) -> bool {
    let value = attribute(node, name).and_then(|values| values.first());
    value.and_then(|&value| diagrams.constant(value)).and_then(Leaf::as_str) == Some(text)
}

/// The values of the attribute of that name.
pub(super) fn attribute<'a>(node: &'a Node, name: &str) -> Option<&'a [Vary]> {
    let Op::Prim { attributes, .. } = &node.op else { return None };
    attributes.iter().find(|a| &*a.name == name).map(|a| a.values.as_slice())
}

/// The operations of a binary convolution, from the dimensions of its multiply-adds.
fn binary_operations(diagrams: &mut Diagrams, terms: Vec<Vary>) -> Vary {
    let mut product = diagrams.int(BINARY_PER_OPERATION - 1);
    if let Some(macs) = terms.into_iter().reduce(|a, b| diagrams.binary(Binary::Multiply, a, b)) {
        product = diagrams.binary(Binary::Add, product, macs);
    }
    let per = diagrams.int(BINARY_PER_OPERATION);
    diagrams.binary(Binary::Div, product, per)
}
