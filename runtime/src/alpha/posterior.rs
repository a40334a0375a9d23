//! Networks weighed by how well they explain a batch: PARSEC (Casale et al., 2019) and FP-NAS (Yan et al., CVPR
//! 2021).

use super::Rows;
use super::logits::{Logits, softmax};

/// Weights of drawn networks, which sum to one.
///
/// Both the weights of the supernet and the logits follow them: `Σ_k w_k ∇loss_k`, and `−Σ_k w_k ∇log
/// P(network_k)`. Nothing is differentiated through the weights themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// One weight per network.
    pub weights: Vec<f64>,
}

impl Posterior {
    /// By the losses of the networks on one batch: `softmax(−scale loss)`. With mean losses a scale of one is
    /// the usual; the number of images makes it the likelihood of the batch, which leaves hardly more
    /// than one network.
    pub fn of(losses: &[f64], scale: f64) -> Self {
        let exponents: Vec<f64> = losses.iter().map(|loss| -scale * loss).collect();
        Self { weights: softmax(&exponents) }
    }

    /// The same where costly networks are less likely: `softmax(−scale loss − strength penalty)`. For the
    /// logits alone.
    pub fn tempered(losses: &[f64], scale: f64, penalties: &[f64], strength: f64) -> Self {
        let exponents: Vec<f64> = losses
            .iter()
            .zip(penalties)
            .map(|(loss, penalty)| -scale * loss - strength * penalty)
            .collect();
        Self { weights: softmax(&exponents) }
    }

    /// How many networks count: `1 / Σ w²`, from one to all of them.
    pub fn effective_samples(&self) -> f64 {
        1.0 / self.weights.iter().map(|weight| weight * weight).sum::<f64>()
    }

    /// The gradient of `−Σ w log P`, the negative logarithm of the marginal likelihood, by the logits.
    /// `networks` are the drawn ones, an option per decision.
    pub fn gradient(&self, logits: &Logits, networks: &[Vec<usize>]) -> Rows {
        let coefficients: Vec<f64> = self.weights.iter().map(|weight| -weight).collect();
        weighed_scores(logits, networks, &coefficients)
    }

    /// The gradient with FP-NAS's cost term `strength log E[penalty]`: each network counts `−w + strength
    /// penalty / Σ penalties`, without the second part where no network is too costly. A strength above one
    /// pushes away from all that was drawn.
    pub fn gradient_with_cost(
        &self,
        logits: &Logits,
        networks: &[Vec<usize>],
        penalties: &[f64],
        strength: f64,
    ) -> Rows {
        let total: f64 = penalties.iter().sum();
        let share = |penalty: f64| if total > 0.0 { penalty / total } else { 0.0 };
        let coefficients: Vec<f64> = self
            .weights
            .iter()
            .zip(penalties)
            .map(|(weight, &penalty)| strength * share(penalty) - weight)
            .collect();
        weighed_scores(logits, networks, &coefficients)
    }
}

/// `Σ_k coefficient_k ∇log P(network_k)`.
fn weighed_scores(logits: &Logits, networks: &[Vec<usize>], coefficients: &[f64]) -> Rows {
    let probabilities = logits.probabilities();
    let mut made: Rows = logits.rows.iter().map(|row| vec![0.0; row.len()]).collect();
    for (network, coefficient) in networks.iter().zip(coefficients) {
        for ((row, probabilities), &taken) in made.iter_mut().zip(&probabilities).zip(network) {
            for (option, (entry, p)) in row.iter_mut().zip(probabilities).enumerate() {
                let one_hot = if option == taken { 1.0 } else { 0.0 };
                *entry += coefficient * (one_hot - p);
            }
        }
    }
    made
}

/// How many networks a step draws: the entropy of the distribution in nats times a factor, rounded, and at least
/// `least`. FP-NAS takes a quarter; a single network would be reinforced whatever it is, so two are
/// the least that makes sense.
pub fn samples_for(entropy: f64, factor: f64, least: usize) -> usize {
    ((factor * entropy).round().max(0.0) as usize).max(least)
}

/// A weighted sum over networks that are run one after another, when their weights are only known at the end:
/// one gradient is kept, not one per network.
///
/// ```
/// # use nasc_runtime::alpha::Online;
/// let (mut online, mut sum) = (Online::default(), 0.0);
/// for (loss, gradient) in [(2.1, 1.0), (1.9, 3.0)] {
///     let (keep, add) = online.take(-loss);
///     sum = keep * sum + add * gradient;
/// }
/// let gradient = sum / online.total();
/// # assert!((gradient - 2.0996679946249555).abs() < 1e-12);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Online {
    largest: f64,
    total: f64,
}

impl Default for Online {
    fn default() -> Self {
        Self { largest: f64::NEG_INFINITY, total: 0.0 }
    }
}

impl Online {
    /// Takes the exponent of the next network (minus its scaled loss); gives what the sum so far and what
    /// the network adds are multiplied with.
    pub fn take(&mut self, exponent: f64) -> (f64, f64) {
        let largest = self.largest.max(exponent);
        let keep = if self.total > 0.0 { (self.largest - largest).exp() } else { 0.0 };
        let add = (exponent - largest).exp();
        self.largest = largest;
        self.total = keep * self.total + add;
        (keep, add)
    }

    /// What the sum is divided by at the end.
    pub fn total(&self) -> f64 {
        self.total
    }
}
