//! Exact distributions.

use num_bigint::BigUint;

/// How many networks there are at every cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// The costs that occur, ascending, with how many networks have each (none is zero).
    pub bins: Vec<(u64, BigUint)>,
}

impl Histogram {
    /// How many networks there are.
    pub fn total(&self) -> BigUint {
        self.bins.iter().map(|(_, count)| count).sum()
    }

    /// How many networks cost between the bounds, both inclusive.
    pub fn within(&self, min: Option<u64>, max: Option<u64>) -> BigUint {
        let inside =
            |cost: u64| min.is_none_or(|min| cost >= min) && max.is_none_or(|max| cost <= max);
        self.bins.iter().filter(|(cost, _)| inside(*cost)).map(|(_, count)| count).sum()
    }

    /// The part of all networks that costs between the bounds, 0 to 1.
    pub fn share(&self, min: Option<u64>, max: Option<u64>) -> f64 {
        ratio(&self.within(min, max), &self.total())
    }

    /// The smallest cost.
    pub fn min(&self) -> Option<u64> {
        self.bins.first().map(|(cost, _)| *cost)
    }

    /// The largest cost.
    pub fn max(&self) -> Option<u64> {
        self.bins.last().map(|(cost, _)| *cost)
    }

    /// The mean cost of a uniformly random network.
    pub fn mean(&self) -> f64 {
        let sum: BigUint = self.bins.iter().map(|(cost, count)| count * cost).sum();
        ratio(&sum, &self.total())
    }

    /// The standard deviation of the cost of a uniformly random network.
    pub fn std(&self) -> f64 {
        let total = self.total();
        let (mut first, mut second) = (BigUint::ZERO, BigUint::ZERO);
        for (cost, count) in &self.bins {
            let sum = count * cost;
            second += &sum * cost;
            first += sum;
        }
        ratio(&(&total * second - &first * &first), &(&total * &total)).sqrt()
    }

    /// The smallest cost that at least the part `q` (0 to 1) of all networks does not pass.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let total = self.total();
        let mut below = BigUint::ZERO;
        for (cost, count) in &self.bins {
            below += count;
            if ratio(&below, &total) >= q {
                return Some(*cost);
            }
        }
        self.max()
    }

    /// The part of all networks in each of `count` equal ranges of cost: the first cost of the range,
    /// the last, and the part. For drawing.
    pub fn ranges(&self, count: u64) -> Vec<(u64, u64, f64)> {
        let (Some(min), Some(max)) = (self.min(), self.max()) else { return Vec::new() };
        let width = ((max - min) / count.max(1)).saturating_add(1);
        let total = self.total();
        let mut made: Vec<(u64, u64, BigUint)> = Vec::new();
        for (cost, networks) in &self.bins {
            let number = (cost - min) / width;
            while made.len() as u64 <= number {
                let first = min + made.len() as u64 * width;
                made.push((first, first.saturating_add(width - 1).min(max), BigUint::ZERO));
            }
            if let Some((_, _, sum)) = made.last_mut() {
                *sum += networks;
            }
        }
        made.into_iter().map(|(first, last, sum)| (first, last, ratio(&sum, &total))).collect()
    }
}

/// `a / b` of numbers of any size; 0 when `b` is 0. Exact to the precision of an f64.
pub(super) fn ratio(a: &BigUint, b: &BigUint) -> f64 {
    if *b == BigUint::ZERO || *a == BigUint::ZERO {
        return 0.0;
    }
    // Both are cut to 64 leading bits, so neither passes the range of an f64.
    let part = |number: &BigUint| {
        let shift = number.bits().saturating_sub(64);
        let leading = (number >> shift).iter_u64_digits().next().unwrap_or(0);
        (leading as f64, shift as i32)
    };
    let ((a, shift_a), (b, shift_b)) = (part(a), part(b));
    a / b * f64::from(shift_a - shift_b).exp2()
}
