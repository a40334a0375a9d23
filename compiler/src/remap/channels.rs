//! Which axes carry the same channels.
//!
//! A convolution makes channels of its own; what works on each channel by itself passes them on, and a
//! sum or product joins those of its operands. If some of them are to be taken, it must be the same ones
//! wherever they are carried.

use crate::arch::Arch;
use crate::ir::{Graph, Kind, Layout, Node, NodeId, Op, Role};
use crate::vary::Vary;

/// A set of channels, by number.
pub(super) type Class = usize;

/// Channels next to each other on an axis of the largest network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The first place.
    pub start: u32,
    /// How many are in use.
    pub length: u32,
    /// Which channels they are.
    pub class: Option<Class>,
}

/// What is known of a set of channels.
struct Known {
    /// Another of the same channels; itself if none is smaller.
    same: Class,
    /// The first operation that makes them, and where in its result they begin.
    made: Option<(NodeId, u32)>,
    /// Whether only leading channels can be taken, because their places count.
    held: bool,
}

/// The channels of every node.
pub(super) struct Channels {
    of: Vec<Vec<Stretch>>,
    known: Vec<Known>,
}

impl Channels {
    /// The channels of a graph, in one network of it if `arch` is given, else in the largest.
    pub fn of(graph: &Graph, arch: Option<&Arch>) -> Self {
        let mut channels = Self { of: vec![Vec::new(); graph.node_bound()], known: Vec::new() };
        for (id, node) in graph.nodes() {
            if arch.is_some_and(|arch| !graph.holds(node.presence, arch)) {
                continue;
            }
            let mut operands = graph.operands(id);
            if let (Op::Select { on }, Some(arch)) = (&node.op, arch) {
                let chosen = graph.value(*on, arch).as_int().unwrap_or(0) as usize;
                operands = operands.get(chosen).copied().into_iter().collect();
            }
            channels.enter(graph, arch, (id, node), &operands);
        }
        channels
    }

    fn enter(
        &mut self,
        graph: &Graph,
        arch: Option<&Arch>,
        (id, node): (NodeId, &Node),
        operands: &[NodeId],
    ) {
        let mut own = stretches(graph, arch, &node.shape.layout);
        let mut fits = true;
        if makes(graph, node) {
            for stretch in &mut own {
                stretch.class = Some(self.fresh(Some((id, stretch.start))));
            }
        } else if matches!(&node.op, Op::Prim { kind: Kind::Concat, .. }) {
            let all: Vec<Stretch> =
                operands.iter().flat_map(|operand| self.of[operand.index()].clone()).collect();
            fits = self.join(&mut own, &all);
        } else if keeps(graph, node) {
            for operand in operands {
                let theirs = self.of[operand.index()].clone();
                let one = theirs.iter().map(|stretch| stretch.length).sum::<u32>() == 1;
                fits &= one || self.join(&mut own, &theirs);
            }
        } else {
            fits = operands.is_empty();
        }
        for stretch in &mut own {
            stretch.class = stretch.class.or_else(|| Some(self.fresh(None)));
        }
        // Where channels change places, or neighbours are mixed, their places count.
        let mixes = matches!(&node.op, Op::Prim { kind: Kind::Gn | Kind::TemporalShift, .. });
        if !fits && !makes(graph, node) || mixes {
            let read = operands.iter().flat_map(|operand| &self.of[operand.index()]);
            let read: Vec<Class> = read.chain(&own).filter_map(|stretch| stretch.class).collect();
            for class in read {
                self.hold(class);
            }
        }
        self.of[id.index()] = own;
    }

    /// Gives `own` the channels of `theirs`, stretch by stretch; whether they have the same lengths.
    fn join(&mut self, own: &mut [Stretch], theirs: &[Stretch]) -> bool {
        let lengths = |all: &[Stretch]| all.iter().map(|s| s.length).collect::<Vec<_>>();
        if lengths(own) != lengths(theirs) {
            return false;
        }
        for (own, theirs) in own.iter_mut().zip(theirs) {
            own.class = match (own.class, theirs.class) {
                (Some(a), Some(b)) => Some(self.same(a, b)),
                (a, b) => a.or(b),
            };
        }
        true
    }

