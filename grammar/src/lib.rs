//! Grammar, syntax tree and formatter of the `.nas` language.
//!
//! Modules, each using only those before it: [`span`] (places in a text), [`ast`] (the tree).
//!
//! This crate knows how a file is written, never what a name in it means: it resolves nothing,
//! evaluates nothing, reads no file and prints nothing. Every function is total: any text gives a
//! tree, errors, or both, within a time that grows with its length.

pub mod ast;
pub mod span;

pub use span::Span;
