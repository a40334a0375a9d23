//! Making leaves and tests, each once.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use super::{
    DecisionId, Diagram, Diagrams, FALSE, Fault, FaultId, LEAF_LIMIT, Leaf, NODE_LIMIT, Options,
    Sorts, TRUE, Vary, WORK_LIMIT,
};

impl Diagrams {
    /// Adds a decision with `options` options, after all that exist.
    pub fn add_decision(&mut self, options: u32) -> DecisionId {
        self.arities.push(options);
        DecisionId(self.arities.len() as u32 - 1)
    }

    /// How many options a decision has.
    pub fn arity(&self, decision: DecisionId) -> u32 {
        self.arities.get(decision.index()).copied().unwrap_or(0)
    }

    /// How many decisions there are.
    pub fn decisions(&self) -> usize {
        self.arities.len()
    }

    /// The same leaf in every network.
    pub fn leaf(&mut self, leaf: Leaf) -> Vary {
        if let Some(&known) = self.leaves.get(&leaf) {
            return known;
        }
        if self.leaves.len() >= LEAF_LIMIT && !matches!(leaf, Leaf::Fault(_)) {
            return self.overflow();
        }
        let handle = self.push(Diagram::Leaf(leaf.clone()));
        self.leaves.insert(leaf, handle);
        handle
    }

    /// The same integer in every network.
    pub fn int(&mut self, value: i64) -> Vary {
        self.leaf(Leaf::Int(value))
    }

    /// The same float in every network.
    pub fn float(&mut self, value: f64) -> Vary {
        self.leaf(Leaf::float(value))
    }

    /// The same truth value in every network.
    pub fn boolean(&self, value: bool) -> Vary {
        if value { TRUE } else { FALSE }
    }

    /// The same string in every network.
    pub fn text(&mut self, value: &str) -> Vary {
        self.leaf(Leaf::text(value))
    }

    /// A value that fails in every network, for that reason: one fault per message, so that equal
    /// operations give equal handles.
    pub fn fault(&mut self, message: impl Into<String>) -> Vary {
        let message = message.into();
        if let Some(&known) = self.fault_ids.get(&message) {
            return self.leaf(Leaf::Fault(known));
        }
        let id = FaultId(self.faults.len() as u32);
        self.fault_ids.insert(message.clone(), id);
        self.faults.push(Fault { message });
        self.leaf(Leaf::Fault(id))
    }

    /// What went wrong.
    pub fn fault_message(&self, id: FaultId) -> &str {
        self.faults.get(id.0 as usize).map_or("unknown fault", |fault| &fault.message)
    }

    /// One value per option of `decision`. Every value must depend on later decisions only.
    pub(crate) fn test(&mut self, decision: DecisionId, values: &[Vary]) -> Vary {
        debug_assert_eq!(values.len(), self.arity(decision) as usize, "one value per option");
        if let Some((&first, rest)) = values.split_first()
            && rest.iter().all(|&value| value == first)
        {
            return first;
        }
        let mut hash = {
            let mut hasher = FxHasher::default();
            (decision, values).hash(&mut hasher);
            hasher.finish()
        };
        // Two tests of one hash, which hardly ever happens, take two places.
        while let Some(&known) = self.tests.get(&hash) {
            if self.is_test(known, decision, values) {
                return known;
            }
            hash = hash.wrapping_add(1);
        }
        if self.nodes.len() >= NODE_LIMIT {
            return self.overflow();
        }
        let first = self.children.len() as u32;
        self.children.extend_from_slice(values);
        let handle = self.push(Diagram::Test { decision, first, count: values.len() as u32 });
        self.tests.insert(hash, handle);
        handle
    }

    /// The value that option `i` of `decision` gives is `values[i]`, whatever these depend on.
    pub fn choose(&mut self, decision: DecisionId, values: &[Vary]) -> Vary {
        let mut result = match values.last() {
            Some(&last) => last,
            None => return self.leaf(Leaf::Absent),
        };
        for (option, &value) in values.iter().enumerate().rev().skip(1) {
            let here = self.is(decision, option as u32);
            result = self.ite(here, value, result);
        }
        result
    }

    /// Whether `decision` takes `option`.
    pub fn is(&mut self, decision: DecisionId, option: u32) -> Vary {
        let values: Options =
            (0..self.arity(decision)).map(|o| if o == option { TRUE } else { FALSE }).collect();
        self.test(decision, &values)
    }

    /// The number of the option that `decision` takes.
    pub fn index_of(&mut self, decision: DecisionId) -> Vary {
        let values: Vec<Vary> =
            (0..self.arity(decision)).map(|option| self.int(i64::from(option))).collect();
        self.test(decision, &values)
    }

    /// Whether the operations on diagrams have become too many to end soon.
    pub(crate) fn is_overworked(&self) -> bool {
        self.too_large.is_some() || self.binary_memo.len() + self.choice_memo.len() > WORK_LIMIT
    }

    /// A fault for a value that has outgrown [`NODE_LIMIT`] or [`LEAF_LIMIT`].
    pub(crate) fn overflow(&mut self) -> Vary {
        if let Some(known) = self.too_large {
            return known;
        }
        let made = self.fault("the value depends on too many decisions at once");
        self.too_large = Some(made);
        made
    }

    /// Whether a limit on the size of the diagrams was passed.
    pub fn overflowed(&self) -> bool {
        self.too_large.is_some()
    }

    fn push(&mut self, node: Diagram) -> Vary {
        let sorts = match &node {
            Diagram::Leaf(leaf) => Sorts::of(leaf),
            Diagram::Test { first, count, .. } => {
                let range = *first as usize..(*first + *count) as usize;
                let none = Sorts::default();
                self.children[range].iter().fold(none, |sorts, &child| sorts.or(self.sorts(child)))
            }
        };
        self.nodes.push(node);
        self.sorts.push(sorts);
        Vary(self.nodes.len() as u32 - 1)
    }

    /// Which sorts of leaves the value has.
    pub fn sorts(&self, value: Vary) -> Sorts {
        self.sorts.get(value.0 as usize).copied().unwrap_or_default()
    }

    /// Whether `value` exists in every network and fails in none.
    pub fn is_sound(&self, value: Vary) -> bool {
        self.sorts(value).are_sound()
    }

    fn is_test(&self, handle: Vary, decision: DecisionId, values: &[Vary]) -> bool {
        self.branch(handle).is_some_and(|(d, children)| d == decision && children == values)
    }

    /// The decision that `value` tests first and its children, unless it is a leaf.
    pub fn branch(&self, value: Vary) -> Option<(DecisionId, &[Vary])> {
        match self.nodes.get(value.0 as usize)? {
            Diagram::Test { decision, first, count } => {
                let range = *first as usize..(*first + *count) as usize;
                Some((*decision, self.children.get(range)?))
            }
            Diagram::Leaf(_) => None,
        }
    }
}
