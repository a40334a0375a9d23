//! Decisions that are settled before the search ends.

use super::Rows;
use super::logits::{Logits, softmax};

/// Which decisions are settled, and on what (DSNAS, section "early stop per layer"). A settled decision
/// takes its option in every pass, and its logits stay as they were: they belong into the checkpoint
/// together with this.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settled {
    /// The option of every settled decision.
    pub options: Vec<Option<usize>>,
}

impl Settled {
    /// Settles those in which the most probable option leads the second by at least `lead`; DSNAS asks
    /// for 0.3 at the start of each epoch. Those that are settled stay so.
    pub fn update(&mut self, logits: &Logits, lead: f64) {
        self.options.resize(logits.rows.len(), None);
        for (settled, row) in self.options.iter_mut().zip(&logits.rows) {
            let probabilities = softmax(row);
            if settled.is_none() && leads(&probabilities) >= lead {
                let best = Logits { rows: vec![row.clone()] }.best();
                *settled = best.first().copied();
            }
        }
    }

    /// A drawn network with the settled decisions as they are settled.
    pub fn impose(&self, drawn: &mut [usize]) {
        for (option, settled) in drawn.iter_mut().zip(&self.options) {
            *option = settled.unwrap_or(*option);
        }
    }

    /// Takes the gradient of what is settled away.
    pub fn mask(&self, gradient: &mut Rows) {
        for (row, settled) in gradient.iter_mut().zip(&self.options) {
            if settled.is_some() {
                row.fill(0.0);
            }
        }
    }
}

/// By how much the largest probability leads the second; 1 if there is no second.
pub(super) fn leads(probabilities: &[f64]) -> f64 {
    let (mut first, mut second) = (0.0_f64, 0.0_f64);
    for &probability in probabilities {
        if probability > first {
            (first, second) = (probability, first);
        } else {
            second = second.max(probability);
        }
    }
    first - second
}
