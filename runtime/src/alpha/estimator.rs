//! From gate gradients to gradients of logits.
//!
//! The gate of an option is the factor on its result, and its gradient `g` is `∂L/∂gate`: the inner product of the
//! gradient that comes back with what the option computed. Every function returns `∂L/∂logits`, which is
//! descended.

use super::logits::softmax;

/// The score-function estimator with a local cost (DSNAS, Hu et al., CVPR 2020): `(δ_k − p_k) c`, where `c` is
/// the gradient of the taken option's gate, one. One sample, no baseline.
///
/// Gates that batch norms follow directly have next to no gradient, since these undo any factor: it
/// grows with their `eps`, which is why DSNAS trains with 1e-2.
pub fn score(row: &[f64], taken: usize, gate_gradient: f64) -> Vec<f64> {
    let one_hot = |option| if option == taken { 1.0 } else { 0.0 };
    let probabilities = softmax(row);
    probabilities.iter().enumerate().map(|(k, p)| (one_hot(k) - p) * gate_gradient).collect()
}

/// Through the softmax: `p_k (g_k − Σ_j p_j g_j)`. The gates are the probabilities themselves (DARTS; FNA's
/// architecture steps, at a temperature), or binary gates that all options' gradients are taken of
/// (`ProxylessNAS`, full).
pub fn mixture(row: &[f64], temperature: f64, gate_gradients: &[f64]) -> Vec<f64> {
    let scaled: Vec<f64> = row.iter().map(|logit| logit / temperature).collect();
    through_softmax(&softmax(&scaled), temperature, gate_gradients)
}

/// Two options of a row, of which one is on the path (`ProxylessNAS`): as [`mixture`], over the pair
/// alone. All other options have no gradient.
pub fn pair(row: &[f64], pair: [usize; 2], gate_gradients: [f64; 2]) -> Vec<f64> {
    let found = mixture(&pair.map(|option| row[option]), 1.0, &gate_gradients);
    let mut made = vec![0.0; row.len()];
    for (option, gradient) in pair.into_iter().zip(found) {
        made[option] = gradient;
    }
    made
}

/// Moves a pair back after a step, so that the probabilities of all other options of the row are what
/// they were (`ProxylessNAS`): the pair keeps its share.
pub fn keep_share(row: &mut [f64], pair: [usize; 2], before: [f64; 2]) {
    let total = |logits: [f64; 2]| logits.into_iter().map(f64::exp).sum::<f64>();
    let offset = (total(pair.map(|option| row[option])) / total(before)).ln();
    for option in pair {
        row[option] -= offset;
    }
}

/// Standard Gumbel noise of uniform numbers strictly between 0 and 1.
pub fn gumbel(uniform: f64) -> f64 {
    -(-uniform.ln()).ln()
}

/// The relaxed gates `softmax((logits + noise) / temperature)` of SNAS, GDAS and the masks of `FBNetV2`.
/// Gumbel noise makes the largest one a draw from the softmax of the logits.
pub fn relaxed(row: &[f64], noise: &[f64], temperature: f64) -> Vec<f64> {
    let logits: Vec<f64> = row.iter().zip(noise).map(|(l, n)| (l + n) / temperature).collect();
    softmax(&logits)
}

/// Through [`relaxed`] gates `z`: `(z_k / temperature) (g_k − Σ_j z_j g_j)`. SNAS gives the gradients of all
/// gates; GDAS runs the option with the largest gate, times one, and gives its gradient, with zeros for
/// the others.
pub fn through_relaxed(gates: &[f64], temperature: f64, gate_gradients: &[f64]) -> Vec<f64> {
    through_softmax(gates, temperature, gate_gradients)
}

/// The gradient of DARTS's second order: that of the validation loss at the unrolled weights, less the
/// learning rate times the central difference of the training loss's gradients at weights moved by
/// `±radius` along the validation gradient.
pub fn unrolled(
    validation: &[f64],
    [plus, minus]: [&[f64]; 2],
    radius: f64,
    learning_rate: f64,
) -> Vec<f64> {
    let differences = plus.iter().zip(minus).map(|(plus, minus)| (plus - minus) / (2.0 * radius));
    validation
        .iter()
        .zip(differences)
        .map(|(g, difference)| g - learning_rate * difference)
        .collect()
}

/// DARTS's radius for a validation gradient of that length (L2, over all weights): it moves the weights by 0.01 in all.
pub fn radius(length: f64) -> f64 {
    0.01 / length
}

fn through_softmax(gates: &[f64], temperature: f64, gate_gradients: &[f64]) -> Vec<f64> {
    let mean: f64 = gates.iter().zip(gate_gradients).map(|(gate, gradient)| gate * gradient).sum();
    let of_option = |(gate, gradient): (&f64, &f64)| gate / temperature * (gradient - mean);
    gates.iter().zip(gate_gradients).map(of_option).collect()
}
