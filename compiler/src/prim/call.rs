//! A call of a primitive: its operands and arguments, and what it may do to the graph.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use super::Nodes;
use super::checks::{Check, LARGEST};
use super::parameters::ParamSpec;
use crate::diagnostic::{Diagnostic, Sink};
use crate::ir::{
    Attribute, DecisionId, Graph, Key, Kind, Layout, Node, NodeId, Op, Origin, ParamId, Segment,
    Shape,
};
use crate::vary::{Binary, FALSE, Leaf, Values, Vary};

/// An argument, checked against its parameter's type.
#[derive(Clone, Debug)]
pub enum Argument {
    /// Not given, and without a preset.
    Missing,
    /// A value.
    One(Vary),
    /// One value per spatial axis.
    PerAxis(Values),
}

/// The tensors of a call.
pub type Operands = SmallVec<[NodeId; 4]>;

/// A call of a primitive while it is being built.
pub struct PrimCall<'a> {
    /// The graph, to add to.
    pub graph: &'a mut Graph,
    /// Where mistakes go that hold in every network.
    pub sink: &'a mut Sink,
    /// Where checks go that are made after elaboration.
    pub checks: &'a mut Vec<Check>,
    /// The tensors.
    pub operands: Operands,
    /// The other arguments, by parameter name.
    pub arguments: Vec<(&'static str, Argument)>,
    /// The checks of the node being made.
    pub pending: Vec<Check>,
    /// The path of the node, and of its parameters, for the node made next.
    pub paths: &'a mut dyn FnMut() -> NodePath,
    /// The conditions around the call.
    pub guard: Vary,
    /// The call, for messages.
    pub origin: Origin,
    /// The parameters of the shared instance that the call stands in, by path.
    pub instance: Option<&'a mut FxHashMap<Arc<str>, ParamId>>,
    /// What is known of the selects whose alternatives do not agree.
    pub clashes: &'a FxHashMap<NodeId, Clash>,
    /// Where the shapes of nodes are nonsense, because of a mistake that is reported where it was made.
    pub spoilt: &'a mut FxHashMap<NodeId, Vary>,
    /// Where the shape of the node being made is.
    pub spoils: Vary,
    /// How the options of decisions share tensors.
    pub sharing: &'a Sharing,
}

/// Decisions whose options do not simply share slices.
#[derive(Debug, Default)]
pub struct Sharing {
    /// `@own`: every tensor whose shape or slice depends on it has one copy per option.
    pub owned: BTreeSet<DecisionId>,
    /// `@own` on the space: no two networks share anything, and each is trained by itself.
    pub apart: bool,
    /// `@transform`: small kernels are made of larger ones by learned matrices.
    pub transformed: BTreeSet<DecisionId>,
}

/// A select whose alternatives do not agree on their channels.
pub struct Clash {
    /// Where two alternatives that a network could take differ in number; nowhere if only their
    /// layouts differ.
    pub bad: Vary,
    /// Where the alternatives were written.
    pub alternatives: Vec<Origin>,
}

/// How a new node is called.
pub struct NodePath {
    /// The node's own path.
    pub node: Arc<str>,
    /// The path that its parameters begin with: the same, except in a shared instance.
    pub params: Arc<str>,
    /// What its parameters begin with in schemes of interchange.
    pub keys: Vec<Key>,
}

