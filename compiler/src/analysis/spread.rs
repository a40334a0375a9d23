//! Distributions between bounds, where an exact one would have too many costs.

use num_bigint::BigUint;

use super::allowed::measured;
use super::census::merged;
use super::ground::Unanswered;
use super::histogram::Histogram;
use super::restrict::Side;
use super::tally::Tally;
use super::ways::Ways;
use super::wide::Wide;
use crate::cost::Measure;
use crate::ir::Limit;
use crate::pass::Checked;

/// A distribution of costs, each network's rounded down and rounded up.
///
/// What lies below a cost in truth is at most what lies below it in `low`, and at least what does in
/// `high`; so are quantiles, the other way round. Where nothing had to be rounded both are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// No network costs less in truth.
    pub low: Histogram,
    /// No network costs more in truth.
    pub high: Histogram,
}

impl Spread {
    /// Whether the distribution is known exactly.
    pub fn is_exact(&self) -> bool {
        self.low == self.high
    }

    /// How many networks cost between the bounds, both inclusive: at least and at most.
    pub fn within(&self, min: Option<u64>, max: Option<u64>) -> [BigUint; 2] {
        let below = |histogram: &Histogram| match min {
            Some(min) => {
                min.checked_sub(1).map_or(BigUint::ZERO, |m| histogram.within(None, Some(m)))
            }
            None => BigUint::ZERO,
        };
        let (most, least) = (self.low.within(None, max), self.high.within(None, max));
        let (above, under) = (below(&self.high), below(&self.low));
        let least = if least > under { least - under } else { BigUint::ZERO };
        [least, most - above]
    }

    /// Between which costs the smallest lies that at least the part `q` (0 to 1) of all networks does
    /// not pass.
    pub fn quantile(&self, q: f64) -> Option<[u64; 2]> {
        Some([self.low.quantile(q)?, self.high.quantile(q)?])
    }
}

/// The distribution of a measure over the networks within limits, with at most `bins` costs kept apart
/// at any place in the space.
///
/// # Errors
/// If the space is too large, or a limit cannot be counted.
pub fn spread(
    space: &Checked,
    measure: Measure,
    scope: Option<&str>,
    limits: &[Limit],
    nodes: usize,
    bins: usize,
) -> Result<Spread, Unanswered> {
    let ways = measured(space, measure, scope, limits, nodes)?;
    let of = |side| match ways.bits() {
        ..128 => histogram::<u128>(&ways, side, bins),
        128..256 => histogram::<Wide>(&ways, side, bins),
        _ => histogram::<BigUint>(&ways, side, bins),
    };
    Ok(Spread { low: of(Side::Outer)?, high: of(Side::Inner)? })
}

fn histogram<C: Tally>(ways: &Ways, side: Side, bins: usize) -> Result<Histogram, Unanswered> {
    let mut next: Vec<Vec<(u64, C)>> = vec![vec![(0, C::one())]];
    for (layer, arity) in ways.options().rev() {
        let mut states = Vec::with_capacity(layer.next.len() / arity);
        for first in (0..layer.next.len()).step_by(arity) {
            let mut sum: Vec<(u64, C)> = Vec::new();
            for edge in first..first + arity {
                let Some(rest) = next.get(layer.next[edge] as usize) else { continue };
                let cost = layer.costs[edge];
                let shifted: Option<Vec<(u64, C)>> = rest
                    .iter()
                    .map(|(rest, count)| Some((rest.checked_add(cost)?, count.clone())))
                    .collect();
                sum = merged(sum, &shifted.ok_or(Unanswered::Cost)?);
                if sum.len() > 2 * bins {
                    sum = joined(sum, side, bins);
                }
            }
            states.push(if sum.len() > bins { joined(sum, side, bins) } else { sum });
        }
        next = states;
    }
    let base = ways.base[0];
    let bins = next.first().filter(|_| ways.some).into_iter().flatten();
    Ok(Histogram { bins: bins.map(|(cost, count)| (base + cost, count.big())).collect() })
}

/// Joins costs of equal parts of their range: into the lowest of each part, or into the highest.
fn joined<C: Tally>(bins: Vec<(u64, C)>, side: Side, most: usize) -> Vec<(u64, C)> {
    let (Some(&(first, _)), Some(&(last, _))) = (bins.first(), bins.last()) else { return bins };
    let width = (last - first) / most.max(1) as u64 + 1;
    let mut made: Vec<(u64, C)> = Vec::new();
    let mut part = None;
    for (cost, count) in bins {
        let here = (cost - first) / width;
        match made.last_mut() {
            Some(open) if part == Some(here) => {
                open.1.add(&count);
                if side == Side::Inner {
                    open.0 = cost;
                }
            }
            _ => made.push((cost, count)),
        }
        part = Some(here);
    }
    made
}