    fn fresh(&mut self, made: Option<(NodeId, u32)>) -> Class {
        self.known.push(Known { same: self.known.len(), made, held: false });
        self.known.len() - 1
    }

    /// The smallest class of the same channels.
    pub fn first(&self, mut class: Class) -> Class {
        while self.known[class].same != class {
            class = self.known[class].same;
        }
        class
    }

    fn same(&mut self, a: Class, b: Class) -> Class {
        let (a, b) = (self.first(a), self.first(b));
        let (first, other) = (a.min(b), a.max(b));
        if first != other {
            self.known[other].same = first;
            let held = self.known[other].held || self.known[first].held;
            let made = [self.known[first].made, self.known[other].made];
            self.known[first].made = made.into_iter().flatten().min();
            self.known[first].held = held;
        }
        first
    }

    /// From now on only leading channels of these can be taken.
    pub fn hold(&mut self, class: Class) {
        let first = self.first(class);
        self.known[first].held = true;
    }

    /// The operation that makes these channels first, and where they begin in its result; `None` if
    /// there is none, or only leading ones can be taken.
    pub fn made(&self, class: Class) -> Option<(NodeId, u32)> {
        let known = &self.known[self.first(class)];
        known.made.filter(|_| !known.held)
    }

    /// The channels of a node's result.
    pub fn at(&self, node: NodeId) -> &[Stretch] {
        &self.of[node.index()]
    }
}

/// The runs of channels of a layout that are in use.
fn stretches(graph: &Graph, arch: Option<&Arch>, layout: &Layout) -> Vec<Stretch> {
    let active = |value: Vary, max: u32| match arch {
        Some(arch) => graph.value(value, arch).as_int().unwrap_or(0) as u32,
        None => max,
    };
    let mut start = 0;
    let mut found = Vec::with_capacity(layout.segments.len());
    for segment in &layout.segments {
        let length = active(segment.active, segment.max);
        if length > 0 {
            found.push(Stretch { start, length, class: None });
        }
        start += segment.max;
    }
    found
}

/// Whether a node has a weight that is no depthwise one: its channels are its own.
fn makes(graph: &Graph, node: &Node) -> bool {
    node.params.iter().any(|&param| {
        let param = graph.param(param);
        match param.role {
            Role::ConvWeight => !is_depthwise(&param.full, node.shape.layout.max()),
            Role::TransposeWeight | Role::LinearWeight => true,
            _ => false,
        }
    })
}

/// Whether every output channel of a weight `[out, in / groups, …]` reads the input of its number.
pub(super) fn is_depthwise(full: &[u32], out: u32) -> bool {
    full.get(1) == Some(&1) && full.first() == Some(&out) && out > 1
}

/// Whether every channel that a node gives is made of the channels of its number.
fn keeps(graph: &Graph, node: &Node) -> bool {
    let Op::Prim { kind, .. } = &node.op else { return !matches!(node.op, Op::Input { .. }) };
    match kind {
        Kind::Conv | Kind::BinaryConv | Kind::WsConv => !makes(graph, node),
        Kind::Bn
        | Kind::Gn
        | Kind::Act
        | Kind::MaxPool
        | Kind::AvgPool
        | Kind::GlobalPool
        | Kind::AdaptivePool
        | Kind::Resize
        | Kind::Flatten
        | Kind::Add
        | Kind::Mul
        | Kind::Scale
        | Kind::Gain
        | Kind::Offset
        | Kind::TemporalShift
        | Kind::Dropout
        | Kind::DropPath
        | Kind::Softmax
        | Kind::Identity => true,
        Kind::ConvTranspose
        | Kind::Linear
        | Kind::Concat
        | Kind::Slice
        | Kind::Shuffle
        | Kind::Deinterleave
        | Kind::Bypass
        | Kind::Zero => false,
    }
}
