//! Orders in which decisions can be walked.
//!
//! How many states an automaton has depends on how much is undecided at once. The order in which a space
//! is written is nearly always a good one; where it is not, what is used last may be known first, or
//! what hangs together may be put side by side.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::vary::{DecisionId, Diagrams, TRUE, Vary};

/// Most decisions for which every first decision is tried.
const FIRSTS: usize = 64;

/// An order in which few decisions are open at once: taken, and in a set of which others are not.
/// `sets` are those of the decisions that something depends on.
pub(super) fn close(diagrams: &Diagrams, sets: &[BTreeSet<DecisionId>]) -> Vec<DecisionId> {
    let count = diagrams.decisions();
    let weights: Vec<f64> =
        (0..count).map(|d| f64::from(diagrams.arity(DecisionId(d as u32)).max(2)).ln()).collect();
    let mut sets: Vec<Vec<usize>> =
        sets.iter().map(|set| set.iter().map(|decision| decision.index()).collect()).collect();
    sets.sort_unstable();
    sets.dedup();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (number, set) in sets.iter().enumerate() {
        for &decision in set {
            users[decision].push(number);
        }
    }
    let mut best: Option<(f64, Vec<usize>)> = None;
    let firsts = if count <= FIRSTS { count } else { 1 };
    for first in 0..firsts {
        let (worst, order) = from(first, &sets, &users, &weights);
        if best.as_ref().is_none_or(|(known, _)| worst < *known) {
            best = Some((worst, order));
        }
    }
    let order = best.map(|(_, order)| order).unwrap_or_default();
    order.into_iter().map(|decision| DecisionId(decision as u32)).collect()
}

/// The order that begins with a decision and then takes whatever leaves the least open, with the most
/// that is open at once.
fn from(
    first: usize,
    sets: &[Vec<usize>],
    users: &[Vec<usize>],
    weights: &[f64],
) -> (f64, Vec<usize>) {
    let count = weights.len();
    let mut left: Vec<usize> = sets.iter().map(Vec::len).collect();
    // In how many unfinished sets each decision is.
    let mut unfinished: Vec<usize> = users.iter().map(Vec::len).collect();
    let mut taken = vec![false; count];
    let (mut order, mut open, mut worst) = (Vec::with_capacity(count), 0.0_f64, 0.0_f64);
    for step in 0..count {
        let after = |decision: usize| {
            let closed: Vec<usize> =
                users[decision].iter().copied().filter(|&set| left[set] == 1).collect();
            let mut change =
                if unfinished[decision] > closed.len() { weights[decision] } else { 0.0 };
            let mut fewer: FxHashMap<usize, usize> = FxHashMap::default();
            for &set in &closed {
                for &other in sets[set].iter().filter(|&&other| other != decision) {
                    *fewer.entry(other).or_default() += 1;
                }
            }
            // The order of a map is no matter: it is walked by the sets.
            let mut seen = BTreeSet::new();
            for &other in closed.iter().flat_map(|&set| &sets[set]) {
                if other != decision
                    && seen.insert(other)
                    && fewer.get(&other) == Some(&unfinished[other])
                {
                    change -= weights[other];
                }
            }
            open + change
        };
        let next = if step == 0 {
            first
        } else {
            // Of equals the earliest in the space.
            let candidates = (0..count).filter(|&decision| !taken[decision]);
            let costs = candidates.map(|decision| (after(decision), decision));
            let least = costs.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            least.map_or(0, |(_, decision)| decision)
        };
        open = after(next);
        taken[next] = true;
        order.push(next);
        for &set in &users[next] {
            left[set] -= 1;
            if left[set] == 0 {
                for &other in &sets[set] {
                    unfinished[other] -= 1;
                }
            }
        }
        worst = worst.max(open);
    }
    (worst, order)
}

/// Diagrams over the same decisions in another order.
pub(super) struct Moved<'a> {
    from: &'a Diagrams,
    pub diagrams: Diagrams,
    /// The place of each decision.
    places: Vec<DecisionId>,
    known: FxHashMap<Vary, Vary>,
}

impl<'a> Moved<'a> {
    pub fn new(from: &'a Diagrams, order: &[DecisionId]) -> Self {
        let mut diagrams = Diagrams::default();
        let mut places = vec![DecisionId(0); order.len()];
        for &decision in order {
            places[decision.index()] = diagrams.add_decision(from.arity(decision));
        }
        Self { from, diagrams, places, known: FxHashMap::default() }
    }

    /// The same value; `None` if it fails somewhere, or the diagrams outgrow their limits.
    pub fn value(&mut self, value: Vary) -> Option<Vary> {
        if !self.from.is_sound(value) {
            return None;
        }
        let made = self.inner(value);
        (!self.diagrams.overflowed()).then_some(made)
    }

    fn inner(&mut self, value: Vary) -> Vary {
        if let Some(&known) = self.known.get(&value) {
            return known;
        }
        let made = match self.from.branch(value) {
            None => self.diagrams.leaf(self.from.leaf_of(value)),
            Some((decision, children)) => {
                let values: Vec<Vary> = children.iter().map(|&child| self.inner(child)).collect();
                self.diagrams.choose(self.places[decision.index()], &values)
            }
        };
        self.known.insert(value, made);
        made
    }

    /// Where all of the conditions hold.
    pub fn all(&mut self, conditions: &[Vary]) -> Option<Vary> {
        let mut moved: Vec<Vary> =
            conditions.iter().map(|&one| self.value(one)).collect::<Option<_>>()?;
        // From the last to the first, what is added stands above what is there.
        moved.sort_by_key(|&one| std::cmp::Reverse(self.diagrams.first_decision(&[one])));
        let mut all = TRUE;
        for one in moved {
            all = self.diagrams.and(one, all);
        }
        (!self.diagrams.overflowed()).then_some(all)
    }
}
