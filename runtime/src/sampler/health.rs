//! How a sampler's distribution over networks stands.

use crate::alpha::{Logits, log_softmax, softmax};
use nasc_compiler::ir::Graph;

/// Figures to watch a search by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Health {
    /// The probability of every option, a row per decision.
    pub probabilities: Vec<Vec<f64>>,
    /// The entropy of the distribution over networks, in nats.
    pub entropy: f64,
    /// The largest entropy that it could have, in nats.
    pub most_entropy: f64,
    /// How many of the networks of the last step counted (PARSEC, FP-NAS).
    pub effective_samples: Option<f64>,
    /// The mean probability of options that compute nothing, over decisions that have one.
    pub skip: Option<f64>,
    /// What looks wrong, one sentence each.
    pub warnings: Vec<String>,
}

impl Health {
    /// Of independent decisions with these logits.
    pub fn of(space: &Graph, logits: &Logits) -> Self {
        let probabilities = logits.probabilities();
        let most_entropy = logits.rows.iter().map(|row| (row.len() as f64).ln()).sum();
        let mut skips = Vec::new();
        for (decision, row) in space.decisions.iter().zip(&probabilities) {
            let names = ["skip", "identity", "none", "zero", "skip_connect"];
            let skip = decision.options.iter().position(|option| names.contains(&&**option));
            if let Some(option) = skip {
                skips.push(row[option]);
            }
        }
        let skip = (!skips.is_empty()).then(|| skips.iter().sum::<f64>() / skips.len() as f64);
        let mut warnings = Vec::new();
        if let Some(share) = skip
            && share > 0.9
        {
            warnings.push(format!("nine tenths of the layers lean to doing nothing ({share:.2})"));
        }
        warnings.extend(alike(space, logits));
        let entropy = logits.entropy();
        Self { probabilities, entropy, most_entropy, effective_samples: None, skip, warnings }
    }
}

/// Rows of one length whose probabilities have become the same though they are no longer even: the loss no longer
/// reaches them, and only the price does.
fn alike(space: &Graph, logits: &Logits) -> Option<String> {
    let (first, rest) = logits.rows.split_first()?;
    let own = softmax(first);
    let spread = own.iter().fold(0.0_f64, |most, p| most.max((p - 1.0 / own.len() as f64).abs()));
    let same = |row: &Vec<f64>| {
        row.len() == first.len()
            && log_softmax(row).iter().zip(log_softmax(first)).all(|(a, b)| (a - b).abs() < 1e-3)
    };
    (rest.len() > 1 && spread > 1e-2 && rest.iter().all(same)).then(|| {
        let path = space.decisions.first().map_or("", |decision| &decision.path);
        format!(
            "all decisions have the same probabilities as `{path}`: the loss does not reach them"
        )
    })
}
