//! Costs as sums of products.

use rustc_hash::FxHashMap;

use super::Measure;
use super::operation::{attribute, operations};
use crate::arch::Arch;
use crate::ir::{AxisSlice, Graph, Kind, Node, NodeId, Op, Param};
use crate::pass::Checked;
use crate::vary::{Binary, Diagrams, FALSE, Leaf, TRUE, Vary};

/// What one scalar of the weights takes.
const BYTES: i64 = 4;

/// `coefficient * product of terms` where `presence` holds, nothing elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Where the factor counts.
    pub presence: Vary,
    /// Varying integers.
    pub terms: Vec<Vary>,
    /// What is the same in every network.
    pub coefficient: u64,
}

impl Factor {
    /// The factor's value in one network; `None` if it passes 64 bits or a dimension is no size.
    pub fn value(&self, diagrams: &Diagrams, arch: &Arch) -> Option<u64> {
        let leaf = |value: Vary| diagrams.eval(value, |decision| arch.option(decision));
        if *leaf(self.presence) != Leaf::Bool(true) {
            return Some(0);
        }
        self.terms.iter().try_fold(self.coefficient, |product, &term| {
            product.checked_mul(u64::try_from(leaf(term).as_int()?).ok()?)
        })
    }
}

/// A cost as the sum of its factors. The diagrams are those of the space and what the factors added.
#[derive(Clone, Debug)]
pub struct Sum {
    /// What the factors' handles belong to.
    pub diagrams: Diagrams,
    /// The factors, in node or parameter order.
    pub factors: Vec<Factor>,
}

impl Sum {
    /// The cost of one network, factor by factor; `None` past 64 bits.
    pub fn value(&self, arch: &Arch) -> Option<u64> {
        self.factors
            .iter()
            .try_fold(0_u64, |sum, factor| sum.checked_add(factor.value(&self.diagrams, arch)?))
    }
}

/// The factors of a measure over the space, or over the part of it at or below the path `scope`.
pub fn factors(space: &Checked, measure: Measure, scope: Option<&str>) -> Sum {
    factors_in(space, space.diagrams.clone(), measure, scope)
}

/// The same in diagrams that are the space's and what was added to them.
pub(crate) fn factors_in(
    space: &Checked,
    mut diagrams: Diagrams,
    measure: Measure,
    scope: Option<&str>,
) -> Sum {
    let inside: Vec<(NodeId, &Node)> =
        space.nodes().filter(|(_, node)| is_inside(&node.path, scope)).collect();
    let factors = match measure {
        Measure::Macs
        | Measure::MacsBias
        | Measure::MacsAtOutputs
        | Measure::OpsBinary
        | Measure::Thop
        | Measure::Fvcore
        | Measure::TorchFlops
        | Measure::Bnnas
        | Measure::MobileCv => {
            let mut made = Vec::new();
            for (id, node) in inside {
                for terms in operations(space, &mut diagrams, id, measure) {
                    made.push(factor(&diagrams, node.presence, terms));
                }
            }
            made
        }
        Measure::Params | Measure::ParamsWithoutBn | Measure::WeightBytes => {
            let mut presence = vec![FALSE; space.params.len()];
            for (_, node) in inside {
                for &param in &node.params {
                    let known = presence[param.index()];
                    let here = diagrams.and(node.presence, space.param(param).when);
                    presence[param.index()] = diagrams.or(known, here);
                }
            }
            let counts = |param: &Param| match measure {
                Measure::WeightBytes => param.role.is_counted() || param.role.is_buffer(),
                Measure::ParamsWithoutBn => param.role.is_counted() && !param.role.is_norm(),
                _ => param.role.is_counted(),
            };
            let each = diagrams.int(if measure == Measure::WeightBytes { BYTES } else { 1 });
            space
                .params
                .iter()
                .zip(presence)
                .filter(|(param, presence)| counts(param) && *presence != FALSE)
                .map(|(param, presence)| {
                    let mut terms = param_terms(param, &mut diagrams);
                    terms.push(each);
                    factor(&diagrams, presence, terms)
                })
                .collect()
        }
        Measure::Latency(table) => space
            .table(table)
            .parts
            .iter()
            .filter(|part| is_inside(&space.node(part.node).path, scope))
            .map(|part| factor(&diagrams, part.presence, vec![part.value]))
            .collect(),
    };
    Sum { diagrams, factors }
}

