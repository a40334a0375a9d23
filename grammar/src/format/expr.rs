//! Expressions.
//!
//! Parentheses stand where the author put them, and nowhere else: no layout here changes how
//! operators bind.

use super::{
    Source,
    braces::{brace_parts, bracketed},
    doc::{Doc, blank_or_line, nothing_or_line, text},
    stmt::written_pattern,
};
use crate::ast::{Arm, BinaryOp, Body, Expr, ExprKind, Generator, Label, StmtKind, UnaryOp};

impl Source<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> Doc {
        let inner = self.bare(expr);
        if !self.parens.contains_key(&expr.span) {
            return inner;
        }
        let nested = Doc::Nest(vec![nothing_or_line(), inner]);
        Doc::Group { broken: false, parts: vec![text("("), nested, nothing_or_line(), text(")")] }
    }

    /// An expression without the parentheses around it.
    fn bare(&mut self, expr: &Expr) -> Doc {
        let end = expr.span.end;
        let mut parts = Vec::new();
        match &expr.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Str(_)
            | ExprKind::Duration(_)
            | ExprKind::Size(_) => return self.literal(expr),
            ExprKind::Name(name) => return text(&**name),
            ExprKind::List(items) => {
                let rows = self.rows(items, end, |item| item.span, Self::expr);
                return bracketed("[", rows, "]");
            }
            ExprKind::Range { start, end, inclusive, step } => {
                parts.push(self.expr(start));
                parts.push(text(if *inclusive { "..=" } else { ".." }));
                parts.push(self.expr(end));
                if let Some(step) = step {
                    parts.push(text(" step "));
                    parts.push(self.expr(step));
                }
            }
            ExprKind::Call { callee, args } => {
                parts.push(self.expr(callee));
                parts.push(self.args(args, end));
            }
            ExprKind::Index { base, index } => {
                parts.push(self.expr(base));
                parts.push(text("["));
                parts.push(self.expr(index));
                parts.push(text("]"));
            }
            ExprKind::Slice { base, from, to } => {
                parts.push(self.expr(base));
                parts.push(text("["));
                parts.extend(from.as_ref().map(|from| self.expr(from)));
                parts.push(text(".."));
                parts.extend(to.as_ref().map(|to| self.expr(to)));
                parts.push(text("]"));
            }
            ExprKind::Field { base, name } => {
                parts.push(self.expr(base));
                parts.push(text(format!(".{name}")));
            }
            ExprKind::Unary { op, operand } => {
                parts.push(text(match op {
                    UnaryOp::Neg => "-",
                    UnaryOp::Not => "not ",
                }));
                parts.push(self.expr(operand));
            }
            ExprKind::Binary { op, .. } => return self.chain(expr, *op),
            ExprKind::Pipe { .. } => return self.pipe(expr),
            ExprKind::Labelled { expr, label } => {
                parts.push(self.expr(expr));
                parts.push(text(format!(" as {}", self.label(label))));
            }
            ExprKind::Annotated { expr, annotations } => {
                parts.push(self.expr(expr));
                self.annotations(annotations, &mut parts);
            }
            ExprKind::Lambda { params, body } => {
                parts.push(text("|"));
                for (index, param) in params.iter().enumerate() {
                    if index > 0 {
                        parts.push(text(", "));
                    }
                    parts.push(self.param(param));
                }
                parts.push(text("| "));
                parts.push(self.expr(body));
            }
            ExprKind::If { .. } => return self.conditional(expr),
            ExprKind::Match { subject, arms } => {
                parts.push(text("match "));
                parts.push(self.expr(subject));
                parts.push(text(" "));
                let rows = self.rows(arms, end, |arm| arm.span, Self::arm);
                let first = arms.first().map_or(end, |arm| arm.span.start);
                parts.push(self.braced(self.opening_brace(first), rows, ", "));
            }
            ExprKind::For { generators, label, body } => {
                parts.push(text("for "));
                self.generators(generators, &mut parts);
                if let Some(label) = label {
                    parts.push(text(format!(" as {}", self.label(label))));
                }
                parts.push(text(" "));
                parts.push(self.body(body));
            }
            ExprKind::Choose(choose) => return self.choose(choose, end),
            ExprKind::Keep(keep) => return self.keep(keep, end),
            ExprKind::Shared(inner) => {
                parts.push(text("shared "));
                parts.push(self.expr(inner));
            }
            ExprKind::Block(body) => return self.body(body),
        }
        Doc::Concat(parts)
    }

    /// A label as written.
    pub(super) fn label(&self, label: &Label) -> String {
        self.slice(label.span).to_owned()
    }

    pub(super) fn generators(&mut self, generators: &[Generator], parts: &mut Vec<Doc>) {
        for (index, generator) in generators.iter().enumerate() {
            if index > 0 {
                parts.push(text(", "));
            }
            parts.push(text(format!("{} in ", written_pattern(&generator.pattern))));
            parts.push(self.expr(&generator.values));
        }
    }

    fn arm(&mut self, arm: &Arm) -> Doc {
        let value = arm.value.as_ref().map_or_else(|| text("_"), |value| self.expr(value));
        Doc::Concat(vec![value, text(": "), self.expr(&arm.result)])
    }

    /// Stages in a row; all on one line, or each after the first on its own.
    fn pipe(&mut self, pipe: &Expr) -> Doc {
        let mut stages = Vec::new();
        let mut first = pipe;
        while let ExprKind::Pipe { lhs, rhs } = &first.kind
            && (std::ptr::eq(first, pipe) || !self.parens.contains_key(&first.span))
        {
            stages.push(&**rhs);
            first = lhs;
        }
        stages.push(first);
        stages.reverse();
        let rows = self.stages(&stages);
        Doc::Group { broken: rows.commented(), parts: rows.piped() }
    }

    /// Operators of one strength in a row, a line beginning with its operator. A `-` never begins
    /// one, where it would be a sign.
    fn chain(&mut self, chain: &Expr, op: BinaryOp) -> Doc {
        let mut operands = Vec::new();
        let mut first = chain;
        while let ExprKind::Binary { op: next, lhs, rhs, .. } = &first.kind
            && strength(*next) == strength(op)
            && (std::ptr::eq(first, chain) || !self.parens.contains_key(&first.span))
        {
            operands.push((*next, &**rhs));
            first = lhs;
            if op == BinaryOp::Pow {
                break;
            }
        }
        let head = self.expr(first);
        let mut tail = Vec::new();
        for (op, operand) in operands.into_iter().rev() {
            tail.push(if op == BinaryOp::Sub { text(" ") } else { blank_or_line() });
            tail.push(text(format!("{} ", op.text())));
            tail.push(self.expr(operand));
        }
        Doc::Group { broken: false, parts: vec![head, Doc::Nest(tail)] }
    }

    /// All branches on one line, or none.
    fn conditional(&mut self, conditional: &Expr) -> Doc {
        let mut parts = Vec::new();
        let mut broken = false;
        let mut next = Some(conditional);
        while let Some(Expr { kind: ExprKind::If { cond, then, otherwise }, .. }) = next {
            parts.push(text("if "));
            let cond = self.expr(cond);
            parts.push(Doc::Group { broken: false, parts: vec![cond] });
            parts.push(text(" "));
            broken |= self.branch(then, &mut parts);
            next = None;
            if let Some(body) = otherwise {
                parts.push(text(" else "));
                next = else_if(body);
                if next.is_none() {
                    broken |= self.branch(body, &mut parts);
                }
            }
        }
        Doc::Group { broken, parts }
    }

    fn branch(&mut self, body: &Body, parts: &mut Vec<Doc>) -> bool {
        let rows = self.rows(&body.stmts, body.span.end, |stmt| stmt.span, Self::stmt);
        let broken = self.ends_line(body.span.start) || rows.commented();
        parts.extend(brace_parts(rows, "; "));
        broken
    }
}

/// The `if` of an `else if`: a body without braces of its own.
fn else_if(body: &Body) -> Option<&Expr> {
    match body.stmts.as_slice() {
        [only] if only.span == body.span => match &only.kind {
            StmtKind::Expr(inner) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

/// Operators of equal strength share their lines.
const fn strength(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 0,
        BinaryOp::And => 1,
        BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
            2
        }
        BinaryOp::Add | BinaryOp::Sub => 3,
        BinaryOp::Mul | BinaryOp::Div => 4,
        BinaryOp::Pow => 5,
    }
}
