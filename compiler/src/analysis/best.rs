//! The best networks of an additive score under several limits.
//!
//! A best-first search over the automaton of the space. What a way can still reach is bounded by the
//! best score of any way on, and more tightly by the best score less a price on every limited cost;
//! the prices are those that make the bound at the start least (Lagrangian relaxation). A way is
//! dropped where as many ways as are asked for lead to its state at no higher cost and with no lower
//! score. Nothing is rounded: what is found is best, or the search says how far from it.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::automaton::{Layer, NOWHERE, Ways, ways};
use super::census::expanded;
use super::count::distinct;
use super::price::prices;
use crate::arch::Arch;
use crate::cost::{Measure, Sum, factors_in};
use crate::ir::Limit;
use crate::pass::Checked;
use crate::vary::{DecisionId, Diagrams, Vary};

/// Most states of the automaton.
const STATE_LIMIT: usize = 2_000_000;

/// What a network scores.
#[derive(Clone, Debug)]
pub enum Score {
    /// Per decision, the score of each option where the decision exists; decisions without any score
    /// nothing.
    Options(Vec<Vec<f64>>),
    /// The less of a measure the better, over the part at or below a path: the score is its negative.
    Least(Measure, Option<String>),
    /// The more of a measure the better.
    Most(Measure, Option<String>),
}

/// The best networks.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The networks in canonical form with their scores, the best first.
    pub networks: Vec<(f64, Arch)>,
    /// Where the search was cut short, no network that is left out scores more than this.
    pub bound: Option<f64>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BestError {
    /// The automaton of the space has too many states.
    TooLarge,
    /// A limit is on a latency, which takes a table.
    Latency,
    /// A score is no number.
    Score,
}

impl std::fmt::Display for BestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the space is too large for an exact answer",
            Self::Latency => "a limit on a latency takes its table",
            Self::Score => "a score is no finite number",
        })
    }
}

impl std::error::Error for BestError {}

/// The `count` distinct networks of the highest scores that keep all limits; fewer if there are no
/// more. Of networks that score alike, any. The search follows at most `ways` ways.
///
/// # Errors
/// If the space is too large, a limit cannot be counted, or a score is not finite.
pub fn best(
    space: &Checked,
    score: &Score,
    limits: &[Limit],
    count: usize,
    most_ways: usize,
) -> Result<Found, BestError> {
    let question = Question::new(space, score, limits)?;
    Ok(question.answer(count, most_ways))
}

/// A cost's bounds without what every network costs, both inclusive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub min: Option<u64>,
    pub max: Option<u64>,
}

/// An automaton with what is asked of it.
pub(super) struct Question {
    pub ways: Ways,
    pub bounds: Vec<Bounds>,
    /// Whether what every network costs is within the limits.
    possible: bool,
}

impl Question {
    pub(super) fn new(space: &Checked, score: &Score, limits: &[Limit]) -> Result<Self, BestError> {
        let mut diagrams = space.diagrams.clone();
        let condition = distinct(space, &mut diagrams).ok_or(BestError::TooLarge)?;
        let mut sums = Vec::new();
        for limit in limits {
            let measure = Measure::of(space, &limit.metric).ok_or(BestError::Latency)?;
            sums.push(costs(space, &mut diagrams, measure, limit.scope.as_deref())?);
        }
        let scores = match score {
            Score::Options(scores) => scores_of(space, &mut diagrams, scores)?,
            Score::Least(measure, scope) => {
                let costs = costs(space, &mut diagrams, *measure, scope.as_deref())?;
                costs.into_iter().map(|cost| negative(&mut diagrams, cost)).collect()
            }
            Score::Most(measure, scope) => costs(space, &mut diagrams, *measure, scope.as_deref())?,
        };
        let ways = ways(&diagrams, condition, &sums, &scores, STATE_LIMIT);
        let ways = ways.ok_or(BestError::TooLarge)?;
        let mut possible = true;
        let mut bounds = Vec::new();
        for (limit, base) in limits.iter().zip(&ways.base) {
            let max = limit.max.map(|max| max.checked_sub(*base));
            possible &= max != Some(None);
            let min = limit.min.map(|min| min.saturating_sub(*base));
            bounds.push(Bounds { min, max: max.flatten() });
        }
        Ok(Self { ways, bounds, possible })
    }

