//! One path per step, uniform over the distinct networks that keep to the limits.

use std::sync::Arc;

use nasc_compiler::random::Stream;

use super::{Done, Entry, Pass, Sampler, SamplerError, Setting, Step};
use crate::search::networks::Networks;

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "uniform_limited",
    about: "one path per step, uniform over the distinct networks within the limits",
    parameters: &[],
    uses_arch_images: false,
    minds_priors: false,
    make: |setting| {
        let Setting { space, seed, limits, .. } = setting;
        let networks = Networks::new(Arc::clone(&space), &limits)?;
        Ok(Box::new(UniformLimited { networks, seed }))
    },
};

struct UniformLimited {
    networks: Networks,
    seed: u64,
}

impl Sampler for UniformLimited {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        if !earlier.is_empty() {
            return Ok(None);
        }
        let mut stream = Stream::new(self.seed, "path", &[step.number]);
        let arch = self.networks.draw_distinct(&mut stream);
        Ok(Some(Pass::path(arch.ok_or(SamplerError::NothingWithin)?)))
    }
}
