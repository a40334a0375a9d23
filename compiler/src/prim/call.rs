//! A call of a primitive: its operands and arguments, and what it may do to the graph.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::copies::Copy;
use crate::diagnostic::{Diagnostic, Sink};
use crate::ir::{
    Attribute, AxisSlice, COPY, DecisionId, Graph, Key, Kind, Layout, Node, NodeId, Op, Origin,
    Param, ParamId, Role, Segment, Shape,
};
use crate::vary::{Binary, FALSE, Leaf, TRUE, Unary, Vary};

/// Something that must not happen in any valid network in which a node exists.
#[derive(Clone, Debug)]
pub struct Check {
    /// Where it happens.
    pub bad: Vary,
    /// The conditions around the place.
    pub guard: Vary,
    /// The node that must be live for it to matter, if it is about one.
    pub node: Option<NodeId>,
    /// What to say; the witness is added.
    pub diagnostic: Diagnostic,
    /// What to say instead of its message, where that depends on the network.
    pub message: Option<Vary>,
}

/// An argument, checked against its parameter's type.
#[derive(Clone, Debug)]
pub enum Argument {
    /// Not given, and without a preset.
    Missing,
    /// A value.
    One(Vary),
    /// One value per spatial axis.
    PerAxis(Vec<Vary>),
}

/// A call of a primitive while it is being built.
pub struct PrimCall<'a> {
    /// The graph, to add to.
    pub graph: &'a mut Graph,
    /// Where mistakes go that hold in every network.
    pub sink: &'a mut Sink,
    /// Where checks go that are made after elaboration.
    pub checks: &'a mut Vec<Check>,
    /// The tensors.
    pub operands: Vec<NodeId>,
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

/// The largest kernel, stride or size that makes sense; larger ones are mistakes.
const LARGEST: i64 = 1 << 20;

/// The most numbers that a parameter may have.
const LARGEST_PARAM: u128 = 1 << 40;

