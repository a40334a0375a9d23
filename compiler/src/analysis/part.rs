//! Costs that multiply: a space in two parts.
//!
//! Where some decisions are in very many parts of a cost, each time with others, too much is undecided at
//! once. If no part of a cost has two of these decisions, and no condition has any, then what a network costs
//! is a sum of products: how often something is there, which the other decisions say, times what it then
//! costs, which these say. The two sides are asked apart. Which decisions these are is looked for, and what is
//! alike is one product: a cell that is the same in many places is there so many times.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::{Amount, FACTOR_LIMIT, Ground, Unanswered};
use crate::cost::{Factor, Sum, joined};
use crate::vary::{DecisionId, FALSE, Leaf, Vary};

/// A ground as two: an assignment of one side with one of the other is a network.
pub(super) struct Parting {
    /// The networks with all apart decisions at their first option. Its amounts are, for every one of the whole,
    /// what does not depend on those, then how often each of its products counts.
    pub rest: Ground,
    /// The assignments of the apart decisions, all others at their first option. Its amounts are what the
    /// products cost, in the same order.
    pub apart: Ground,
    /// Which decisions are apart.
    pub decisions: BTreeSet<DecisionId>,
    /// How many products each amount of the whole has.
    pub products: Vec<usize>,
    /// The scores of either side.
    pub scores: [Vec<Vary>; 2],
}

impl Parting {
    /// Parts a ground; `None` if no decision can be apart.
    ///
    /// # Errors
    /// If the diagrams outgrow their limits.
    pub fn of(ground: &Ground, scores: &[Vary]) -> Result<Option<Self>, Unanswered> {
        let decisions = apart(ground, scores);
        if decisions.is_empty() {
            return Ok(None);
        }
        let mut rest = ground.clone();
        for &decision in &decisions {
            let first = rest.diagrams.is(decision, 0);
            rest.demanded(first);
        }
        let amounts = std::mem::take(&mut rest.amounts);
        let mut products = Vec::new();
        let mut costs: Vec<Costs> = Vec::new();
        for amount in amounts {
            let Some((own, made)) = split(&mut rest, amount.factors, &decisions) else {
                return Err(Unanswered::Cost);
            };
            rest.amounts.push(Amount::of(own));
            products.push(made.len());
            for (cost, conditions) in made {
                let counts = conditions.iter().map(|&condition| rest.one(condition)).collect();
                rest.amounts.push(Amount::of(counts));
                costs.push(cost);
            }
        }
        let mut apart = Ground::free(rest.diagrams.clone());
        for decision in (0..apart.diagrams.decisions() as u32).map(DecisionId) {
            if !decisions.contains(&decision) {
                let first = apart.diagrams.is(decision, 0);
                apart.demanded(first);
            }
        }
        for cost in costs {
            let values = cost.into_iter().map(|(decision, costs)| {
                let leaves: Vec<Vary> =
                    costs.into_iter().map(|cost| apart.diagrams.int(cost)).collect();
                apart.diagrams.choose(decision, &leaves)
            });
            let values = values.collect();
            apart.amounts.push(Amount::of(values));
        }
        if rest.diagrams.overflowed() || apart.diagrams.overflowed() {
            return Err(Unanswered::Cost);
        }
        let (own, other): (Vec<Vary>, Vec<Vary>) =
            scores.iter().partition(|&&score| rest.diagrams.support(score).is_disjoint(&decisions));
        Ok(Some(Self { rest, apart, decisions, products, scores: [own, other] }))
    }
}

/// What something costs, by the options of the apart decisions.
type Costs = BTreeMap<DecisionId, Vec<i64>>;

/// Decisions of which no two are in one part of a cost and none is in a condition: first those that the fewest
/// others are with.
fn apart(ground: &Ground, scores: &[Vary]) -> BTreeSet<DecisionId> {
    let diagrams = &ground.diagrams;
    let mut with: BTreeMap<DecisionId, BTreeSet<DecisionId>> = BTreeMap::new();
    for value in ground.amounts.iter().flat_map(|amount| &amount.values).chain(scores) {
        let support = diagrams.support(*value);
        for &decision in &support {
            with.entry(decision).or_default().extend(&support);
        }
    }
    let together = scores.iter().map(|&score| diagrams.support(score)).filter(|set| set.len() > 1);
    let bound = ground.parts.iter().map(|&part| diagrams.support(part));
    for decision in bound.chain(together).flatten() {
        with.remove(&decision);
    }
    let mut candidates: Vec<(usize, DecisionId)> =
        with.iter().map(|(&decision, others)| (others.len(), decision)).collect();
    candidates.sort_unstable();
    let mut chosen = BTreeSet::new();
    for (_, decision) in candidates {
        if diagrams.arity(decision) > 1 && with[&decision].is_disjoint(&chosen) {
            chosen.insert(decision);
        }
    }
    chosen
}

/// What counts whatever the apart decisions are, and the products, with the conditions under which each counts
/// once. `None` if a factor outgrows its limit.
#[expect(clippy::type_complexity, reason = "two lists")]
fn split(
    ground: &mut Ground,
    factors: Vec<Factor>,
    apart: &BTreeSet<DecisionId>,
) -> Option<(Vec<Vary>, BTreeMap<Costs, Vec<Vary>>)> {
    let mut sum = Sum { diagrams: std::mem::take(&mut ground.diagrams), factors };
    // One by one: what is joined is no product any more.
    let values: Option<Vec<Vary>> =
        (0..sum.factors.len()).map(|factor| sum.expand(factor, FACTOR_LIMIT)).collect();
    ground.diagrams = sum.diagrams;
    let values = values?;
    let d = &mut ground.diagrams;
    let mut own = Vec::new();
    let mut by_condition: BTreeMap<Vary, Costs> = BTreeMap::new();
    for value in values {
        let support = d.support(value);
        let Some(&decision) = support.intersection(apart).next() else {
            own.push(value);
            continue;
        };
        let arity = d.arity(decision);
        for option in 0..arity {
            let here = d.restrict(value, decision, option);
            for leaf in d.leaves(here) {
                let Some(cost @ 1..) = leaf.as_int() else { continue };
                let condition = d.map(here, &mut |d, other| {
                    let alike = *other == Leaf::Int(cost);
                    d.boolean(alike)
                });
                let costs = by_condition.entry(condition).or_default();
                let costs = costs.entry(decision).or_insert_with(|| vec![0; arity as usize]);
                costs[option as usize] += cost;
            }
        }
    }
    by_condition.remove(&FALSE);
    let mut made: BTreeMap<Costs, Vec<Vary>> = BTreeMap::new();
    for (condition, costs) in by_condition {
        made.entry(costs).or_default().push(condition);
    }
    Some((joined(d, &own, FACTOR_LIMIT), made))
}
