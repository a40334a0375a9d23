//! The networks of a checked graph, under limits.

use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table, TooLarge};
use nasc_compiler::ir::{DecisionId, Limit};
use nasc_compiler::pass::Checked;
use nasc_compiler::random::Stream;
use nasc_compiler::sample::{Limits, Uncounted};

use super::{Space, draw};

/// Why the networks of a space cannot be held against limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// A latency needs a table that was not given.
    #[error("the limit on `{0}` needs its table of latencies, and there is none")]
    NoTable(Arc<str>),
    /// A cost outgrows its counter.
    #[error("the {measure} of the space cannot be counted: {source}")]
    TooLarge {
        /// What is counted.
        measure: &'static str,
        /// Why not.
        source: TooLarge,
    },
}

/// The networks of a space that are within limits.
///
/// Under limits networks are drawn uniformly from all that keep to all of them, as the compiler draws
/// them. Without limits every decision is drawn by itself, by its prior or uniformly.
#[derive(Debug)]
pub struct Networks {
    space: Arc<Checked>,
    limits: Limits,
    is_limited: bool,
    macs: Table,
    params: Table,
}

impl Networks {
    /// The networks of `space` within all of `limits`.
    ///
    /// # Errors
    /// A limit cannot be counted.
    pub fn new(space: Arc<Checked>, limits: &[Limit]) -> Result<Self, LimitError> {
        let count = |measure: Measure| {
            let table = Table::new(&space, measure, None);
            table.map_err(|source| LimitError::TooLarge { measure: measure.name(), source })
        };
        let is_limited = !limits.is_empty();
        let limits = Limits::new(&space, limits).map_err(|error| match error {
            Uncounted::NoTable(metric) => LimitError::NoTable(metric),
            Uncounted::TooLarge(source) => LimitError::TooLarge { measure: "cost", source },
        })?;
        let (macs, params) = (count(Measure::Macs)?, count(Measure::Params)?);
        Ok(Self { space, limits, is_limited, macs, params })
    }

    /// The space.
    pub fn space(&self) -> &Arc<Checked> {
        &self.space
    }

    /// Multiply-adds of one image.
    pub fn macs(&self, arch: &Arch) -> u64 {
        self.macs.cost(arch)
    }

    /// A network drawn uniformly from all distinct ones within the limits, also where there are none; `None` if nothing
    /// is within them.
    pub fn draw_distinct(&self, stream: &mut Stream) -> Option<Arch> {
        self.limits.draw(&self.space, stream)
    }

    /// Trainable scalars.
    pub fn params(&self, arch: &Arch) -> u64 {
        self.params.cost(arch)
    }
}

impl Space for Networks {
    fn decisions(&self) -> usize {
        self.space.decisions.len()
    }

    fn options(&self, decision: usize) -> u16 {
        self.space.decisions[decision].options.len() as u16
    }

    fn exists(&self, arch: &Arch, decision: usize) -> bool {
        self.space.decision_exists(DecisionId(decision as u32), arch)
    }

    fn canonical(&self, arch: &Arch) -> Arch {
        self.space.canonical(arch)
    }

    fn allows(&self, arch: &Arch) -> bool {
        self.space.is_valid(arch) && self.limits.allow(arch)
    }

    fn draw(&self, stream: &mut Stream) -> Option<Arch> {
        if self.is_limited {
            return self.limits.draw(&self.space, stream);
        }
        draw::draw(&self.space, stream)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::BTreeMap;

    use nasc_compiler::cost::memory::{Peaks, Phase};
    use nasc_compiler::ir::{Metric, Origin};

    use super::*;
    use crate::supernet::tests::toy;

    /// Every network of a space, each once.
    fn all(space: &Checked) -> Vec<Arch> {
        let mut archs = vec![Arch(Vec::new())];
        for decision in &space.decisions {
            let options = decision.options.len() as u16;
            archs = archs
                .into_iter()
                .flat_map(|head| {
                    (0..options).map(move |option| Arch([head.0.as_slice(), &[option]].concat()))
                })
                .collect();
        }
        archs.retain(|arch| space.is_valid(arch) && space.canonical(arch) == *arch);
        archs
    }

    #[test]
    fn networks_within_all_limits_are_drawn_uniformly() {
        let space = toy::space();
        let archs = all(&space);
        let macs = Table::new(&space, Measure::Macs, None).unwrap();
        let peaks = Peaks::new(&space, Phase::Training);
        let middle = |cost: &dyn Fn(&Arch) -> u64| {
            let mut costs: Vec<u64> = archs.iter().map(cost).collect();
            costs.sort_unstable();
            costs[costs.len() * 2 / 3]
        };
        let limit = |metric, max| {
            let origin = Origin::default();
            Limit { metric, scope: None, min: None, max: Some(max), origin }
        };
        let most = [middle(&|arch| macs.cost(arch)), middle(&|arch| peaks.of(arch))];
        let limits = [limit(Metric::Macs, most[0]), limit(Metric::MemoryTraining, most[1])];
        let networks = Networks::new(Arc::clone(&space), &limits).unwrap();
        let allowed: Vec<&Arch> = archs.iter().filter(|arch| networks.allows(arch)).collect();
        assert!(!allowed.is_empty() && allowed.len() < archs.len());
        for arch in &archs {
            let is_within = macs.cost(arch) <= most[0] && peaks.of(arch) <= most[1];
            assert_eq!(networks.allows(arch), is_within, "{arch:?}");
        }
        let mut seen: BTreeMap<Arch, u32> = BTreeMap::new();
        for draw in 0..400 * allowed.len() as u64 {
            let arch = networks.draw(&mut Stream::new(0, "test", &[draw])).unwrap();
            *seen.entry(arch).or_default() += 1;
        }
        assert_eq!(seen.len(), allowed.len());
        // Six standard deviations of a count of mean 400.
        assert!(seen.values().all(|count| count.abs_diff(400) < 120), "{seen:?}");
    }
}
