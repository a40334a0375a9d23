//! What a plan sees of a side: its tensors, with the channels along every axis.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::channels::{Channels, Class, Stretch};
use super::taken::Shrink;
use crate::arch::Arch;
use crate::ir::{AxisSlice, DecisionKind, Graph, Kind, NodeId, Op, Param, ParamId, Role};
use crate::pass::Checked;

/// A seed or a target.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The network, or the space.
    pub graph: &'a Checked,
    /// The only network of the space that counts, of a seed: its weights are the parts of the space's that
    /// it uses. Else a space counts as its largest network.
    pub arch: Option<&'a Arch>,
    /// The space that a network was found in, if any: what its decisions are called says which parts of
    /// paths only tell what was decided.
    pub found_in: Option<&'a Checked>,
}

impl<'a> Side<'a> {
    /// All of a network or space.
    pub fn whole(graph: &'a Checked) -> Self {
        Self { graph, arch: None, found_in: None }
    }

    /// One network of a space, by the weights of the space.
    pub fn network_of(graph: &'a Checked, arch: &'a Arch) -> Self {
        Self { graph, arch: Some(arch), found_in: None }
    }

    /// A network that was found in a space.
    pub fn found(graph: &'a Checked, space: &'a Checked) -> Self {
        Self { graph, arch: None, found_in: Some(space) }
    }
}

/// The tensors of a side, and what they have in common.
pub(super) struct View<'a> {
    pub graph: &'a Graph,
    pub tensors: Vec<Seen>,
    pub channels: Channels,
    /// The paths of decisions between branches.
    pub choices: BTreeSet<&'a str>,
}

/// A tensor.
pub(super) struct Seen {
    /// Its path.
    pub path: Arc<str>,
    /// Its path; in a network of a space the one that the network gives it.
    pub name: Arc<str>,
    pub role: Role,
    /// Its shape in the largest network.
    pub full: Vec<u32>,
    pub axes: Vec<Extent>,
    pub groups: u32,
    pub shrinks: Vec<Shrink>,
    /// The operation that uses it first.
    pub node: NodeId,
}

/// What is used along an axis. Of the second axis of weights with groups: along that of all groups.
#[derive(Default)]
pub(super) struct Extent {
    pub parts: Vec<Stretch>,
    pub is_kernel: bool,
    /// Whether its places are what an output gives, classes for one.
    pub answers: bool,
}

impl Extent {
    /// How many places are in use.
    pub fn length(&self) -> u32 {
        self.parts.iter().map(|part| part.length).sum()
    }

    pub fn classes(&self) -> impl Iterator<Item = Class> {
        self.parts.iter().filter_map(|part| part.class)
    }

    fn of(start: u32, length: u32) -> Self {
        Self { parts: vec![Stretch { start, length, class: None }], ..Self::default() }
    }
}

impl Seen {
    /// Whether it is a weight whose groups have several channels each.
    pub fn mixes_groups(&self) -> bool {
        let is_depthwise = self.full.get(1) == Some(&1) && self.full.first() == Some(&self.groups);
        self.groups > 1 && !is_depthwise
    }
}

impl<'a> View<'a> {
    /// What there is to see of a side.
    pub fn of(side: &Side<'a>) -> Self {
        let (graph, arch) = (side.graph as &Graph, side.arch);
        let channels = Channels::of(graph, arch);
        let answering = answering(graph, arch);
        let mut tensors: Vec<Option<Seen>> = graph.params.iter().map(|_| None).collect();
        for (id, node) in graph.nodes() {
            if arch.is_some_and(|arch| !graph.holds(node.presence, arch)) {
                continue;
            }
            for &param in &node.params {
                let is_used = arch.is_none_or(|arch| graph.holds(graph.param(param).when, arch));
                if is_used && tensors[param.index()].is_none() {
                    let looking = Looking { graph, arch, channels: &channels, node: id };
                    let answers = answering.contains(&id);
                    tensors[param.index()] = Some(looking.seen(param, answers));
                }
            }
        }
        let decisions = [Some(side.graph), side.found_in].into_iter().flatten();
        let choices = decisions
            .flat_map(|space| &space.decisions)
            .filter(|decision| decision.kind != DecisionKind::Value)
            .map(|decision| &*decision.path)
            .collect();
        Self { graph, tensors: tensors.into_iter().flatten().collect(), channels, choices }
    }
}

/// A tensor being looked at where it is used first.
struct Looking<'a> {
    graph: &'a Graph,
    arch: Option<&'a Arch>,
    channels: &'a Channels,
    node: NodeId,
}

