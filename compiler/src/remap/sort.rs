//! Which channels of a space can change places, and where each is carried.
//!
//! A narrower network has the leading channels of a wider one, so which come first matters where a width is
//! to be decided. [`sorts`] finds the channels of elastic widths whose order nothing else depends on,
//! every axis that carries them, and how far a change may go so that all networks that were trained before
//! still compute what they did. Which channels are the important ones is for whoever has weights.

use std::collections::{BTreeMap, BTreeSet};

use super::channels::{Channels, Class, Stretch, is_depthwise};
use crate::ir::{Graph, Kind, Node, NodeId, Op, ParamId, Role};
use crate::pass::Checked;
use crate::vary::{Leaf, Vary};

/// Where channels lie along an axis of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lane {
    /// The tensor.
    pub param: ParamId,
    /// The axis.
    pub axis: usize,
    /// The place of the first channel.
    pub start: u32,
    /// How many of them are there, from the first on.
    pub length: u32,
}

/// Channels that may change places, everywhere alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// How many there are.
    pub length: u32,
    /// Numbers of leading channels that must stay the leading ones, in order: the widths of networks that were
    /// trained already.
    pub bounds: Vec<u32>,
    /// Every axis that carries them.
    pub carried: Vec<Lane>,
    /// Those of weights that read them, by which they are judged: squeezed copies of images aside, if there
    /// is anything else.
    pub read: Vec<Lane>,
}

/// The channels that may change places in a space, if its training so far has seen the networks that take options
/// marked in `trained` (a row per decision); none were if there are no rows.
pub fn sorts(space: &Checked, trained: &[Vec<bool>]) -> Vec<Sort> {
    let graph: &Graph = space;
    let mut found = Found {
        graph,
        channels: Channels::of(graph, None),
        sets: BTreeMap::new(),
        squeezed: squeezed(graph),
    };
    let nodes: Vec<(NodeId, &Node)> = graph.nodes().collect();
    // Which channels are the same is known when all nodes were seen; what holds some holds all of them.
    for &(id, node) in &nodes {
        found.hold_fixed(id, node);
    }
    for &(id, node) in &nodes {
        for &param in &node.params {
            found.tensor(id, node, param);
        }
    }
    for &(id, node) in &nodes {
        found.widths(id, node, trained);
    }
    found.finish()
}

/// What is known of a set of channels.
#[derive(Default)]
struct Set {
    length: u32,
    varies: bool,
    bounds: BTreeSet<u32>,
    carried: BTreeSet<Lane>,
    read: BTreeSet<Lane>,
    read_squeezed: BTreeSet<Lane>,
}

struct Found<'a> {
    graph: &'a Graph,
    channels: Channels,
    sets: BTreeMap<Class, Set>,
    squeezed: Vec<bool>,
}

