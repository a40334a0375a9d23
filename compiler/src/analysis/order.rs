//! Orders in which decisions can be walked.
//!
//! How many states an automaton has depends on how much is undecided at once. The order in which a space
//! is written is nearly always a good one; where it is not, what is used last may be known first, or
//! what hangs together may be put side by side.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::vary::{DecisionId, Diagrams, TRUE, Vary};

/// About how many look-ups the search for an order may take.
const WORK: usize = 50_000_000;

/// An order in which few decisions are open at once: taken, and in a set of which others are not.
/// `sets` are those of the decisions that something depends on.
pub(super) fn close(diagrams: &Diagrams, sets: &[BTreeSet<DecisionId>]) -> Vec<DecisionId> {
    let count = diagrams.decisions();
    let arities = (0..count).map(|d| f64::from(diagrams.arity(DecisionId(d as u32)).max(2)));
    let hanging = Hanging::new(arities.collect(), sets);
    let mut best: Vec<usize> = (0..count).collect();
    let mut least = hanging.states(&best);
    let mut keep = |order: Vec<usize>| {
        let states = hanging.states(&order);
        if states < least {
            (best, least) = (order, states);
        }
    };
    keep((0..count).rev().collect());
    let once = hanging.sets.iter().map(Vec::len).sum::<usize>().pow(2).max(1);
    for first in 0..hanging.sets.len().min(WORK / once) {
        keep(hanging.from(first));
    }
    let order = hanging.improved(best, least);
    order.into_iter().map(|decision| DecisionId(decision as u32)).collect()
}

/// Decisions and what hangs together.
struct Hanging {
    /// How many options each decision has.
    arities: Vec<f64>,
    /// The largest sets of decisions that something depends on.
    sets: Vec<Vec<usize>>,
    /// The sets that each decision is in.
    users: Vec<Vec<usize>>,
}

impl Hanging {
    fn new(arities: Vec<f64>, all: &[BTreeSet<DecisionId>]) -> Self {
        let mut all: Vec<&BTreeSet<DecisionId>> = all.iter().collect();
        all.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        let mut largest: Vec<&BTreeSet<DecisionId>> = Vec::new();
        for set in all {
            if !largest.iter().any(|known| set.is_subset(known)) {
                largest.push(set);
            }
        }
        largest.sort_unstable();
        let sets: Vec<Vec<usize>> = largest
            .into_iter()
            .map(|set| set.iter().map(|decision| decision.index()).collect())
            .collect();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); arities.len()];
        for (number, set) in sets.iter().enumerate() {
            for &decision in set {
                users[decision].push(number);
            }
        }
        Self { arities, sets, users }
    }

    /// About how many states a cut has once some decisions are taken: those that are open in the same
    /// sets are remembered as one.
    fn open(&self, taken: impl Iterator<Item = usize>, left: &[usize]) -> f64 {
        let mut parts: BTreeMap<Vec<usize>, (f64, f64, f64)> = BTreeMap::new();
        for decision in taken {
            let open: Vec<usize> =
                self.users[decision].iter().copied().filter(|&set| left[set] > 0).collect();
            if !open.is_empty() {
                let (product, widest, members) = parts.entry(open).or_insert((1.0, 1.0, 0.0));
                *product *= self.arities[decision];
                *widest = widest.max(self.arities[decision]);
                *members += 1.0;
            }
        }
        // What is remembered is a dimension or a few, with about as many values as one decision.
        let states =
            |(product, widest, members): &(f64, f64, f64)| product.min(widest * members * members);
        parts.values().map(states).product()
    }

    /// About how many states an order has.
    fn states(&self, order: &[usize]) -> f64 {
        let mut left: Vec<usize> = self.sets.iter().map(Vec::len).collect();
        let mut states = 0.0;
        for (place, &decision) in order.iter().enumerate() {
            for &set in &self.users[decision] {
                left[set] -= 1;
            }
            states += self.open(order[..=place].iter().copied(), &left);
        }
        states
    }

    /// The order that begins with a set and then takes whichever leaves the least open.
    fn from(&self, first: usize) -> Vec<usize> {
        let mut left: Vec<usize> = self.sets.iter().map(Vec::len).collect();
        let mut taken = vec![false; self.arities.len()];
        let mut order = Vec::with_capacity(taken.len());
        let mut next = Some(first);
        while let Some(set) = next {
            for &decision in self.sets[set].iter().filter(|&&decision| !taken[decision]) {
                order.push(decision);
                for &user in &self.users[decision] {
                    left[user] -= 1;
                }
            }
            for &decision in &self.sets[set] {
                taken[decision] = true;
            }
            let after = |set: usize| {
                let mut left = left.clone();
                let more = || self.sets[set].iter().copied().filter(|&decision| !taken[decision]);
                for decision in more() {
                    for &user in &self.users[decision] {
                        left[user] -= 1;
                    }
                }
                self.open(order.iter().copied().chain(more()), &left)
            };
            // Of equals the earliest.
            let open = (0..self.sets.len()).filter(|&set| left[set] > 0);
            let costs = open.map(|set| (after(set), set));
            next = costs.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, set)| set);
        }
        order.extend((0..taken.len()).filter(|&decision| !taken[decision]));
        order
    }

    /// The order with single decisions and pairs at better places, as long as that helps and the work is
    /// not too much.
    fn improved(&self, mut order: Vec<usize>, mut least: f64) -> Vec<usize> {
        let once = self.users.iter().map(|users| users.len() + 1).sum::<usize>() * order.len();
        let mut tries = WORK / once.max(1);
        loop {
            let before = least;
            for length in [1, 2] {
                for from in 0..(order.len() + 1).saturating_sub(length) {
                    for to in 0..=order.len() - length {
                        if to == from || tries == 0 {
                            continue;
                        }
                        tries -= 1;
                        let mut other = order.clone();
                        let moved: Vec<usize> = other.drain(from..from + length).collect();
                        other.splice(to..to, moved);
                        let states = self.states(&other);
                        if states < least {
                            (order, least) = (other, states);
                        }
                    }
                }
            }
            if least == before || tries == 0 {
                return order;
            }
        }
    }
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
