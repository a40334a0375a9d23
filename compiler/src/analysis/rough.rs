//! The best network where costs multiply: between what is found and what is proven.

use num_bigint::BigUint;

use super::allowed::tables;
use super::best::{Found, Score, scored};
use super::ground::{Bounds, Ground, Unanswered};
use super::parted::Parts;
use super::restrict::Side;
use super::ways::STATE_LIMIT;
use crate::arch::Arch;
use crate::cost::{Measure, Table};
use crate::ir::Limit;
use crate::pass::Checked;
use crate::random::Stream;

/// Nodes of one answer.
const NODES: usize = 500_000;
/// Draws that look for a network of less, or more.
const DRAWS: u64 = 200;

/// One of the best networks, and where it may not be the best no network scores more than the bound.
///
/// # Errors
/// If the space has no two sides either, or is too large.
pub(super) fn rough(
    space: &Checked,
    score: &Score,
    limits: &[Limit],
    count: usize,
) -> Result<Found, Unanswered> {
    let mut found = match score {
        Score::Options(_) => highest(space, score, limits)?,
        Score::Least(measure, scope) => extreme(space, *measure, scope.as_deref(), limits, false)?,
        Score::Most(measure, scope) => extreme(space, *measure, scope.as_deref(), limits, true)?,
    };
    if let ([(score, _)], None) = (found.networks.as_slice(), found.bound)
        && count > 1
    {
        // Others may score as much.
        found.bound = Some(*score);
    }
    Ok(found)
}

/// By the ways within the limits and some beyond; if their best is not allowed, also by some of those within.
fn highest(space: &Checked, score: &Score, limits: &[Limit]) -> Result<Found, Unanswered> {
    let mut ground = Ground::new(space, limits)?;
    let scores = scored(space, &mut ground, score)?;
    let parts = Parts::of(&ground, &scores, STATE_LIMIT)?.ok_or(Unanswered::States)?;
    let kept = tables(space, limits)?;
    let outer = parts.within(NODES, Side::Outer)?;
    let Some((most, arch)) = outer.best(&parts) else {
        return Ok(Found { networks: Vec::new(), bound: None });
    };
    if keeps(&kept, &arch) {
        return Ok(Found { networks: vec![(most, arch)], bound: None });
    }
    drop(outer);
    let inner = parts.within(NODES, Side::Inner)?;
    Ok(Found { networks: inner.best(&parts).into_iter().collect(), bound: Some(most) })
}

fn keeps(limits: &[(Table, Bounds)], arch: &Arch) -> bool {
    limits.iter().all(|(table, bounds)| bounds.hold(table.cost(arch)))
}

/// By halving: where even more than the allowed ways has nothing, there is nothing.
fn extreme(
    space: &Checked,
    measure: Measure,
    scope: Option<&str>,
    limits: &[Limit],
    most: bool,
) -> Result<Found, Unanswered> {
    let mut ground = Ground::new(space, limits)?;
    ground.count(space, measure, scope, Bounds::default())?;
    let mut parts = Parts::of(&ground, &[], STATE_LIMIT)?.ok_or(Unanswered::States)?;
    let kept = tables(space, limits)?;
    let table = Table::new(space, measure, scope).map_err(|_| Unanswered::Cost)?;
    let none = Found { networks: Vec::new(), bound: None };
    let Some(ends) = parts.extremes(limits.len()) else { return Ok(none) };
    let sign = if most { 1.0 } else { -1.0 };
    let [(mut low, _), (mut high, _)] = ends.clone();
    let [(_, cheapest), (_, dearest)] = ends;
    let end = if most { dearest } else { cheapest };
    if keeps(&kept, &end) {
        return Ok(Found { networks: vec![(sign * table.cost(&end) as f64, end)], bound: None });
    }
    let mut best: Option<(u64, Arch)> = None;
    // At first everything, then a half of what is left.
    let mut at = if most { low } else { high };
    for step in 0_u64.. {
        let bounds = if most {
            Bounds { min: Some(at), max: None }
        } else {
            Bounds { min: None, max: Some(at) }
        };
        parts.bound(limits.len(), bounds);
        let outer = parts.within(NODES, Side::Outer)?;
        if outer.total() == BigUint::ZERO {
            match (step, most) {
                (0, _) => return Ok(none),
                (_, true) => high = at - 1,
                (_, false) => low = at + 1,
            }
        } else {
            let mut stream = Stream::new(0, "extreme", &[step]);
            let drawn = (0..DRAWS).filter_map(|_| outer.draw(&parts, &mut stream));
            let allowed = drawn.filter(|arch| keeps(&kept, arch));
            let costs = allowed.map(|arch| (table.cost(&arch), arch));
            let beyond = costs.filter(|(cost, _)| if most { *cost >= at } else { *cost <= at });
            let found = if most { beyond.max() } else { beyond.min() };
            let Some(found) = found else { break };
            if most {
                low = found.0;
            } else {
                high = found.0;
            }
            best = Some(found);
        }
        if low >= high {
            break;
        }
        at = if most { high - (high - low) / 2 } else { low.midpoint(high) };
    }
    let bound = if most { high } else { low };
    let known = best.as_ref().is_some_and(|(cost, _)| *cost == bound);
    Ok(Found {
        networks: best.into_iter().map(|(cost, arch)| (sign * cost as f64, arch)).collect(),
        bound: (!known).then_some(sign * bound as f64),
    })
}
