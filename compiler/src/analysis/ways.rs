//! The decisions in an order, as a layered automaton.
//!
//! A state at the cut before a decision is what remains of the condition and of every cost that is begun and not
//! finished, once the earlier decisions are taken; what every way on costs counts at once. Two ways to a state can
//! go on in exactly the same ways at the same costs. A way from the start to the end is a network, and each network
//! is one way.

use num_bigint::BigUint;
use rustc_hash::FxHashMap;

use super::ground::Unanswered;
use crate::vary::{Binary, DecisionId, Diagrams, FALSE, Leaf, TRUE, Vary};

/// Most states of an automaton of which somebody waits for the answer.
pub(super) const STATE_LIMIT: usize = 1_000_000;

/// Most steps for every state that is allowed: a step follows one option of a state, or one cost that
/// is open there.
const STEPS_PER_STATE: usize = 32;

/// Where an option leads that no network takes.
pub(super) const NOWHERE: u32 = u32::MAX;

/// States layer by layer, one layer per decision. The first layer has one state, or none where there
/// is no network; all ways of the last lead to state 0, the end.
#[derive(Debug)]
pub(super) struct Ways {
    /// One per decision.
    pub layers: Vec<Layer>,
    /// Which decision each layer takes.
    pub order: Vec<DecisionId>,
    /// How many options each layer has.
    pub arities: Vec<u32>,
    /// What every network costs, per sum.
    pub base: Vec<u64>,
    /// What every network scores.
    pub base_score: f64,
    /// Whether there is any network.
    pub some: bool,
}

/// The options of a decision, state by state: as many entries per state as it has options. A place in
/// these lists is called an edge.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// The state that an option leads to, or [`NOWHERE`].
    pub next: Vec<u32>,
    /// What it adds to each sum, the sums of one option side by side.
    pub costs: Vec<u64>,
    /// What it adds to the score; empty where nothing is scored.
    pub scores: Vec<f64>,
}

impl Layer {
    /// What an edge adds to the score.
    pub fn score(&self, edge: usize) -> f64 {
        self.scores.get(edge).copied().unwrap_or(0.0)
    }
}

/// A layer with the number of its options.
pub(super) type Options<'a> = (&'a Layer, usize);

impl Ways {
    /// The layers in order.
    pub fn options(&self) -> impl DoubleEndedIterator<Item = Options<'_>> + ExactSizeIterator {
        self.layers.iter().zip(self.arities.iter().map(|&arity| arity.max(1) as usize))
    }

    /// There are fewer ways than two to this power.
    pub fn bits(&self) -> u64 {
        self.arities.iter().map(|&arity| BigUint::from(arity)).product::<BigUint>().bits()
    }

    /// How many sums there are.
    pub fn sums(&self) -> usize {
        self.base.len()
    }

    /// A value per layer and state, from the end to the start; `join` joins what an edge leads to
    /// with the value of its state so far. The last entry is that of the end.
    pub fn backward<T: Clone>(
        &self,
        end: T,
        none: &T,
        join: impl Fn(&Layer, usize, &T, &mut T),
    ) -> Vec<Vec<T>> {
        self.backward_from(vec![end], none, join)
    }

    /// The same where the last layer leads to several ends.
    pub fn backward_from<T: Clone>(
        &self,
        ends: Vec<T>,
        none: &T,
        join: impl Fn(&Layer, usize, &T, &mut T),
    ) -> Vec<Vec<T>> {
        let mut made: Vec<Vec<T>> = vec![ends];
        for (layer, arity) in self.options().rev() {
            let next = made.last().map_or(&[][..], Vec::as_slice);
            let of_state = |state: usize| {
                let mut value = none.clone();
                for edge in state * arity..(state + 1) * arity {
                    if let Some(rest) = next.get(layer.next[edge] as usize) {
                        join(layer, edge, rest, &mut value);
                    }
                }
                value
            };
            let states = (0..layer.next.len() / arity).map(of_state).collect();
            made.push(states);
        }
        made.reverse();
        if !self.some {
            made[0].clear();
        }
        made
    }

    /// The least and the most of a sum from each state on.
    pub fn ends(&self, sum: usize) -> Vec<Vec<(u64, u64)>> {
        let sums = self.sums();
        self.backward((0, 0), &(u64::MAX, 0), |layer, edge, rest, ends| {
            let cost = layer.costs[edge * sums + sum];
            ends.0 = ends.0.min(rest.0.saturating_add(cost));
            ends.1 = ends.1.max(rest.1.saturating_add(cost));
        })
    }
}

/// The first state's value of a list by layer and state; `None` where there is no network.
pub(super) fn start<T>(made: &[Vec<T>]) -> Option<&T> {
    made.first()?.first()
}

/// A cost or a part of the score, which lies between the first and the last decision it looks at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    first: DecisionId,
    last: DecisionId,
    value: Vary,
    /// The sum that it belongs to; the one after the last is the score.
    sum: usize,
}

/// What remains of costs, and what of that is certain.
struct Rests {
    diagrams: Diagrams,
    known: FxHashMap<Vary, (u64, Vary)>,
}

impl Rests {
    /// The least of a varying cost, and the cost without that: costs that differ by as much in every
    /// network have the same rest, and lead to the same states.
    fn split(&mut self, value: Vary) -> (u64, Vary) {
        if let Some(&known) = self.known.get(&value) {
            return known;
        }
        let least = self.diagrams.int_range(value).map_or(0, |(least, _)| least);
        let mut made = (0, value);
        if let Ok(certain @ 1..) = u64::try_from(least) {
            let constant = self.diagrams.int(least);
            let rest = self.diagrams.binary(Binary::Subtract, value, constant);
            if self.diagrams.is_sound(rest) {
                made = (certain, rest);
                self.known.insert(rest, (0, rest));
            }
        }
        self.known.insert(value, made);
        made
    }
}

