//! Expressions without operators between them.

use std::sync::Arc;

use super::{
    Builder, Node, Parts, Rule, decision,
    fold::{self, Piece},
    item, number, stmt, string,
};
use crate::{
    Span, SyntaxError,
    ast::{Arg, Arm, Body, Expr, ExprKind, Generator, Label, Stmt, StmtKind, StrPart, UnaryOp},
    error,
};

/// An expression: operands and the operators between them.
pub(super) fn expr(b: &mut Builder, pair: Node) -> Expr {
    let mut pieces = Vec::new();
    for part in Parts::of(pair) {
        let span = b.span(&part);
        match part.as_rule() {
            Rule::operand => operand(b, part, &mut pieces),
            _ => pieces.push(Piece::Infix(fold::infix(part.as_str()), span)),
        }
    }
    fold::fold(b, pieces)
}

fn operand(b: &mut Builder, pair: Node, pieces: &mut Vec<Piece>) {
    let mut parts = Parts::of(pair);
    while let Some(prefix) = parts.part_if(Rule::prefix) {
        let op = if prefix.as_str() == "-" { UnaryOp::Neg } else { UnaryOp::Not };
        pieces.push(Piece::Prefix(op, b.span(&prefix)));
    }
    let mut value = primary(b, parts.part());
    for part in parts {
        value = suffix(b, value, part);
    }
    pieces.push(Piece::Operand(value));
}

fn primary(b: &mut Builder, pair: Node) -> Expr {
    let span = b.span(&pair);
    let rule = pair.as_rule();
    let kind = match rule {
        Rule::number => number::number(b, &pair),
        Rule::string => ExprKind::Str(string::parts(b, pair)),
        Rule::boolean => ExprKind::Bool(pair.as_str() == "true"),
        Rule::name => ExprKind::Name(Arc::from(pair.as_str())),
        Rule::list => ExprKind::List(Parts::of(pair).map(|pair| expr(b, pair)).collect()),
        Rule::body => ExprKind::Block(stmt::body(b, pair)),
        Rule::choose => decision::choose(b, pair),
        Rule::keep => decision::keep(b, pair),
        Rule::conditional => conditional(b, pair),
        Rule::paren => {
            let inner = expr(b, Parts::of(pair).part());
            b.parens.insert(span, inner.span);
            inner.kind
        }
        Rule::shared => ExprKind::Shared(Box::new(expr(b, Parts::of(pair).part()))),
        Rule::lambda => {
            let mut parts = Parts::of(pair);
            let mut params = Vec::new();
            while let Some(pair) = parts.part_if(Rule::param) {
                params.push(item::param(b, pair));
            }
            ExprKind::Lambda { params, body: Box::new(expr(b, parts.part())) }
        }
        Rule::matching => {
            let mut parts = Parts::of(pair);
            let subject = Box::new(expr(b, parts.part()));
            ExprKind::Match { subject, arms: parts.map(|pair| arm(b, pair)).collect() }
        }
        Rule::looping => {
            let mut parts = Parts::of(pair);
            let (generators, label) = generators(b, parts.part());
            ExprKind::For { generators, label, body: stmt::body(b, parts.part()) }
        }
        rule => unreachable!("{rule:?} is not an expression"),
    };
    Expr { kind, span }
}

fn suffix(b: &mut Builder, base: Expr, pair: Node) -> Expr {
    let here = b.span(&pair);
    let span = base.span.to(here);
    let base = Box::new(base);
    let kind = match pair.as_rule() {
        Rule::args => {
            check_attached(b, base.span, here, "call", "(");
            ExprKind::Call { callee: base, args: args(b, pair) }
        }
        Rule::index => {
            check_attached(b, base.span, here, "index", "[");
            index(b, base, pair)
        }
        Rule::field => ExprKind::Field { base, name: b.name(&Parts::of(pair).part()) },
        Rule::labelled => {
            let label = label(b, Parts::of(pair).part());
            ExprKind::Labelled { expr: base, label }
        }
        _ => annotated(b, base, pair),
    };
    Expr { kind, span }
}

/// An annotation joins the ones before it, and goes to the decision it follows, unless parentheses
/// hold that together.
fn annotated(b: &mut Builder, base: Box<Expr>, pair: Node) -> ExprKind {
    let annotation = decision::annotation(b, pair);
    if b.parens.contains_key(&base.span) {
        return ExprKind::Annotated { expr: base, annotations: vec![annotation] };
    }
    match base.kind {
        ExprKind::Choose(mut choose) => {
            choose.annotations.push(annotation);
            ExprKind::Choose(choose)
        }
        ExprKind::Keep(mut keep) => {
            keep.annotations.push(annotation);
            ExprKind::Keep(keep)
        }
        ExprKind::Annotated { expr, mut annotations } => {
            annotations.push(annotation);
            ExprKind::Annotated { expr, annotations }
        }
        _ => ExprKind::Annotated { expr: base, annotations: vec![annotation] },
    }
}

