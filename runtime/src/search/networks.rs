//! The networks of a checked graph, under limits.

use std::sync::Arc;

use nasc_compiler::analysis::Census;
use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table, TooLarge};
use nasc_compiler::ir::{DecisionId, Limit};
use nasc_compiler::pass::Checked;
use nasc_compiler::random::Stream;

use super::{Space, draw};

/// Draws of which none is within the limits, where there is no exact way to draw.
const ATTEMPTS: u64 = 10_000;

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
/// Where the space is small enough to be counted by the first limit, networks are drawn uniformly
/// from all that keep to it; elsewhere decisions are drawn one by one and what breaks a limit is
/// drawn again.
#[derive(Debug)]
pub struct Networks {
    space: Arc<Checked>,
    bounds: Vec<Bound>,
    census: Option<Census>,
    macs: Table,
    params: Table,
}

#[derive(Debug)]
struct Bound {
    cost: Table,
    min: Option<u64>,
    max: Option<u64>,
}

impl Networks {
    /// The networks of `space` within all of `limits`.
    ///
    /// # Errors
    /// A limit cannot be counted.
    pub fn new(space: Arc<Checked>, limits: &[Limit]) -> Result<Self, LimitError> {
        let count = |measure: Measure, scope: Option<&str>| {
            let table = Table::new(&space, measure, scope);
            table.map_err(|source| LimitError::TooLarge { measure: measure.name(), source })
        };
        let (mut bounds, mut census) = (Vec::new(), None);
        for Limit { metric, scope, min, max, origin: _ } in limits {
            let measure = Measure::of(&space, metric)
                .ok_or_else(|| LimitError::NoTable(Arc::from(metric.to_string())))?;
            bounds.push(Bound { cost: count(measure, scope.as_deref())?, min: *min, max: *max });
            if bounds.len() == 1 {
                census = Census::take(&space, Some(measure), scope.as_deref());
            }
        }
        let (macs, params) = (count(Measure::Macs, None)?, count(Measure::Params, None)?);
        Ok(Self { space, bounds, census, macs, params })
    }

    /// The space.
    pub fn space(&self) -> &Arc<Checked> {
        &self.space
    }

    /// Multiply-adds of one image.
    pub fn macs(&self, arch: &Arch) -> u64 {
        self.macs.cost(arch)
    }

    /// Trainable scalars.
    pub fn params(&self, arch: &Arch) -> u64 {
        self.params.cost(arch)
    }

    fn is_within(&self, arch: &Arch) -> bool {
        self.bounds.iter().all(|Bound { cost, min, max }| {
            let cost = cost.cost(arch);
            min.is_none_or(|min| min <= cost) && max.is_none_or(|max| cost <= max)
        })
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
        self.space.is_valid(arch) && self.is_within(arch)
    }

    fn draw(&self, stream: &mut Stream) -> Option<Arch> {
        let mut draw = || match (&self.census, self.bounds.first()) {
            (Some(census), Some(first)) => census.draw(first.min, first.max, stream),
            _ => draw::draw(&self.space, stream),
        };
        // The first limit is kept by a census, any others by chance.
        for _ in 0..ATTEMPTS {
            let arch = draw()?;
            if self.is_within(&arch) {
                return Some(arch);
            }
        }
        None
    }
}
