//! The decisions in order, as a layered automaton.
//!
//! A state at the cut before a decision is what remains of the condition and of every cost that is
//! begun and not finished, once the earlier decisions are taken. Two ways to a state can go on in
//! exactly the same ways at the same costs.

use rustc_hash::FxHashMap;

use crate::vary::{DecisionId, Diagrams, FALSE, Leaf, TRUE, Vary};

/// Most states of an automaton of which somebody waits for the answer.
pub(super) const STATE_LIMIT: usize = 1_000_000;

/// Most steps for every state that is allowed: a step follows one option of a state, or one cost that
/// is open there.
const STEPS_PER_STATE: usize = 32;

/// One option of a state: the state it leads to and what it adds to the cost; `None` where no
/// network lies.
pub(super) type Edge = Option<(u32, u64)>;

/// States layer by layer, one layer per decision. The first layer has at most one state, and all
/// edges of the last lead to state 0, the end.
#[derive(Debug)]
pub(super) struct Automaton {
    /// Per decision, the edges of each state one after another, as many as the decision has options.
    pub layers: Vec<Vec<Edge>>,
    /// The options of each decision.
    pub arities: Vec<u32>,
    /// What every network costs.
    pub base: u64,
}

/// The automaton of all assignments that meet `condition`, with the sum of `costs` (integers of at
/// least zero in every network). `None` past `limit` states or [`STEPS_PER_STATE`] times as many steps,
/// or if a cost passes 64 bits.
pub(super) fn automaton(
    diagrams: &Diagrams,
    condition: Vary,
    costs: &[Vary],
    limit: usize,
) -> Option<Automaton> {
    let ways = ways(diagrams, condition, &[costs.to_vec()], &[], limit)?;
    let edges = |layer: Layer| {
        let edge = |(next, cost): (u32, u64)| (next != NOWHERE).then_some((next, cost));
        layer.next.into_iter().zip(layer.costs).map(edge).collect()
    };
    Some(Automaton {
        layers: ways.layers.into_iter().map(edges).collect(),
        arities: ways.arities,
        base: ways.base[0],
    })
}

/// Where an option leads that no network takes.
pub(super) const NOWHERE: u32 = u32::MAX;

/// The automaton with several costs, and a score.
#[derive(Debug)]
pub(super) struct Ways {
    /// One per decision.
    pub layers: Vec<Layer>,
    /// The options of each decision.
    pub arities: Vec<u32>,
    /// What every network costs, per sum.
    pub base: Vec<u64>,
    /// What every network scores.
    pub base_score: f64,
}

/// The options of a decision, state by state: as many entries per state as it has options.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// The state that an option leads to, or [`NOWHERE`].
    pub next: Vec<u32>,
    /// What it adds to each sum, the sums of one option side by side.
    pub costs: Vec<u64>,
    /// What it adds to the score.
    pub scores: Vec<f64>,
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

/// The automaton of all assignments that meet `condition`, with each of the `sums` (of integers of at
/// least zero in every network) and the sum of `scores` (numbers). `None` past `limit` states or
/// [`STEPS_PER_STATE`] times as many steps, or if a cost passes 64 bits.
pub(super) fn ways(
    diagrams: &Diagrams,
    condition: Vary,
    sums: &[Vec<Vary>],
    scores: &[Vary],
    limit: usize,
) -> Option<Ways> {
    let arities: Vec<u32> =
        (0..diagrams.decisions()).map(|d| diagrams.arity(DecisionId(d as u32))).collect();
    let int = |leaf: &Leaf| u64::try_from(leaf.as_int()?).ok();
    let mut base = vec![0_u64; sums.len()];
    let mut base_score = 0.0;
    let mut spans: Vec<Span> = Vec::new();
    for (sum, values) in sums.iter().map(Vec::as_slice).chain([scores]).enumerate() {
        for &value in values {
            let support = diagrams.support(value);
            match (support.first(), support.last()) {
                (Some(&first), Some(&last)) => spans.push(Span { first, last, value, sum }),
                _ if sum == sums.len() => base_score += diagrams.constant(value)?.as_float()?,
                _ => base[sum] = base[sum].checked_add(int(diagrams.constant(value)?)?)?,
            }
        }
    }
    spans.sort_unstable();
    let mut layers = Vec::with_capacity(arities.len());
    // Which costs are open at this cut, and the states with what remains of each.
    let mut open: Vec<usize> = Vec::new();
    let mut states: Vec<(Vary, Vec<Vary>)> = Vec::new();
    if condition != FALSE {
        states.push((condition, Vec::new()));
    }
    let (mut total, mut steps) = (0, 0);
    for (level, &arity) in arities.iter().enumerate() {
        let decision = DecisionId(level as u32);
        let begun: Vec<usize> =
            (0..spans.len()).filter(|&span| spans[span].first == decision).collect();
        let here: Vec<usize> = open.iter().chain(&begun).copied().collect();
        let goes_on: Vec<bool> = here.iter().map(|&span| spans[span].last > decision).collect();
        let mut numbers: FxHashMap<(Vary, Vec<Vary>), u32> = FxHashMap::default();
        let mut order: Vec<(Vary, Vec<Vary>)> = Vec::new();
        steps += states.len() * arity as usize * (1 + here.len());
        if steps > limit.saturating_mul(STEPS_PER_STATE) {
            return None;
        }
        let mut layer = Layer::default();
        for (condition, rest) in &states {
            for option in 0..arity {
                let costs = layer.costs.len();
                layer.costs.resize(costs + sums.len(), 0);
                let mut score = 0.0;
                let condition = diagrams.child(*condition, decision, option);
                if condition == FALSE {
                    layer.next.push(NOWHERE);
                    layer.scores.push(score);
                    continue;
                }
                let mut left = Vec::with_capacity(here.len());
                let values =
                    rest.iter().copied().chain(begun.iter().map(|&span| spans[span].value));
                for ((value, goes_on), &span) in values.zip(&goes_on).zip(&here) {
                    // What is settled early counts at once and leaves a mark, the constant `true`,
                    // which is no cost.
                    let value = diagrams.child(value, decision, option);
                    let settled = diagrams.constant(value);
                    if let Some(leaf) = settled
                        && value != TRUE
                    {
                        let sum = spans[span].sum;
                        if sum == sums.len() {
                            score += leaf.as_float()?;
                        } else {
                            let cost = &mut layer.costs[costs + sum];
                            *cost = cost.checked_add(int(leaf)?)?;
                        }
                    }
                    if *goes_on {
                        left.push(if settled.is_some() { TRUE } else { value });
                    }
                }
                let state = (condition, left);
                let number = *numbers.entry(state).or_insert_with_key(|state| {
                    order.push(state.clone());
                    order.len() as u32 - 1
                });
                layer.next.push(number);
                layer.scores.push(score);
            }
        }
        total += order.len();
        if total > limit {
            return None;
        }
        layers.push(layer);
        states = order;
        open = here.into_iter().zip(goes_on).filter(|(_, on)| *on).map(|(span, _)| span).collect();
    }
    // With no decision at all, the condition alone says whether there is a network.
    let some = !arities.is_empty() || condition == TRUE;
    some.then_some(Ways { layers, arities, base, base_score })
}
