//! How many networks there are.

use num_bigint::BigUint;

use crate::pass::Checked;
use crate::vary::{Diagrams, Vary};

/// How many distinct networks the space has: valid assignments in canonical form. Limits are not
/// asked. `None` if the condition outgrows the diagrams.
pub fn count(space: &Checked) -> Option<BigUint> {
    let mut diagrams = space.diagrams.clone();
    let canonical = distinct(space, &mut diagrams)?;
    Some(diagrams.count(canonical))
}

/// Where an assignment is valid and in canonical form: every decision exists or takes option 0.
/// `diagrams` are the space's or a copy of them. `None` if the condition outgrows them.
pub fn distinct(space: &Checked, diagrams: &mut Diagrams) -> Option<Vary> {
    let mut all = space.valid;
    // From the last decision to the first, what is added stands above what is there.
    for (id, decision) in space.decision_ids().rev() {
        let first = diagrams.is(id, 0);
        let settled = diagrams.or(decision.exists, first);
        all = diagrams.and(settled, all);
    }
    (!diagrams.overflowed()).then_some(all)
}
