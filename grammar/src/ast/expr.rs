//! Expressions, and the decisions among them.

use std::sync::Arc;

use super::{Body, Name, Param, Pattern};
use crate::Span;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// All of it, without surrounding blanks; with the parentheses where it had some.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `42`, `1_000`, `330M`, `1.5G` (a suffixed number without a fraction is an integer).
    Int(i64),
    /// `0.5`, `1e-3`.
    Float(f64),
    /// `true`, `false`.
    Bool(bool),
    /// A string; adjacent text is one part, an empty string has no parts.
    Str(Vec<StrPart>),
    /// A duration in milliseconds: `12ms`, `3us`, `1s`.
    Duration(f64),
    /// A size in bytes: `4MB` is 4,000,000.
    Size(i64),
    /// A bare word. `_` is never a name.
    Name(Arc<str>),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `start..end`, `start..=end`, either with `step`.
    Range {
        /// The first value.
        start: Box<Expr>,
        /// The bound.
        end: Box<Expr>,
        /// Whether the bound belongs to the range (`..=`).
        inclusive: bool,
        /// The distance of neighbours, one where absent.
        step: Option<Box<Expr>>,
    },
    /// `callee(args)`.
    Call {
        /// What is called, mostly a name.
        callee: Box<Expr>,
        /// The arguments in order of writing.
        args: Vec<Arg>,
    },
    /// `base[index]`.
    Index {
        /// A list.
        base: Box<Expr>,
        /// The place in it, from 0.
        index: Box<Expr>,
    },
    /// `base[from..to]`, half open, either bound optional; a list's elements or a tensor's
    /// channels. `base[a..=b]` and a range with a step are [`ExprKind::Index`] with a range.
    Slice {
        /// A list or a tensor.
        base: Box<Expr>,
        /// The first element, 0 where absent.
        from: Option<Box<Expr>>,
        /// The bound, the length where absent.
        to: Option<Box<Expr>>,
    },
    /// `base.name`; any word is a name here.
    Field {
        /// Mostly a tensor or an imported file.
        base: Box<Expr>,
        /// The word after the dot.
        name: Name,
    },
    /// `-a`, `not a`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// `a + b` and its like.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The left operand.
        lhs: Box<Expr>,
        /// The right operand.
        rhs: Box<Expr>,
    },
    /// `lhs -> rhs`.
    Pipe {
        /// What is piped.
        lhs: Box<Expr>,
        /// What it is piped into.
        rhs: Box<Expr>,
    },
    /// `expr as label`.
    Labelled {
        /// What is named, mostly a call.
        expr: Box<Expr>,
        /// Its name on paths.
        label: Label,
    },
    /// `expr @a @b(…)`; around a decision only where that stands in parentheses, else it holds its
    /// own.
    Annotated {
        /// What is annotated, mostly a call.
        expr: Box<Expr>,
        /// At least one.
        annotations: Vec<Annotation>,
    },
    /// `|x, k: int = 3| body`.
    Lambda {
        /// The parameters.
        params: Vec<Param>,
        /// The value; [`ExprKind::Block`] where written in braces.
        body: Box<Expr>,
    },
    /// `if cond { then } else { otherwise }`.
    If {
        /// The condition.
        cond: Box<Expr>,
        /// Where it holds.
        then: Body,
        /// Where it does not; one `if` expression for `else if`.
        otherwise: Option<Body>,
    },
    /// `match subject { arms }`.
    Match {
        /// What is compared.
        subject: Box<Expr>,
        /// The arms in order.
        arms: Vec<Arm>,
    },
    /// `for a in xs, b in ys as label { body }`. A statement where its value is not used, else
    /// the list of the values of its bodies.
    For {
        /// At least one; the last runs fastest.
        generators: Vec<Generator>,
        /// Its name on paths.
        label: Option<Label>,
        /// What is elaborated for each iteration.
        body: Body,
    },
    /// `choose name …`.
    Choose(Box<Choose>),
    /// `keep n of name { … }`.
    Keep(Box<Keep>),
    /// `shared expr`; reaches as far right as a lambda does.
    Shared(Box<Expr>),
    /// `{ … }`, a body where an expression stands.
    Block(Body),
}

/// A piece of a string.
#[derive(Clone, Debug, PartialEq)]
pub enum StrPart {
    /// Literal text, escapes resolved.
    Text(Arc<str>),
    /// `{expr}`.
    Expr(Expr),
}

