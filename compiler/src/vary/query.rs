//! Questions about a varying value.

use std::collections::BTreeSet;

use num_bigint::BigUint;
use rustc_hash::FxHashMap;

use super::{DecisionId, Diagram, Diagrams, Leaf, Options, TRUE, Vary};

/// Most steps of one question about options.
const OPTIONS_WORK: usize = 20_000;

impl Diagrams {
    /// What `value` is in the network where decision `d` takes option `option(d)`.
    pub fn eval(&self, value: Vary, option: impl Fn(DecisionId) -> u32) -> &Leaf {
        let mut at = value;
        loop {
            match self.nodes.get(at.0 as usize) {
                Some(Diagram::Leaf(leaf)) => return leaf,
                Some(Diagram::Test { decision, first, count }) => {
                    let chosen = option(*decision).min(count - 1);
                    match self.children.get((first + chosen) as usize) {
                        Some(&child) => at = child,
                        None => return &Leaf::Absent,
                    }
                }
                None => return &Leaf::Absent,
            }
        }
    }

    /// The leaf, if the value is the same in every network.
    pub fn constant(&self, value: Vary) -> Option<&Leaf> {
        match self.nodes.get(value.0 as usize)? {
            Diagram::Leaf(leaf) => Some(leaf),
            Diagram::Test { .. } => None,
        }
    }

    /// The integer, if the value is the same integer in every network.
    pub fn constant_int(&self, value: Vary) -> Option<i64> {
        self.constant(value).and_then(Leaf::as_int)
    }

    /// The leaf of a value that is known to be one.
    pub(crate) fn leaf_of(&self, value: Vary) -> Leaf {
        self.constant(value).cloned().unwrap_or(Leaf::Absent)
    }

    /// The decisions that the value depends on, in order.
    pub fn support(&self, value: Vary) -> BTreeSet<DecisionId> {
        let mut found = BTreeSet::new();
        self.visit(value, &mut |this, at| {
            if let Some((decision, _)) = this.branch(at) {
                found.insert(decision);
            }
        });
        found
    }

    /// The distinct leaves, in order; absent ones are left out.
    pub fn leaves(&self, value: Vary) -> BTreeSet<Leaf> {
        let mut found = BTreeSet::new();
        self.visit(value, &mut |this, at| {
            if let Some(leaf) = this.constant(at)
                && *leaf != Leaf::Absent
            {
                found.insert(leaf.clone());
            }
        });
        found
    }

    /// The smallest and the largest integer that the value takes, faults and absences aside.
    pub fn int_range(&self, value: Vary) -> Option<(i64, i64)> {
        let ints: Vec<i64> = self.leaves(value).iter().filter_map(Leaf::as_int).collect();
        Some((*ints.iter().min()?, *ints.iter().max()?))
    }

    /// The smallest and the largest integer that the value takes where `guard` holds, faults and
    /// absences aside.
    pub fn int_range_where(&self, guard: Vary, value: Vary) -> Option<(i64, i64)> {
        if let Some(int) = self.constant_int(value) {
            return (guard != super::FALSE).then_some((int, int));
        }
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![(guard, value)];
        let mut range: Option<(i64, i64)> = None;
        while let Some((guard, value)) = open.pop() {
            if guard == super::FALSE || !seen.insert((guard, value)) {
                continue;
            }
            match self.first_decision(&[guard, value]) {
                Some(decision) => open.extend((0..self.arity(decision)).map(|option| {
                    (self.child(guard, decision, option), self.child(value, decision, option))
                })),
                None => {
                    if let (TRUE, Some(int)) = (guard, self.constant_int(value)) {
                        range = Some(range.map_or((int, int), |(a, b)| (a.min(int), b.max(int))));
                    }
                }
            }
        }
        range
    }

    /// Which options `decision` takes where all of `conditions` hold. Past a bound on the work, every
    /// option counts as taken.
    pub fn options_where(&self, decision: DecisionId, conditions: &[Vary]) -> Vec<bool> {
        let arity = self.arity(decision) as usize;
        let mut taken = vec![false; arity];
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![(conditions.to_vec(), None)];
        while let Some((conditions, option)) = open.pop() {
            if conditions.contains(&super::FALSE)
                || option.is_some_and(|option: u32| taken[option as usize])
            {
                continue;
            }
            if seen.len() > OPTIONS_WORK {
                return vec![true; arity];
            }
            let first = self.first_decision(&conditions);
            let Some(first) = first.filter(|first| option.is_some() || *first <= decision) else {
                match (option, first) {
                    (Some(option), _) => taken[option as usize] = true,
                    // Nothing looks at the decision, but what comes after it may still not hold.
                    (None, Some(_)) => {
                        open.extend((0..arity as u32).map(|o| (conditions.clone(), Some(o))));
                    }
                    (None, None) => return vec![true; arity],
                }
                continue;
            };
            for way in 0..self.arity(first) {
                let below: Vec<Vary> =
                    conditions.iter().map(|&c| self.child(c, first, way)).collect();
                let option = if first == decision { Some(way) } else { option };
                if seen.insert((below.clone(), option)) {
                    open.push((below, option));
                }
            }
        }
        taken
    }

