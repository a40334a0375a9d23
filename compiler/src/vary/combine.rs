//! A function of several values at once.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Diagrams, FALSE, Leaf, TRUE, Vary, WORK_LIMIT};

impl Diagrams {
    /// `f` of the leaves of `values` where `guard` holds, absent elsewhere; `f` must be pure. Nothing
    /// between the values and the result becomes a leaf, and where `guard` does not hold `f` is not asked.
    pub fn combine(
        &mut self,
        guard: Vary,
        values: &[Vary],
        f: &mut dyn FnMut(&[Leaf]) -> Leaf,
    ) -> Vary {
        let mut at = vec![guard];
        at.extend_from_slice(values);
        self.combine_inner(at, f, &mut FxHashMap::default())
    }

    fn combine_inner(
        &mut self,
        at: Vec<Vary>,
        f: &mut dyn FnMut(&[Leaf]) -> Leaf,
        memo: &mut FxHashMap<Vec<Vary>, Vary>,
    ) -> Vary {
        if at.first() == Some(&FALSE) {
            return self.leaf(Leaf::Absent);
        }
        if let Some(&known) = memo.get(&at) {
            return known;
        }
        let result = match self.first_decision(&at) {
            Some(_) if self.overflowed() || memo.len() > WORK_LIMIT => return self.overflow(),
            Some(decision) => {
                let options = 0..self.arity(decision);
                let made: Vec<Vary> = options
                    .map(|option| {
                        let below = at.iter().map(|&v| self.child(v, decision, option)).collect();
                        self.combine_inner(below, f, memo)
                    })
                    .collect();
                self.test(decision, &made)
            }
            None => {
                let leaves: Vec<Leaf> = at.iter().map(|&value| self.leaf_of(value)).collect();
                let made = match leaves.split_first() {
                    Some((Leaf::Bool(true), values)) => f(values),
                    _ => Leaf::Absent,
                };
                self.leaf(made)
            }
        };
        memo.insert(at, result);
        result
    }

    /// The distinct leaves where `guard` holds, in the order in which they are first met; absent ones are
    /// left out.
    pub fn leaves_where(&self, guard: Vary, value: Vary) -> Vec<Leaf> {
        let mut seen = FxHashSet::default();
        let mut known = FxHashSet::default();
        let mut found = Vec::new();
        let mut open = vec![(guard, value)];
        while let Some((guard, value)) = open.pop() {
            if guard == FALSE || !seen.insert((guard, value)) {
                continue;
            }
            match self.first_decision(&[guard, value]) {
                Some(decision) => open.extend((0..self.arity(decision)).rev().map(|option| {
                    (self.child(guard, decision, option), self.child(value, decision, option))
                })),
                None => {
                    let leaf = self.leaf_of(value);
                    if guard == TRUE && leaf != Leaf::Absent && known.insert(value) {
                        found.push(leaf);
                    }
                }
            }
        }
        found
    }
}
