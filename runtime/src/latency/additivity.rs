//! How well sums of units tell what whole networks take.

use nasc_compiler::cost::latency::Additivity;

/// The report on pairs of a sum and a measured latency, in nanoseconds. `None` for fewer than three networks, or where
/// all sums or all latencies are equal: then nothing can be said.
pub fn additivity(pairs: &[(u64, u64)]) -> Option<Additivity> {
    if pairs.len() < 3 || pairs.iter().any(|&(_, measured)| measured == 0) {
        return None;
    }
    let n = pairs.len() as f64;
    let sums: Vec<f64> = pairs.iter().map(|&(sum, _)| sum as f64).collect();
    let measured: Vec<f64> = pairs.iter().map(|&(_, measured)| measured as f64).collect();
    let off = sums.iter().zip(&measured).map(|(sum, measured)| (sum - measured).abs() / measured);
    let mape = off.sum::<f64>() / n * 100.0;
    let (covariance, variance, _) = moments(&sums, &measured)?;
    let slope = covariance / variance;
    let offset = mean(&measured) - slope * mean(&sums);
    let (covariance, of_sums, of_measured) = moments(&ranks(&sums), &ranks(&measured))?;
    let spearman = covariance / (of_sums * of_measured).sqrt();
    Some(Additivity { networks: pairs.len() as u64, mape, spearman, slope, offset })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The covariance and both variances, none of which is zero.
fn moments(a: &[f64], b: &[f64]) -> Option<(f64, f64, f64)> {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut covariance, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        covariance += (x - mean_a) * (y - mean_b);
        of_a += (x - mean_a) * (x - mean_a);
        of_b += (y - mean_b) * (y - mean_b);
    }
    (of_a > 0.0 && of_b > 0.0).then_some((covariance, of_a, of_b))
}

/// The ranks from one up; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let equal = order[from..].iter().take_while(|&&at| values[at] == values[order[from]]);
        let to = from + equal.count();
        for &at in &order[from..to] {
            ranks[at] = (from + 1 + to) as f64 / 2.0;
        }
        from = to;
    }
    ranks
}
