//! The factors of a cost as diagrams.

use crate::cost::{Sum, joined};
use crate::vary::Vary;

/// Most nodes of the diagram of one factor.
const FACTOR_LIMIT: usize = 65_536;

/// The factors as diagrams, those over one set of decisions in one of at most so many nodes. `None` if one
/// factor outgrows its limit.
pub(super) fn expanded(sum: &mut Sum, most: usize) -> Option<Vec<Vary>> {
    sum.gather();
    let single: Vec<Vary> = (0..sum.factors.len())
        .map(|factor| sum.expand(factor, FACTOR_LIMIT))
        .collect::<Option<_>>()?;
    Some(joined(&mut sum.diagrams, &single, most))
}
