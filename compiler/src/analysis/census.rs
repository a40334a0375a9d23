//! Every network of a space by its cost, and exact draws from it.

use std::ops::Range;

use num_bigint::BigUint;

use super::expand::expanded;
use super::ground::{Amount, Bounds, Ground};
use super::histogram::Histogram;
use super::tally::Tally;
use super::ways::{STATE_LIMIT, Ways, start, ways};
use crate::arch::Arch;
use crate::cost::{Measure, Sum};
use crate::pass::Checked;
use crate::random::Stream;
use crate::vary::Vary;

/// Most costs that all states may have together.
const BIN_LIMIT: usize = 10_000_000;

/// How many distinct valid networks of a space there are at every cost of one measure.
#[derive(Debug)]
pub struct Census {
    ways: Ways,
    tails: Tails,
}

/// What can follow each state, in the smallest counter that holds all of it.
#[derive(Debug)]
enum Tails {
    Machine(Vec<Vec<Tail<u128>>>),
    Big(Vec<Vec<Tail<BigUint>>>),
}

/// The costs that ways from a state to the end can have, and how many ways there are.
#[derive(Debug)]
struct Tail<C> {
    costs: Vec<u64>,
    /// How many ways cost no more than the cost of the same place.
    up_to: Vec<C>,
    /// For equal ranges of cost, the place of the first cost not below the range.
    grid: Vec<u32>,
}

impl Census {
    /// Counts all distinct networks by `measure`, over the part of the space at or below `scope`;
    /// without a measure all cost nothing. `None` where the automaton passes its budget.
    pub fn take(space: &Checked, measure: Option<Measure>, scope: Option<&str>) -> Option<Self> {
        let mut ground = Ground::new(space, &[]).ok()?;
        match measure {
            Some(measure) => ground.count(space, measure, scope, Bounds::default()).ok()?,
            None => ground.amounts.push(Amount::default()),
        }
        Self::over(ground.ways(&[], STATE_LIMIT).ok()?)
    }

    /// Counts all assignments that meet `condition` by the sum. `None` past the budget.
    pub fn of(mut sum: Sum, condition: Vary) -> Option<Self> {
        let costs = expanded(&mut sum, super::ground::FACTOR_LIMIT)?;
        Self::over(ways(&sum.diagrams, condition, &[&costs], &[], STATE_LIMIT).ok()?)
    }

    /// Counts all ways by their only sum.
    pub(super) fn over(ways: Ways) -> Option<Self> {
        let tails = if ways.bits() <= 127 {
            Tails::Machine(tails(&ways)?)
        } else {
            Tails::Big(tails(&ways)?)
        };
        Some(Self { ways, tails })
    }

    /// How many networks there are at every cost.
    pub fn histogram(&self) -> Histogram {
        let base = self.ways.base[0];
        let bins = match &self.tails {
            Tails::Machine(tails) => bins(tails),
            Tails::Big(tails) => bins(tails),
        };
        Histogram { bins: bins.into_iter().map(|(cost, count)| (base + cost, count)).collect() }
    }

    /// How many networks cost between the bounds, both inclusive.
    pub fn within(&self, min: Option<u64>, max: Option<u64>) -> BigUint {
        let Some(range) = self.range(min, max) else { return BigUint::ZERO };
        match &self.tails {
            Tails::Machine(tails) => start(tails).map_or(0, |tail| tail.within(range)).big(),
            Tails::Big(tails) => start(tails).map_or(BigUint::ZERO, |tail| tail.within(range)),
        }
    }

    /// A network drawn uniformly from those that cost between the bounds, in canonical form; `None`
    /// if there are none.
    pub fn draw(&self, min: Option<u64>, max: Option<u64>, stream: &mut Stream) -> Option<Arch> {
        let range = self.range(min, max)?;
        match &self.tails {
            Tails::Machine(tails) => walk(&self.ways, tails, range, |count| count.below(stream)),
            Tails::Big(tails) => walk(&self.ways, tails, range, |count| count.below(stream)),
        }
    }

    /// The first network, by its options in decision order, that costs between the bounds.
    pub fn first(&self, min: Option<u64>, max: Option<u64>) -> Option<Arch> {
        let range = self.range(min, max)?;
        match &self.tails {
            Tails::Machine(tails) => walk(&self.ways, tails, range, |_| 0),
            Tails::Big(tails) => walk(&self.ways, tails, range, |_| BigUint::ZERO),
        }
    }

    /// The bounds without what every network costs, as a half-open range.
    fn range(&self, min: Option<u64>, max: Option<u64>) -> Option<Range<u64>> {
        let base = self.ways.base[0];
        let low = min.unwrap_or(0).saturating_sub(base);
        let high = max.unwrap_or(u64::MAX).checked_sub(base)?;
        Some(low..high.saturating_add(1))
    }
}

