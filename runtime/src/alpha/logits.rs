//! Logits and the distribution over networks that they stand for.

use nasc_compiler::random::Stream;

use super::Rows;

/// A row of logits per decision: every decision is drawn by itself, an option with the softmax of its
/// row.
#[derive(Debug, Clone, PartialEq)]
pub struct Logits {
    /// One row per decision; none is empty.
    pub rows: Rows,
}

/// The probabilities of a row of logits; the same for all options of an empty spread.
pub fn softmax(row: &[f64]) -> Vec<f64> {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = row.iter().map(|logit| (logit - most).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// The logarithms of the probabilities of a row.
pub fn log_softmax(row: &[f64]) -> Vec<f64> {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let log_sum = row.iter().map(|logit| (logit - most).exp()).sum::<f64>().ln();
    row.iter().map(|logit| logit - most - log_sum).collect()
}

impl Logits {
    /// Rows around `mean`, with a standard deviation of `deviation`: one per number of options.
    pub fn normal(options: &[usize], mean: f64, deviation: f64, stream: &mut Stream) -> Self {
        let rows = options
            .iter()
            .map(|&options| (0..options).map(|_| mean + deviation * stream.normal()).collect());
        Self { rows: rows.collect() }
    }

    /// The probability of every option.
    pub fn probabilities(&self) -> Rows {
        self.rows.iter().map(|row| softmax(row)).collect()
    }

    /// The logarithm of the probability of a network, an option per decision, in nats.
    pub fn log_probability(&self, options: &[usize]) -> f64 {
        self.rows.iter().zip(options).map(|(row, &option)| log_softmax(row)[option]).sum()
    }

    /// The entropy of every decision, in nats.
    pub fn entropies(&self) -> Vec<f64> {
        let of_row = |row: &Vec<f64>| {
            let logs = log_softmax(row);
            // An option of probability zero adds nothing.
            -logs.iter().map(|log| if log.exp() > 0.0 { log.exp() * log } else { 0.0 }).sum::<f64>()
        };
        self.rows.iter().map(of_row).collect()
    }

    /// The entropy of the distribution over networks, in nats: decisions are drawn independently.
    pub fn entropy(&self) -> f64 {
        self.entropies().iter().sum()
    }

    /// An option per decision, drawn.
    pub fn draw(&self, stream: &mut Stream) -> Vec<usize> {
        self.rows.iter().map(|row| draw_from(&softmax(row), stream)).collect()
    }

    /// Two different options per decision, drawn one after another without putting back
    /// (`ProxylessNAS`'s two paths); `None` for a decision with a single one.
    pub fn draw_pairs(&self, stream: &mut Stream) -> Vec<Option<[usize; 2]>> {
        let pair = |row: &Vec<f64>| {
            if row.len() < 2 {
                return None;
            }
            let first = draw_from(&softmax(row), stream);
            let mut rest = row.clone();
            rest[first] = f64::NEG_INFINITY;
            Some([first, draw_from(&softmax(&rest), stream)])
        };
        self.rows.iter().map(pair).collect()
    }

    /// The most probable option of every decision; of several, the first.
    pub fn best(&self) -> Vec<usize> {
        let of_row = |row: &Vec<f64>| {
            let mut best = 0;
            for (option, logit) in row.iter().enumerate() {
                if *logit > row[best] {
                    best = option;
                }
            }
            best
        };
        self.rows.iter().map(of_row).collect()
    }
}

/// A place, drawn with these probabilities.
fn draw_from(probabilities: &[f64], stream: &mut Stream) -> usize {
    let mut left = stream.unit();
    for (option, probability) in probabilities.iter().enumerate() {
        left -= probability;
        if left < 0.0 {
            return option;
        }
    }
    // Rounding left a little over: the last option that can be drawn at all.
    probabilities.iter().rposition(|probability| *probability > 0.0).unwrap_or(0)
}