/// A name on paths: a word, or a string that may be computed (`"k{k}"`).
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// One text part for a word; what a string holds otherwise.
    pub parts: Vec<StrPart>,
    /// The word, or the string with its quotes.
    pub span: Span,
}

impl Label {
    /// The text, where nothing in it is computed.
    pub fn text(&self) -> Option<&Arc<str>> {
        match self.parts.as_slice() {
            [StrPart::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// The parameter it names; positional where absent.
    pub name: Option<Name>,
    /// Its value.
    pub value: Expr,
    /// Name and value.
    pub span: Span,
}

/// `@name` or `@name(args)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// The word after `@`.
    pub name: Name,
    /// Its arguments, none where it has no parentheses.
    pub args: Vec<Arg>,
    /// From the `@` on.
    pub span: Span,
}

/// `pattern in values`, of a loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Generator {
    /// What each value is bound to.
    pub pattern: Pattern,
    /// A range or a list.
    pub values: Expr,
    /// All of it.
    pub span: Span,
}

/// An arm of a `match`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// What the subject is compared with; absent for `_`, which matches anything.
    pub value: Option<Expr>,
    /// The value of the `match` in this case.
    pub result: Expr,
    /// All of it.
    pub span: Span,
}

/// A decision for one of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Choose {
    /// The decision's name on paths.
    pub name: Name,
    /// `@own`, `@transform`, written before or after what is chosen from.
    pub annotations: Vec<Annotation>,
    /// `prior {a: 0.7, b: 0.3}`; empty where absent.
    pub prior: Vec<Prior>,
    /// `default e`, the option of the seed architecture. With alternatives, a label becomes a
    /// string without interpolation.
    pub default: Option<Expr>,
    /// What is chosen from.
    pub from: Choice,
}

/// What a `choose` chooses from.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// `in {3, 5, 7}`.
    Set(Vec<Expr>),
    /// `in 16..=64 step 8`, or any expression that gives a list.
    Values(Expr),
    /// `{ a: …, b: … }`.
    Alternatives(Vec<AltItem>),
}

/// The probability of an option before training.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// The option: a label, or a value as it is written.
    pub option: Label,
    /// Its weight.
    pub weight: Expr,
}

/// A decision for a subset of fixed size; its value is the sum of what is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Keep {
    /// How many are kept: a number or a name.
    pub count: Expr,
    /// The decision's name on paths.
    pub name: Name,
    /// As of [`Choose`].
    pub annotations: Vec<Annotation>,
    /// What is chosen from.
    pub alternatives: Vec<AltItem>,
}

/// An entry among alternatives.
#[derive(Clone, Debug, PartialEq)]
pub enum AltItem {
    /// `label: value`.
    Alternative {
        /// Its name among the options.
        label: Label,
        /// A block where the choice is piped into, else a tensor, a list or a block.
        value: Expr,
        /// All of it.
        span: Span,
    },
    /// `for … { items }`: alternatives made by a loop.
    For {
        /// As of [`ExprKind::For`].
        generators: Vec<Generator>,
        /// What is made for each iteration.
        items: Vec<AltItem>,
        /// All of it.
        span: Span,
    },
    /// `if … { items } else { items }`: alternatives under a guard.
    If {
        /// The guard.
        cond: Expr,
        /// Alternatives where it holds.
        then: Vec<AltItem>,
        /// Alternatives where it does not; one `If` for `else if`, empty where absent.
        otherwise: Vec<AltItem>,
        /// All of it.
        span: Span,
    },
}

impl AltItem {
    /// Where it stands.
    pub const fn span(&self) -> Span {
        match self {
            Self::Alternative { span, .. } | Self::For { span, .. } | Self::If { span, .. } => {
                *span
            }
        }
    }
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`.
    Neg,
    /// `not`.
    Not,
}

impl UnaryOp {
    /// As it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Neg => "-",
            Self::Not => "not",
        }
    }
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `**`, right-associative.
    Pow,
    /// `*`.
    Mul,
    /// `/`.
    Div,
    /// `+`.
    Add,
    /// `-`.
    Sub,
    /// `==`; comparisons do not chain.
    Eq,
    /// `!=`.
    Ne,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
    /// `and`.
    And,
    /// `or`.
    Or,
}

impl BinaryOp {
    /// As it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Pow => "**",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::And => "and",
            Self::Or => "or",
        }
    }
}