impl Looking<'_> {
    fn seen(&self, id: ParamId, answers: bool) -> Seen {
        let param = self.graph.param(id);
        let made = || self.channels.at(self.node).to_vec();
        let read = || {
            let operands = self.graph.operands(self.node);
            operands.first().map(|&first| self.channels.at(first).to_vec()).unwrap_or_default()
        };
        let mut axes: Vec<Extent> =
            (0..param.full.len()).map(|axis| self.plain(param, axis)).collect();
        let (mut groups, mut shrinks) = (1, Vec::new());
        match param.role {
            Role::ConvWeight | Role::LinearWeight | Role::TransposeWeight => {
                let (first, second) = match param.role {
                    Role::TransposeWeight => (read(), made()),
                    _ => (made(), read()),
                };
                self.along(param, 0, 1, &first, &mut axes);
                groups = self.groups(param, &second);
                self.along(param, 1, groups, &second, &mut axes);
                let outputs = usize::from(param.role == Role::TransposeWeight);
                if let Some(axis) = axes.get_mut(outputs) {
                    axis.answers = answers;
                }
                for axis in axes.iter_mut().skip(2) {
                    axis.is_kernel = true;
                }
                shrinks = self.shrinks(param);
                if let Some(last) = shrinks.last() {
                    let side = last.side;
                    for axis in axes.iter_mut().skip(2) {
                        *axis = Extent { is_kernel: true, ..Extent::of(0, side) };
                    }
                }
            }
            Role::Transform => {}
            _ => {
                // `[C]`, or `[1, C, 1, …]` as broadcasting wants it.
                let axis = param.full.iter().position(|&length| length > 1).unwrap_or(0);
                self.along(param, axis, 1, &made(), &mut axes);
                if let Some(axis) = axes.get_mut(axis) {
                    axis.answers = answers;
                }
            }
        }
        let path = param.path.clone();
        let name = if self.arch.is_some() { param.plain_path() } else { path.clone() };
        let (role, full) = (param.role, param.full.clone());
        Seen { path, name, role, full, axes, groups, shrinks, node: self.node }
    }

    /// What is used of an axis whose channels are not known.
    fn plain(&self, param: &Param, axis: usize) -> Extent {
        let full = param.full[axis];
        let Some(arch) = self.arch else { return Extent::of(0, full) };
        let int = |value| self.graph.value(value, arch).as_int().unwrap_or(0) as u32;
        match &param.slices[axis] {
            AxisSlice::Whole => Extent::of(0, full),
            AxisSlice::Centre(size) => Extent::of((full - int(*size)) / 2, int(*size)),
            AxisSlice::Prefixes(segments) => {
                Extent::of(0, segments.iter().map(|segment| int(segment.active)).sum())
            }
        }
    }

    /// Puts known channels along an axis, if it has as many.
    fn along(
        &self,
        param: &Param,
        axis: usize,
        groups: u32,
        channels: &[Stretch],
        axes: &mut [Extent],
    ) {
        let (Some(&full), Some(place)) = (param.full.get(axis), axes.get_mut(axis)) else { return };
        let used: u32 = channels.iter().map(|part| part.length).sum();
        let lies = channels.last().map_or(0, |last| last.start + last.length);
        let is_cut = !matches!(param.slices[axis], AxisSlice::Whole) || groups > 1;
        if used == full * groups {
            // There are no gaps between them, also in a copy for what is used alone.
            let mut start = 0;
            place.parts = channels
                .iter()
                .map(|part| {
                    start += part.length;
                    Stretch { start: start - part.length, ..*part }
                })
                .collect();
        } else if self.arch.is_some() && is_cut && lies <= full * groups {
            place.parts = channels.to_vec();
        }
    }

    /// How many groups a weight has, of whose second axis these are the channels.
    fn groups(&self, param: &Param, channels: &[Stretch]) -> u32 {
        let Some(&width) = param.full.get(1).filter(|&&width| width > 0) else { return 1 };
        let node = self.graph.node(self.node);
        let all = match param.role {
            Role::TransposeWeight => node.shape.layout.max(),
            _ => {
                let first = self.graph.operands(self.node).first().copied();
                first.map_or(0, |first| self.graph.node(first).shape.layout.max())
            }
        };
        let used: u32 = channels.iter().map(|part| part.length).sum();
        // A copy for one width has no more channels than are used.
        let rows = param.full.first().copied().unwrap_or(1);
        [all, used]
            .into_iter()
            .find(|&all| all.is_multiple_of(width) && all > 0 && rows.is_multiple_of(all / width))
            .map_or(1, |all| all / width)
    }

    /// How the kernel of a weight gets smaller in the network.
    fn shrinks(&self, param: &Param) -> Vec<Shrink> {
        let Some(arch) = self.arch else { return Vec::new() };
        let axes = param.full.len().saturating_sub(2) as u32;
        let mut from = param.full.get(2).copied().unwrap_or(1);
        let mut shrinks = Vec::new();
        for &matrix in &self.graph.node(self.node).params {
            let matrix = self.graph.param(matrix);
            if matrix.role != Role::Transform || !self.graph.holds(matrix.when, arch) {
                continue;
            }
            let places = matrix.full.first().copied().unwrap_or(0);
            if let Some(side) = (1..from).find(|side| side.pow(axes) == places) {
                shrinks.push(Shrink { matrix: matrix.path.clone(), side });
                from = side;
            }
        }
        shrinks
    }
}

/// The operations with weights whose results go out as they are, or resized, joined and averaged.
fn answering(graph: &Graph, arch: Option<&Arch>) -> BTreeSet<NodeId> {
    let mut open = graph.outputs();
    let mut seen: BTreeSet<NodeId> = BTreeSet::new();
    let mut found = BTreeSet::new();
    while let Some(id) = open.pop() {
        let node = graph.node(id);
        if arch.is_some_and(|arch| !graph.holds(node.presence, arch)) || !seen.insert(id) {
            continue;
        }
        let is_weighted = node.params.iter().any(|&param| {
            matches!(
                graph.param(param).role,
                Role::ConvWeight | Role::LinearWeight | Role::TransposeWeight
            )
        });
        if is_weighted {
            found.insert(id);
            continue;
        }
        let passes = match &node.op {
            Op::Output { .. } | Op::Select { .. } => true,
            Op::Input { .. } => false,
            Op::Prim { kind, .. } => matches!(
                kind,
                Kind::Resize
                    | Kind::Flatten
                    | Kind::Concat
                    | Kind::Slice
                    | Kind::Softmax
                    | Kind::Scale
                    | Kind::Identity
                    | Kind::Dropout
                    | Kind::GlobalPool
                    | Kind::AvgPool
                    | Kind::AdaptivePool
            ),
        };
        if passes {
            open.extend(graph.operands(id));
        }
    }
    found
}
