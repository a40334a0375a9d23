//! "The sum is at most so many bytes" as a diagram, without the diagram of the sum.
//!
//! Decisions are taken in order. What is left of a sum is told apart from another rest only as far as it
//! matters: for every rest the room is known within which the answer stays the same.

use rustc_hash::FxHashMap;

use crate::vary::{Diagrams, FALSE, TRUE, Vary};

/// Most rests of one sum.
const RESTS: usize = 200_000;

/// Where the sum of `terms` (integers of at least zero) is at most `bytes`; `None` past the budget.
pub(super) fn at_most(diagrams: &mut Diagrams, terms: &[Vary], bytes: u64) -> Option<Vary> {
    let mut search =
        Search { diagrams, ranges: FxHashMap::default(), rests: FxHashMap::default(), left: RESTS };
    let (terms, known) = search.settled(terms.to_vec());
    let room = i64::try_from(bytes).unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    let answer = search.answer(terms, room - known)?;
    search.diagrams.is_sound(answer.holds).then_some(answer.holds)
}

struct Search<'d> {
    diagrams: &'d mut Diagrams,
    ranges: FxHashMap<Vary, (i64, i64)>,
    rests: FxHashMap<Vec<Vary>, Vec<Answer>>,
    left: usize,
}

/// Where a rest is small enough, and for which room that is the answer, both ends included.
#[derive(Clone, Copy)]
struct Answer {
    holds: Vary,
    low: i64,
    high: i64,
}

impl Search<'_> {
    fn answer(&mut self, terms: Vec<Vary>, room: i64) -> Option<Answer> {
        let (mut least, mut most) = (0_i64, 0_i64);
        for &term in &terms {
            let (low, high) = self.range(term)?;
            (least, most) = (least.checked_add(low)?, most.checked_add(high)?);
        }
        if room >= most {
            return Some(Answer { holds: TRUE, low: most, high: i64::MAX / 2 });
        }
        if room < least {
            return Some(Answer { holds: FALSE, low: i64::MIN / 2, high: least - 1 });
        }
        let fits = |answer: &&Answer| (answer.low..=answer.high).contains(&room);
        if let Some(known) = self.rests.get(&terms).and_then(|rests| rests.iter().find(fits)) {
            return Some(*known);
        }
        self.left = self.left.checked_sub(1)?;
        let decision = self.diagrams.first_decision(&terms)?;
        let arity = self.diagrams.arity(decision);
        let (mut low, mut high) = (i64::MIN / 2, i64::MAX / 2);
        let mut options = Vec::with_capacity(arity as usize);
        for option in 0..arity {
            let below: Vec<Vary> =
                terms.iter().map(|&term| self.diagrams.child(term, decision, option)).collect();
            let (below, known) = self.settled(below);
            let answer = self.answer(below, room - known)?;
            low = low.max(answer.low.saturating_add(known));
            high = high.min(answer.high.saturating_add(known));
            options.push(answer.holds);
        }
        let holds = self.diagrams.test(decision, &options);
        let answer = Answer { holds, low, high };
        self.rests.entry(terms).or_default().push(answer);
        Some(answer)
    }

    /// The terms that are still open, in the order of their handles, and the sum of the others.
    fn settled(&self, mut terms: Vec<Vary>) -> (Vec<Vary>, i64) {
        let mut known = 0;
        terms.retain(|&term| match self.diagrams.constant_int(term) {
            Some(bytes) => {
                known += bytes;
                false
            }
            None => true,
        });
        terms.sort_unstable();
        (terms, known)
    }

    fn range(&mut self, term: Vary) -> Option<(i64, i64)> {
        if let Some(&known) = self.ranges.get(&term) {
            return Some(known);
        }
        let range = match self.diagrams.branch(term) {
            None => {
                let int = self.diagrams.constant_int(term)?;
                (int, int)
            }
            Some((_, children)) => {
                let children = children.to_vec();
                let mut range = (i64::MAX, i64::MIN);
                for child in children {
                    let (low, high) = self.range(child)?;
                    range = (range.0.min(low), range.1.max(high));
                }
                range
            }
        };
        self.ranges.insert(term, range);
        Some(range)
    }
}
