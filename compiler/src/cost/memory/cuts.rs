//! The cuts of a space: what is there at each operation, in every network.

use std::collections::{BTreeMap, BTreeSet};

use super::Phase;
use super::flow::{Tensor, Use, flow};
use crate::cost::joined;
use crate::ir::{Kind, NodeId, Op};
use crate::pass::Checked;
use crate::vary::{Binary, Diagrams, FALSE, Vary};

/// Most nodes of the diagram of a part of a cut.
const PART_LIMIT: usize = 4096;
/// Most nodes of the difference of two cuts.
const DIFFERENCE_LIMIT: usize = 1024;
/// Most nodes that all differences may have together: beyond, it would take too long.
const WORK_LIMIT: usize = 4_000_000;
/// With how many cuts before it a cut is compared.
const NEIGHBOURS: usize = 4;

/// What a term of a cut stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// A tensor.
    Held,
    /// What its operation keeps beside it.
    Beside,
    /// Its gradient.
    Gradient,
}

type Key = (NodeId, Part);
type Cut = BTreeMap<Key, Vary>;

/// Per time, which is the place of an operation, the terms that have other bytes from then on.
type Changes = Vec<Vec<(Key, Vary)>>;

/// Until when, the time included, and in which networks something is needed: earlier times hold
/// wherever later ones do.
type Steps = Vec<(usize, Vary)>;

/// The bytes at every cut that may have most, as integers that add up. `None` past the limits of
/// diagrams.
pub(super) fn cuts(
    space: &Checked,
    diagrams: &mut Diagrams,
    phase: Phase,
) -> Option<Vec<Vec<Vary>>> {
    let tensors = flow(space, diagrams, phase)?;
    let mut sweep = Sweep {
        space,
        diagrams,
        tensors: &tensors,
        end: space.node_bound(),
        changes: vec![Vec::new(); space.node_bound() + 2],
    };
    match phase {
        Phase::Inference => sweep.inference(),
        Phase::Training => sweep.training(),
    }
    let changes = sweep.changes;
    let zero = diagrams.int(0);
    let mut now = Cut::new();
    let mut kept: Vec<Cut> = Vec::new();
    let mut work = WORK_LIMIT;
    for at in changes.into_iter().filter(|at| !at.is_empty()) {
        for (key, bytes) in at {
            if bytes == zero {
                now.remove(&key);
            } else {
                now.insert(key, bytes);
            }
        }
        let near = kept.len().saturating_sub(NEIGHBOURS);
        let recent = kept.split_off(near);
        let is_new = !recent.iter().any(|cut| dominates(diagrams, &mut work, cut, &now));
        for cut in recent {
            if !(is_new && dominates(diagrams, &mut work, &now, &cut)) {
                kept.push(cut);
            }
        }
        if is_new {
            kept.push(now.clone());
        }
        if work == 0 || diagrams.overflowed() {
            return None;
        }
    }
    kept.into_iter().map(|cut| grouped(diagrams, &cut.into_values().collect::<Vec<_>>())).collect()
}

/// The passage over the operations, last first.
struct Sweep<'a> {
    space: &'a Checked,
    diagrams: &'a mut Diagrams,
    tensors: &'a [Option<Tensor>],
    /// The time after the last operation.
    end: usize,
    changes: Changes,
}

impl<'a> Sweep<'a> {
    /// Each tensor from its making to its last reader.
    fn inference(&mut self) {
        let mut reads: Vec<Steps> = vec![Steps::new(); self.end];
        for (id, tensor) in self.backwards() {
            let last = |used: &Use| used.user.index();
            reads[id.index()] =
                self.reads(&tensor.uses, &reads, |used| [used.taken, used.viewed], last);
            let until = reads[id.index()].clone();
            self.last((id, Part::Held), tensor.made, tensor.bytes, &until);
        }
    }

    /// What backward keeps, and the gradients.
    fn training(&mut self) {
        let mut saves: Vec<Steps> = vec![Steps::new(); self.end];
        let mut reads: Vec<Steps> = vec![Steps::new(); self.end];
        for (id, tensor) in self.backwards() {
            let from = self.saves(id, tensor, &saves);
            for &(time, somewhere) in &from {
                let held = self.diagrams.and(tensor.made, somewhere);
                self.change(time, (id, Part::Held), held, tensor.bytes);
            }
            saves[id.index()] = from;
            self.changes[id.index()].push(((id, Part::Beside), tensor.beside));

            let learns: Vec<Vary> = tensor
                .uses
                .iter()
                .map(|used| self.tensors[used.user.index()].as_ref().map_or(FALSE, |t| t.learns))
                .collect();
            let uses: Vec<Use> = tensor.uses.clone();
            let mut reached = Vec::with_capacity(uses.len());
            for (used, learns) in uses.into_iter().zip(learns) {
                let is_output = self.is_output(used.user);
                let taken =
                    if is_output { used.taken } else { self.diagrams.and(used.taken, learns) };
                reached.push(Use { taken, ..used });
            }
            let space = self.space;
            // A sum hands its gradient on when its own turn is over.
            let last = |used: &Use| match space.node(used.user).op {
                Op::Prim { kind: Kind::Add, .. } => used.user.index() - 1,
                _ => used.user.index(),
            };
            let until = self.reads(&reached, &reads, |used| [used.taken, used.handed_on], last);
            // What takes a part of a tensor has a gradient of its own all the same.
            let own = match space.node(id).op {
                Op::Prim { kind: Kind::Slice | Kind::Deinterleave | Kind::Bypass, .. } => {
                    tensor.learns
                }
                _ => self.diagrams.and(tensor.made, tensor.learns),
            };
            self.last((id, Part::Gradient), own, tensor.bytes, &until);
            reads[id.index()] = until;
        }
    }