impl PrimCall<'_> {
    /// The only (or first) operand's shape.
    pub fn shape(&self) -> Shape {
        match self.operands.first() {
            Some(&operand) => self.graph.node(operand).shape.clone(),
            None => Shape { axes: Values::new(), layout: Layout::default(), stride: FALSE },
        }
    }

    /// The channels of the only (or first) operand.
    pub fn channels(&self) -> Vary {
        self.operands.first().map_or(FALSE, |&o| self.graph.node(o).shape.channels())
    }

    /// The shape of an operand.
    pub fn shape_of(&self, operand: NodeId) -> Shape {
        self.graph.node(operand).shape.clone()
    }

    /// An argument that must be one value.
    pub fn one(&mut self, name: &str) -> Vary {
        match self.argument(name) {
            Argument::One(value) => value,
            Argument::Missing | Argument::PerAxis(_) => self.graph.diagrams.int(1),
        }
    }

    /// Whether an argument was given or has a preset.
    pub fn has(&self, name: &str) -> bool {
        !matches!(self.argument(name), Argument::Missing)
    }

    /// A truth value that is the same in every network; an error otherwise.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        let value = self.one(name);
        let plain = self.graph.diagrams.constant(value).and_then(Leaf::as_bool);
        if plain.is_none() {
            let message = format!("`{name}` must be the same in every network");
            self.sink.push(Diagnostic::error("E0305", self.origin, message));
        }
        plain
    }

    /// One value per spatial axis.
    pub fn per_axis(&mut self, name: &str, rank: usize) -> Option<Values> {
        match self.argument(name) {
            Argument::One(value) => Some(smallvec![value; rank]),
            Argument::PerAxis(values) if values.len() == rank => Some(values),
            Argument::PerAxis(values) => {
                let message = format!(
                    "`{name}` has {} values for a tensor with {rank} spatial axes",
                    values.len()
                );
                self.sink.push(Diagnostic::error("E0304", self.origin, message));
                None
            }
            Argument::Missing => None,
        }
    }

    fn argument(&self, name: &str) -> Argument {
        self.arguments
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(Argument::Missing, |(_, argument)| argument.clone())
    }

    /// Spatial axes of the first operand; an error unless there are two or three.
    pub fn spatial_rank(&mut self, what: &str) -> Option<usize> {
        let shape = self.operands.first().map(|&operand| &self.graph.node(operand).shape);
        let rank = shape.map_or(0, |shape| shape.space().len());
        if rank == 2 || rank == 3 {
            return Some(rank);
        }
        let shown = self.show(&self.shape());
        let message = format!("`{what}` needs a tensor with two or three spatial axes");
        self.sink
            .push(Diagnostic::error("E0303", self.origin, message).at(format!("gets {shown}")));
        None
    }

    /// The largest value where the call exists; zero where it never does.
    pub fn most(&mut self, value: Vary) -> u32 {
        let most = self.graph.diagrams.int_range_where(self.guard, value);
        most.map_or(0, |(_, most)| most).clamp(0, LARGEST) as u32
    }

    /// The result of `op` on two values.
    pub fn op(&mut self, op: Binary, a: Vary, b: Vary) -> Vary {
        self.graph.diagrams.binary(op, a, b)
    }

    /// The result of `op` on a value and a number.
    pub fn with(&mut self, op: Binary, a: Vary, b: i64) -> Vary {
        let b = self.graph.diagrams.int(b);
        self.graph.diagrams.binary(op, a, b)
    }

    /// A layout for `channels` new channels.
    pub fn new_layout(&mut self, channels: Vary) -> Layout {
        let max = self.most(channels);
        Layout { segments: smallvec![Segment { max, active: channels }], mixed: None }
    }

    /// Adds the node of a call that makes one.
    #[expect(clippy::unnecessary_wraps, reason = "every primitive is built through one type")]
    pub(super) fn finish<'s>(
        &mut self,
        kind: Kind,
        attributes: &[(&'static str, &[Vary])],
        operands: &[NodeId],
        shape: Shape,
        params: impl IntoIterator<Item = ParamSpec<'s>>,
    ) -> Option<Nodes> {
        Some(smallvec![self.add(kind, attributes, operands, shape, params)])
    }

    /// Adds a node with the given parts.
    pub(super) fn add<'s>(
        &mut self,
        kind: Kind,
        attributes: &[(&'static str, &[Vary])],
        operands: &[NodeId],
        shape: Shape,
        params: impl IntoIterator<Item = ParamSpec<'s>>,
    ) -> NodeId {
        let path = (self.paths)();
        let params = params.into_iter();
        let mut made = Vec::with_capacity(params.size_hint().0);
        for spec in params {
            self.parameter(&path, spec, &mut made);
        }
        let attributes = attributes
            .iter()
            .map(|(name, values)| Attribute {
                name: Cow::Borrowed(*name),
                values: (*values).into(),
            })
            .collect();
        let node = Node {
            path: path.node,
            op: Op::Prim { kind, attributes },
            guard: self.guard,
            presence: self.guard,
            shape,
            params: made,
            origin: self.origin,
        };
        let id = self.graph.add_node(node, operands);
        self.checks.extend(
            self.pending.drain(..).map(|check| Check { node: check.node.or(Some(id)), ..check }),
        );
        self.check_faults(id);
        let spoilt = self.spoilt_operands();
        let spoilt = self.graph.diagrams.or(spoilt, self.spoils);
        if spoilt != FALSE {
            self.spoilt.insert(id, spoilt);
        }
        id
    }
}
