//! The networks that limits allow, as a whole.

use num_bigint::BigUint;

use super::best::scores_of;
use super::census::Census;
use super::ground::{Bounds, Ground, Unanswered};
use super::histogram::ratio;
use super::numbers::{Numbers, moments};
use super::restrict::{Restricted, Side, restricted, rounded};
use super::ways::{STATE_LIMIT, Ways, start};
use super::weigh::{logarithm, weighted, weights};
use crate::arch::Arch;
use crate::cost::{Measure, Table};
use crate::ir::Limit;
use crate::pass::Checked;
use crate::random::Stream;
use crate::vary::Vary;

/// Most nodes for an exact answer.
pub const NODE_LIMIT: usize = 10_000_000;
/// Nodes of a first answer that is not exact.
const ROUGH: usize = 500_000;
/// The part of all draws that must be allowed.
const ACCEPTANCE: f64 = 0.9;
/// How often a draw that is not allowed is repeated.
const REDRAWS: usize = 1_000_000;

/// The networks that keep all limits: how many there are, and draws from them.
#[derive(Debug)]
pub struct Allowed {
    /// All allowed networks, and where it is not exact some that are not.
    outer: Ways,
    numbers: Numbers,
    /// Where draws are not uniform, how likely each node's ways are.
    weights: Option<Vec<Vec<f64>>>,
    /// Where that is not exact.
    inner: Option<Inner>,
}

/// Some of the allowed networks, and what tells all of them.
#[derive(Debug)]
struct Inner {
    ways: Ways,
    numbers: Numbers,
    limits: Vec<(Table, Bounds)>,
}

impl Allowed {
    /// The networks of a space that keep all limits: exactly where no more than `nodes` nodes are
    /// needed ([`NODE_LIMIT`] takes up to a minute), else between bounds.
    ///
    /// # Errors
    /// If the space is too large, or a limit cannot be counted.
    pub fn new(space: &Checked, limits: &[Limit], nodes: usize) -> Result<Self, Unanswered> {
        Self::of(space, limits, &Ground::new(space, limits)?, &[], nodes)
    }

    /// The same networks, to be drawn by the priors of their decisions: a network is as likely as the
    /// product of what its decisions give the options that it takes. The limits and what is forbidden
    /// are conditions on that.
    ///
    /// # Errors
    /// If the space is too large, or a limit cannot be counted.
    pub fn by_prior(space: &Checked, limits: &[Limit], nodes: usize) -> Result<Self, Unanswered> {
        let mut ground = Ground::new(space, limits)?;
        let chances: Vec<Vec<f64>> = space
            .decisions
            .iter()
            .map(|decision| {
                let options = decision.options.len();
                let prior = decision.prior.clone();
                let prior = prior.unwrap_or_else(|| vec![1.0 / options as f64; options]);
                prior.into_iter().map(logarithm).collect()
            })
            .collect();
        let scores = scores_of(space, &mut ground.diagrams, &chances)?;
        let mut made = Self::of(space, limits, &ground, &scores, nodes)?;
        made.weights = Some(weights(&made.outer));
        Ok(made)
    }

    fn of(
        space: &Checked,
        limits: &[Limit],
        ground: &Ground,
        scores: &[Vary],
        nodes: usize,
    ) -> Result<Self, Unanswered> {
        let ways = ground.ways(scores, STATE_LIMIT)?;
        let bounds = ground.bounds();
        let exact =
            |outer| Self { numbers: Numbers::of(&outer), outer, weights: None, inner: None };
        match restricted(&ways, &bounds, nodes) {
            Ok(outer) => return Ok(exact(outer)),
            Err(Unanswered::States) => {}
            Err(other) => return Err(other),
        }
        let mut size = ROUGH.min(nodes);
        loop {
            let outer = match rounded(&ways, &bounds, size, Side::Outer) {
                Err(Unanswered::States) if size < nodes => {
                    size = (2 * size).min(nodes);
                    continue;
                }
                outer => outer?,
            };
            if outer.exact {
                return Ok(exact(outer.ways));
            }
            let Restricted { ways: inner, .. } = rounded(&ways, &bounds, size, Side::Inner)?;
            let mut made = exact(outer.ways);
            let inner = Inner { numbers: Numbers::of(&inner), ways: inner, limits: Vec::new() };
            let share = ratio(&inner.numbers.total(), &made.numbers.total());
            made.inner = Some(inner);
            if share < ACCEPTANCE && size < nodes {
                size = (2 * size).min(nodes);
                continue;
            }
            if let Some(inner) = &mut made.inner {
                inner.limits = tables(space, limits)?;
            }
            return Ok(made);
        }
    }