    fn backwards(&self) -> Vec<(NodeId, &'a Tensor)> {
        let tensors = self.tensors;
        let ids = self.space.node_ids().into_iter().rev();
        ids.filter_map(|id| Some((id, tensors[id.index()].as_ref()?))).collect()
    }

    fn is_output(&self, id: NodeId) -> bool {
        matches!(self.space.node(id).op, Op::Output { .. })
    }

    /// Until when a tensor is needed. `how` says where a user takes it, and where what needs the user's
    /// result needs it too; `last` when the user itself needs it last.
    fn reads(
        &mut self,
        uses: &[Use],
        reads: &[Steps],
        how: impl Fn(&Use) -> [Vary; 2],
        last: impl Fn(&Use) -> usize,
    ) -> Steps {
        let mut until: BTreeMap<usize, Vary> = BTreeMap::new();
        for used in uses {
            let [taken, through] = how(used);
            if self.is_output(used.user) {
                note(self.diagrams, &mut until, self.end, taken);
                continue;
            }
            note(self.diagrams, &mut until, last(used), taken);
            let through = self.diagrams.and(taken, through);
            for &(time, somewhere) in &reads[used.user.index()] {
                if time > used.user.index() {
                    let here = self.diagrams.and(through, somewhere);
                    note(self.diagrams, &mut until, time, here);
                }
            }
        }
        let mut steps = cumulated(self.diagrams, until.into_iter().rev());
        steps.reverse();
        steps
    }

    /// From when on somebody keeps a tensor for backward.
    fn saves(&mut self, id: NodeId, tensor: &Tensor, saves: &[Steps]) -> Steps {
        let mut from: BTreeMap<usize, Vary> = BTreeMap::new();
        note(self.diagrams, &mut from, id.index(), tensor.saved);
        if matches!(self.space.node(id).op, Op::Input { .. }) {
            note(self.diagrams, &mut from, 0, tensor.presence);
        }
        for used in &tensor.uses {
            if self.is_output(used.user) {
                note(self.diagrams, &mut from, 0, used.taken);
                continue;
            }
            let here = self.diagrams.and(used.taken, used.saved);
            note(self.diagrams, &mut from, used.user.index(), here);
            let through = self.diagrams.and(used.taken, used.viewed);
            for &(time, somewhere) in &saves[used.user.index()] {
                let here = self.diagrams.and(through, somewhere);
                note(self.diagrams, &mut from, time, here);
            }
        }
        cumulated(self.diagrams, from.into_iter())
    }

    /// A term that is there at its own time where `own` holds, and later as the steps say.
    fn last(&mut self, key: Key, own: Vary, bytes: Vary, until: &Steps) {
        if own == FALSE {
            return;
        }
        let mut time = key.0.index();
        self.change(time, key, own, bytes);
        for &(last, somewhere) in until.iter().filter(|(last, _)| *last > key.0.index()) {
            let here = self.diagrams.and(own, somewhere);
            self.change(time + 1, key, here, bytes);
            time = last;
        }
        if time < self.end {
            self.change(time + 1, key, FALSE, bytes);
        }
    }

    fn change(&mut self, time: usize, key: Key, presence: Vary, bytes: Vary) {
        let zero = self.diagrams.int(0);
        let bytes = self.diagrams.ite(presence, bytes, zero);
        self.changes[time].push((key, bytes));
    }
}

fn note(diagrams: &mut Diagrams, times: &mut BTreeMap<usize, Vary>, time: usize, somewhere: Vary) {
    if somewhere != FALSE {
        let known = times.entry(time).or_insert(FALSE);
        *known = diagrams.or(*known, somewhere);
    }
}

/// Every step with what holds in those before it, too; steps that say nothing new are left out.
fn cumulated(diagrams: &mut Diagrams, times: impl Iterator<Item = (usize, Vary)>) -> Steps {
    let mut any = FALSE;
    let mut steps = Steps::new();
    for (time, somewhere) in times {
        let more = diagrams.or(any, somewhere);
        if more != any {
            steps.push((time, more));
        }
        any = more;
    }
    steps
}

/// Whether a cut is known to have at least as much as another one in every network.
fn dominates(diagrams: &mut Diagrams, work: &mut usize, cut: &Cut, other: &Cut) -> bool {
    let zero = diagrams.int(0);
    let mut difference = zero;
    let keys: BTreeSet<Key> = cut.keys().chain(other.keys()).copied().collect();
    for key in keys {
        let [more, less] = [cut, other].map(|cut| cut.get(&key).copied().unwrap_or(zero));
        if more != less {
            let change = diagrams.binary(Binary::Subtract, more, less);
            difference = diagrams.binary(Binary::Add, difference, change);
            let size = diagrams.size(difference);
            *work = work.saturating_sub(size);
            if size > DIFFERENCE_LIMIT || *work == 0 {
                return false;
            }
        }
    }
    diagrams.is_sound(difference)
        && diagrams.int_range(difference).is_some_and(|(least, _)| least >= 0)
}

/// The sum in fewer terms; `None` where a term is no size.
fn grouped(diagrams: &mut Diagrams, terms: &[Vary]) -> Option<Vec<Vary>> {
    let sums = joined(diagrams, terms, PART_LIMIT);
    sums.iter().all(|&sum| diagrams.is_sound(sum)).then_some(sums)
}
