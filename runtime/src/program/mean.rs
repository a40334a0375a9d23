//! The mean of a varying value under gates.

use nasc_compiler::ir::Graph;
use nasc_compiler::vary::{DecisionId, Diagrams, FALSE, Leaf, Vary};
use rustc_hash::FxHashMap;

use super::gates::{Gate, Gating};
use crate::torch::{self, Tensor, TorchError};

/// A varying integer, ready to be averaged: the sum over the ways to its leaves of the product of the
/// gates on the way, where the gates that only say whether the value exists do not count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mean {
    /// Children before parents; the last is the root.
    parts: Box<[Part]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    Leaf(i64),
    Test {
        decision: u32,
        /// The place among the gate's numbers, and the part that it leads to.
        ways: Box<[(u32, u32)]>,
        /// Whether the weights are divided by their sum: other options would have no value here.
        shares: bool,
    },
}

/// Looks at values under one gating.
pub(super) struct Sight<'a> {
    pub graph: &'a Graph,
    pub gating: &'a Gating,
}

impl Sight<'_> {
    fn diagrams(&self) -> &Diagrams {
        &self.graph.diagrams
    }

    /// The options of a decision that can be taken, with their places among the gate's numbers.
    pub fn ways(&self, decision: DecisionId) -> Vec<(u16, Option<u32>)> {
        let options = self.diagrams().arity(decision) as u16;
        self.gating.0.get(decision.index()).unwrap_or(&Gate::One(0)).ways(options)
    }

    /// The distinct integers (flags as 0 and 1) that `value` takes where `guard` holds, in order; what is
    /// neither is left out.
    pub fn leaves(&self, guard: Vary, value: Vary) -> Vec<i64> {
        let mut found = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![(guard, value)];
        while let Some((guard, value)) = open.pop() {
            if guard == FALSE || !seen.insert((guard, value)) {
                continue;
            }
            match self.diagrams().first_decision(&[guard, value]) {
                Some(decision) => {
                    let ways = self.ways(decision).into_iter();
                    open.extend(
                        ways.map(|(option, _)| self.below((guard, value), decision, option)),
                    );
                }
                None => found.extend(number(self.diagrams().constant(value))),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether `value`, of any sort, is more than one thing where `guard` holds.
    pub fn varies(&self, guard: Vary, value: Vary) -> bool {
        let mut found: Option<Vary> = None;
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![(guard, value)];
        while let Some((guard, value)) = open.pop() {
            if guard == FALSE || !seen.insert((guard, value)) {
                continue;
            }
            match self.diagrams().first_decision(&[guard, value]) {
                Some(decision) => {
                    let ways = self.ways(decision).into_iter();
                    open.extend(
                        ways.map(|(option, _)| self.below((guard, value), decision, option)),
                    );
                }
                None if self.diagrams().constant(value) == Some(&Leaf::Absent) => {}
                None if found.is_some_and(|found| found != value) => return true,
                None => found = Some(value),
            }
        }
        false
    }

    /// Options that make `guard` hold and `value` that leaf (a flag is 0 or 1), as near to `base` as the order of
    /// decisions allows.
    pub fn reach(&self, guard: Vary, value: Vary, leaf: i64, base: &[u16]) -> Option<Vec<u16>> {
        let mut taken = base.to_vec();
        let mut dead = rustc_hash::FxHashSet::default();
        self.reach_inner((guard, value), leaf, &mut taken, &mut dead).then_some(taken)
    }

    fn reach_inner(
        &self,
        (guard, value): (Vary, Vary),
        leaf: i64,
        taken: &mut [u16],
        dead: &mut rustc_hash::FxHashSet<(Vary, Vary)>,
    ) -> bool {
        if guard == FALSE || dead.contains(&(guard, value)) {
            return false;
        }
        let Some(decision) = self.diagrams().first_decision(&[guard, value]) else {
            return number(self.diagrams().constant(value)) == Some(leaf);
        };
        let base = taken[decision.index()];
        let mut ways = self.ways(decision);
        ways.sort_by_key(|(option, _)| *option != base);
        for (option, _) in ways {
            if self.reach_inner(self.below((guard, value), decision, option), leaf, taken, dead) {
                taken[decision.index()] = option;
                return true;
            }
        }
        dead.insert((guard, value));
        false
    }

    /// The mean of `value` where `guard` holds.
    pub fn mean(&self, guard: Vary, value: Vary) -> Mean {
        let mut parts = Vec::new();
        self.compile(guard, value, &mut parts, &mut FxHashMap::default());
        Mean { parts: parts.into() }
    }

    fn compile(
        &self,
        guard: Vary,
        value: Vary,
        parts: &mut Vec<Part>,
        memo: &mut FxHashMap<(Vary, Vary), u32>,
    ) -> u32 {
        if let Some(&known) = memo.get(&(guard, value)) {
            return known;
        }
        let Some(decision) = self.diagrams().first_decision(&[guard, value]) else {
            parts.push(Part::Leaf(number(self.diagrams().constant(value)).unwrap_or(-1)));
            let made = parts.len() as u32 - 1;
            memo.insert((guard, value), made);
            return made;
        };
        let below = |option| self.below((guard, value), decision, option);
        let options = self.diagrams().arity(decision) as u16;
        let is_conditional = (0..options).any(|option| below(option).0 == FALSE);
        let ways: Vec<(Option<u32>, (Vary, Vary))> = self
            .ways(decision)
            .into_iter()
            .map(|(option, place)| (place, below(option)))
            .filter(|(_, (guard, _))| *guard != FALSE)
            .collect();
        let reads = self.diagrams().branch(value).is_some_and(|(tested, _)| tested == decision);
        let same = ways.windows(2).all(|pair| pair[0].1 == pair[1].1);
        let plain = ways.first().is_some_and(|(place, _)| place.is_none());
        let made = match ways.first() {
            // The gate says that the value exists, or nothing at all.
            Some(&(_, (guard, value))) if plain || (same && (is_conditional || !reads)) => {
                self.compile(guard, value, parts, memo)
            }
            Some(_) => {
                let ways: Vec<(u32, u32)> = ways
                    .iter()
                    .map(|&(place, (guard, value))| {
                        (place.unwrap_or(0), self.compile(guard, value, parts, memo))
                    })
                    .collect();
                let ways = ways.into();
                parts.push(Part::Test { decision: decision.0, ways, shares: is_conditional });
                parts.len() as u32 - 1
            }
            None => {
                parts.push(Part::Leaf(-1));
                parts.len() as u32 - 1
            }
        };
        memo.insert((guard, value), made);
        made
    }

    /// A guard and a value where a decision, which is not after their first tests, takes an option.
    fn below(
        &self,
        (guard, value): (Vary, Vary),
        decision: DecisionId,
        option: u16,
    ) -> (Vary, Vary) {
        let child = |at| self.diagrams().child(at, decision, u32::from(option));
        (child(guard), child(value))
    }
}

fn number(leaf: Option<&Leaf>) -> Option<i64> {
    match leaf? {
        Leaf::Bool(flag) => Some(i64::from(*flag)),
        other => other.as_int(),
    }
}

impl Mean {
    /// The factor of a decision of which one option is taken.
    pub fn factor(decision: DecisionId) -> Self {
        let ways = [(0, 0)].into();
        let test = Part::Test { decision: decision.0, ways, shares: false };
        Self { parts: [Part::Leaf(0), test].into() }
    }

    /// The decisions whose gates count.
    pub fn decisions(&self) -> impl Iterator<Item = u32> {
        self.parts.iter().filter_map(|part| match part {
            Part::Test { decision, .. } => Some(*decision),
            Part::Leaf(_) => None,
        })
    }

    /// The distinct leaves, in order.
    pub fn leaves(&self) -> Vec<i64> {
        let mut found: Vec<i64> = self
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Leaf(leaf) => Some(*leaf),
                Part::Test { .. } => None,
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The leaf, if no gate counts.
    pub fn constant(&self) -> Option<i64> {
        match *self.parts {
            [Part::Leaf(leaf)] => Some(leaf),
            _ => None,
        }
    }

    /// The mean of `of(leaf)`, vectors `[D]`: `[D]`, or `[N, D]` where gates are per image.
    pub fn take(
        &self,
        gates: &[Option<Tensor>],
        of: impl Fn(i64) -> Result<Tensor, TorchError>,
    ) -> Result<Tensor, TorchError> {
        let mut made: Vec<Tensor> = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            made.push(match part {
                Part::Leaf(leaf) => of(*leaf)?,
                Part::Test { decision, ways, shares } => {
                    let Some(Some(gate)) = gates.get(*decision as usize) else {
                        let message = format!("the gates have no numbers for decision {decision}");
                        return Err(TorchError::Refused(message));
                    };
                    mixed(gate, ways, *shares, &made)?
                }
            });
        }
        match made.pop() {
            Some(root) => Ok(root),
            None => unreachable!("a mean has a root"),
        }
    }
}

/// `Σ gate[place] * made[part]`.
fn mixed(
    gate: &Tensor,
    ways: &[(u32, u32)],
    shares: bool,
    made: &[Tensor],
) -> Result<Tensor, TorchError> {
    let weight = |place: u32| gate.f_narrow(-1, i64::from(place), 1);
    let (mut sum, mut total): (Option<Tensor>, Option<Tensor>) = (None, None);
    for &(place, part) in ways {
        let weight = weight(place)?;
        let term = torch::mul(&weight, &made[part as usize])?;
        sum = Some(match sum {
            Some(sum) => torch::add(&sum, &term)?,
            None => term,
        });
        if shares {
            total = Some(match total {
                Some(total) => torch::add(&total, &weight)?,
                None => weight,
            });
        }
    }
    match (sum, total) {
        // An image may have none of them: its sum is zero too.
        (Some(sum), Some(total)) => {
            let least = Tensor::f_full_like(&total, 1e-30)?;
            Ok(sum.f_div(&total.f_maximum(&least)?)?)
        }
        (Some(sum), None) => Ok(sum),
        (None, _) => unreachable!("a test has a way"),
    }
}
