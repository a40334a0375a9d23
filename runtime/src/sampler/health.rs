//! How a sampler's distribution over networks stands.

use std::collections::BTreeMap;

use nasc_compiler::ir::Graph;

use crate::alpha::{Logits, softmax};

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

/// Decisions of one stage, with as many options each, whose probabilities have become the same though they are no
/// longer even: the loss no longer reaches them, and only the price does.
fn alike(space: &Graph, logits: &Logits) -> Vec<String> {
    let mut groups: BTreeMap<(&str, usize), Vec<usize>> = BTreeMap::new();
    for (index, decision) in space.decisions.iter().enumerate() {
        let stage = decision.path.split('.').next().unwrap_or_default();
        groups.entry((stage, decision.options.len())).or_default().push(index);
    }
    let mut warnings = Vec::new();
    for ((stage, count), members) in groups {
        let Some((&first, rest)) = members.split_first() else { continue };
        let own = softmax(&logits.rows[first]);
        let even = 1.0 / count as f64;
        let spread = own.iter().fold(0.0_f64, |most, p| most.max((p - even).abs()));
        let same = |&other: &usize| {
            softmax(&logits.rows[other]).iter().zip(&own).all(|(a, b)| (a - b).abs() < 1e-3)
        };
        if rest.len() > 1 && spread > 1e-2 && rest.iter().all(same) {
            warnings.push(format!(
                "all decisions of `{stage}` with {count} options have the same probabilities: \
                 the loss does not reach them"
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supernet::tests::toy;

    #[test]
    fn rows_that_fell_together_are_told() {
        let space = toy::space();
        let rows = |row: &dyn Fn(usize) -> Vec<f64>| Logits {
            rows: (0..space.decisions.len()).map(row).collect(),
        };
        // The toy's decisions are of stages of their own, but for none: each stage has one.
        let collapsed = rows(&|_| vec![0.3, 0.0, 2.0]);
        assert!(alike(&space, &collapsed).is_empty());
        let health = Health::of(&space, &rows(&|_| vec![0.0, 0.0, 9.0]));
        assert!(health.skip.is_some_and(|skip| skip > 0.99) && health.warnings.len() == 1);
        let even = Health::of(&space, &rows(&|_| vec![0.0; 3]));
        assert!((even.entropy - even.most_entropy).abs() < 1e-12 && even.warnings.is_empty());
    }
}
