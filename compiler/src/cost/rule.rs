//! What is counted: the rules by which papers and programs count, each with a name.
//!
//! A new rule is a variant here, its name in [`Measure::ALL`], and the products that it adds to those of
//! the multiply-adds.

use super::factor::mac_terms;
use crate::ir::{Graph, Kind, Metric, NodeId, Op, Role};
use crate::pass::{Checked, TableId};
use crate::vary::{Binary, Diagrams, Vary};

/// How many multiply-adds of binary values count as one operation.
const BINARY_PER_OPERATION: i64 = 64;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// Multiply-adds of convolutions and linear layers, for one image.
    Macs,
    /// The same, and an addition for every element that a convolution or linear layer with a bias
    /// gives: what mmdetection counts.
    MacsBias,
    /// Multiply-adds, where a transposed convolution counts at the positions of what it gives instead
    /// of what it reads: what counters do that treat it like a convolution.
    MacsAtOutputs,
    /// Multiply-adds, of which those of binary convolutions count a sixty-fourth, rounded up for each
    /// convolution: what papers on binary networks call operations.
    OpsBinary,
    /// Trainable scalars.
    Params,
    /// Trainable scalars outside normalisations.
    ParamsWithoutBn,
    /// Nanoseconds by a table that is attached to the space.
    Latency(TableId),
}

impl Measure {
    /// All that need nothing from outside.
    pub const ALL: [Self; 6] = [
        Self::Macs,
        Self::MacsBias,
        Self::MacsAtOutputs,
        Self::OpsBinary,
        Self::Params,
        Self::ParamsWithoutBn,
    ];

    /// The measure that a limit's metric bounds; none for a latency whose table is not attached.
    pub fn of(space: &Checked, metric: &Metric) -> Option<Self> {
        match metric {
            Metric::Macs => Some(Self::Macs),
            Metric::Params => Some(Self::Params),
            Metric::Latency(name) => space.table_named(name).map(Self::Latency),
        }
    }

    /// The measure of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Macs => "macs",
            Self::MacsBias => "macs_bias",
            Self::MacsAtOutputs => "macs_at_outputs",
            Self::OpsBinary => "ops_binary",
            Self::Params => "params",
            Self::ParamsWithoutBn => "params_without_bn",
            Self::Latency(_) => "latency",
        }
    }
}

/// What a node adds to a measure of operations, as products of dimensions.
pub(super) fn operations(
    graph: &Graph,
    diagrams: &mut Diagrams,
    id: NodeId,
    measure: Measure,
) -> Vec<Vec<Vary>> {
    let Some(mut terms) = mac_terms(graph, diagrams, id) else { return Vec::new() };
    let node = graph.node(id);
    let is_transposed = matches!(&node.op, Op::Prim { kind: Kind::ConvTranspose, .. });
    if measure == Measure::MacsAtOutputs && is_transposed {
        // The positions come last.
        let space = node.shape.space();
        terms.truncate(terms.len() - space.len());
        terms.extend(space);
    }
    if measure == Measure::OpsBinary && matches!(&node.op, Op::Prim { kind: Kind::BinaryConv, .. })
    {
        return vec![vec![binary_operations(diagrams, terms)]];
    }
    let mut products = vec![terms];
    let is_biased = || node.params.iter().any(|&param| graph.param(param).role == Role::Bias);
    if measure == Measure::MacsBias && is_biased() {
        products.push(node.shape.axes.clone());
    }
    products
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
