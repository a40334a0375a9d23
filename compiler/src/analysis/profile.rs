//! What the decisions of one side of a space can cost together: every list of costs, with how many
//! assignments have it, and draws of these.

use num_bigint::BigUint;
use rustc_hash::FxHashMap;

use super::ground::Unanswered;
use super::tally::Tally;
use super::ways::{NOWHERE, Ways};
use crate::arch::Arch;
use crate::random::Stream;
use crate::vary::DecisionId;

/// Most lists of costs of all layers together.
const LIMIT: usize = 1_000_000;

/// All lists of costs.
#[derive(Debug)]
pub(super) struct Profiles {
    /// The lists of whole assignments, side by side.
    costs: Vec<u64>,
    /// How many costs a list has.
    sums: usize,
    /// Per layer, and at last for whole assignments: how many ways lead to each list.
    counts: Vec<Vec<u128>>,
    /// The same, the highest score of such a way.
    best: Vec<Vec<f64>>,
    /// Per layer but the first, the lists and options that each list comes from.
    from: Vec<Vec<Vec<(u32, u32)>>>,
    /// Per layer, the state of each list.
    states: Vec<Vec<u32>>,
    ways: Ways,
}

impl Profiles {
    /// Of all ways.
    ///
    /// # Errors
    /// Past [`LIMIT`] lists, or 2^127 ways.
    pub fn of(ways: Ways) -> Result<Self, Unanswered> {
        let sums = ways.sums();
        let mut lists: Vec<(u32, Vec<u64>)> = Vec::new();
        if ways.some {
            lists.push((0, ways.base.clone()));
        }
        let mut counts = vec![vec![1_u128; lists.len()]];
        let mut best = vec![vec![ways.base_score; lists.len()]];
        let (mut from, mut states) = (Vec::new(), Vec::new());
        let mut total = 0;
        for (level, (layer, arity)) in ways.options().enumerate() {
            let mut numbers: FxHashMap<(u32, Vec<u64>), u32> = FxHashMap::default();
            let mut next: Vec<(u32, Vec<u64>)> = Vec::new();
            let mut reached: Vec<u128> = Vec::new();
            let mut scores: Vec<f64> = Vec::new();
            let mut origins: Vec<Vec<(u32, u32)>> = Vec::new();
            for (number, (state, list)) in lists.iter().enumerate() {
                for option in 0..arity {
                    let edge = *state as usize * arity + option;
                    let target = layer.next[edge];
                    if target == NOWHERE {
                        continue;
                    }
                    let added = &layer.costs[edge * sums..][..sums];
                    let costs: Option<Vec<u64>> =
                        list.iter().zip(added).map(|(a, b)| a.checked_add(*b)).collect();
                    let key = (target, costs.ok_or(Unanswered::Cost)?);
                    let place = *numbers.entry(key.clone()).or_insert_with(|| {
                        next.push(key);
                        reached.push(0);
                        scores.push(f64::NEG_INFINITY);
                        origins.push(Vec::new());
                        next.len() as u32 - 1
                    });
                    let sum = &mut reached[place as usize];
                    *sum = sum.checked_add(counts[level][number]).ok_or(Unanswered::States)?;
                    let score = best[level][number] + layer.score(edge);
                    scores[place as usize] = scores[place as usize].max(score);
                    origins[place as usize].push((number as u32, option as u32));
                }
            }
            total += next.len();
            if total > LIMIT {
                return Err(Unanswered::States);
            }
            states.push(lists.iter().map(|(state, _)| *state).collect());
            lists = next;
            counts.push(reached);
            best.push(scores);
            from.push(origins);
        }
        let costs = lists.into_iter().flat_map(|(_, list)| list).collect();
        Ok(Self { costs, sums, counts, best, from, states, ways })
    }

    /// The lists with how many assignments have each.
    pub fn all(&self) -> impl Iterator<Item = (&[u64], u128)> {
        let counts = self.counts.last().map_or(&[][..], Vec::as_slice);
        self.costs.chunks(self.sums.max(1)).zip(counts.iter().copied())
    }

    /// The highest score of the assignments that have a list.
    pub fn score(&self, place: usize) -> f64 {
        self.best.last().and_then(|scores| scores.get(place)).copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// Sets the decisions of the assignment of the highest score that has a list.
    pub fn choose(&self, mut place: usize, arch: &mut Arch, own: impl Fn(usize) -> bool) {
        for level in (0..self.from.len()).rev() {
            let layer = &self.ways.layers[level];
            let arity = self.ways.arities[level].max(1) as usize;
            let score = |&(before, option): &(u32, u32)| {
                let state = self.states[level][before as usize] as usize;
                self.best[level][before as usize] + layer.score(state * arity + option as usize)
            };
            let best = self.from[level][place].iter().max_by(|a, b| score(a).total_cmp(&score(b)));
            let Some(&(before, option)) = best else { return };
            let decision = self.ways.order[level];
            if own(decision.index()) {
                arch.set(decision, option);
            }
            place = before as usize;
        }
    }

    /// Per decision and option, how many assignments take it, each as often as its list says.
    pub fn options(&self, often: &[BigUint]) -> Vec<(DecisionId, Vec<BigUint>)> {
        let mut made = Vec::new();
        let mut after = often.to_vec();
        for level in (0..self.from.len()).rev() {
            let mut taken = vec![BigUint::ZERO; self.ways.arities[level].max(1) as usize];
            let mut before = vec![BigUint::ZERO; self.counts[level].len()];
            for (origins, after) in self.from[level].iter().zip(&after) {
                for &(place, option) in origins {
                    before[place as usize] += after;
                    taken[option as usize] += after * self.counts[level][place as usize];
                }
            }
            made.push((self.ways.order[level], taken));
            after = before;
        }
        made
    }

    /// Sets the decisions of an assignment that has a list, by its place; each as likely.
    pub fn draw(
        &self,
        place: usize,
        arch: &mut Arch,
        stream: &mut Stream,
        own: impl Fn(usize) -> bool,
    ) {
        let mut place = place;
        for level in (0..self.from.len()).rev() {
            let counts = &self.counts[level];
            let mut number = self.counts[level + 1][place].below(stream);
            for &(before, option) in &self.from[level][place] {
                let count = counts[before as usize];
                if number < count {
                    let decision = self.ways.order[level];
                    if own(decision.index()) {
                        arch.set(decision, option);
                    }
                    place = before as usize;
                    break;
                }
                number -= count;
            }
        }
    }
}
