//! Files and what stands at their top.

use std::sync::Arc;

use super::{Annotation, Arg, Body, Expr, Name};
use crate::Span;

/// A file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// Its `//!` lines, without the slashes, joined by line ends.
    pub doc: Option<String>,
    /// Its items in order; one that could not be parsed is left out.
    pub items: Vec<Item>,
}

/// An item.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// Its `///` lines, without the slashes, joined by line ends.
    pub doc: Option<String>,
    /// All of it, without its documentation.
    pub span: Span,
}

/// The kinds of items.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// `import …`.
    Import(Import),
    /// `const …`.
    Const(Const),
    /// `block …`.
    Block(Block),
    /// `space …` or `network …`.
    Space(Space),
    /// `derive …`.
    Derive(Derive),
    /// `remap …` beside a space, for the only space of the file.
    Remap(Remap),
}

/// `import "path" { a, b as c }` or `import "path" as p`.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Relative to the importing file, or `std/…`.
    pub path: Arc<str>,
    /// The path with its quotes.
    pub path_span: Span,
    /// What it brings.
    pub names: ImportNames,
}

/// What an import brings.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportNames {
    /// `{ a, b as c }`.
    Some(Vec<ImportName>),
    /// `as p`: everything, under one name.
    All(Name),
}

/// `name` or `name as alias`.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportName {
    /// What it is called in the other file.
    pub name: Name,
    /// What it is called here, where that differs.
    pub alias: Option<Name>,
}

/// `const NAME = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Const {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// `block name(params) { body }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Its name.
    pub name: Name,
    /// Its parameters in order.
    pub params: Vec<Param>,
    /// From parenthesis to parenthesis.
    pub params_span: Span,
    /// What it computes.
    pub body: Body,
}

/// `space name(params) @own { body }`, or the same with `network`.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// Which of the two.
    pub kind: SpaceKind,
    /// Its name.
    pub name: Name,
    /// Its parameters in order.
    pub params: Vec<Param>,
    /// From parenthesis to parenthesis.
    pub params_span: Span,
    /// `@own` and its like, between parameters and body.
    pub annotations: Vec<Annotation>,
    /// Inputs, what is computed, outputs, limits.
    pub body: Body,
}

/// Whether decisions are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpaceKind {
    /// `space`: they are.
    Space,
    /// `network`: a decision is an error.
    Network,
}

/// A parameter of a block, a space or a lambda.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its type, where written.
    pub ty: Option<Type>,
    /// Its default, where it has one.
    pub default: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// What it is.
    pub kind: TypeKind,
    /// Where it stands.
    pub span: Span,
}

/// The types there are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// `int`.
    Int,
    /// `float`.
    Float,
    /// `bool`.
    Bool,
    /// `str`.
    Str,
    /// `tensor`.
    Tensor,
    /// `block`.
    Block,
    /// `[T]`.
    List(Box<TypeKind>),
}

/// `derive name from "file.nas"#space(classes: 10) @hash("…") { path = option }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Derive {
    /// Its name.
    pub name: Name,
    /// The file of the space, relative to this one.
    pub file: Arc<str>,
    /// The file with its quotes.
    pub file_span: Span,
    /// The space in it; absent where the file has only one.
    pub space: Option<Name>,
    /// The space's parameters.
    pub args: Vec<Arg>,
    /// What a search recorded, such as the hash of the space.
    pub annotations: Vec<Annotation>,
    /// An option for every decision.
    pub entries: Vec<DeriveEntry>,
}

/// `path = option`.
#[derive(Clone, Debug, PartialEq)]
pub struct DeriveEntry {
    /// The decision's path, dots and all.
    pub path: Name,
    /// What it is set to.
    pub option: DeriveOption,
    /// All of it.
    pub span: Span,
}

/// What a decision is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum DeriveOption {
    /// A label, or a value as it is written: `shuffle3`, `3`, `0.5`, `true`, `"none"`.
    One(Name),
    /// `[e0, e2]`: what a `keep` keeps.
    Subset(Vec<Name>),
}

/// `remap seed(args) { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Remap {
    /// The seed network.
    pub seed: Name,
    /// Its parameters.
    pub args: Vec<Arg>,
    /// What to do where the two differ.
    pub entries: Vec<RemapEntry>,
    /// All of it.
    pub span: Span,
}

/// An entry of a `remap`.
#[derive(Clone, Debug, PartialEq)]
pub enum RemapEntry {
    /// `depth: last`.
    Policy {
        /// What it speaks of.
        name: Name,
        /// The policy.
        value: Name,
    },
    /// `s2 from stage2`.
    From {
        /// A path in the space.
        target: Name,
        /// A path in the seed.
        source: Name,
    },
}