    fn answer(&self, count: usize, most_ways: usize) -> Found {
        if !self.possible || count == 0 {
            return Found { networks: Vec::new(), bound: None };
        }
        let prices = prices(self);
        let ahead = Ahead::of(self, &prices);
        Search::new(self, &ahead, &prices, count).run(most_ways)
    }
}

fn costs(
    space: &Checked,
    diagrams: &mut Diagrams,
    measure: Measure,
    scope: Option<&str>,
) -> Result<Vec<Vary>, BestError> {
    let mut sum: Sum = factors_in(space, std::mem::take(diagrams), measure, scope);
    let costs = expanded(&mut sum);
    *diagrams = sum.diagrams;
    costs.ok_or(BestError::TooLarge)
}

fn scores_of(
    space: &Checked,
    diagrams: &mut Diagrams,
    scores: &[Vec<f64>],
) -> Result<Vec<Vary>, BestError> {
    if scores.iter().flatten().any(|score| !score.is_finite()) {
        return Err(BestError::Score);
    }
    let zero = diagrams.float(0.0);
    let mut made = Vec::new();
    for ((id, decision), scores) in space.decision_ids().zip(scores) {
        if scores.is_empty() {
            continue;
        }
        let leaves: Vec<Vary> = scores.iter().map(|&score| diagrams.float(score)).collect();
        let chosen = diagrams.choose(id, &leaves);
        made.push(diagrams.ite(decision.exists, chosen, zero));
    }
    if diagrams.overflowed() { Err(BestError::TooLarge) } else { Ok(made) }
}

fn negative(diagrams: &mut Diagrams, cost: Vary) -> Vary {
    diagrams.map(cost, &mut |d, leaf| match leaf.as_float() {
        Some(value) => d.float(-value),
        None => d.leaf(leaf.clone()),
    })
}

/// The most that any way from each state to the end can score, less the prices of what it costs.
pub(super) fn scores_ahead(ways: &Ways, prices: &[f64]) -> Vec<Vec<f64>> {
    backward(ways, 0.0, f64::NEG_INFINITY, |layer, edge, rest: f64, best| {
        let costs = &layer.costs[edge * prices.len()..][..prices.len()];
        let paid: f64 = costs.iter().zip(prices).map(|(&cost, price)| price * cost as f64).sum();
        best.max(layer.scores[edge] - paid + rest)
    })
}

/// A value per layer and state, from the end to the start; `join` joins what an option leads to with
/// the value so far.
fn backward<T: Copy>(
    ways: &Ways,
    end: T,
    none: T,
    join: impl Fn(&Layer, usize, T, T) -> T,
) -> Vec<Vec<T>> {
    let mut made: Vec<Vec<T>> = vec![vec![end]];
    for (layer, &arity) in ways.layers.iter().zip(&ways.arities).rev() {
        let arity = arity.max(1) as usize;
        let next = made.last().map_or(&[][..], Vec::as_slice);
        let of_state = |state: usize| {
            (state * arity..(state + 1) * arity).fold(none, |value, edge| {
                // All of the last layer lead to the end, whatever remained of them.
                match next.get(layer.next[edge] as usize) {
                    Some(&rest) if layer.next[edge] != NOWHERE => join(layer, edge, rest, value),
                    _ => value,
                }
            })
        };
        let states = (0..layer.next.len() / arity).map(of_state).collect();
        made.push(states);
    }
    made.reverse();
    made
}

