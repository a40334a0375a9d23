//! Uniform single-path sampling (Single Path One-Shot, Guo et al., ECCV 2020, section 3.2): each step
//! trains one network, every decision drawn by itself.

use std::sync::Arc;

use nasc_compiler::pass::Checked;
use nasc_compiler::random::Stream;

use super::draw::{ATTEMPTS, draw};
use super::{Done, Entry, Pass, Sampler, SamplerError};

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "uniform",
    about: "one path per step, every decision drawn uniformly or by its prior",
    make: |space, seed| Box::new(Uniform { space: Arc::clone(space), seed }),
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
    fn next_pass(&mut self, step: u64, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        if !earlier.is_empty() {
            return Ok(None);
        }
        let arch = draw(&self.space, &mut Stream::new(self.seed, "path", &[step]));
        Ok(Some(Pass::path(arch.ok_or(SamplerError::NoNetwork(ATTEMPTS))?)))
    }
}