/// The tails of every state, from the last layer to the first; the last entry is the end's.
fn tails<C: Tally>(ways: &Ways) -> Option<Vec<Vec<Tail<C>>>> {
    let mut made = vec![vec![Tail::of(vec![(0, C::one())])]];
    let mut bins = 0;
    for (layer, arity) in ways.options().rev() {
        let next = made.last()?;
        let mut tails = Vec::with_capacity(layer.next.len() / arity);
        for (targets, costs) in layer.next.chunks(arity).zip(layer.costs.chunks(arity)) {
            let mut counts: Vec<(u64, C)> = Vec::new();
            for (&target, &added) in targets.iter().zip(costs) {
                let Some(below) = next.get(target as usize) else { continue };
                counts = merged(counts, &below.shifted(added)?);
                if bins + counts.len() > BIN_LIMIT {
                    return None;
                }
            }
            bins += counts.len();
            tails.push(Tail::of(counts));
        }
        made.push(tails);
    }
    made.reverse();
    if !ways.some {
        made[0].clear();
    }
    Some(made)
}

/// Two lists of ascending costs as one.
pub(super) fn merged<C: Tally>(a: Vec<(u64, C)>, b: &[(u64, C)]) -> Vec<(u64, C)> {
    if a.is_empty() {
        return b.to_vec();
    }
    let mut made: Vec<(u64, C)> = Vec::with_capacity(a.len() + b.len());
    let mut b = b.iter().peekable();
    for (cost, mut count) in a {
        while let Some(other) = b.next_if(|other| other.0 < cost) {
            made.push(other.clone());
        }
        if let Some(other) = b.next_if(|other| other.0 == cost) {
            count.add(&other.1);
        }
        made.push((cost, count));
    }
    made.extend(b.cloned());
    made
}

impl<C: Tally> Tail<C> {
    fn of(ways: Vec<(u64, C)>) -> Self {
        let mut sum = C::zero();
        let mut tail = Self { costs: Vec::new(), up_to: Vec::new(), grid: Vec::new() };
        for (cost, count) in ways {
            sum.add(&count);
            tail.costs.push(cost);
            tail.up_to.push(sum.clone());
        }
        if let Some((first, width)) = tail.cell() {
            let mut place = 0;
            for number in 0..tail.costs.len() as u64 {
                let start = first.saturating_add(number.saturating_mul(width));
                while tail.costs.get(place).is_some_and(|&cost| cost < start) {
                    place += 1;
                }
                tail.grid.push(place as u32);
            }
        }
        tail
    }

    /// Where the grid begins, and how much cost one of its cells has: as many cells as costs.
    fn cell(&self) -> Option<(u64, u64)> {
        let (first, last) = (*self.costs.first()?, *self.costs.last()?);
        Some((first, (last - first) / self.costs.len() as u64 + 1))
    }

    /// The count of every single cost, with `added` to each cost.
    fn shifted(&self, added: u64) -> Option<Vec<(u64, C)>> {
        let mut before = C::zero();
        self.costs
            .iter()
            .zip(&self.up_to)
            .map(|(cost, up_to)| {
                let count = up_to.minus(&before);
                before = up_to.clone();
                Some((cost.checked_add(added)?, count))
            })
            .collect()
    }

    /// How many ways cost less than `bound`.
    fn below(&self, bound: u64) -> Option<&C> {
        let (first, width) = self.cell()?;
        let cell = (bound.checked_sub(first)? / width) as usize;
        let mut place = self.grid.get(cell).map_or(self.costs.len(), |&place| place as usize);
        while self.costs.get(place).is_some_and(|&cost| cost < bound) {
            place += 1;
        }
        self.up_to.get(place.checked_sub(1)?)
    }

    /// How many ways cost within the range.
    fn within(&self, range: Range<u64>) -> C {
        let Some(high) = self.below(range.end) else { return C::zero() };
        match self.below(range.start) {
            None => high.clone(),
            Some(low) if low <= high => high.minus(low),
            Some(_) => C::zero(),
        }
    }
}

fn bins<C: Tally>(tails: &[Vec<Tail<C>>]) -> Vec<(u64, BigUint)> {
    let ways = start(tails).and_then(|tail| tail.shifted(0)).unwrap_or_default();
    ways.into_iter().map(|(cost, count)| (cost, count.big())).collect()
}

/// The network of a number below the count of those within the range, which `pick` is given.
fn walk<C: Tally>(
    ways: &Ways,
    tails: &[Vec<Tail<C>>],
    mut range: Range<u64>,
    mut pick: impl FnMut(&C) -> C,
) -> Option<Arch> {
    let all = start(tails)?.within(range.clone());
    if all == C::zero() {
        return None;
    }
    let mut number = pick(&all);
    let mut arch = Arch(vec![0; ways.layers.len()]);
    let mut state = 0;
    for (level, (layer, arity)) in ways.options().enumerate() {
        let next = tails.get(level + 1)?;
        let mut found = None;
        for option in 0..arity {
            let edge = state * arity + option;
            let (target, added) = (layer.next[edge] as usize, layer.costs[edge]);
            let Some(tail) = next.get(target) else { continue };
            if range.end <= added {
                continue;
            }
            let rest = range.start.saturating_sub(added)..range.end - added;
            let count = tail.within(rest.clone());
            if number < count {
                found = Some((option, target, rest));
                break;
            }
            number.take(&count);
        }
        let (option, target, rest) = found?;
        arch.set(ways.order[level], option as u32);
        state = target;
        range = rest;
    }
    Some(arch)
}
