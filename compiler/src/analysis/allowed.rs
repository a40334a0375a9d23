//! The networks that limits allow, as a whole.

use num_bigint::BigUint;

use super::best::scores_of;
use super::census::Census;
use super::ground::{Bounds, Ground, Unanswered};
use super::histogram::ratio;
use super::numbers::{Numbers, moments};
use super::parted::{Parted, Parts};
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
/// How many times less is lost with twice as many nodes, about.
const GAIN: f64 = 2.2;
/// The part of all draws that must be allowed.
const ACCEPTANCE: f64 = 0.9;
/// How often a draw that is not allowed is repeated.
const REDRAWS: usize = 1_000_000;

/// The networks that keep all limits: how many there are, and draws from them.
#[derive(Debug)]
pub struct Allowed {
    /// All allowed networks, and where it is not exact some that are not.
    outer: Networks,
    /// Where draws are not uniform, how likely each node's ways are.
    weights: Option<Vec<Vec<f64>>>,
    /// Where that is not exact.
    inner: Option<Inner>,
    /// Where costs multiply, the two sides of the space.
    parts: Option<Box<Parts>>,
}

/// Networks as ways.
#[derive(Debug)]
enum Networks {
    Whole { ways: Ways, numbers: Numbers },
    Parted(Box<Parted>),
}

impl Networks {
    fn whole(ways: Ways) -> Self {
        Self::Whole { numbers: Numbers::of(&ways), ways }
    }

    fn total(&self) -> BigUint {
        match self {
            Self::Whole { numbers, .. } => numbers.total(),
            Self::Parted(parted) => parted.total(),
        }
    }

    /// Per decision and option, how many networks take it.
    fn options(&self, parts: Option<&Parts>) -> Vec<Vec<BigUint>> {
        match (self, parts) {
            (Self::Whole { ways, numbers }, _) => numbers.options(ways),
            (Self::Parted(parted), Some(parts)) => parted.options(parts),
            (Self::Parted(_), None) => Vec::new(),
        }
    }

    /// How likely all are by their scores, where they are whole.
    fn weight(&self) -> Option<Vec<Vec<f64>>> {
        match self {
            Self::Whole { ways, .. } => Some(weights(ways)),
            Self::Parted(_) => None,
        }
    }
}

/// Some of the allowed networks, and what tells all of them.
#[derive(Debug)]
struct Inner {
    networks: Networks,
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
        made.weights = made.outer.weight();
        Ok(made)
    }

    fn of(
        space: &Checked,
        limits: &[Limit],
        ground: &Ground,
        scores: &[Vary],
        nodes: usize,
    ) -> Result<Self, Unanswered> {
        let bounds = ground.bounds();
        let states = STATE_LIMIT.max(nodes);
        let ways = match ground.ways(scores, states) {
            Err(Unanswered::States) if scores.is_empty() && !bounds.is_empty() => {
                let Some(parts) = Parts::of(ground, scores, states)? else {
                    return Err(Unanswered::States);
                };
                let within = |size, side| -> Result<(bool, Networks), Unanswered> {
                    let parted = parts.within(size, side)?;
                    Ok((parted.exact, Networks::Parted(Box::new(parted))))
                };
                let mut made = Self::between_sides(space, limits, nodes, within)?;
                made.parts = Some(Box::new(parts));
                return Ok(made);
            }
            ways => ways?,
        };
        match restricted(&ways, &bounds, nodes) {
            Ok(outer) => return Ok(Self::exact(Networks::whole(outer))),
            Err(Unanswered::States) => {}
            Err(other) => return Err(other),
        }
        let within = |size, side| -> Result<(bool, Networks), Unanswered> {
            let Restricted { ways, exact } = rounded(&ways, &bounds, size, side)?;
            Ok((exact, Networks::whole(ways)))
        };
        Self::between_sides(space, limits, nodes, within)
    }

    fn exact(outer: Networks) -> Self {
        Self { outer, weights: None, inner: None, parts: None }
    }

    /// From as many nodes as it takes until most draws are allowed.
    fn between_sides(
        space: &Checked,
        limits: &[Limit],
        nodes: usize,
        within: impl Fn(usize, Side) -> Result<(bool, Networks), Unanswered>,
    ) -> Result<Self, Unanswered> {
        let mut size = ROUGH.min(nodes);
        loop {
            let (exact, outer) = match within(size, Side::Outer) {
                Err(Unanswered::States) if size < nodes => {
                    size = (2 * size).min(nodes);
                    continue;
                }
                outer => outer?,
            };
            let mut made = Self::exact(outer);
            if exact {
                return Ok(made);
            }
            let (_, networks) = within(size, Side::Inner)?;
            let share = ratio(&networks.total(), &made.outer.total());
            made.inner = Some(Inner { networks, limits: Vec::new() });
            if share < ACCEPTANCE && size < nodes {
                // As often as it will take, to do so once.
                let mut lost = 1.0 - share;
                while lost > 1.0 - ACCEPTANCE && size < nodes {
                    size = (2 * size).min(nodes);
                    lost /= GAIN;
                }
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
        self.inner.is_none().then(|| self.outer.total())
    }

    /// How many there are at least and at most.
    pub fn between(&self) -> [BigUint; 2] {
        let most = self.outer.total();
        match &self.inner {
            Some(inner) => [inner.networks.total(), most],
            None => [most.clone(), most],
        }
    }

    /// Whether it is proven that no network keeps the limits.
    pub fn is_empty(&self) -> bool {
        self.outer.total() == BigUint::ZERO
    }

    /// The part of all tries of [`Self::draw`] that gives a network is at least this.
    pub fn acceptance(&self) -> f64 {
        let inner = self.inner.as_ref().and_then(|inner| inner.networks.weight());
        if let (Some(outer), Some(inner)) = (&self.weights, &inner) {
            let [least, most] = [inner, outer].map(|made| start(made).copied().unwrap_or(0.0));
            return if most > 0.0 { least / most } else { 0.0 };
        }
        let [least, most] = self.between();
        if most == BigUint::ZERO { 0.0 } else { ratio(&least, &most) }
    }

    /// One of the networks, each exactly as likely as the others (or as its prior says), in canonical
    /// form. `None` if there are none (or hardly any, and none was found).
    pub fn draw(&self, stream: &mut Stream) -> Option<Arch> {
        let mut one = || match (&self.outer, &self.weights, &self.parts) {
            (Networks::Whole { ways, .. }, Some(weights), _) => weighted(ways, weights, stream),
            (Networks::Whole { ways, numbers }, None, _) => numbers.draw(ways, stream),
            (Networks::Parted(parted), _, Some(parts)) => parted.draw(parts, stream),
            (Networks::Parted(_), _, None) => None,
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
        let parts = self.parts.as_deref();
        let most = self.outer.options(parts);
        let Some(Inner { networks, .. }) = &self.inner else {
            let total = self.outer.total();
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
        let least = networks.options(parts);
        most.iter().zip(&least).map(|(m, l)| l.iter().zip(m).map(within).collect()).collect()
    }
}

/// What tells whether a network keeps the limits that are sums.
pub(super) fn tables(
    space: &Checked,
    limits: &[Limit],
) -> Result<Vec<(Table, Bounds)>, Unanswered> {
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