/// The automaton of all assignments that meet `condition`, with each of the `sums` (of integers of at
/// least zero in every network) and the sum of `scores` (numbers).
///
/// # Errors
/// Past `limit` states or [`STEPS_PER_STATE`] times as many steps, or if a cost passes 64 bits.
pub(super) fn ways(
    diagrams: &Diagrams,
    condition: Vary,
    sums: &[&[Vary]],
    scores: &[Vary],
    limit: usize,
) -> Result<Ways, Unanswered> {
    let arities: Vec<u32> =
        (0..diagrams.decisions()).map(|d| diagrams.arity(DecisionId(d as u32))).collect();
    let int = |leaf: &Leaf| u64::try_from(leaf.as_int()?).ok();
    let count = |leaf: &Leaf| int(leaf).ok_or(Unanswered::Cost);
    let mut base = vec![0_u64; sums.len()];
    let mut base_score = 0.0;
    let mut spans: Vec<Span> = Vec::new();
    for (sum, values) in sums.iter().copied().chain([scores]).enumerate() {
        for &value in values {
            let support = diagrams.support(value);
            if let (Some(&first), Some(&last)) = (support.first(), support.last()) {
                spans.push(Span { first, last, value, sum });
                continue;
            }
            let leaf = diagrams.constant(value).ok_or(Unanswered::Cost)?;
            if sum == sums.len() {
                base_score += leaf.as_float().ok_or(Unanswered::Score)?;
            } else {
                base[sum] = base[sum].checked_add(count(leaf)?).ok_or(Unanswered::Cost)?;
            }
        }
    }
    spans.sort_unstable();
    let mut rests = Rests { diagrams: diagrams.clone(), known: FxHashMap::default() };
    let mut layers = Vec::with_capacity(arities.len());
    // Which costs are open at this cut, and the states: the condition, then what remains of each.
    let mut open: Vec<usize> = Vec::new();
    let mut states: Vec<Box<[Vary]>> = Vec::new();
    if condition != FALSE {
        states.push(Box::new([condition]));
    }
    let (mut total, mut steps) = (0, 0_usize);
    let mut made: Vec<Vary> = Vec::new();
    for (level, &arity) in arities.iter().enumerate() {
        let decision = DecisionId(level as u32);
        let begun: Vec<usize> =
            (0..spans.len()).filter(|&span| spans[span].first == decision).collect();
        let here: Vec<usize> = open.iter().chain(&begun).copied().collect();
        let goes_on: Vec<bool> = here.iter().map(|&span| spans[span].last > decision).collect();
        let mut numbers: FxHashMap<Box<[Vary]>, u32> = FxHashMap::default();
        let mut order: Vec<Box<[Vary]>> = Vec::new();
        let more = states.len().saturating_mul(arity as usize * (1 + here.len()));
        steps = steps.saturating_add(more);
        if steps > limit.saturating_mul(STEPS_PER_STATE) {
            return Err(Unanswered::States);
        }
        let mut layer = Layer::default();
        let edges = states.len() * arity as usize;
        layer.next.reserve_exact(edges);
        layer.costs.reserve_exact(edges * sums.len());
        for state in &states {
            for option in 0..arity {
                let costs = layer.costs.len();
                layer.costs.resize(costs + sums.len(), 0);
                let mut score = 0.0;
                let condition = rests.diagrams.child(state[0], decision, option);
                if condition == FALSE {
                    layer.next.push(NOWHERE);
                    if !scores.is_empty() {
                        layer.scores.push(score);
                    }
                    continue;
                }
                made.clear();
                made.push(condition);
                let rest = &state[1..];
                let values =
                    rest.iter().copied().chain(begun.iter().map(|&span| spans[span].value));
                for ((value, goes_on), &span) in values.zip(&goes_on).zip(&here) {
                    // What is settled early counts at once and leaves a mark, the constant `true`,
                    // which is no cost.
                    let mut value = rests.diagrams.child(value, decision, option);
                    let sum = spans[span].sum;
                    if let Some(leaf) = rests.diagrams.constant(value)
                        && value != TRUE
                    {
                        if sum == sums.len() {
                            score += leaf.as_float().ok_or(Unanswered::Score)?;
                        } else {
                            let cost = &mut layer.costs[costs + sum];
                            *cost = cost.checked_add(count(leaf)?).ok_or(Unanswered::Cost)?;
                        }
                        value = TRUE;
                    } else if value != TRUE && sum < sums.len() {
                        let (least, rest) = rests.split(value);
                        let cost = &mut layer.costs[costs + sum];
                        *cost = cost.checked_add(least).ok_or(Unanswered::Cost)?;
                        value = rest;
                    }
                    if *goes_on {
                        made.push(value);
                    }
                }
                let number = match numbers.get(made.as_slice()) {
                    Some(&known) => known,
                    None => {
                        let number = order.len() as u32;
                        order.push(made.as_slice().into());
                        numbers.insert(made.as_slice().into(), number);
                        number
                    }
                };
                layer.next.push(number);
                if !scores.is_empty() {
                    layer.scores.push(score);
                }
            }
        }
        total += order.len();
        if total > limit {
            return Err(Unanswered::States);
        }
        layers.push(layer);
        states = order;
        open = here.into_iter().zip(goes_on).filter(|(_, on)| *on).map(|(span, _)| span).collect();
    }
    let order = (0..arities.len()).map(|d| DecisionId(d as u32)).collect();
    Ok(Ways { layers, order, arities, base, base_score, some: condition != FALSE })
}
