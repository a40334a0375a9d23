//! Costs that come from outside: what a table says of the operations of a space.
//!
//! A table is attached to a checked space under a name. What it says is a sum over operations, kept with
//! the space so that whatever counts or draws finds it. Where the numbers come from is `cost::latency`'s
//! affair; nothing here reads a file.

use std::sync::Arc;

use super::Checked;
use crate::ir::NodeId;
use crate::vary::{Diagrams, Vary};

/// A table that is attached to a space, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(u32);

/// A table as the sum of what it says of single operations.
#[derive(Clone, Debug)]
pub struct Attached {
    /// The name that limits call it by.
    pub name: Arc<str>,
    /// What is summed, in node order.
    pub parts: Vec<Part>,
}

/// What one operation adds to a sum, together with those that run as one with it.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The first operation of those.
    pub node: NodeId,
    /// Where it is added.
    pub presence: Vary,
    /// How much, in nanoseconds: a varying integer.
    pub value: Vary,
}

impl Checked {
    /// The attached tables, in the order in which they came.
    pub fn tables(&self) -> &[Attached] {
        &self.tables
    }

    /// The attached table of that name.
    pub fn table_named(&self, name: &str) -> Option<TableId> {
        let place = self.tables.iter().position(|table| &*table.name == name)?;
        Some(TableId(place as u32))
    }

    /// An attached table. Ids come from this space alone, so it exists.
    pub fn table(&self, id: TableId) -> &Attached {
        &self.tables[id.0 as usize]
    }

    /// The space with a table, in place of one of the same name. `diagrams` are those of the space and
    /// what the parts added to them.
    #[must_use]
    pub(crate) fn with_table(mut self, name: &str, diagrams: Diagrams, parts: Vec<Part>) -> Self {
        debug_assert_eq!(diagrams.decisions(), self.graph.decisions.len(), "of this space");
        self.graph.diagrams = diagrams;
        let made = Attached { name: Arc::from(name), parts };
        match self.tables.iter_mut().find(|table| &*table.name == name) {
            Some(known) => *known = made,
            None => self.tables.push(made),
        }
        self
    }
}
