//! How well two rankings agree.

use std::cmp::Ordering;

/// Pairs of networks, by how two measures order them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kendall {
    /// Ordered alike by both.
    pub concordant: u64,
    /// Ordered in opposite ways.
    pub discordant: u64,
    /// Equal by the first measure.
    pub ties_first: u64,
    /// Equal by the second.
    pub ties_second: u64,
    /// All of them.
    pub pairs: u64,
}

/// Compares every pair. The measures have one number per network, in one order.
pub fn kendall(first: &[f64], second: &[f64]) -> Kendall {
    let mut made = Kendall::default();
    let networks: Vec<(f64, f64)> = first.iter().copied().zip(second.iter().copied()).collect();
    for (place, a) in networks.iter().enumerate() {
        for b in &networks[place + 1..] {
            let (one, other) = (a.0.total_cmp(&b.0), a.1.total_cmp(&b.1));
            made.pairs += 1;
            made.ties_first += u64::from(one == Ordering::Equal);
            made.ties_second += u64::from(other == Ordering::Equal);
            if one != Ordering::Equal && other != Ordering::Equal {
                made.concordant += u64::from(one == other);
                made.discordant += u64::from(one != other);
            }
        }
    }
    made
}

impl Kendall {
    /// Without regard to ties: from -1 to 1. `None` without a pair.
    pub fn tau_a(&self) -> Option<f64> {
        (self.pairs > 0).then(|| self.lead() / self.pairs as f64)
    }

    /// Where ties are nobody's fault: the one to report for accuracies, which tie often. `None` where a
    /// measure tells no two networks apart.
    pub fn tau_b(&self) -> Option<f64> {
        let told = |ties: u64| (self.pairs - ties) as f64;
        let root = (told(self.ties_first) * told(self.ties_second)).sqrt();
        (root > 0.0).then(|| self.lead() / root)
    }

    fn lead(&self) -> f64 {
        self.concordant as f64 - self.discordant as f64
    }
}