    /// How many there are, if that is known exactly.
    pub fn count(&self) -> Option<BigUint> {
        self.inner.is_none().then(|| self.numbers.total())
    }

    /// How many there are at least and at most.
    pub fn between(&self) -> [BigUint; 2] {
        let most = self.numbers.total();
        match &self.inner {
            Some(inner) => [inner.numbers.total(), most],
            None => [most.clone(), most],
        }
    }

    /// Whether it is proven that no network keeps the limits.
    pub fn is_empty(&self) -> bool {
        !self.outer.some
    }

    /// The part of all tries of [`Self::draw`] that gives a network is at least this.
    pub fn acceptance(&self) -> f64 {
        if let (Some(outer), Some(inner)) = (&self.weights, &self.inner) {
            let [least, most] =
                [&weights(&inner.ways), outer].map(|made| start(made).copied().unwrap_or(0.0));
            return if most > 0.0 { least / most } else { 0.0 };
        }
        let [least, most] = self.between();
        if most == BigUint::ZERO { 0.0 } else { ratio(&least, &most) }
    }

    /// One of the networks, each exactly as likely as the others (or as its prior says), in canonical
    /// form. `None` if there are none (or hardly any, and none was found).
    pub fn draw(&self, stream: &mut Stream) -> Option<Arch> {
        let mut one = || match &self.weights {
            Some(weights) => weighted(&self.outer, weights, stream),
            None => self.numbers.draw(&self.outer, stream),
        };
        let Some(Inner { limits, .. }) = &self.inner else { return one() };
        for _ in 0..REDRAWS {
            let arch = one()?;
            if limits.iter().all(|(table, bounds)| bounds.hold(table.cost(&arch))) {
                return Some(arch);
            }
        }
        None
    }

    /// Per decision and option, the part of the networks that take it, at least and at most. Networks
    /// without the decision take its first option here; [`marginals`] tells them apart.
    pub fn shares(&self) -> Vec<Vec<(f64, f64)>> {
        let most = self.numbers.options(&self.outer);
        let Some(Inner { ways, numbers, .. }) = &self.inner else {
            let total = self.numbers.total();
            let share = |count: &BigUint| {
                let share = ratio(count, &total);
                (share, share)
            };
            return most.iter().map(|counts| counts.iter().map(share).collect()).collect();
        };
        let [inside, outside] = self.between();
        let within = |(least, most): (&BigUint, &BigUint)| {
            // The others are at least those inside and at most those outside that do otherwise.
            let low = ratio(least, &(least + (&outside - most)));
            let high = ratio(most, &(most + (&inside - least)));
            (low, high)
        };
        let least = numbers.options(ways);
        most.iter().zip(&least).map(|(m, l)| l.iter().zip(m).map(within).collect()).collect()
    }
}

/// What tells whether a network keeps the limits that are sums.
fn tables(space: &Checked, limits: &[Limit]) -> Result<Vec<(Table, Bounds)>, Unanswered> {
    let mut made = Vec::new();
    for limit in limits {
        let Some(measure) = Measure::of(space, &limit.metric) else { continue };
        let table = Table::new(space, measure, limit.scope.as_deref());
        let bounds = Bounds { min: limit.min, max: limit.max };
        made.push((table.map_err(|_| Unanswered::Cost)?, bounds));
    }
    Ok(made)
}

