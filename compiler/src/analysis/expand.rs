//! The factors of a cost as diagrams.

use crate::cost::{Sum, merge};
use crate::vary::{Binary, DecisionId, Vary};

/// Most nodes of the diagram of one factor.
const FACTOR_LIMIT: usize = 4096;

/// The factors as diagrams, those over one set of decisions in one. `None` if one outgrows its limit.
pub(super) fn expanded(sum: &mut Sum) -> Option<Vec<Vary>> {
    sum.gather();
    let single: Vec<Vary> = (0..sum.factors.len())
        .map(|factor| sum.expand(factor, FACTOR_LIMIT))
        .collect::<Option<_>>()?;
    let diagrams = &mut sum.diagrams;
    let supports: Vec<Vec<DecisionId>> =
        single.iter().map(|&cost| diagrams.support(cost).into_iter().collect()).collect();
    let mut costs = Vec::new();
    for (_, members) in merge(&supports) {
        let mut members = members.into_iter().map(|member| single[member]);
        let mut open = members.next()?;
        for member in members {
            let joined = diagrams.binary(Binary::Add, open, member);
            // A sum that grows is worse than two costs side by side.
            if diagrams.size(joined) <= FACTOR_LIMIT && diagrams.is_sound(joined) {
                open = joined;
            } else {
                costs.push(std::mem::replace(&mut open, member));
            }
        }
        costs.push(open);
    }
    Some(costs)
}