impl Found<'_> {
    fn at(&self, id: NodeId) -> Vec<Stretch> {
        self.channels.at(id).to_vec()
    }

    fn hold(&mut self, stretches: &[Stretch]) {
        for class in stretches.iter().filter_map(|stretch| stretch.class) {
            self.channels.hold(class);
        }
    }

    /// Holds channels whose places mean something beyond the tensors: those that go in and out, and those of which runs
    /// are compared.
    fn hold_fixed(&mut self, id: NodeId, node: &Node) {
        let is_fixed = match &node.op {
            Op::Input { .. } | Op::Output { .. } => true,
            Op::Prim { kind: Kind::Softmax, attributes } => {
                attributes.iter().any(|attribute| &*attribute.name == "runs")
            }
            Op::Prim { .. } | Op::Select { .. } => false,
        };
        if is_fixed {
            self.hold(&self.at(id));
        }
    }

    /// Finds the channels along the axes of a tensor.
    fn tensor(&mut self, id: NodeId, node: &Node, param: ParamId) {
        let own = self.at(id);
        let first = self.graph.operands(id).first().copied();
        let theirs = first.map(|first| self.at(first)).unwrap_or_default();
        let known = self.graph.param(param);
        let is_squeezed = first.is_some_and(|first| self.squeezed[first.index()]);
        match known.role {
            Role::ConvWeight if is_depthwise(&known.full, node.shape.layout.max()) => {
                self.axis(param, 0, &own);
            }
            Role::ConvWeight | Role::TransposeWeight if has_groups(self.graph, node) => {
                self.hold(&own);
                self.hold(&theirs);
            }
            Role::ConvWeight | Role::LinearWeight | Role::TransposeWeight => {
                let inputs = usize::from(known.role != Role::TransposeWeight);
                self.axis(param, 1 - inputs, &own);
                for (class, lane) in self.axis(param, inputs, &theirs) {
                    let set = self.sets.entry(class).or_default();
                    if is_squeezed { &mut set.read_squeezed } else { &mut set.read }.insert(lane);
                }
            }
            Role::Transform => {}
            _ => {
                // `[C]`, or `[1, C, 1, …]` as broadcasting wants it; one number does for all channels.
                if let Some(axis) = known.full.iter().position(|&length| length > 1) {
                    self.axis(param, axis, &own);
                }
            }
        }
    }

    /// Puts channels along an axis.
    fn axis(&mut self, param: ParamId, axis: usize, channels: &[Stretch]) -> Vec<(Class, Lane)> {
        let full = self.graph.param(param).full.get(axis).copied().unwrap_or(0);
        let total: u32 = channels.iter().map(|part| part.length).sum();
        let mut lanes = Vec::with_capacity(channels.len());
        let mut start = 0;
        for part in channels {
            let Some(class) = part.class.map(|class| self.channels.first(class)) else { continue };
            let length = match channels {
                _ if total == full => part.length,
                // A copy for the networks of one width.
                [_] if full < total => full,
                _ => {
                    self.hold(channels);
                    return Vec::new();
                }
            };
            let lane = Lane { param, axis, start, length };
            let set = self.sets.entry(class).or_default();
            set.length = set.length.max(part.length);
            set.carried.insert(lane);
            if length < part.length {
                set.bounds.insert(length);
            }
            lanes.push((class, lane));
            start += part.length;
        }
        lanes
    }

    /// Finds the widths that channels have.
    fn widths(&mut self, id: NodeId, node: &Node, trained: &[Vec<bool>]) {
        let segments = node.shape.layout.segments.iter().filter(|segment| segment.max > 0);
        for (segment, stretch) in segments.zip(self.at(id)) {
            let Some(class) = stretch.class.map(|class| self.channels.first(class)) else {
                continue;
            };
            let set = self.sets.entry(class).or_default();
            set.varies |= self.graph.diagrams.constant(segment.active).is_none();
            if !trained.is_empty() {
                let widths = values(self.graph, segment.active, trained);
                set.bounds.extend(widths.into_iter().filter_map(|width| u32::try_from(width).ok()));
            }
        }
    }

    fn finish(self) -> Vec<Sort> {
        let Self { channels, sets, .. } = self;
        // One tensor may be used in several places, with other channels along the same axis.
        let mut lanes: BTreeMap<(ParamId, usize), BTreeMap<Lane, BTreeSet<Class>>> =
            BTreeMap::new();
        for (&class, set) in &sets {
            for &lane in &set.carried {
                let along = lanes.entry((lane.param, lane.axis)).or_default();
                along.entry(lane).or_default().insert(class);
            }
        }
        let torn = lanes.values().filter(|along| {
            let ends = along.keys().zip(along.keys().skip(1));
            let overlap = ends.into_iter().any(|(one, next)| one.start + one.length > next.start);
            overlap || along.values().any(|classes| classes.len() > 1)
        });
        let torn: BTreeSet<Class> = torn.flat_map(BTreeMap::values).flatten().copied().collect();
        let free = sets.into_iter().filter(|(class, set)| {
            set.varies && !torn.contains(class) && channels.made(*class).is_some()
        });
        let sort = |set: Set| {
            let read = if set.read.is_empty() { set.read_squeezed } else { set.read };
            let within = set.bounds.into_iter().filter(|&bound| bound > 0 && bound < set.length);
            Sort {
                length: set.length,
                bounds: within.collect(),
                carried: set.carried.into_iter().collect(),
                read: read.into_iter().collect(),
            }
        };
        free.map(|(_, set)| sort(set)).filter(|sort| !sort.read.is_empty()).collect()
    }
}

/// Whether a convolution has several groups.
fn has_groups(graph: &Graph, node: &Node) -> bool {
    let Op::Prim { attributes, .. } = &node.op else { return false };
    let groups = attributes.iter().find(|attribute| &*attribute.name == "groups");
    let groups = groups.and_then(|groups| groups.values.first());
    groups.is_some_and(|&groups| graph.diagrams.constant_int(groups) != Some(1))
}

/// Per node, whether it is made of images squeezed to one place.
fn squeezed(graph: &Graph) -> Vec<bool> {
    let mut squeezed = vec![false; graph.node_bound()];
    for (id, node) in graph.nodes() {
        let operands = graph.operands(id);
        let is_pool =
            matches!(node.op, Op::Prim { kind: Kind::GlobalPool | Kind::AdaptivePool, .. });
        let all = operands.iter().all(|operand| squeezed[operand.index()]);
        squeezed[id.index()] = is_pool || !operands.is_empty() && all;
    }
    squeezed
}

/// The integers that a value takes where every decision takes an option that is marked.
fn values(graph: &Graph, value: Vary, marked: &[Vec<bool>]) -> BTreeSet<i64> {
    let (mut found, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![value]);
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        match graph.diagrams.branch(at) {
            Some((decision, children)) => {
                let row = marked.get(decision.index());
                let is_open = |option: usize| row.is_none_or(|row| row.get(option) != Some(&false));
                let open_ones = children.iter().enumerate().filter(|(option, _)| is_open(*option));
                open.extend(open_ones.map(|(_, &child)| child));
            }
            None => found.extend(graph.diagrams.constant(at).and_then(Leaf::as_int)),
        }
    }
    found
}
