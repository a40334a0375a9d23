//! From a seed network to a space: which numbers of which tensor go where.
//!
//! [`plan`] looks at two graphs and a [`Policy`] and says for every tensor of the target what it is
//! filled from. The plan is a plain value: it can be printed, compared and counted before there are
//! any weights, and whoever has weights carries it out by [`Taken::each`]. Choices of channels that
//! depend on weights are [`Selection`]s in it, named but not made.
//!
//! How it gets there: [`view`] is what each side has, `tree` its names as a tree, `matching` pairs the
//! trees, `layers` the layers of a stage, `channels` knows which axes carry the same channels, and
//! `axes` says what is copied along one axis. [`sorts`] asks of one space which channels can change
//! places in it. Deliberately absent: tensors, files, and any network by
//! name.

mod axes;
mod channels;
mod layers;
mod matching;
mod plan;
mod seed;
mod show;
mod sort;
mod taken;
mod tree;
mod view;

use rustc_hash::FxHashSet;

pub use layers::layer;
pub use plan::{Plan, Planned, Policy, Selection, Stage, Tally, Unfilled};
pub use seed::Seed;
pub use show::lines;
pub use sort::{Lane, Sort, sorts};
pub use taken::{AxisMap, Rest, Run, Shrink, Taken};
pub use view::Side;

use crate::ir::Role;
use crate::ir::remap::{Fill, Kernel};
use axes::Chooser;
use matching::matched;
use view::{Extent, Seen, View};

/// What every tensor of `target` is filled from, if it is filled from `seed` as `policy` says.
pub fn plan(seed: &Side<'_>, target: &Side<'_>, policy: &Policy) -> Plan {
    let (mut from, to) = (View::of(seed), View::of(target));
    let found = matched(&from, &to, policy);
    hold_grouped(&mut from, &to, found.iter().map(|found| found.seed));
    let mut chooser = Chooser::new(&from, policy.width);
    let mut used = vec![false; from.tensors.len()];
    let mut matrices: FxHashSet<&str> = FxHashSet::default();
    let mut tensors = Vec::with_capacity(to.tensors.len());
    for (tensor, found) in to.tensors.iter().zip(&found) {
        let taken = found.seed.and_then(|at| {
            let taken = taken(&from.tensors[at], tensor, policy, &mut chooser)?;
            used[at] = true;
            Ok(taken)
        });
        if let Ok(at) = found.seed
            && taken.is_ok()
        {
            matrices.extend(from.tensors[at].shrinks.iter().map(|s| &*s.matrix));
        }
        tensors.push(Planned::new(tensor, found.stage.clone(), taken));
    }
    let is_used = |at: usize| used[at] || matrices.contains(&*from.tensors[at].path);
    let unmapped = (0..from.tensors.len()).filter(|&at| !is_used(at));
    Plan {
        seed: seed.graph.name.clone(),
        target: target.graph.name.clone(),
        policy: policy.clone(),
        unmapped: unmapped.map(|at| from.tensors[at].path.clone()).collect(),
        selections: chooser.made(),
        tensors,
    }
}

/// Convolutions in groups mix neighbours: which channels they read cannot be chosen one by one.
fn hold_grouped(
    from: &mut View<'_>,
    to: &View<'_>,
    found: impl Iterator<Item = Result<usize, Unfilled>>,
) {
    for (tensor, found) in to.tensors.iter().zip(found) {
        let Ok(at) = found else { continue };
        if from.tensors[at].mixes_groups() || tensor.mixes_groups() {
            let parts: Vec<_> = from.tensors[at].axes.iter().flat_map(Extent::classes).collect();
            for class in parts {
                from.channels.hold(class);
            }
        }
    }
}

/// What `to` takes from the tensor that was found for it.
fn taken(
    from: &Seen,
    to: &Seen,
    policy: &Policy,
    chooser: &mut Chooser<'_>,
) -> Result<Taken, Unfilled> {
    if from.role != to.role || from.full.len() != to.full.len() {
        return Err(Unfilled::Other);
    }
    if from.role == Role::Transform && from.full != to.full {
        return Err(Unfilled::Other);
    }
    let mut maps = Vec::with_capacity(to.axes.len());
    for (from_axis, to_axis) in from.axes.iter().zip(&to.axes) {
        if to_axis.answers && from_axis.length() != to_axis.length() {
            return Err(Unfilled::Classes);
        }
        let map = match (from_axis.is_kernel, policy.kernel) {
            (true, Kernel::None) if from_axis.length() != to_axis.length() => {
                return Err(Unfilled::Kernel);
            }
            (true, kernel) => axes::kernel(from_axis, to_axis, kernel),
            (false, _) => axes::channels(from_axis, to_axis, chooser),
        };
        maps.push(map);
    }
    let outputs = usize::from(to.role == Role::TransposeWeight);
    let rest = match policy.fill {
        _ if !is_weight(to.role) => Rest::Initial,
        Fill::Fresh => Rest::Initial,
        // Inside groups no place of the second axis stands for one output.
        Fill::Live if outputs == 0 || to.groups == 1 => Rest::InitialOutputs { axis: outputs },
        Fill::Zero | Fill::Live => Rest::Zero,
    };
    Ok(Taken {
        path: from.path.clone(),
        shape: from.full.clone(),
        shrinks: from.shrinks.clone(),
        axes: maps,
        groups: [from.groups, to.groups],
        rest,
    })
}

/// Whether new places of such a tensor are filled as the policy says; others keep their initial
/// values.
fn is_weight(role: Role) -> bool {
    matches!(role, Role::ConvWeight | Role::TransposeWeight | Role::LinearWeight)
}
