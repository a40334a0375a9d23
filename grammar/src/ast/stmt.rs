//! Statements and patterns.

use super::{Arg, Expr, Name, Remap};
use crate::Span;

/// Statements in braces. The value is the last one, where that is [`StmtKind::Expr`].
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// In order.
    pub stmts: Vec<Stmt>,
    /// From brace to brace.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// All of it, without its documentation.
    pub span: Span,
}

/// The kinds of statements. `if`, `match` and `for` are expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `let pattern = value`.
    Let {
        /// The names bound.
        pattern: Pattern,
        /// What they are bound to.
        value: Expr,
        /// Its `///` lines, without the slashes, joined by line ends.
        doc: Option<String>,
    },
    /// `name = value`.
    Assign {
        /// The name rebound.
        name: Name,
        /// Its new value.
        value: Expr,
    },
    /// An expression, for its value or for what it does.
    Expr(Expr),
    /// `defaults primitive { name: value }`.
    Defaults {
        /// The primitive.
        primitive: Name,
        /// Its new defaults.
        entries: Vec<Entry>,
    },
    /// `input name: shape`.
    Input {
        /// The tensor's name.
        name: Name,
        /// A list of sizes without the batch.
        shape: Expr,
    },
    /// `output pattern = value`.
    Output {
        /// The output's name, or one for each element of a list.
        pattern: Pattern,
        /// A tensor or a list of tensors.
        value: Expr,
    },
    /// `limit …`.
    Limit(Limit),
    /// `forbid cond`.
    Forbid(Expr),
    /// `require cond, "message"`.
    Require {
        /// What must hold in every valid network.
        cond: Expr,
        /// What to say where it does not.
        message: Option<Expr>,
    },
    /// `remap seed { … }`.
    Remap(Remap),
}

/// `name: value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The word before the colon.
    pub name: Name,
    /// What follows it.
    pub value: Expr,
}

/// `limit metric(args) <= value` or `limit metric in range`.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// `macs`, `params`, `latency`, …
    pub metric: Name,
    /// The part of the space or the device it speaks of; empty for the whole space.
    pub args: Vec<Arg>,
    /// How metric and value compare.
    pub relation: Relation,
    /// The bound, or a range for [`Relation::In`].
    pub value: Expr,
}

/// How a metric and its bound compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `<=`.
    Le,
    /// `<`.
    Lt,
    /// `>=`.
    Ge,
    /// `>`.
    Gt,
    /// `in`.
    In,
}

impl Relation {
    /// As it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Le => "<=",
            Self::Lt => "<",
            Self::Ge => ">=",
            Self::Gt => ">",
            Self::In => "in",
        }
    }
}

/// What a value is taken apart into.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of patterns.
#[derive(Clone, Debug, PartialEq)]
pub enum PatternKind {
    /// Binds the whole value.
    Name(Name),
    /// `_`: takes a value and forgets it.
    Wildcard,
    /// `[a, _, [b, c]]`: takes a list of exactly this length apart.
    List(Vec<Pattern>),
}
