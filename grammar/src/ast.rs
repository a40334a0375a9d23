//! The syntax tree of a `.nas` file.
//!
//! The tree says what was written and where. It is desugared in three places only, so that a
//! reader has one case instead of two: `else if` is an `else` body that holds one `if`; a label
//! after the last generator of a loop (`for i in 0..n as tail`) belongs to the loop; annotations
//! after a decision (`choose k in {3, 5} @own`) belong to the decision. Parentheses leave no
//! trace. A body has no separate value: it is the last statement, where that is an expression.
//!
//! All text is `Arc<str>`, so a tree can be shared between threads and its names cloned for
//! nothing. `PartialEq` compares spans too; [`crate::sexpr`] gives a form without them.

mod expr;
mod item;
mod stmt;

pub use expr::{
    AltItem, Annotation, Arg, Arm, BinaryOp, Choice, Choose, Expr, ExprKind, Generator, Keep,
    Label, Prior, StrPart, UnaryOp,
};
pub use item::{
    Block, Const, Derive, DeriveEntry, DeriveOption, File, Import, ImportName, ImportNames, Item,
    ItemKind, Param, Remap, RemapEntry, Space, SpaceKind, Type, TypeKind,
};
pub use stmt::{Body, Entry, Limit, Pattern, PatternKind, Relation, Stmt, StmtKind};

use std::{fmt, sync::Arc};

use crate::Span;

/// A word that names something, or a dotted path taken as one word (`s2.1.op`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The word as written.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
