//! The best networks of an additive score under several limits.
//!
//! A best-first search over the automaton of the space. What a way can still reach is bounded by the
//! best score of any way on, and more tightly by the best score less a price on every limited cost;
//! the prices are those that make the bound at the start least (Lagrangian relaxation). A way is
//! dropped where as many ways as are asked for lead to its state at no higher cost and with no lower
//! score. Nothing is rounded: what is found is best, or the search says how far from it.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::ground::{Bounds, Ground, Unanswered};
use super::price::prices;
use super::rough::rough;
use super::ways::{NOWHERE, Ways};
use crate::arch::Arch;
use crate::cost::Measure;
use crate::ir::Limit;
use crate::pass::Checked;
use crate::vary::{Diagrams, Vary};

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

/// The `count` distinct networks of the highest scores that keep all limits; fewer if there are no
/// more. Of networks that score alike, any. The search follows at most `ways` ways. Where costs multiply it is
/// one network, with what no other passes.
///
/// # Errors
/// If the space is too large, a limit cannot be counted, or a score is not finite.
pub fn best(
    space: &Checked,
    score: &Score,
    limits: &[Limit],
    count: usize,
    most_ways: usize,
) -> Result<Found, Unanswered> {
    match Question::new(space, score, limits) {
        Err(Unanswered::States) if count > 0 => rough(space, score, limits, count),
        question => Ok(question?.answer(count, most_ways)),
    }
}

/// An automaton with what is asked of it.
pub(super) struct Question {
    pub ways: Ways,
    pub bounds: Vec<Bounds>,
    /// Whether what every network costs is within the limits.
    possible: bool,
}

impl Question {
    pub(super) fn new(
        space: &Checked,
        score: &Score,
        limits: &[Limit],
    ) -> Result<Self, Unanswered> {
        let mut ground = Ground::new(space, limits)?;
        let bounds = ground.bounds();
        let scores = scored(space, &mut ground, score)?;
        let ways = ground.ways(&scores, STATE_LIMIT)?;
        let mut possible = ways.some;
        let mut left = Vec::new();
        for (bounds, base) in bounds.iter().zip(&ways.base) {
            let rest = bounds.without(*base);
            possible &= rest.is_some();
            left.push(rest.unwrap_or_default());
        }
        Ok(Self { ways, bounds: left, possible })
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

/// A score as the sum of diagrams of numbers.
pub(super) fn scored(
    space: &Checked,
    ground: &mut Ground,
    score: &Score,
) -> Result<Vec<Vary>, Unanswered> {
    let (measure, scope) = match score {
        Score::Options(scores) => return scores_of(space, &mut ground.diagrams, scores),
        Score::Least(measure, scope) | Score::Most(measure, scope) => (measure, scope),
    };
    ground.count(space, *measure, scope.as_deref(), Bounds::default())?;
    let costs = ground.amounts.pop().unwrap_or_default().values;
    if matches!(score, Score::Most(..)) {
        return Ok(costs);
    }
    Ok(costs.into_iter().map(|cost| negative(&mut ground.diagrams, cost)).collect())
}

pub(super) fn scores_of(
    space: &Checked,
    diagrams: &mut Diagrams,
    scores: &[Vec<f64>],
) -> Result<Vec<Vary>, Unanswered> {
    if scores.iter().flatten().any(|score| !score.is_finite()) {
        return Err(Unanswered::Score);
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
    if diagrams.overflowed() { Err(Unanswered::Cost) } else { Ok(made) }
}

fn negative(diagrams: &mut Diagrams, cost: Vary) -> Vary {
    diagrams.map(cost, &mut |d, leaf| match leaf.as_float() {
        Some(value) => d.float(-value),
        None => d.leaf(leaf.clone()),
    })
}

/// The most that any way from each state to the end can score, less the prices of what it costs.
pub(super) fn scores_ahead(ways: &Ways, prices: &[f64]) -> Vec<Vec<f64>> {
    ways.backward(0.0, &f64::NEG_INFINITY, |layer, edge, rest: &f64, best| {
        let costs = &layer.costs[edge * prices.len()..][..prices.len()];
        let paid: f64 = costs.iter().zip(prices).map(|(&cost, price)| price * cost as f64).sum();
        *best = best.max(layer.score(edge) - paid + rest);
    })
}

/// What lies ahead of every state.
struct Ahead {
    /// The best score, whatever it costs.
    free: Vec<Vec<f64>>,
    /// The best score less the prices.
    priced: Vec<Vec<f64>>,
    /// Per sum, the least and the most that is still to come.
    ends: Vec<Vec<Vec<(u64, u64)>>>,
}

impl Ahead {
    fn of(question: &Question, prices: &[f64]) -> Self {
        let ways = &question.ways;
        let sums = question.bounds.len();
        Self {
            free: scores_ahead(ways, &vec![0.0; sums]),
            priced: scores_ahead(ways, prices),
            ends: (0..sums).map(|sum| ways.ends(sum)).collect(),
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
            let (least, most) = self.ahead.ends[sum][layer][state];
            let (least, most) = (least.saturating_add(cost), most.saturating_add(cost));
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
                score: step.score + edges.score(edge),
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
                let decision = self.question.ways.order[step.layer as usize - 1];
                arch.set(decision, u32::from(step.option));
            }
            number = step.before;
        }
        arch
    }
}