/// What lies ahead of every state.
struct Ahead {
    /// The best score, whatever it costs.
    free: Vec<Vec<f64>>,
    /// The best score less the prices.
    priced: Vec<Vec<f64>>,
    /// Per sum, the least and the most that is still to come.
    least: Vec<Vec<Vec<u64>>>,
    most: Vec<Vec<Vec<u64>>>,
}

impl Ahead {
    fn of(question: &Question, prices: &[f64]) -> Self {
        let ways = &question.ways;
        let sums = question.bounds.len();
        let cost = |layer: &Layer, edge: usize, sum: usize| layer.costs[edge * sums + sum];
        let least = (0..sums).map(|sum| {
            backward(ways, 0, u64::MAX, |layer, edge, rest: u64, least| {
                least.min(rest.saturating_add(cost(layer, edge, sum)))
            })
        });
        let most = (0..sums).map(|sum| {
            backward(ways, 0, 0, |layer, edge, rest: u64, most| {
                most.max(rest.saturating_add(cost(layer, edge, sum)))
            })
        });
        Self {
            free: scores_ahead(ways, &vec![0.0; sums]),
            priced: scores_ahead(ways, prices),
            least: least.collect(),
            most: most.collect(),
        }
    }
}

/// A way from the start to a state.
#[derive(Clone, Copy)]
struct Step {
    layer: u32,
    state: u32,
    score: f64,
    before: u32,
    option: u16,
}

/// The order in which ways are followed: the highest bound first, of those the longest, of those the
/// oldest.
#[derive(Clone, Copy, PartialEq)]
struct Turn {
    bound: f64,
    layer: u32,
    step: Reverse<u32>,
}

impl Eq for Turn {}

impl Ord for Turn {
    fn cmp(&self, other: &Self) -> Ordering {
        let bound = self.bound.total_cmp(&other.bound);
        bound.then(self.layer.cmp(&other.layer)).then(self.step.cmp(&other.step))
    }
}

impl PartialOrd for Turn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

struct Search<'a> {
    question: &'a Question,
    ahead: &'a Ahead,
    prices: &'a [f64],
    /// What the limits are worth at the prices.
    worth: f64,
    count: usize,
    steps: Vec<Step>,
    /// What each step has cost, the sums of one step side by side.
    costs: Vec<u64>,
    /// Per layer and state, the steps that were followed from there.
    followed: Vec<Vec<Vec<u32>>>,
    queue: BinaryHeap<Turn>,
    /// The whole ways so far, the best first.
    found: Vec<(f64, u32)>,
}

impl<'a> Search<'a> {
    fn new(question: &'a Question, ahead: &'a Ahead, prices: &'a [f64], count: usize) -> Self {
        let followed = ahead.free.iter().map(|layer| vec![Vec::new(); layer.len()]).collect();
        Self {
            question,
            ahead,
            prices,
            worth: super::price::worth(&question.bounds, prices),
            count,
            steps: Vec::new(),
            costs: Vec::new(),
            followed,
            queue: BinaryHeap::new(),
            found: Vec::new(),
        }
    }

    fn run(mut self, most_ways: usize) -> Found {
        let sums = self.question.bounds.len();
        if self.ahead.free.first().is_some_and(|layer| !layer.is_empty()) {
            let score = self.question.ways.base_score;
            let start = Step { layer: 0, state: 0, score, before: u32::MAX, option: 0 };
            self.reach(start, &vec![0; sums]);
        }
        let mut cut = None;
        while let Some(turn) = self.queue.pop() {
            // Sums of scores are rounded, each in an order of its own. Who scores alike need not be
            // looked at.
            let slack = 1e-12 * turn.bound.abs().max(1.0);
            let enough = self.found.len() >= self.count;
            if enough && self.found[self.count - 1].0 >= turn.bound - slack {
                break;
            }
            if self.steps.len() > most_ways {
                cut = Some(turn.bound + slack);
                break;
            }
            self.follow(turn.step.0);
        }
        let networks =
            self.found.iter().take(self.count).map(|&(score, step)| (score, self.arch(step)));
        Found { networks: networks.collect(), bound: cut }
    }