    /// How many nodes the diagram has.
    pub fn size(&self, value: Vary) -> usize {
        let mut count = 0;
        self.visit(value, &mut |_, _| count += 1);
        count
    }

    /// Where evaluating `value` looks at `decision`: its answer matters there, given those before.
    pub fn reads(&mut self, value: Vary, decision: DecisionId) -> Vary {
        let mut memo = FxHashMap::default();
        self.reads_inner(value, decision, &mut memo)
    }

    fn reads_inner(
        &mut self,
        value: Vary,
        decision: DecisionId,
        memo: &mut FxHashMap<Vary, Vary>,
    ) -> Vary {
        let Some((tested, children)) = self.branch(value) else { return super::FALSE };
        if tested == decision {
            return TRUE;
        }
        if tested > decision {
            return super::FALSE;
        }
        if let Some(&known) = memo.get(&value) {
            return known;
        }
        let children = Options::from_slice(children);
        let values: Options =
            children.into_iter().map(|c| self.reads_inner(c, decision, memo)).collect();
        let result = self.test(tested, &values);
        memo.insert(value, result);
        result
    }

    /// Decisions that make `condition` true whatever the others take, if there are any: a shortest
    /// path to `true`, without the steps that prove superfluous.
    pub fn witness(&self, condition: Vary) -> Option<Vec<(DecisionId, u32)>> {
        let mut path = self.shortest_path(condition)?;
        for step in (0..path.len()).rev() {
            let mut fewer = path.clone();
            fewer.remove(step);
            if self.is_forced(condition, &fewer) {
                path = fewer;
            }
        }
        Some(path)
    }

    /// Whether `condition` holds wherever the decisions of `taken` (in order) take these options.
    fn is_forced(&self, condition: Vary, taken: &[(DecisionId, u32)]) -> bool {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![condition];
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            match self.branch(at) {
                Some((decision, children)) => {
                    match taken.binary_search_by_key(&decision, |(d, _)| *d) {
                        Ok(place) => open.extend(children.get(taken[place].1 as usize)),
                        Err(_) => open.extend_from_slice(children),
                    }
                }
                None if at != TRUE => return false,
                None => {}
            }
        }
        true
    }

    fn shortest_path(&self, condition: Vary) -> Option<Vec<(DecisionId, u32)>> {
        let mut memo: FxHashMap<Vary, Option<(u32, u32)>> = FxHashMap::default();
        self.shortest(condition, &mut memo)?;
        let mut path = Vec::new();
        let mut at = condition;
        while let Some((decision, children)) = self.branch(at) {
            let option = memo.get(&at).copied().flatten()?.1;
            path.push((decision, option));
            at = *children.get(option as usize)?;
        }
        Some(path)
    }

    /// The length of a shortest path to `true`, and the option it takes first.
    fn shortest(
        &self,
        value: Vary,
        memo: &mut FxHashMap<Vary, Option<(u32, u32)>>,
    ) -> Option<(u32, u32)> {
        if value == TRUE {
            return Some((0, 0));
        }
        if let Some(&known) = memo.get(&value) {
            return known;
        }
        let (_, children) = self.branch(value)?;
        let mut best: Option<(u32, u32)> = None;
        for (option, &child) in children.iter().enumerate() {
            if let Some((length, _)) = self.shortest(child, memo)
                && best.is_none_or(|(known, _)| length + 1 < known)
            {
                best = Some((length + 1, option as u32));
            }
        }
        memo.insert(value, best);
        best
    }

    /// In how many assignments of all decisions `condition` is true.
    pub fn count(&self, condition: Vary) -> BigUint {
        let mut memo = FxHashMap::default();
        let (level, count) = self.count_inner(condition, &mut memo);
        count * self.assignments(0, level)
    }

    /// The first decision below which the count was taken, and the count.
    fn count_inner(
        &self,
        value: Vary,
        memo: &mut FxHashMap<Vary, (usize, BigUint)>,
    ) -> (usize, BigUint) {
        if value == TRUE {
            return (self.decisions(), BigUint::from(1_u32));
        }
        if let Some(known) = memo.get(&value) {
            return known.clone();
        }
        let Some((decision, children)) = self.branch(value) else {
            return (self.decisions(), BigUint::ZERO);
        };
        let mut total = BigUint::ZERO;
        for &child in children {
            let (level, count) = self.count_inner(child, memo);
            total += count * self.assignments(decision.index() + 1, level);
        }
        memo.insert(value, (decision.index(), total.clone()));
        (decision.index(), total)
    }

    /// In how many ways the decisions `from..to` can be taken.
    fn assignments(&self, from: usize, to: usize) -> BigUint {
        (from..to).map(|d| BigUint::from(self.arity(DecisionId(d as u32)))).product()
    }

    fn visit(&self, value: Vary, f: &mut dyn FnMut(&Self, Vary)) {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![value];
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                f(self, at);
                if let Some((_, children)) = self.branch(at) {
                    open.extend_from_slice(children);
                }
            }
        }
    }
}
