//! What a question about a space stands on: its networks, each once, and what is counted of them.
//!
//! Every exact answer begins here. A limit that bounds a sum becomes an [`Amount`]; any other kind of
//! limit becomes part of the condition, by [`kept`].

use std::collections::BTreeSet;

use super::count::distinct;
use super::expand::expanded;
use super::order::{self, Moved};
use super::ways::{Ways, ways};
use crate::cost::memory::{self, Phase};
use crate::cost::{Factor, Measure, Sum, factors_in};
use crate::ir::{Limit, Metric};
use crate::pass::Checked;
use crate::vary::{DecisionId, Diagrams, TRUE, Vary};

/// A first try has so many times fewer states.
const FIRST: usize = 8;

/// Most nodes of a sum of costs.
pub(super) const FACTOR_LIMIT: usize = 4096;
/// The same in another order than that of the space.
const MOVED_LIMIT: usize = 512;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// Which networks are valid and distinct outgrows the diagrams.
    Condition,
    /// A cost depends on too many decisions at once, or does not fit 63 bits.
    Cost,
    /// Too much is undecided at once: the automaton has too many states.
    States,
    /// A limit is on memory, which depends on too many decisions at once.
    Memory,
    /// A limit is on a latency, which takes a table.
    Latency,
    /// A score is no finite number.
    Score,
    /// More limits than are held at once stand in the way of some network.
    Limits,
}

impl std::fmt::Display for Unanswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Condition => {
                "the space is too large: which of its networks are valid depends on too much at once"
            }
            Self::Cost => "the space is too large: a cost depends on too many decisions at once",
            Self::States => "the space is too large: too many decisions hang together",
            Self::Memory => {
                "the space is too large: which networks keep the limit on memory depends on too much at once"
            }
            Self::Latency => "a limit is on a latency, and its table is needed",
            Self::Score => "a score is no finite number",
            Self::Limits => "more than eight limits stand in the way of some network",
        })
    }
}

impl std::error::Error for Unanswered {}

/// The bounds of a sum, both inclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    pub min: Option<u64>,
    pub max: Option<u64>,
}

impl Bounds {
    /// What is left of the bounds for the rest of a sum; `None` if nothing is.
    pub fn without(self, base: u64) -> Option<Self> {
        let max = match self.max {
            Some(max) => Some(max.checked_sub(base)?),
            None => None,
        };
        Some(Self { min: self.min.map(|min| min.saturating_sub(base)), max })
    }