/// Whether a path is the scope's or below it.
fn is_inside(path: &str, scope: Option<&str>) -> bool {
    scope.is_none_or(|scope| {
        path.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// A factor with what is constant multiplied out; a product that passes 64 bits stays a product.
fn factor(diagrams: &Diagrams, presence: Vary, terms: Vec<Vary>) -> Factor {
    let mut made = Factor { presence, terms: Vec::new(), coefficient: 1 };
    for term in terms {
        let constant = diagrams.constant_int(term).and_then(|value| u64::try_from(value).ok());
        match constant.and_then(|value| made.coefficient.checked_mul(value)) {
            Some(product) => made.coefficient = product,
            None => made.terms.push(term),
        }
    }
    made
}

/// The dimensions whose product is a node's multiply-adds; `None` for an operation that has none.
///
/// A convolution has `out * in / groups * kernel * positions`, a transposed one the same by the
/// positions of its input, a linear layer `out * in`.
pub(super) fn mac_terms(graph: &Graph, diagrams: &mut Diagrams, id: NodeId) -> Option<Vec<Vary>> {
    let node = graph.node(id);
    let Op::Prim { kind, .. } = &node.op else { return None };
    let input = &graph.node(*graph.operands(id).first()?).shape;
    match kind {
        Kind::Conv | Kind::BinaryConv | Kind::WsConv => {
            let groups = *attribute(node, "groups")?.first()?;
            let per_group = diagrams.binary(Binary::Divide, input.channels(), groups);
            let mut terms = vec![node.shape.channels(), per_group];
            terms.extend(attribute(node, "kernel")?);
            terms.extend(node.shape.space());
            Some(terms)
        }
        Kind::ConvTranspose => {
            let groups = *attribute(node, "groups")?.first()?;
            let per_group = diagrams.binary(Binary::Divide, node.shape.channels(), groups);
            let mut terms = vec![input.channels(), per_group];
            terms.extend(attribute(node, "kernel")?);
            terms.extend(input.space());
            Some(terms)
        }
        Kind::Linear => {
            let mut terms = vec![node.shape.channels()];
            terms.extend(&input.axes);
            Some(terms)
        }
        _ => None,
    }
}

/// The dimensions whose product is the size of what a network uses of a parameter.
pub(super) fn param_terms(param: &Param, diagrams: &mut Diagrams) -> Vec<Vary> {
    param
        .full
        .iter()
        .zip(&param.slices)
        .map(|(&full, slice)| match slice {
            AxisSlice::Whole => diagrams.int(i64::from(full)),
            AxisSlice::Prefixes(segments) => {
                let zero = diagrams.int(0);
                segments.iter().fold(zero, |sum, s| diagrams.binary(Binary::Add, sum, s.active))
            }
            AxisSlice::Centre(size) => *size,
        })
        .collect()
}

impl Sum {
    /// Makes one factor of those that count in the same networks and go by the same dimensions.
    pub(crate) fn gather(&mut self) {
        let mut places: FxHashMap<(Vary, Vec<Vary>), usize> = FxHashMap::default();
        let mut gathered: Vec<Factor> = Vec::new();
        for factor in std::mem::take(&mut self.factors) {
            let place = places.entry((factor.presence, factor.terms.clone()));
            let known = *place.or_insert(gathered.len());
            let sum = gathered.get(known).map(|f| f.coefficient.checked_add(factor.coefficient));
            match (gathered.get_mut(known), sum.flatten()) {
                (Some(known), Some(sum)) => known.coefficient = sum,
                _ => gathered.push(factor),
            }
        }
        self.factors = gathered;
    }

    /// The factor as one diagram of integers, zero where it does not count; `None` if that outgrows
    /// `most` nodes, or a dimension is no size.
    pub(crate) fn expand(&mut self, factor: usize, most: usize) -> Option<Vary> {
        let Factor { presence, terms, coefficient } = self.factors.get(factor)?.clone();
        let d = &mut self.diagrams;
        let zero = d.int(0);
        let mut product = d.int(i64::try_from(coefficient).ok()?);
        product = d.ite(presence, product, zero);
        for term in terms {
            // Dimensions may fail where the factor does not count.
            let term = if presence == TRUE { term } else { d.ite(presence, term, zero) };
            product = d.binary(Binary::Multiply, product, term);
            if d.size(product) > most {
                return None;
            }
        }
        let sized = |leaf: &Leaf| leaf.as_int().is_some_and(|value| value >= 0);
        (d.is_sound(product) && d.leaves(product).iter().all(sized)).then_some(product)
    }
}
