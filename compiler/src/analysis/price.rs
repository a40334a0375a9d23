//! Prices of limited costs: those at which what is left of the scores bounds the best network most
//! tightly.
//!
//! A price above zero is paid where a cost has a largest value, one below zero where it has a smallest.
//! The bound is convex in the prices; each is lowered in turn.

use super::best::{Question, scores_ahead};
use super::ground::Bounds;
use super::ways::Ways;

/// Rounds over all prices, where there are several.
const ROUNDS: usize = 4;
/// Steps towards one price.
const STEPS: usize = 24;

/// A price per limited cost.
pub(super) fn prices(question: &Question) -> Vec<f64> {
    let Question { ways, bounds, .. } = question;
    let mut prices = vec![0.0; bounds.len()];
    let rounds = if bounds.len() > 1 { ROUNDS } else { 1 };
    let scale = scale(ways);
    for _ in 0..rounds {
        for sum in 0..bounds.len() {
            let at = |price: f64| {
                let mut prices = prices.clone();
                prices[sum] = price;
                bound(ways, bounds, &prices)
            };
            let low = if bounds[sum].min.is_some() { -scale[sum] } else { 0.0 };
            let high = if bounds[sum].max.is_some() { scale[sum] } else { 0.0 };
            prices[sum] = lowest(low, high, at);
        }
    }
    prices
}

/// What the limits are worth at the prices.
pub(super) fn worth(bounds: &[Bounds], prices: &[f64]) -> f64 {
    let of = |(bounds, &price): (&Bounds, &f64)| {
        let bound = if price > 0.0 { bounds.max } else { bounds.min };
        if price == 0.0 { 0.0 } else { price * bound.unwrap_or(0) as f64 }
    };
    bounds.iter().zip(prices).map(of).sum()
}

/// No network scores more than this.
fn bound(ways: &Ways, bounds: &[Bounds], prices: &[f64]) -> f64 {
    let start = scores_ahead(ways, prices).first().and_then(|layer| layer.first().copied());
    start.unwrap_or(f64::NEG_INFINITY) + worth(bounds, prices)
}

/// Per sum, a price at which the scores hardly matter: the largest score of an option over the
/// smallest cost, with room to spare.
fn scale(ways: &Ways) -> Vec<f64> {
    let sums = ways.base.len();
    let largest = ways
        .layers
        .iter()
        .flat_map(|layer| &layer.scores)
        .fold(0.0, |most: f64, score| most.max(score.abs()));
    (0..sums)
        .map(|sum| {
            let costs =
                ways.layers.iter().flat_map(|layer| layer.costs.iter().skip(sum).step_by(sums));
            let least = costs.copied().filter(|&cost| cost > 0).min().unwrap_or(1);
            let least = least as f64;
            2.0 * (largest + f64::MIN_POSITIVE) / least
        })
        .collect()
}

/// Where a convex function is lowest between two places.
fn lowest(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    if low == high {
        return low;
    }
    // Prices lie far below the largest there could be: those above zero are looked for by their
    // magnitude, and so are those below.
    let zero = f(0.0);
    let (mut best, mut least) = (0.0, zero);
    let mut look = |from: f64| {
        let mut place = from;
        for _ in 0..STEPS {
            let value = f(place);
            if value < least {
                (best, least) = (place, value);
            }
            place /= 4.0;
        }
    };
    if high > 0.0 {
        look(high);
    }
    if low < 0.0 {
        look(low);
    }
    if best == 0.0 {
        return 0.0;
    }
    (low, high) = if best > 0.0 { (best / 4.0, best * 4.0) } else { (best * 4.0, best / 4.0) };
    for _ in 0..STEPS {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if f(a) <= f(b) {
            high = b;
        } else {
            low = a;
        }
    }
    let middle = f64::midpoint(low, high);
    if f(middle) < least { middle } else { best }
}
