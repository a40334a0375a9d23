//! The names that a body can see.

use std::sync::Arc;

use super::value::Value;

/// The names of a body, innermost last.
#[derive(Clone, Default)]
pub(super) struct Env<'a> {
    slots: Vec<(Arc<str>, Value<'a>)>,
}

impl<'a> Env<'a> {
    /// The value of a name.
    pub(super) fn find(&self, name: &str) -> Option<&Value<'a>> {
        self.slots.iter().rev().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }

    /// Binds a name, hiding an outer one.
    pub(super) fn bind(&mut self, name: Arc<str>, value: Value<'a>) {
        self.slots.push((name, value));
    }

    /// Gives a bound name another value; whether it was bound.
    pub(super) fn rebind(&mut self, name: &str, value: Value<'a>) -> bool {
        match self.slots.iter_mut().rev().find(|(known, _)| &**known == name) {
            Some((_, slot)) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    /// How many names are bound now: a mark for [`Self::forget`].
    pub(super) fn mark(&self) -> usize {
        self.slots.len()
    }

    /// Forgets the names bound since a mark.
    pub(super) fn forget(&mut self, mark: usize) {
        self.slots.truncate(mark);
    }

    /// The names, innermost last.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|(name, _)| &**name)
    }

    /// The values, to be merged with those of another branch.
    pub(super) fn values(&self) -> impl Iterator<Item = &(Arc<str>, Value<'a>)> {
        self.slots.iter()
    }

    /// The deepest nesting of any value.
    pub(super) fn depth(&self) -> u32 {
        self.slots.iter().map(|(_, value)| value.depth()).max().unwrap_or(0)
    }

    /// Replaces the value of a slot.
    pub(super) fn set_slot(&mut self, slot: usize, value: Value<'a>) {
        if let Some((_, place)) = self.slots.get_mut(slot) {
            *place = value;
        }
    }
}