    /// Puts a step into the queue, if any way on keeps the limits.
    fn reach(&mut self, step: Step, costs: &[u64]) {
        let (layer, state) = (step.layer as usize, step.state as usize);
        for (sum, (bounds, &cost)) in self.question.bounds.iter().zip(costs).enumerate() {
            let least = self.ahead.least[sum][layer][state].saturating_add(cost);
            let most = self.ahead.most[sum][layer][state].saturating_add(cost);
            if bounds.max.is_some_and(|max| least > max) || bounds.min.is_some_and(|min| most < min)
            {
                return;
            }
        }
        let free = step.score + self.ahead.free[layer][state];
        let paid: f64 =
            costs.iter().zip(self.prices).map(|(&cost, price)| price * cost as f64).sum();
        let priced = step.score - paid + self.ahead.priced[layer][state] + self.worth;
        let bound = free.min(priced);
        if bound == f64::NEG_INFINITY {
            return;
        }
        let number = self.steps.len() as u32;
        self.steps.push(step);
        self.costs.extend_from_slice(costs);
        self.queue.push(Turn { bound, layer: step.layer, step: Reverse(number) });
    }

    /// Follows a step by every option.
    fn follow(&mut self, number: u32) {
        let step = self.steps[number as usize];
        let (layer, state) = (step.layer as usize, step.state as usize);
        let ways = &self.question.ways;
        if layer == ways.layers.len() {
            let place = self.found.partition_point(|(score, _)| *score >= step.score);
            self.found.insert(place, (step.score, number));
            return;
        }
        if self.is_dominated(number) {
            return;
        }
        self.followed[layer][state].push(number);
        let sums = self.question.bounds.len();
        let arity = ways.arities[layer] as usize;
        for option in 0..arity {
            let edge = state * arity + option;
            let edges = &ways.layers[layer];
            if edges.next[edge] == NOWHERE {
                continue;
            }
            let last = layer + 1 == ways.layers.len();
            let spent = &self.costs[number as usize * sums..][..sums];
            let added = &edges.costs[edge * sums..][..sums];
            let costs: Vec<u64> = spent
                .iter()
                .zip(added)
                .map(|(&spent, &added)| spent.saturating_add(added))
                .collect();
            let next = Step {
                layer: step.layer + 1,
                state: if last { 0 } else { edges.next[edge] },
                score: step.score + edges.scores[edge],
                before: number,
                option: option as u16,
            };
            self.reach(next, &costs);
        }
    }

    /// Whether as many followed ways as are asked for lead to the step's state and are no worse.
    fn is_dominated(&self, number: u32) -> bool {
        let step = self.steps[number as usize];
        let sums = self.question.bounds.len();
        let costs = |number: u32| &self.costs[number as usize * sums..][..sums];
        let mine = costs(number);
        let no_worse = |&&other: &&u32| {
            self.steps[other as usize].score >= step.score
                && self.question.bounds.iter().zip(costs(other)).zip(mine).all(
                    |((bounds, &theirs), &mine)| {
                        (bounds.max.is_none() || theirs <= mine)
                            && (bounds.min.is_none() || theirs >= mine)
                    },
                )
        };
        let followed = &self.followed[step.layer as usize][step.state as usize];
        followed.iter().filter(no_worse).take(self.count).count() >= self.count
    }

    /// The network that a whole way stands for.
    fn arch(&self, mut number: u32) -> Arch {
        let mut arch = Arch::default();
        while number != u32::MAX {
            let step = self.steps[number as usize];
            if step.layer > 0 {
                arch.set(DecisionId(step.layer - 1), u32::from(step.option));
            }
            number = step.before;
        }
        arch
    }
}