impl PrimCall<'_> {
    /// The only (or first) operand's shape.
    pub fn shape(&self) -> Shape {
        match self.operands.first() {
            Some(&operand) => self.graph.node(operand).shape.clone(),
            None => Shape { axes: Vec::new(), layout: Layout::default(), stride: FALSE },
        }
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
    pub fn per_axis(&mut self, name: &str, rank: usize) -> Option<Vec<Vary>> {
        match self.argument(name) {
            Argument::One(value) => Some(vec![value; rank]),
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
        let rank = self.shape().space().len();
        if rank == 2 || rank == 3 {
            return Some(rank);
        }
        let shown = self.show(&self.shape());
        let message = format!("`{what}` needs a tensor with two or three spatial axes");
        self.sink
            .push(Diagnostic::error("E0303", self.origin, message).at(format!("gets {shown}")));
        None
    }

    /// Reports `diagnostic` if `bad` holds in a valid network where the node made next exists.
    pub fn check(&mut self, bad: Vary, diagnostic: Diagnostic) {
        if bad != FALSE {
            self.pending.push(Check {
                bad,
                guard: self.guard,
                node: None,
                diagnostic,
                message: None,
            });
        }
    }

    /// The same for a mistake that makes nonsense of the result's shape, which then cannot be a
    /// mistake of its users.
    pub fn check_shape(&mut self, bad: Vary, diagnostic: Diagnostic) {
        let bad = self.unspoilt(bad);
        self.spoil(bad);
        self.check(bad, diagnostic);
    }

    /// The same for a mistake that says nothing about the result's shape.
    pub fn check_input(&mut self, bad: Vary, diagnostic: Diagnostic) {
        let bad = self.unspoilt(bad);
        self.check(bad, diagnostic);
    }

    /// The same for an argument: what its tensors are does not matter.
    fn check_argument(&mut self, bad: Vary, diagnostic: Diagnostic) {
        self.spoil(bad);
        self.check(bad, diagnostic);
    }

    /// Says that the result's shape is nonsense where `bad` holds, which is reported elsewhere.
    pub(super) fn spoil(&mut self, bad: Vary) {
        if bad != FALSE {
            let fails = self.graph.diagrams.unary(Unary::IsFault, bad);
            let bad = self.graph.diagrams.ite(fails, FALSE, bad);
            self.spoils = self.graph.diagrams.or(self.spoils, bad);
        }
    }

    /// `bad` without the networks in which an operand's shape is nonsense already.
    fn unspoilt(&mut self, bad: Vary) -> Vary {
        if bad == FALSE || self.spoilt.is_empty() {
            return bad;
        }
        let mask = self.spoilt_operands();
        let sound = self.graph.diagrams.not(mask);
        self.graph.diagrams.and(sound, bad)
    }

    /// Where an operand's shape is nonsense.
    fn spoilt_operands(&mut self) -> Vary {
        let mut mask = FALSE;
        for operand in &self.operands {
            if let Some(&spoilt) = self.spoilt.get(operand) {
                mask = self.graph.diagrams.or(mask, spoilt);
            }
        }
        mask
    }

    /// Checks `least <= value`, and that the value is not absurdly large.
    pub fn at_least(&mut self, name: &str, value: Vary, least: i64) {
        let most = self.graph.diagrams.int_range_where(self.guard, value);
        if most.is_some_and(|(_, most)| most > LARGEST) {
            let shown = self.show_value(value);
            // Reported whether or not anything uses the node: no table has room for it.
            let message = format!("`{name}` must be at most {LARGEST}");
            self.sink.push(
                Diagnostic::error("E0306", self.origin, message).at(format!("`{name}` is {shown}")),
            );
        }
        let least_value = self.graph.diagrams.int(least);
        let bad = self.op(Binary::Less, value, least_value);
        // Nearly every argument is fine: words are made for the others alone.
        if bad == FALSE {
            return;
        }
        let shown = self.show_value(value);
        let message = format!("`{name}` must be at least {least}");
        let diagnostic =
            Diagnostic::error("E0306", self.origin, message).at(format!("`{name}` is {shown}"));
        self.check_argument(bad, diagnostic);
    }

    /// Checks that `least <= value <= most`, both of which are small.
    pub fn between(&mut self, name: &str, value: Vary, [least, most]: [i64; 2]) {
        let d = &mut self.graph.diagrams;
        let (low, high) = (d.int(least), d.int(most));
        let below = d.binary(Binary::Less, value, low);
        let above = d.binary(Binary::Less, high, value);
        let bad = d.or(below, above);
        if bad == FALSE {
            return;
        }
        let shown = self.show_value(value);
        let message = format!("`{name}` must be between {least} and {most}");
        let diagnostic =
            Diagnostic::error("E0306", self.origin, message).at(format!("`{name}` is {shown}"));
        self.check_argument(bad, diagnostic);
    }

    /// Whether a tensor of so many channels can be told of; reports it otherwise.
    pub fn fits_channels(&mut self, channels: u64) -> bool {
        let fits = channels <= LARGEST as u64;
        if !fits {
            let message = format!("a tensor has at most {LARGEST} channels");
            self.sink.push(
                Diagnostic::error("E0306", self.origin, message)
                    .at(format!("makes {channels} channels")),
            );
        }
        fits
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

    /// `div(size + 2 pad - dilation (kernel - 1) - 1, stride) + 1`, checked to be positive.
    pub fn window(&mut self, size: Vary, [kernel, stride, dilation, pad]: [Vary; 4]) -> Vary {
        let reach = self.with(Binary::Subtract, kernel, 1);
        let reach = self.op(Binary::Multiply, reach, dilation);
        let padded = self.with(Binary::Multiply, pad, 2);
        let padded = self.op(Binary::Add, size, padded);
        let room = self.op(Binary::Subtract, padded, reach);
        let room = self.with(Binary::Subtract, room, 1);
        let steps = self.op(Binary::Div, room, stride);
        let result = self.with(Binary::Add, steps, 1);
        let least = self.graph.diagrams.int(1);
        let bad = self.op(Binary::Less, result, least);
        if bad == FALSE {
            return result;
        }
        let (kernel, size) = (self.show_value(kernel), self.show_value(size));
        let diagnostic =
            Diagnostic::error("E0307", self.origin, "the window does not fit into the tensor")
                .at(format!("a window of {kernel} on {size}"));
        self.check_shape(bad, diagnostic);
        result
    }

    /// Nothing with weights can read a tensor whose alternatives have different layouts. Gives where
    /// they have different numbers of channels, which is reported here.
    pub fn needs_one_layout(&mut self, layout: &Layout) -> Vary {
        let Some(select) = layout.mixed else { return FALSE };
        let Some(clash) = self.clashes.get(&select) else { return FALSE };
        let path = self.decided_at(select);
        let operands = self.graph.operands(select);
        let shapes: Vec<String> =
            operands.iter().map(|&o| self.show(&self.graph.node(o).shape)).collect();
        let (code, message, bad) = if clash.bad == FALSE {
            let message =
                format!("the alternatives of `{path}` lay their channels out differently");
            ("E0320", message, TRUE)
        } else {
            let message = format!("the alternatives of `{path}` do not agree on their shape");
            ("E0312", message, clash.bad)
        };
        let differ = clash.bad;
        let odd = (1..shapes.len()).find(|&i| shapes[i] != shapes[0]).unwrap_or(shapes.len() - 1);
        let mut shown: Vec<&str> = vec![&shapes[odd]];
        let mut diagnostic = Diagnostic::error(code, clash.alternatives[odd], message)
            .at(format!("gives {}", shapes[odd]));
        for (shape, &origin) in shapes.iter().zip(&clash.alternatives) {
            if !shown.contains(&shape.as_str()) {
                diagnostic = diagnostic.label(origin, format!("gives {shape}"));
                shown.push(shape);
            }
        }
        diagnostic = if code == "E0320" {
            diagnostic
                .label(self.origin, "reads channels of one layout")
                .note("a smaller network uses the leading channels of every joined part")
        } else {
            diagnostic.label(self.origin, "needs the same channels from every alternative").help(
                "give the alternatives the same `out`, or guard one: `if x.channels == out { … }`",
            )
        };
        let bad = self.unspoilt(bad);
        let guard = self.graph.node(select).guard;
        self.pending.push(Check { bad, guard, node: Some(select), diagnostic, message: None });
        differ
    }

    /// The path of the decision that a select follows, or its own where it follows a condition.
    fn decided_at(&self, select: NodeId) -> Arc<str> {
        match self.graph.choice(select) {
            Some(decision) => self.graph.decision(decision).path.clone(),
            None => self.graph.node(select).path.clone(),
        }
    }

    /// How a parameter's axis follows a channel layout.
    pub fn slice_of(&self, layout: &Layout) -> AxisSlice {
        if layout.is_full(&self.graph.diagrams) {
            AxisSlice::Whole
        } else {
            AxisSlice::Prefixes(layout.segments.clone())
        }
    }

    /// Checks that channels are not made out of a tensor without any.
    pub fn makes_of_nothing(&mut self, out: Vary) {
        let zero = self.graph.diagrams.int(0);
        let channels = self.shape().channels();
        let empty = self.op(Binary::Equal, channels, zero);
        let some = self.op(Binary::Less, zero, out);
        let bad = self.graph.diagrams.and(empty, some);
        if bad == FALSE {
            return;
        }
        let diagnostic = Diagnostic::error(
            "E0310",
            self.origin,
            "a convolution makes channels out of a tensor without channels",
        );
        self.check_input(bad, diagnostic);
    }

    /// Checks that the channels of the operand and those made can be divided into groups.
    pub fn divides_into(&mut self, groups: Vary, out: Vary) {
        let zero = self.graph.diagrams.int(0);
        for (name, channels) in [("input", self.shape().channels()), ("out", out)] {
            let rest = self.op(Binary::Mod, channels, groups);
            let bad = self.graph.diagrams.differ(rest, zero);
            let fails = self.graph.diagrams.unary(Unary::IsFault, bad);
            let bad = self.graph.diagrams.ite(fails, FALSE, bad);
            if bad == FALSE {
                continue;
            }
            let shown = (self.show_value(channels), self.show_value(groups));
            let message = format!("the {name} channels cannot be divided into the groups");
            let diagnostic = Diagnostic::error("E0311", self.origin, message)
                .at(format!("{} channels, {} groups", shown.0, shown.1));
            self.check_input(bad, diagnostic);
        }
    }

    /// The axis of input channels of a weight with groups: its size, and how it is cut. Groups of
    /// channels that vary are an error, unless every network stands alone; `None` then.
    pub fn per_group(
        &mut self,
        what: &str,
        groups: Vary,
        [input, output]: [&Layout; 2],
    ) -> Option<(u32, AxisSlice)> {
        if self.graph.diagrams.constant_int(groups) == Some(1) {
            return Some((input.max(), self.slice_of(input)));
        }
        let (fixed, apart) = (
            input.is_full(&self.graph.diagrams) && output.is_full(&self.graph.diagrams),
            self.sharing.apart,
        );
        if !fixed && !apart {
            let message = format!("`{what}` cannot divide channels that vary into groups");
            self.sink.push(
                Diagnostic::error("E0313", self.origin, message)
                    .help("give every network the same channels, or use `dwconv`"),
            );
            return None;
        }
        let mut channels = self.graph.diagrams.int(0);
        for segment in &input.segments {
            channels = self.op(Binary::Add, channels, segment.active);
        }
        let active = self.op(Binary::Divide, channels, groups);
        let max = self.most(active);
        let plain = self.graph.diagrams.constant(active).is_some();
        let slice = AxisSlice::Prefixes(vec![Segment { max, active }]);
        Some((max, if plain { AxisSlice::Whole } else { slice }))
    }

    /// A layout for `channels` new channels.
    pub fn new_layout(&mut self, channels: Vary) -> Layout {
        let max = self.most(channels);
        Layout { segments: vec![Segment { max, active: channels }], mixed: None }
    }

    /// Adds a node with the given parts.
    pub fn finish(
        &mut self,
        kind: Kind,
        attributes: &[(&'static str, &[Vary])],
        operands: &[NodeId],
        shape: Shape,
        params: &[ParamSpec<'_>],
    ) -> NodeId {
        let path = (self.paths)();
        let mut made = Vec::new();
        for spec in params {
            for copy in self.copies(spec) {
                made.push(self.param(&path, spec, copy));
            }
        }
        let attributes = attributes
            .iter()
            .map(|(name, values)| Attribute { name: Cow::Borrowed(*name), values: values.to_vec() })
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

    fn param(&mut self, node: &NodePath, spec: &ParamSpec<'_>, copy: Copy) -> ParamId {
        let path: Arc<str> = Arc::from(match &copy.name {
            Some(copy) => format!("{}.{}{COPY}{copy}", node.params, spec.name),
            None => format!("{}.{}", node.params, spec.name),
        });
        if let Some(&known) = self.instance.as_ref().and_then(|instance| instance.get(&path)) {
            let first = self.graph.param(known);
            if first.full != copy.full || first.slices != copy.slices {
                let diagnostic = Diagnostic::error(
                    "E0309",
                    self.origin,
                    format!("the applications of a shared instance need different `{path}`"),
                )
                .at(format!("needs {:?} here", copy.full))
                .label(first.origin, format!("needs {:?} at its first application", first.full));
                self.sink.push(diagnostic);
            }
            return known;
        }
        let size: u128 = copy.full.iter().map(|&n| u128::from(n)).product();
        if size > LARGEST_PARAM {
            let message = format!("`{path}` is larger than any memory");
            self.sink.push(
                Diagnostic::error("E0306", self.origin, message)
                    .at(format!("has {size} numbers in the largest network")),
            );
        }
        let keys = node
            .keys
            .iter()
            .map(|key| Key {
                scheme: key.scheme.clone(),
                name: Arc::from(format!("{}.{}", key.name, spec.name)),
            })
            .collect();
        let param = Param {
            path: path.clone(),
            role: spec.role,
            full: copy.full,
            slices: copy.slices,
            when: copy.when,
            keys,
            origin: self.origin,
        };
        let id = self.graph.add_param(param);
        if let Some(instance) = self.instance.as_mut() {
            instance.insert(path, id);
        }
        id
    }

    /// An attribute or dimension that failed in a network in which the node exists is an error.
    fn check_faults(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let mut values = node.shape.axes.clone();
        if let Op::Prim { attributes, .. } = &node.op {
            values.extend(attributes.iter().flat_map(|a| a.values.iter().copied()));
        }
        for value in values {
            let bad = self.graph.diagrams.unary(Unary::IsFault, value);
            // What an argument out of range leads to is that argument's mistake.
            let bad = self.unspoilt(bad);
            let sound = self.graph.diagrams.not(self.spoils);
            let bad = self.graph.diagrams.and(sound, bad);
            if bad == FALSE {
                continue;
            }
            self.spoil(bad);
            let message = self
                .graph
                .diagrams
                .leaves(value)
                .into_iter()
                .find_map(|leaf| match leaf {
                    Leaf::Fault(fault) => Some(self.graph.diagrams.fault_message(fault).to_owned()),
                    _ => None,
                })
                .unwrap_or_default();
            let diagnostic = Diagnostic::error("E0308", self.origin, message);
            self.checks.push(Check {
                bad,
                guard: self.guard,
                node: Some(id),
                diagnostic,
                message: None,
            });
        }
    }

    /// A shape for messages, such as `24x56x56` or `{16,24}x56x56`.
    pub fn show(&self, shape: &Shape) -> String {
        show_shape(self.graph, shape)
    }

    /// A value for messages.
    pub fn show_value(&self, value: Vary) -> String {
        show_value(self.graph, value)
    }
}

/// A shape for messages, such as `24x56x56` or `{16,24}x56x56`.
pub fn show_shape(graph: &Graph, shape: &Shape) -> String {
    let axes: Vec<String> = shape.axes.iter().map(|&axis| show_value(graph, axis)).collect();
    axes.join("x")
}

/// A value for messages, such as `3`, `"relu"` or `{3,5,7}`.
pub fn show_value(graph: &Graph, value: Vary) -> String {
    let written = |leaf: &Leaf| match leaf {
        Leaf::Str(text) => format!("\"{text}\""),
        other => other.to_string(),
    };
    if let Some(leaf) = graph.diagrams.constant(value) {
        return written(leaf);
    }
    let leaves: Vec<String> = graph.diagrams.leaves(value).iter().map(written).collect();
    match leaves.as_slice() {
        [first, .., last] if leaves.len() > 6 => format!("{{{first}..{last}}}"),
        few => format!("{{{}}}", few.join(",")),
    }
}

/// A parameter that a primitive makes.
pub struct ParamSpec<'a> {
    /// The last part of its path.
    pub name: Cow<'a, str>,
    /// What it is for.
    pub role: Role,
    /// Its shape in the largest network.
    pub full: Vec<u32>,
    /// How each axis is cut.
    pub slices: Vec<AxisSlice>,
    /// Where it is used, of where the operation exists.
    pub when: Vary,
    /// What every value of has a copy of its own.
    pub per: Option<Vary>,
}

impl<'a> ParamSpec<'a> {
    /// A parameter that is used wherever the operation exists.
    pub fn new(
        name: impl Into<Cow<'a, str>>,
        role: Role,
        full: Vec<u32>,
        slices: Vec<AxisSlice>,
    ) -> Self {
        Self { name: name.into(), role, full, slices, when: TRUE, per: None }
    }
}
