//! Sums in fewer terms.

use super::merge;
use crate::vary::{Binary, DecisionId, Diagrams, Vary};

/// The values of a sum with those over one set of decisions in one, as far as that stays sound and within
/// `most` nodes: a sum that grows is worse than two side by side.
pub(crate) fn joined(diagrams: &mut Diagrams, values: &[Vary], most: usize) -> Vec<Vary> {
    let supports: Vec<Vec<DecisionId>> =
        values.iter().map(|&value| diagrams.support(value).into_iter().collect()).collect();
    let mut sums = Vec::new();
    for (_, members) in merge(&supports) {
        let mut members = members.into_iter().map(|member| values[member]);
        let Some(mut open) = members.next() else { continue };
        for member in members {
            let sum = diagrams.binary(Binary::Add, open, member);
            if diagrams.size(sum) <= most && diagrams.is_sound(sum) {
                open = sum;
            } else {
                sums.push(std::mem::replace(&mut open, member));
            }
        }
        sums.push(open);
    }
    sums
}
