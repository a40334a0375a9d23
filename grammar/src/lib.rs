//! Grammar, syntax tree and formatter of the `.nas` language.
//!
//! Modules, each using only those before it: [`span`] (places in a text), [`error`] (what can be
//! wrong), [`ast`] (the tree), `scan` (comments, brackets, line ends, items), `cst` (the grammar),
//! [`parse`], [`sexpr`] (the tree as text), [`format`].
//!
//! This crate knows how a file is written, never what a name in it means: it resolves nothing,
//! evaluates nothing, reads no file and prints nothing. Every function is total: any text gives a
//! tree, errors, or both, within a time that grows with its length.

pub mod ast;
mod cst;
pub mod error;
mod format;
mod parse;
mod scan;
mod sexpr;
pub mod span;

pub use error::SyntaxError;
pub use format::format;
pub use parse::{Parsed, parse};
pub use scan::{Comment, CommentKind};
pub use sexpr::sexpr;
pub use span::Span;
