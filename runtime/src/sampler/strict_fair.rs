//! Strict fairness (`FairNAS`, Chu et al., ICCV 2021): in every step each option of each decision is
//! trained exactly once.
//!
//! A step draws a permutation of the options of every decision and runs as many networks on one batch as
//! the largest decision has options; the k-th takes the k-th entry of every permutation. The
//! gradients of all come together before the weights move once. A decision with fewer options goes on with a fresh
//! permutation, so that of its options none is trained more than once more often than another.
//!
//! The paper does not say whether the gradients of what all networks share (stem, head) are summed. They are here;
//! `strict_fair_mean` divides those of every tensor by the number of networks that used it, which leaves
//! blocks of options, used once, as they are.

use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::Decision;
use nasc_compiler::pass::Checked;
use nasc_compiler::random::Stream;

use super::{Done, Entry, Pass, Sampler, SamplerError, Setting, Step, Together};
use crate::search::draw::ATTEMPTS;

/// Its line in the table.
pub(super) const SUM: Entry = Entry {
    name: "strict_fair",
    about: "every option once per step, gradients summed (FairNAS)",
    parameters: &[],
    uses_arch_images: false,
    minds_priors: true,
    make: |Setting { space, seed, .. }| Ok(Box::new(StrictFair::new(&space, seed, Together::Sum))),
};

/// That of the other way to bring gradients together.
pub(super) const MEAN: Entry = Entry {
    name: "strict_fair_mean",
    about: "every option once per step, gradients of shared tensors averaged",
    parameters: &[],
    uses_arch_images: false,
    minds_priors: true,
    make: |Setting { space, seed, .. }| Ok(Box::new(StrictFair::new(&space, seed, Together::Mean))),
};

/// Draws the networks of a step.
#[derive(Debug, Clone)]
pub struct StrictFair {
    /// The space.
    pub space: Arc<Checked>,
    /// The seed of the run.
    pub seed: u64,
    /// How gradients of shared tensors come together.
    pub together: Together,
    /// The networks of a step, and its number.
    drawn: Option<(u64, Vec<Arch>)>,
}

impl StrictFair {
    /// A sampler for a space.
    pub fn new(space: &Arc<Checked>, seed: u64, together: Together) -> Self {
        Self { space: Arc::clone(space), seed, together, drawn: None }
    }

    /// The networks of a step, of which no two take the same option of a decision with as many options as
    /// there are networks. All are drawn again where a rule of the space forbids one of them.
    fn networks(&self, step: u64) -> Result<Vec<Arch>, SamplerError> {
        let space = &*self.space;
        let open: Vec<Vec<u16>> = space.decisions.iter().map(open_options).collect();
        let count = open.iter().map(Vec::len).max().unwrap_or(1);
        for attempt in 0..ATTEMPTS {
            let mut stream = Stream::new(self.seed, "permutations", &[step, attempt]);
            let rows: Vec<Vec<u16>> =
                open.iter().map(|open| row(open, count, &mut stream)).collect();
            let network = |k: usize| {
                let taken = rows.iter().map(|row| row[k]);
                space.canonical(&Arch(taken.collect()))
            };
            let networks: Vec<Arch> = (0..count).map(network).collect();
            if networks.iter().all(|network| space.is_valid(network)) {
                return Ok(networks);
            }
        }
        Err(SamplerError::NoNetwork(ATTEMPTS))
    }
}

/// The options whose prior is not zero.
fn open_options(decision: &Decision) -> Vec<u16> {
    let all = 0..decision.options.len() as u16;
    match &decision.prior {
        Some(prior) => all.filter(|&option| prior[option as usize] > 0.0).collect(),
        None => all.collect(),
    }
}

/// `count` of these options: permutations one after another.
fn row(open: &[u16], count: usize, stream: &mut Stream) -> Vec<u16> {
    let mut made: Vec<u16> = Vec::with_capacity(count);
    while made.len() < count {
        made.extend(stream.permutation(open.len() as u32).into_iter().map(|p| open[p as usize]));
    }
    made.truncate(count);
    made
}

impl Sampler for StrictFair {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        let networks = match self.drawn.take() {
            Some((drawn, networks)) if drawn == step.number => networks,
            _ => self.networks(step.number)?,
        };
        let pass = networks.get(earlier.len()).map(|network| Pass::path(network.clone()));
        self.drawn = Some((step.number, networks));
        Ok(pass)
    }

    fn together(&self) -> Together {
        self.together
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::BTreeMap;

    use super::*;
    use crate::sampler::named;
    use crate::sampler::tests::{passes, path};
    use crate::supernet::tests::toy;

    fn networks(sampler: &mut dyn Sampler, number: u64) -> Vec<Vec<u16>> {
        let step = Step { number, total: 100, per_epoch: 10, images: 4 };
        passes(sampler, step).iter().map(path).collect()
    }

    #[test]
    fn every_option_is_trained_once_in_every_step() {
        let space = toy::space();
        let make = |name| named(name).unwrap().make(&space, 5, &[], &BTreeMap::new()).unwrap();
        let mut sampler = make("strict_fair");
        let mut steps = Vec::new();
        for step in 1..40 {
            let networks = networks(&mut *sampler, step);
            for (place, decision) in space.decisions.iter().enumerate() {
                let mut taken: Vec<u16> = networks.iter().map(|network| network[place]).collect();
                taken.sort_unstable();
                assert_eq!(taken, (0..decision.options.len() as u16).collect::<Vec<_>>());
            }
            steps.push(networks);
        }
        // Steps differ, and are the same in whatever order they are asked for.
        assert!(steps.windows(2).any(|pair| pair[0] != pair[1]));
        let mut again = make("strict_fair_mean");
        for step in (1..40).rev() {
            assert_eq!(networks(&mut *again, step), steps[step as usize - 1]);
        }
        assert_eq!((sampler.together(), again.together()), (Together::Sum, Together::Mean));
    }

    #[test]
    fn a_small_decision_begins_its_options_anew() {
        let mut stream = Stream::new(0, "row", &[]);
        for _ in 0..20 {
            let row = row(&[0, 1, 2], 7, &mut stream);
            let count = |option| row.iter().filter(|taken| **taken == option).count();
            let mut counts = [0, 1, 2].map(count);
            counts.sort_unstable();
            assert_eq!(counts, [2, 2, 3]);
        }
    }
}