/// In parentheses, where line ends are blanks, a call or an index on a new line is a missing comma
/// more often than not.
fn check_attached(b: &mut Builder, base: Span, here: Span, what: &str, bracket: &str) {
    let between = b.text.get(base.end as usize..here.start as usize).unwrap_or_default();
    if between.contains('\n') {
        let place = Span::new(here.start, here.start + 1);
        let message = format!("the `{bracket}` of the {what} stands on a line of its own");
        let error = SyntaxError::at(error::DETACHED, place, message)
            .related(base, "this would be what it applies to")
            .help("put a comma between the two, or both on one line");
        b.errors.push(error);
    }
}

fn index(b: &mut Builder, base: Box<Expr>, pair: Node) -> ExprKind {
    let mut parts = Parts::of(pair).peekable();
    let open = |part: &Node| part.as_rule() == Rule::open;
    if parts.next_if(open).is_some() {
        let to = parts.next().map(|pair| Box::new(expr(b, pair)));
        return ExprKind::Slice { base, from: None, to };
    }
    let Some(inner) = parts.next() else { unreachable!("the grammar asks for an index") };
    let inner = expr(b, inner);
    if parts.next().is_some() {
        return ExprKind::Slice { base, from: Some(Box::new(inner)), to: None };
    }
    match inner.kind {
        ExprKind::Range { start, end, inclusive: false, step: None }
            if !b.parens.contains_key(&inner.span) =>
        {
            ExprKind::Slice { base, from: Some(start), to: Some(end) }
        }
        kind => ExprKind::Index { base, index: Box::new(Expr { kind, span: inner.span }) },
    }
}

/// The arguments of a call.
pub(super) fn args(b: &mut Builder, pair: Node) -> Vec<Arg> {
    Parts::of(pair)
        .map(|pair| {
            let span = b.span(&pair);
            let mut parts = Parts::of(pair);
            let name = parts.part_if(Rule::arg_name).map(|name| b.name(&name));
            Arg { name, value: expr(b, parts.part()), span }
        })
        .collect()
}

/// A word or a string that names something on paths.
pub(super) fn label(b: &mut Builder, pair: Node) -> Label {
    let span = b.span(&pair);
    let parts = match pair.as_rule() {
        Rule::string => string::parts(b, pair),
        _ => vec![StrPart::Text(Arc::from(pair.as_str()))],
    };
    Label { parts, span }
}

fn conditional(b: &mut Builder, pair: Node) -> ExprKind {
    let mut parts = Parts::of(pair);
    let mut branches = Vec::new();
    let mut otherwise = None;
    while let Some(part) = parts.next() {
        if part.as_rule() == Rule::otherwise {
            otherwise = Some(stmt::body(b, Parts::of(part).part()));
        } else {
            let cond = expr(b, part);
            branches.push((cond, stmt::body(b, parts.part())));
        }
    }
    let Some((cond, then)) = branches.pop() else { unreachable!("an `if` has a condition") };
    let mut innermost = ExprKind::If { cond: Box::new(cond), then, otherwise };
    // From the last `else if` outwards.
    let mut inner_span = inner_span(&innermost);
    while let Some((cond, then)) = branches.pop() {
        let inner = Expr { kind: innermost, span: inner_span };
        let body = Body {
            stmts: vec![Stmt { kind: StmtKind::Expr(inner), span: inner_span }],
            span: inner_span,
        };
        inner_span = cond.span.to(inner_span);
        innermost = ExprKind::If { cond: Box::new(cond), then, otherwise: Some(body) };
    }
    innermost
}

/// From the condition to the last brace.
fn inner_span(conditional: &ExprKind) -> Span {
    match conditional {
        ExprKind::If { cond, then, otherwise } => {
            cond.span.to(otherwise.as_ref().map_or(then.span, |body| body.span))
        }
        _ => Span::default(),
    }
}

fn arm(b: &mut Builder, pair: Node) -> Arm {
    let span = b.span(&pair);
    let mut parts = Parts::of(pair);
    let value = match parts.part_if(Rule::wildcard) {
        Some(_) => None,
        None => Some(expr(b, parts.part())),
    };
    Arm { value, result: expr(b, parts.part()), span }
}

/// The generators of a loop, and the label written after the last of them.
pub(super) fn generators(b: &mut Builder, pair: Node) -> (Vec<Generator>, Option<Label>) {
    let mut generators: Vec<Generator> = Parts::of(pair)
        .map(|pair| {
            let span = b.span(&pair);
            let mut parts = Parts::of(pair);
            let pattern = stmt::pattern(b, parts.part());
            Generator { pattern, values: expr(b, parts.part()), span }
        })
        .collect();
    let label = generators.last_mut().and_then(|last| {
        let label = decision::lift_label(b, &mut last.values);
        last.span = last.pattern.span.to(last.values.span);
        label
    });
    (generators, label)
}
