//! From coarse to fine: one row per variable becomes one row per combination of their options.

/// The row of all combinations of several rows, the last one fastest: the sum of the logits of what is
/// combined. Probabilities, entropy and draws are what they were; gradients differ from then on, and
/// an optimiser begins anew (FP-NAS).
pub fn joint(rows: &[&[f64]]) -> Vec<f64> {
    let mut made = vec![0.0];
    for row in rows {
        made = made.iter().flat_map(|sum| row.iter().map(move |logit| sum + logit)).collect();
    }
    made
}

/// The place of a combination in the row that [`joint`] makes; `sizes` are the lengths of the rows.
pub fn sum_of(sizes: &[usize], options: &[usize]) -> usize {
    sizes.iter().zip(options).fold(0, |place, (size, option)| place * size + option)
}
