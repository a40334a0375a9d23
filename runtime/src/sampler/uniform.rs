//! Uniform single-path sampling (Single Path One-Shot, Guo et al., ECCV 2020, section 3.2): each step
//! trains one network, every decision drawn by itself.

use std::sync::Arc;

use nasc_compiler::pass::Checked;
use nasc_compiler::random::Stream;

use super::{Done, Entry, Pass, Sampler, SamplerError, Setting, Step};
use crate::search::draw::{ATTEMPTS, draw};

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "uniform",
    about: "one path per step, every decision drawn uniformly or by its prior",
    parameters: &[],
    uses_arch_images: false,
    minds_priors: true,
    make: |Setting { space, seed, .. }| Ok(Box::new(Uniform { space, seed })),
};

/// Draws one path per step.
#[derive(Debug, Clone)]
pub struct Uniform {
    /// The space.
    pub space: Arc<Checked>,
    /// The seed of the run.
    pub seed: u64,
}

impl Sampler for Uniform {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        if !earlier.is_empty() {
            return Ok(None);
        }
        let arch = draw(&self.space, &mut Stream::new(self.seed, "path", &[step.number]));
        Ok(Some(Pass::path(arch.ok_or(SamplerError::NoNetwork(ATTEMPTS))?)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::BTreeMap;

    use super::*;
    use crate::sampler::{Gates, named};
    use crate::supernet::tests::toy;

    fn path(sampler: &mut dyn Sampler, number: u64) -> Vec<u16> {
        let step = Step { number, total: 100, per_epoch: 10, images: 4 };
        let pass = sampler.next_pass(&step, &[]).unwrap().unwrap();
        let Gates::Path(arch) = &pass.gates else { unreachable!() };
        let arch = arch.0.clone();
        let done = [Done { pass, loss: 1.0, gates: Vec::new(), length: 0.0, rate: 0.1 }];
        assert_eq!(sampler.next_pass(&step, &done).unwrap(), None, "one path per step");
        arch
    }

    #[test]
    fn a_step_has_its_path_whatever_came_before() {
        let entry = named("uniform").unwrap();
        let make = |seed| entry.make(&toy::space(), seed, &[], &BTreeMap::new()).unwrap();
        let (mut one, mut other) = (make(7), make(7));
        let forwards: Vec<_> = (1..20).map(|step| path(&mut *one, step)).collect();
        let mut backwards: Vec<_> = (1..20).rev().map(|step| path(&mut *other, step)).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
        let mut seeded = make(8);
        assert_ne!(forwards, (1..20).map(|step| path(&mut *seeded, step)).collect::<Vec<_>>());
    }

    #[test]
    fn every_option_is_drawn_as_often() {
        let mut sampler = Uniform { space: toy::space(), seed: 0 };
        let mut counts: BTreeMap<(usize, u16), u32> = BTreeMap::new();
        for step in 0..3000 {
            for choice in path(&mut sampler, step).into_iter().enumerate() {
                *counts.entry(choice).or_default() += 1;
            }
        }
        assert_eq!(counts.len(), 12);
        // Six standard deviations of a binomial count of mean 1000 are 155.
        assert!(counts.values().all(|count| count.abs_diff(1000) < 155), "{counts:?}");
    }
}
