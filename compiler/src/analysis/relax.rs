//! What would have to give where no network keeps the limits.

use super::best::{Score, best};
use super::ground::Unanswered;
use crate::arch::Arch;
use crate::cost::Measure;
use crate::ir::Limit;
use crate::pass::Checked;

/// Most ways that the search for one answer follows.
const WAYS: usize = 1_000_000;

/// A limit with the nearest that any network comes to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The limit, by its place in the list.
    pub limit: usize,
    /// Its cost in the nearest network.
    pub value: u64,
    /// The nearest network.
    pub arch: Arch,
    /// Whether that network keeps all other limits: then this one alone stands in the way, and to
    /// allow this value is the least that helps.
    pub alone: bool,
}

/// Why no network keeps the limits, which is known: per limit the nearest network of those that keep all
/// others, or of all where none does. A limit that every network keeps is left out.
///
/// # Errors
/// If the space is too large for the exact answer.
pub fn nearest(space: &Checked, limits: &[Limit]) -> Result<Vec<Nearest>, Unanswered> {
    let mut found = Vec::new();
    for (place, limit) in limits.iter().enumerate() {
        let measure = Measure::of(space, &limit.metric).ok_or(Unanswered::Latency)?;
        let scope = || limit.scope.as_ref().map(ToString::to_string);
        let mut others = limits.to_vec();
        others.remove(place);
        let ends = [
            (limit.max.is_some(), Score::Least(measure, scope())),
            (limit.min.is_some(), Score::Most(measure, scope())),
        ];
        for (_, score) in ends.into_iter().filter(|(is_asked, _)| *is_asked) {
            for (kept, alone) in [(others.as_slice(), true), (&[], false)] {
                let best = best(space, &score, kept, 1, WAYS)?;
                let Some((value, arch)) = best.networks.into_iter().next() else { continue };
                let value = value.abs() as u64;
                let inside = limit.min.is_none_or(|min| value >= min)
                    && limit.max.is_none_or(|max| value <= max);
                if !inside {
                    found.push(Nearest { limit: place, value, arch, alone });
                }
                break;
            }
        }
    }
    Ok(found)
}
