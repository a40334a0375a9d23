//! What is copied along one axis.

use rustc_hash::FxHashMap;

use super::channels::{Class, Stretch};
use super::plan::Selection;
use super::taken::{AxisMap, Run};
use super::view::{Extent, View};
use crate::ir::remap::{Kernel, Width};
use crate::ir::{Kind, Op, Role};

/// Makes selections of a seed's channels, one for each set of channels and number of them.
pub(super) struct Chooser<'a> {
    seed: &'a View<'a>,
    width: Width,
    made: Vec<Selection>,
    known: FxHashMap<(Class, u32), Option<u32>>,
}

impl<'a> Chooser<'a> {
    pub fn new(seed: &'a View<'a>, width: Width) -> Self {
        Self { seed, width, made: Vec::new(), known: FxHashMap::default() }
    }

    /// The selections that were asked for.
    pub fn made(self) -> Vec<Selection> {
        self.made
    }

    /// The selection of `keep` channels of a stretch; `None` where leading ones are taken.
    fn select(&mut self, part: Stretch, keep: u32) -> Option<u32> {
        if self.width == Width::First || keep >= part.length {
            return None;
        }
        let class = self.seed.channels.first(part.class?);
        if let Some(&known) = self.known.get(&(class, keep)) {
            return known;
        }
        let made = self.selection(class, part.length, keep).map(|selection| {
            self.made.push(selection);
            self.made.len() as u32 - 1
        });
        self.known.insert((class, keep), made);
        made
    }

    fn selection(&self, class: Class, among: u32, keep: u32) -> Option<Selection> {
        let (node, start) = self.seed.channels.made(class)?;
        let View { graph, tensors, .. } = self.seed;
        let of = |wanted: &dyn Fn(Role) -> bool, at| {
            tensors.iter().find(|tensor| tensor.node == at && wanted(tensor.role))
        };
        let (tensor, axis) = if self.width == Width::BnGamma {
            let is_norm =
                |at| matches!(graph.node(at).op, Op::Prim { kind: Kind::Bn | Kind::Gn, .. });
            let behind = graph.users(node).into_iter().map(|(user, _)| user);
            (
                behind
                    .filter(|&at| is_norm(at))
                    .find_map(|at| of(&|r| r == Role::NormWeight, at))?,
                0,
            )
        } else {
            let is_weight = |role| {
                matches!(role, Role::ConvWeight | Role::LinearWeight | Role::TransposeWeight)
            };
            let tensor = of(&is_weight, node)?;
            (tensor, usize::from(tensor.role == Role::TransposeWeight))
        };
        let score = self.width;
        Some(Selection { score, tensor: tensor.path.clone(), axis, start, among, keep })
    }
}

/// What is copied along an axis of channels, run by run where both sides have as many runs.
pub(super) fn channels(from: &Extent, to: &Extent, chooser: &mut Chooser<'_>) -> AxisMap {
    let mut runs = AxisMap::default();
    if from.parts.len() == to.parts.len() {
        for (from, to) in from.parts.iter().zip(&to.parts) {
            let length = from.length.min(to.length);
            let by = chooser.select(*from, to.length);
            push(&mut runs, Run { target: to.start, source: from.start, length, step: 1, by });
        }
        return runs;
    }
    // Other runs: all channels one after another.
    let (mut sources, mut targets) = (from.parts.iter(), to.parts.iter());
    let (mut source, mut target) = (sources.next().copied(), targets.next().copied());
    while let (Some(from), Some(to)) = (&mut source, &mut target) {
        let length = from.length.min(to.length);
        push(&mut runs, Run { target: to.start, source: from.start, length, step: 1, by: None });
        for part in [&mut *from, &mut *to] {
            part.start += length;
            part.length -= length;
        }
        if from.length == 0 {
            source = sources.next().copied();
        }
        if to.length == 0 {
            target = targets.next().copied();
        }
    }
    runs
}

/// What is copied along an axis of a kernel.
pub(super) fn kernel(from: &Extent, to: &Extent, policy: Kernel) -> AxisMap {
    let (small, large) = (from.length(), to.length());
    let start = |axis: &Extent| axis.parts.first().map_or(0, |part| part.start);
    let (source, target) = (start(from), start(to));
    let run = if policy == Kernel::Dilate
        && large > small
        && small > 1
        && (large - 1).is_multiple_of(small - 1)
    {
        Run { target, source, length: small, step: (large - 1) / (small - 1), by: None }
    } else {
        // Odd margins are rounded down, on both sides.
        let length = small.min(large);
        let (source, target) = (source + (small - length) / 2, target + (large - length) / 2);
        Run { target, source, length, step: 1, by: None }
    };
    let mut map = AxisMap::default();
    push(&mut map, run);
    map
}

/// Adds a run, as a part of the last if it goes on where that ends.
fn push(map: &mut AxisMap, run: Run) {
    match map.runs.last_mut() {
        _ if run.length == 0 => {}
        Some(last)
            if (last.by, run.by) == (None, None)
                && (last.step, run.step) == (1, 1)
                && last.target + last.length == run.target
                && last.source + last.length == run.source =>
        {
            last.length += run.length;
        }
        _ => map.runs.push(run),
    }
}