/// What a uniformly random network within limits does about one decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Marginal {
    /// The probability that the decision exists.
    pub exists: f64,
    /// Per option, the probability that the decision exists and takes it.
    pub options: Vec<f64>,
}

/// Most decisions whose existence is counted at once.
const AT_ONCE: usize = 8;

/// Per decision, how likely its options are under limits. Exact.
///
/// # Errors
/// If the space is too large, a limit cannot be counted, or no network keeps the limits (then the
/// list is empty).
pub fn marginals(
    space: &Checked,
    limits: &[Limit],
    nodes: usize,
) -> Result<Vec<Marginal>, Unanswered> {
    let ground = Ground::new(space, limits)?;
    let bounds = ground.bounds();
    let ways = restricted(&ground.ways(&[], STATE_LIMIT)?, &bounds, nodes)?;
    let numbers = Numbers::of(&ways);
    let total = numbers.total();
    if total == BigUint::ZERO {
        return Ok(Vec::new());
    }
    let mut taken = numbers.options(&ways);
    drop((ways, numbers));
    let mut exists = vec![total.clone(); taken.len()];
    let conditional: Vec<_> = space
        .decision_ids()
        .filter(|(_, decision)| decision.exists != crate::vary::TRUE)
        .map(|(id, decision)| (id, decision.exists))
        .collect();
    for batch in conditional.chunks(AT_ONCE) {
        let mut ground = ground.clone();
        for &(_, condition) in batch {
            ground.occurs(condition);
        }
        let ways = restricted(&ground.ways(&[], STATE_LIMIT)?, &bounds, nodes)?;
        for (place, (id, _)) in batch.iter().enumerate() {
            let [_, here, _] = moments(&ways, place);
            // Where it does not exist it takes the first option.
            taken[id.index()][0] -= &total - &here;
            exists[id.index()] = here;
        }
    }
    let made = exists.iter().zip(&taken).map(|(exists, options)| Marginal {
        exists: ratio(exists, &total),
        options: options.iter().map(|count| ratio(count, &total)).collect(),
    });
    Ok(made.collect())
}

/// The mean and the standard deviation of a measure over the networks within limits; `None` if there
/// are none. Exact, and needs no histogram.
///
/// # Errors
/// If the space is too large, or a limit cannot be counted.
pub fn mean(
    space: &Checked,
    measure: Measure,
    scope: Option<&str>,
    limits: &[Limit],
    nodes: usize,
) -> Result<Option<(f64, f64)>, Unanswered> {
    let ways = measured(space, measure, scope, limits, nodes)?;
    let [count, sum, squares] = moments(&ways, 0);
    if count == BigUint::ZERO {
        return Ok(None);
    }
    let variance = ratio(&(&count * squares - &sum * &sum), &(&count * &count));
    Ok(Some((ratio(&sum, &count), variance.sqrt())))
}

/// The networks within limits by one measure.
///
/// # Errors
/// If the space is too large, or a limit cannot be counted.
pub fn census(
    space: &Checked,
    measure: Measure,
    scope: Option<&str>,
    limits: &[Limit],
    nodes: usize,
) -> Result<Census, Unanswered> {
    Census::over(measured(space, measure, scope, limits, nodes)?).ok_or(Unanswered::States)
}

/// The ways that keep the limits, with one measure.
pub(super) fn measured(
    space: &Checked,
    measure: Measure,
    scope: Option<&str>,
    limits: &[Limit],
    nodes: usize,
) -> Result<Ways, Unanswered> {
    let mut ground = Ground::new(space, limits)?;
    let bounds = ground.bounds();
    ground.count(space, measure, scope, Bounds::default())?;
    restricted(&ground.ways(&[], STATE_LIMIT)?, &bounds, nodes)
}
