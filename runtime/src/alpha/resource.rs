//! What a search pays for costly networks.

use super::logits::{Logits, softmax};
use super::{Rows, estimator};

/// The price of DSNAS: where the taken options cost at least a threshold together, a multiple of the
/// gradient of `Σ p_taken cost_taken`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// What the taken options must cost together; DSNAS: 290, in millions of multiply-adds of the choice blocks alone.
    pub threshold: f64,
    /// The factor. Where the losses and scores of `W` processes are divided by `W` and their gradients summed, as
    /// in the authors' code, this part is not divided: a single process takes `W^2` times their 1e-6.
    pub coefficient: f64,
}

impl Gate {
    /// The gradient of the price, zero below the threshold. `costs` has what every option costs.
    pub fn gradient(&self, logits: &Logits, taken: &[usize], costs: &Rows) -> Rows {
        let total: f64 = costs.iter().zip(taken).map(|(costs, &option)| costs[option]).sum();
        let factor = if total >= self.threshold { self.coefficient } else { 0.0 };
        let rows = logits.rows.iter().zip(costs).zip(taken);
        rows.map(|((row, costs), &option)| {
            let weight = factor * costs[option] * softmax(row)[option];
            estimator::score(row, option, weight)
        })
        .collect()
    }
}

/// The mean cost of a network, `Σ softmax(logits / temperature) cost`, and its gradient.
pub fn expected(logits: &Logits, temperature: f64, costs: &Rows) -> (f64, Rows) {
    let mut total = 0.0;
    let rows = logits.rows.iter().zip(costs).map(|(row, costs)| {
        let scaled: Vec<f64> = row.iter().map(|logit| logit / temperature).collect();
        total += softmax(&scaled).iter().zip(costs).map(|(p, cost)| p * cost).sum::<f64>();
        estimator::mixture(row, temperature, costs)
    });
    let gradient = rows.collect();
    (total, gradient)
}

/// FNA's price: `strength ln(expected) / ln(base)`, which is negative for less than one unit. The cost is in units
/// of 1e9 multiply-adds there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogCost {
    /// `λ`: 0.02 for `RetinaNet`, 0.15 for `SSDLite`.
    pub strength: f64,
    /// `τ`: 10 for both.
    pub base: f64,
    /// The temperature of the mixture: 1 for `RetinaNet`, 0.9 for `SSDLite`.
    pub temperature: f64,
}

impl LogCost {
    /// The price and its gradient.
    pub fn price(&self, logits: &Logits, costs: &Rows) -> (f64, Rows) {
        let (cost, mut gradient) = expected(logits, self.temperature, costs);
        let factor = self.strength / self.base.ln();
        for gradient in gradient.iter_mut().flatten() {
            *gradient *= factor / cost;
        }
        (factor * cost.ln(), gradient)
    }
}

/// FP-NAS's penalty of one network: `max(0, cost / target − 1)`.
pub fn hinge(cost: f64, target: f64) -> f64 {
    (cost / target - 1.0).max(0.0)
}
