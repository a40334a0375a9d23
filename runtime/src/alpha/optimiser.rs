//! Adam on logits.

use super::Rows;
use super::logits::Logits;

/// Adam (Kingma and Ba, 2015) with L2 weight decay in the gradient, step for step what libtorch computes.
///
/// The first beta is never 0.9 in architecture search: 0.5 in DSNAS, DARTS and GDAS, and 0 in `ProxylessNAS`,
/// where any momentum would move options that had no part in the step.
#[derive(Debug, Clone, PartialEq)]
pub struct Adam {
    /// Learning rate.
    pub learning_rate: f64,
    /// Decay of the mean of the gradients, and of their squares.
    pub betas: [f64; 2],
    /// Added to the root of the mean square.
    pub eps: f64,
    /// L2 penalty, in the gradient.
    pub weight_decay: f64,
    /// Steps so far.
    pub steps: u64,
    /// The mean of the gradients.
    pub mean: Rows,
    /// The mean of their squares.
    pub square: Rows,
}

impl Adam {
    /// An optimiser that has not seen a gradient: `eps` 1e-8, no weight decay.
    pub fn new(logits: &Logits, learning_rate: f64, betas: [f64; 2]) -> Self {
        let zero: Rows = logits.rows.iter().map(|row| vec![0.0; row.len()]).collect();
        let (mean, square) = (zero.clone(), zero);
        Self { learning_rate, betas, eps: 1e-8, weight_decay: 0.0, steps: 0, mean, square }
    }

    /// One step down the gradient.
    pub fn step(&mut self, logits: &mut Logits, gradient: &Rows) {
        self.steps += 1;
        let [beta1, beta2] = self.betas;
        let steps = self.steps as f64;
        let (correction1, correction2) = (1.0 - beta1.powf(steps), 1.0 - beta2.powf(steps));
        let rate = self.learning_rate / correction1;
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for ((row, gradient), (mean, square)) in logits.rows.iter_mut().zip(gradient).zip(moments) {
            let moments = mean.iter_mut().zip(square);
            for ((logit, gradient), (mean, square)) in row.iter_mut().zip(gradient).zip(moments) {
                // An option that is closed: nothing moves it.
                if *logit == f64::NEG_INFINITY {
                    continue;
                }
                let gradient = gradient + self.weight_decay * *logit;
                *mean = beta1 * *mean + (1.0 - beta1) * gradient;
                *square = beta2 * *square + (1.0 - beta2) * gradient * gradient;
                *logit -= rate * *mean / (square.sqrt() / correction2.sqrt() + self.eps);
            }
        }
    }
}
