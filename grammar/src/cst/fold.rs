//! Precedence.
//!
//! The grammar gives operands and operators in a row. Tightest first: `**`; `-` before its
//! operand; `*` and `/`; `+` and `-`; ranges with `step`; comparisons; `not`; `and`; `or`; `->`.

use std::{iter::Peekable, vec};

use super::Builder;
use crate::{
    Span, SyntaxError,
    ast::{BinaryOp, Expr, ExprKind, UnaryOp},
    error,
};

/// A part of a row.
pub(super) enum Piece {
    /// An operator before an operand.
    Prefix(UnaryOp, Span),
    /// An operand with its suffixes.
    Operand(Expr),
    /// An operator between operands.
    Infix(Infix, Span),
}

/// An operator between operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Infix {
    Pipe,
    Range { inclusive: bool },
    Step,
    Binary(BinaryOp),
}

const PIPE: u8 = 1;
const OR: u8 = 2;
const AND: u8 = 3;
const NOT: u8 = 4;
const COMPARE: u8 = 5;
const RANGE: u8 = 6;
const ADD: u8 = 7;
const MUL: u8 = 8;
const NEG: u8 = 9;
const POW: u8 = 10;

/// The operator that is written so.
pub(super) fn infix(written: &str) -> Infix {
    match written {
        "->" => Infix::Pipe,
        ".." => Infix::Range { inclusive: false },
        "..=" => Infix::Range { inclusive: true },
        "step" => Infix::Step,
        "**" => Infix::Binary(BinaryOp::Pow),
        "*" => Infix::Binary(BinaryOp::Mul),
        "/" => Infix::Binary(BinaryOp::Div),
        "+" => Infix::Binary(BinaryOp::Add),
        "-" => Infix::Binary(BinaryOp::Sub),
        "==" => Infix::Binary(BinaryOp::Eq),
        "!=" => Infix::Binary(BinaryOp::Ne),
        "<" => Infix::Binary(BinaryOp::Lt),
        "<=" => Infix::Binary(BinaryOp::Le),
        ">" => Infix::Binary(BinaryOp::Gt),
        ">=" => Infix::Binary(BinaryOp::Ge),
        "and" => Infix::Binary(BinaryOp::And),
        "or" => Infix::Binary(BinaryOp::Or),
        other => unreachable!("`{other}` is not an operator"),
    }
}

const fn strength(infix: Infix) -> u8 {
    match infix {
        Infix::Pipe => PIPE,
        Infix::Range { .. } | Infix::Step => RANGE,
        Infix::Binary(op) => match op {
            BinaryOp::Or => OR,
            BinaryOp::And => AND,
            BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge => COMPARE,
            BinaryOp::Add | BinaryOp::Sub => ADD,
            BinaryOp::Mul | BinaryOp::Div => MUL,
            BinaryOp::Pow => POW,
        },
    }
}

type Pieces = Peekable<vec::IntoIter<Piece>>;

/// The tree of a row.
pub(super) fn fold(b: &mut Builder, pieces: Vec<Piece>) -> Expr {
    climb(b, &mut pieces.into_iter().peekable(), PIPE)
}

/// The longest expression whose operators all bind at least as tightly as `min`.
fn climb(b: &mut Builder, pieces: &mut Pieces, min: u8) -> Expr {
    let mut lhs = match pieces.next() {
        Some(Piece::Operand(operand)) => operand,
        Some(Piece::Prefix(op, span)) => {
            if op == UnaryOp::Not && min > NOT {
                let message = "`not` binds less tightly than the operator before it";
                let error = SyntaxError::at(error::BAD_CHAIN, span, message);
                b.errors.push(error.help("write `(not …)`"));
            }
            let operand = climb(b, pieces, if op == UnaryOp::Not { NOT } else { NEG });
            let span = span.to(operand.span);
            Expr { kind: ExprKind::Unary { op, operand: Box::new(operand) }, span }
        }
        _ => unreachable!("the grammar puts an operand here"),
    };
    while let Some((infix, op_span)) = next_infix(pieces, min) {
        lhs = match infix {
            Infix::Pipe => {
                let rhs = climb(b, pieces, PIPE + 1);
                let span = lhs.span.to(rhs.span);
                Expr { kind: ExprKind::Pipe { lhs: Box::new(lhs), rhs: Box::new(rhs) }, span }
            }
            Infix::Range { inclusive } => range(b, pieces, lhs, inclusive),
            Infix::Step => {
                let message = "`step` belongs to a range, and here is none";
                b.errors.push(
                    SyntaxError::at(error::BAD_CHAIN, op_span, message)
                        .help("write `from..to step distance`"),
                );
                climb(b, pieces, RANGE + 1);
                lhs
            }
            Infix::Binary(op) => {
                // A power's right side may be a power or a negative number.
                let rhs =
                    climb(b, pieces, if op == BinaryOp::Pow { NEG } else { strength(infix) + 1 });
                if strength(infix) == COMPARE {
                    refuse_chain(
                        b,
                        pieces,
                        COMPARE,
                        "comparisons do not chain",
                        "write `a < b and b < c`",
                    );
                }
                let span = lhs.span.to(rhs.span);
                let (lhs, rhs) = (Box::new(lhs), Box::new(rhs));
                Expr { kind: ExprKind::Binary { op, op_span, lhs, rhs }, span }
            }
        };
    }
    lhs
}

fn next_infix(pieces: &mut Pieces, min: u8) -> Option<(Infix, Span)> {
    match pieces.peek() {
        Some(Piece::Infix(infix, span)) if strength(*infix) >= min => {
            let found = (*infix, *span);
            pieces.next();
            Some(found)
        }
        _ => None,
    }
}

fn range(b: &mut Builder, pieces: &mut Pieces, start: Expr, inclusive: bool) -> Expr {
    let end = climb(b, pieces, RANGE + 1);
    let stepped = matches!(pieces.peek(), Some(Piece::Infix(Infix::Step, _)));
    let step = stepped.then(|| {
        pieces.next();
        Box::new(climb(b, pieces, RANGE + 1))
    });
    refuse_chain(b, pieces, RANGE, "a range has one beginning and one end", "write `a..b step c`");
    let span = start.span.to(step.as_ref().map_or(end.span, |step| step.span));
    let (start, end) = (Box::new(start), Box::new(end));
    Expr { kind: ExprKind::Range { start, end, inclusive, step }, span }
}

/// Reports an operator as tight as the one just read, and passes over it with what follows.
fn refuse_chain(b: &mut Builder, pieces: &mut Pieces, strength: u8, message: &str, help: &str) {
    let mut reported = false;
    while let Some((_, span)) = next_infix(pieces, strength) {
        if !reported {
            b.errors.push(SyntaxError::at(error::BAD_CHAIN, span, message).help(help));
        }
        reported = true;
        climb(b, pieces, strength + 1);
    }
}
