//! About what the ways on from each state cost: how many there are, and the mean and the deviation of each
//! limited sum.
//!
//! Nothing that is proven rests on this: it says where rounding does little harm. Only operations that are
//! the same on every machine are used.

use super::ways::Ways;

/// The ways on from the states of one layer, in proportion to one another.
pub(super) struct Outlook<const N: usize> {
    states: Vec<Rest<N>>,
}

#[derive(Clone, Copy)]
struct Rest<const N: usize> {
    ways: f64,
    mean: [f64; N],
    square: [f64; N],
}

impl<const N: usize> Outlook<N> {
    /// From every layer, and from the end; `sums` are the limited ones, at most `N`.
    pub fn of(ways: &Ways, sums: &[usize]) -> Vec<Self> {
        let end = Rest { ways: 1.0, mean: [0.0; N], square: [0.0; N] };
        let mut made = vec![Self { states: vec![end] }];
        for (layer, arity) in ways.options().rev() {
            let next = made.last().map_or(&[][..], |outlook| &outlook.states);
            let kept = ways.sums();
            let of = |edges: std::ops::Range<usize>| {
                let mut rest = Rest { ways: 0.0, mean: [0.0; N], square: [0.0; N] };
                for edge in edges {
                    let Some(after) = next.get(layer.next[edge] as usize) else { continue };
                    rest.ways += after.ways;
                    for (place, &sum) in sums.iter().enumerate() {
                        let cost = layer.costs[edge * kept + sum] as f64;
                        let mean = cost + after.mean[place];
                        rest.mean[place] += after.ways * mean;
                        let spread = after.square[place];
                        rest.square[place] += after.ways * (mean * mean + spread);
                    }
                }
                for place in 0..sums.len() {
                    let ways = rest.ways.max(f64::MIN_POSITIVE);
                    rest.mean[place] /= ways;
                    let mean = rest.mean[place];
                    // The second moment about the mean.
                    rest.square[place] = (rest.square[place] / ways - mean * mean).max(0.0);
                }
                rest
            };
            let mut states: Vec<Rest<N>> = (0..layer.next.len())
                .step_by(arity)
                .map(|first| of(first..first + arity))
                .collect();
            let largest = states.iter().map(|rest| rest.ways).fold(f64::MIN_POSITIVE, f64::max);
            for rest in &mut states {
                rest.ways /= largest;
            }
            made.push(Self { states });
        }
        made.reverse();
        made
    }

    /// How many ways lead on from a state.
    pub fn ways(&self, state: usize) -> f64 {
        self.states[state].ways
    }

    /// The mean of a sum over them, and its deviation, at least one.
    pub fn rest(&self, state: usize, place: usize) -> (f64, f64) {
        let rest = &self.states[state];
        (rest.mean[place], rest.square[place].sqrt().max(1.0))
    }
}

/// The density of a distribution a little broader than the normal one (Student's with four degrees of
/// freedom), so many deviations from the mean.
pub(super) fn density(deviations: f64) -> f64 {
    let spread = 1.0 + deviations * deviations / 4.0;
    0.375 / (spread * spread * spread.sqrt())
}

/// How likely it is there to lie below so many deviations above the mean.
pub(super) fn chance(deviations: f64) -> f64 {
    let part = deviations / (1.0 + deviations * deviations / 4.0).sqrt();
    0.5 + 0.375 * part * (1.0 - part * part / 12.0)
}