    /// Whether a value lies between the bounds.
    pub fn hold(self, value: u64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

/// A cost as the sum of diagrams of integers, with what it must keep.
#[derive(Clone, Debug, Default)]
pub(super) struct Amount {
    /// Those over one set of decisions in one.
    pub values: Vec<Vary>,
    /// The same as products.
    pub factors: Vec<Factor>,
    pub bounds: Bounds,
}

impl Amount {
    /// Of values that are sound everywhere, without bounds.
    pub fn of(values: Vec<Vary>) -> Self {
        let factors = values
            .iter()
            .map(|&value| Factor { presence: TRUE, terms: vec![value], coefficient: 1 })
            .collect();
        Self { values, factors, bounds: Bounds::default() }
    }
}

/// The networks that a question is about, and its amounts: those of the limits in their order, then
/// whatever else is counted.
#[derive(Clone, Debug)]
pub struct Ground {
    pub(super) diagrams: Diagrams,
    /// Which assignments are networks: valid, in canonical form, and what limits that are no sums say.
    pub(super) condition: Vary,
    /// What that is made of.
    pub(super) parts: Vec<Vary>,
    pub(super) amounts: Vec<Amount>,
}

impl Ground {
    /// The networks of a space with the amounts that the limits bound.
    ///
    /// # Errors
    /// If the space is too large, or a limit cannot be counted.
    pub fn new(space: &Checked, limits: &[Limit]) -> Result<Self, Unanswered> {
        let mut diagrams = space.diagrams.clone();
        let condition = distinct(space, &mut diagrams).ok_or(Unanswered::Condition)?;
        let mut parts = vec![space.valid];
        for (id, decision) in space.decision_ids() {
            let first = diagrams.is(id, 0);
            parts.push(diagrams.or(decision.exists, first));
        }
        parts.retain(|&part| part != TRUE);
        let mut ground = Self { diagrams, condition, parts, amounts: Vec::new() };
        for limit in limits {
            let bounds = Bounds { min: limit.min, max: limit.max };
            match Measure::of(space, &limit.metric) {
                Some(measure) => ground.count(space, measure, limit.scope.as_deref(), bounds)?,
                None => ground.demand(space, limit)?,
            }
        }
        Ok(ground)
    }

    /// Counts a measure too, over the part of the space at or below `scope`.
    pub(super) fn count(
        &mut self,
        space: &Checked,
        measure: Measure,
        scope: Option<&str>,
        bounds: Bounds,
    ) -> Result<(), Unanswered> {
        let diagrams = std::mem::take(&mut self.diagrams);
        let mut sum: Sum = factors_in(space, diagrams, measure, scope);
        let values = expanded(&mut sum, FACTOR_LIMIT);
        let Sum { diagrams, factors } = sum;
        self.diagrams = diagrams;
        let values = values.ok_or(Unanswered::Cost)?;
        self.amounts.push(Amount { values, factors, bounds });
        Ok(())
    }

    /// All assignments.
    pub(super) fn free(diagrams: Diagrams) -> Self {
        Self { diagrams, condition: TRUE, parts: Vec::new(), amounts: Vec::new() }
    }

    /// Only those that keep a condition.
    pub(super) fn demanded(&mut self, condition: Vary) {
        self.condition = self.diagrams.and(self.condition, condition);
        self.parts.push(condition);
    }

    /// One where a condition holds, nothing elsewhere.
    pub(super) fn one(&mut self, condition: Vary) -> Vary {
        let [zero, one] = [0, 1].map(|count| self.diagrams.int(count));
        self.diagrams.ite(condition, one, zero)
    }

    /// Counts the networks in which a condition holds: one each.
    pub(super) fn occurs(&mut self, condition: Vary) {
        let here = self.one(condition);
        self.amounts.push(Amount::of(vec![here]));
    }

    /// A limit that is no sum joins the condition.
    fn demand(&mut self, space: &Checked, limit: &Limit) -> Result<(), Unanswered> {
        let kept = kept(space, limit, &mut self.diagrams)?;
        self.demanded(kept);
        if self.diagrams.overflowed() { Err(Unanswered::Condition) } else { Ok(()) }
    }

    /// The networks as ways, with a sum per amount. The bounds are not asked. Where the space as it is
    /// written needs too many states, its decisions are walked in other orders.
    pub(super) fn ways(&self, scores: &[Vary], states: usize) -> Result<Ways, Unanswered> {
        let mut known = self.as_written(scores, states / FIRST);
        if !matches!(known, Err(Unanswered::States)) {
            return known;
        }
        let backwards: Vec<DecisionId> =
            (0..self.diagrams.decisions() as u32).rev().map(DecisionId).collect();
        let orders = [backwards, order::close(&self.diagrams, &self.sets(scores))];
        let others =
            |states: usize| orders.iter().find_map(|order| self.in_order(order, scores, states));
        if let Some(ways) = others(states / FIRST) {
            return Ok(ways);
        }
        known = self.as_written(scores, states);
        if matches!(known, Err(Unanswered::States)) {
            others(states).ok_or(Unanswered::States)
        } else {
            known
        }
    }

    /// The same in the order in which the space is written.
    pub(super) fn as_written(&self, scores: &[Vary], states: usize) -> Result<Ways, Unanswered> {
        let sums: Vec<&[Vary]> =
            self.amounts.iter().map(|amount| amount.values.as_slice()).collect();
        ways(&self.diagrams, self.condition, &sums, scores, states)
    }

    /// The same in another order; `None` if that needs too many states or outgrows the diagrams.
    fn in_order(&self, order: &[DecisionId], scores: &[Vary], states: usize) -> Option<Ways> {
        let mut diagrams = self.diagrams.clone();
        // A dimension may fail where its factor does not count.
        let mut factors: Vec<Vec<Factor>> = Vec::new();
        for amount in &self.amounts {
            factors.push(amount.factors.clone());
        }
        let zero = diagrams.int(0);
        for factor in factors.iter_mut().flatten() {
            for term in &mut factor.terms {
                if !diagrams.is_sound(*term) {
                    *term = diagrams.ite(factor.presence, *term, zero);
                }
            }
        }
        let mut moved = Moved::new(&diagrams, order);
        let condition = moved.all(&self.parts)?;
        for factor in factors.iter_mut().flatten() {
            factor.presence = moved.value(factor.presence)?;
            for term in &mut factor.terms {
                *term = moved.value(*term)?;
            }
        }
        let scores: Vec<Vary> =
            scores.iter().map(|&score| moved.value(score)).collect::<Option<_>>()?;
        let mut sum = Sum { diagrams: moved.diagrams, factors: Vec::new() };
        let mut sums = Vec::new();
        for factors in factors {
            sum.factors = factors;
            sums.push(expanded(&mut sum, MOVED_LIMIT)?);
        }
        if sum.diagrams.overflowed() {
            return None;
        }
        let sums: Vec<&[Vary]> = sums.iter().map(Vec::as_slice).collect();
        let mut made = ways(&sum.diagrams, condition, &sums, &scores, states).ok()?;
        made.order = order.to_vec();
        Some(made)
    }

    /// The decisions that each part depends on.
    fn sets(&self, scores: &[Vary]) -> Vec<BTreeSet<DecisionId>> {
        let costs = self.amounts.iter().flat_map(|amount| &amount.values);
        let all = self.parts.iter().chain(costs).chain(scores);
        all.map(|&value| self.diagrams.support(value)).collect()
    }

    /// The bounds of all amounts.
    pub(super) fn bounds(&self) -> Vec<Bounds> {
        self.amounts.iter().map(|amount| amount.bounds).collect()
    }
}

/// The assignments that keep a limit which is no sum.
fn kept(space: &Checked, limit: &Limit, diagrams: &mut Diagrams) -> Result<Vary, Unanswered> {
    let phase = match &limit.metric {
        Metric::Macs | Metric::Params => return Ok(TRUE),
        Metric::Memory => Phase::Inference,
        Metric::MemoryTraining => Phase::Training,
        Metric::Latency(_) => return Err(Unanswered::Latency),
    };
    memory::condition(space, diagrams, phase, [limit.min, limit.max])
        .map_err(|_| Unanswered::Memory)
}
