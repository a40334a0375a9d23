//! What a pickle is made into.
//!
//! Values lie in one table and name each other by their places in it, so that a value that is named many times is
//! there once, a value may hold itself, and dropping them all needs no recursion.

use super::global::Global;
use super::view::{Storage, View};

/// A value's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ValueId(pub u32);

/// A value; text and bytes are the pickle's own.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    /// A number that no tensor needs: a fraction, or an integer of more than 64 bits.
    Number,
    Str(&'a str),
    Bytes,
    Tuple(Vec<ValueId>),
    List(Vec<ValueId>),
    Dict(Vec<(ValueId, ValueId)>),
    Global(Global),
    Storage(Storage<'a>),
    Tensor(View<'a>),
}

/// All values of a pickle, and the one it stands for.
#[derive(Debug)]
pub(super) struct Values<'a> {
    pub table: Vec<Value<'a>>,
    pub root: ValueId,
}

impl<'a> Values<'a> {
    pub fn at(&self, id: ValueId) -> &Value<'a> {
        &self.table[id.0 as usize]
    }

    pub fn root(&self) -> &Value<'a> {
        self.at(self.root)
    }
}
