//! What would have to give where no network keeps the limits.

use super::best::{Found, Score, best};
use super::ground::{Ground, Unanswered};
use super::restrict::{Side, restricted, rounded};
use super::ways::STATE_LIMIT;
use crate::arch::Arch;
use crate::cost::Measure;
use crate::ir::Limit;
use crate::pass::Checked;

/// Most nodes of one answer.
const NODES: usize = 1_000_000;
/// Most ways that the search for one answer follows.
const WAYS: usize = 1_000_000;

/// A limit with the nearest that any network comes to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The limit, by its place in the list.
    pub limit: usize,
    /// Its cost in the nearest network.
    pub value: u64,
    /// The nearest network.
    pub arch: Arch,
    /// Whether that network keeps all other limits: then this one alone stands in the way, and to
    /// allow this value is the least that helps.
    pub alone: bool,
}

/// Why no network keeps the limits, which is known: per limit the nearest network of those that keep all
/// others, or of all where none does; for a band one on either side, where there are any. A limit that
/// some network keeps and that alone would not help to give up is left out, and so is one that is
/// no sum.
///
/// # Errors
/// If the space is too large for the exact answer.
pub fn nearest(space: &Checked, limits: &[Limit]) -> Result<Vec<Nearest>, Unanswered> {
    let mut found = Vec::new();
    for (place, limit) in limits.iter().enumerate() {
        let Some(measure) = Measure::of(space, &limit.metric) else { continue };
        let mut others = limits.to_vec();
        others.remove(place);
        let alone = possible(space, &others)?;
        if !alone && possible(space, std::slice::from_ref(limit))? {
            continue;
        }
        let scope = || limit.scope.as_ref().map(ToString::to_string);
        let mut ends = Vec::new();
        if let Some(above) = limit.max.and_then(|max| max.checked_add(1)) {
            let beyond = Limit { min: Some(above), max: None, ..limit.clone() };
            ends.push((beyond, Score::Least(measure, scope())));
        }
        if let Some(below) = limit.min.and_then(|min| min.checked_sub(1)) {
            let beyond = Limit { min: None, max: Some(below), ..limit.clone() };
            ends.push((beyond, Score::Most(measure, scope())));
        }
        for (beyond, score) in ends {
            let mut kept = if alone { others.clone() } else { Vec::new() };
            kept.push(beyond);
            let Found { networks, bound } = best(space, &score, &kept, 1, WAYS)?;
            if bound.is_some() {
                return Err(Unanswered::States);
            }
            let nearest = |(score, arch): (f64, Arch)| Nearest {
                limit: place,
                value: score.abs() as u64,
                arch,
                alone,
            };
            found.extend(networks.into_iter().map(nearest));
        }
    }
    Ok(found)
}

/// Limits that no network keeps together, though some network keeps all of them but any one: their
/// places. `None` if some network keeps all limits.
///
/// # Errors
/// If the space is too large to know.
pub fn conflict(space: &Checked, limits: &[Limit]) -> Result<Option<Vec<usize>>, Unanswered> {
    if possible(space, limits)? {
        return Ok(None);
    }
    let mut left: Vec<usize> = (0..limits.len()).collect();
    for place in 0..limits.len() {
        let fewer: Vec<usize> = left.iter().copied().filter(|&kept| kept != place).collect();
        let kept: Vec<Limit> = fewer.iter().map(|&kept| limits[kept].clone()).collect();
        if !possible(space, &kept)? {
            left = fewer;
        }
    }
    Ok(Some(left))
}

/// Whether any network keeps the limits.
fn possible(space: &Checked, limits: &[Limit]) -> Result<bool, Unanswered> {
    let ground = Ground::new(space, limits)?;
    let ways = ground.ways(&[], STATE_LIMIT)?;
    let bounds = ground.bounds();
    match restricted(&ways, &bounds, NODES) {
        Err(Unanswered::States) => {}
        found => return Ok(found?.some),
    }
    if !rounded(&ways, &bounds, NODES, Side::Outer)?.ways.some {
        return Ok(false);
    }
    if rounded(&ways, &bounds, NODES, Side::Inner)?.ways.some {
        return Ok(true);
    }
    Err(Unanswered::States)
}
