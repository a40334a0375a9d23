//! What evaluates networks, and what a search gives back.

use std::cmp::Ordering;

use nasc_compiler::arch::Arch;

/// How good a network is: by accuracy, then by loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fitness {
    /// The fraction of images classified rightly; more is better.
    pub accuracy: f64,
    /// The mean loss, which tells networks of equal accuracy apart; less is better.
    pub loss: f64,
}

impl Fitness {
    /// The better one first; a NaN is worse than any number.
    pub fn better_first(&self, other: &Self) -> Ordering {
        let worst_last = |value: f64| if value.is_nan() { f64::INFINITY } else { value };
        let by_accuracy = worst_last(-self.accuracy).total_cmp(&worst_last(-other.accuracy));
        by_accuracy.then(worst_last(self.loss).total_cmp(&worst_last(other.loss)))
    }
}

/// A network with its fitness.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// The canonical architecture.
    pub arch: Arch,
    /// What the judge said.
    pub fitness: Fitness,
    /// The generation that proposed it, from 0.
    pub generation: u64,
}

/// What evaluates networks.
pub trait Judge {
    /// Why it could not.
    type Error;

    /// The fitness of every network of `batch`, in its order. No network is asked for twice in one
    /// search, and all networks of a generation come in one batch, so that a judge can share work
    /// between them.
    ///
    /// # Errors
    /// Whatever keeps it from evaluating; the search ends with it.
    fn judge(&mut self, generation: u64, batch: &[Arch]) -> Result<Vec<Fitness>, Self::Error>;

    /// Called after each generation with everything evaluated so far, in order.
    ///
    /// # Errors
    /// Whatever keeps it from going on; the search ends with it.
    fn generation_done(&mut self, generation: u64, all: &[Evaluated]) -> Result<(), Self::Error> {
        let _ = (generation, all);
        Ok(())
    }
}

/// Fewer distinct networks lie within the limits than were asked for: all that could be found were
/// evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// How many were asked for.
    pub wanted: u64,
    /// How many there are.
    pub found: u64,
}

impl std::fmt::Display for Shortage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { wanted, found } = self;
        write!(f, "only {found} of {wanted} distinct networks were found within the limits")
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Every network evaluated, in order; never empty.
    pub evaluated: Vec<Evaluated>,
    /// The place of the best of all of them; of equal ones the first.
    pub best: usize,
    /// Set when the search ended early because there were no more networks.
    pub shortage: Option<Shortage>,
}

impl Found {
    /// The best of all networks evaluated.
    pub fn best(&self) -> &Evaluated {
        &self.evaluated[self.best]
    }
}

/// Why a search gave no result.
#[derive(Debug, thiserror::Error)]
pub enum SearchError<E> {
    /// The limits leave nothing to search.
    #[error("no network of the space is within the limits")]
    NoNetwork,
    /// The judge failed, or was asked to stop.
    #[error(transparent)]
    Judge(E),
}

/// The place of the best; of equal ones the first.
pub(super) fn best_of(evaluated: &[Evaluated]) -> Option<usize> {
    (0..evaluated.len()).min_by(|&a, &b| {
        // `min_by` keeps the first of equal ones.
        evaluated[a].fitness.better_first(&evaluated[b].fitness)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_counts_before_loss_and_numbers_before_nan() {
        let fitness = |accuracy, loss| Fitness { accuracy, loss };
        let falling = [
            fitness(0.9, 5.0),
            fitness(0.5, 1.0),
            fitness(0.5, 2.0),
            fitness(0.5, f64::NAN),
            fitness(0.0, 0.0),
            fitness(f64::NAN, 0.0),
        ];
        for (i, a) in falling.iter().enumerate() {
            for (j, b) in falling.iter().enumerate() {
                assert_eq!(a.better_first(b), i.cmp(&j), "{a:?} {b:?}");
            }
        }
    }
}
