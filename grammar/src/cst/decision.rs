//! Decisions, their alternatives and annotations.

use std::sync::Arc;

use super::{Builder, Node, Parts, Rule, expr, item, number};
use crate::{
    Span, SyntaxError,
    ast::{AltItem, Annotation, Choice, Choose, Expr, ExprKind, Keep, Label, Prior, StrPart},
    error,
};

/// `choose …`.
pub(super) fn choose(b: &mut Builder, pair: Node) -> ExprKind {
    let mut parts = Parts::of(pair);
    let name = b.name(&parts.part());
    let mut annotations = Vec::new();
    let mut prior: Option<Vec<Prior>> = None;
    let mut default: Option<Expr> = None;
    let mut from = Choice::Alternatives(Vec::new());
    for part in parts {
        let span = b.span(&part);
        match part.as_rule() {
            Rule::annotation => annotations.push(annotation(b, part)),
            Rule::set => {
                from = Choice::Set(Parts::of(part).map(|pair| expr::expr(b, pair)).collect());
            }
            Rule::arith => {
                let mut values = expr::expr(b, part);
                annotations.extend(lift_annotations(b, &mut values));
                from = Choice::Values(values);
            }
            Rule::alternatives => from = Choice::Alternatives(alternatives(b, part)),
            Rule::prior => {
                let entries = Parts::of(part).map(|pair| prior_entry(b, pair)).collect();
                once(b, &mut prior, entries, span, "prior");
            }
            Rule::value_default => {
                let mut value = expr::expr(b, Parts::of(part).part());
                annotations.extend(lift_annotations(b, &mut value));
                once(b, &mut default, value, span, "default");
            }
            rule => {
                debug_assert_eq!(rule, Rule::label_default, "the last part a choice can have");
                let label = item::option(b, Parts::of(part).part());
                let kind = ExprKind::Str(vec![StrPart::Text(label.text)]);
                once(b, &mut default, Expr { kind, span: label.span }, span, "default");
            }
        }
    }
    let prior = prior.unwrap_or_default();
    ExprKind::Choose(Box::new(Choose { name, annotations, prior, default, from }))
}

/// Keeps the first of what may be written once, and reports the others.
fn once<T>(b: &mut Builder, slot: &mut Option<T>, value: T, span: Span, what: &str) {
    if slot.is_none() {
        *slot = Some(value);
    } else {
        let message = format!("this choice has a `{what}` already");
        b.errors.push(SyntaxError::at(error::REPEATED, span, message));
    }
}

fn prior_entry(b: &mut Builder, pair: Node) -> Prior {
    let mut parts = Parts::of(pair);
    let option = item::option(b, parts.part());
    let option = Label { parts: vec![StrPart::Text(option.text)], span: option.span };
    Prior { option, weight: expr::expr(b, parts.part()) }
}

/// `keep …`.
pub(super) fn keep(b: &mut Builder, pair: Node) -> ExprKind {
    let mut parts = Parts::of(pair);
    let written = parts.part();
    let span = b.span(&written);
    let kind = match written.as_rule() {
        Rule::number => number::number(b, &written),
        _ => ExprKind::Name(Arc::from(written.as_str())),
    };
    let count = Expr { kind, span };
    let name = b.name(&parts.part());
    let mut annotations = Vec::new();
    while let Some(pair) = parts.part_if(Rule::annotation) {
        annotations.push(annotation(b, pair));
    }
    let alternatives = alternatives(b, parts.part());
    ExprKind::Keep(Box::new(Keep { count, name, annotations, alternatives }))
}

/// `@…`.
pub(super) fn annotation(b: &mut Builder, pair: Node) -> Annotation {
    let span = b.span(&pair);
    let mut parts = Parts::of(pair);
    let name = b.name(&parts.part());
    let args = parts.next().map(|pair| expr::args(b, pair)).unwrap_or_default();
    Annotation { name, args, span }
}

fn alternatives(b: &mut Builder, pair: Node) -> Vec<AltItem> {
    Parts::of(pair).map(|pair| alt_item(b, pair)).collect()
}

fn alt_item(b: &mut Builder, pair: Node) -> AltItem {
    let span = b.span(&pair);
    let rule = pair.as_rule();
    let mut parts = Parts::of(pair);
    match rule {
        Rule::alternative => {
            let label = expr::label(b, Parts::of(parts.part()).part());
            AltItem::Alternative { label, value: expr::expr(b, parts.part()), span }
        }
        Rule::alt_for => {
            let (generators, label) = expr::generators(b, parts.part());
            if let Some(label) = label {
                let message = "a loop over alternatives has no name on paths";
                b.errors.push(SyntaxError::at(error::UNEXPECTED, label.span, message));
            }
            AltItem::For { generators, items: alternatives(b, parts.part()), span }
        }
        _ => alt_if(b, parts, span),
    }
}

fn alt_if(b: &mut Builder, mut parts: Parts, span: Span) -> AltItem {
    let mut branches = Vec::new();
    let mut otherwise = Vec::new();
    while let Some(part) = parts.next() {
        if part.as_rule() == Rule::alt_else {
            otherwise = alternatives(b, Parts::of(part).part());
        } else {
            let cond = expr::expr(b, part);
            branches.push((cond, alternatives(b, parts.part())));
        }
    }
    // From the last `else if` outwards.
    while branches.len() > 1
        && let Some((cond, then)) = branches.pop()
    {
        let span = Span::new(cond.span.start, span.end);
        otherwise = vec![AltItem::If { cond, then, otherwise, span }];
    }
    let Some((cond, then)) = branches.pop() else { unreachable!("an `if` has a condition") };
    AltItem::If { cond, then, otherwise, span }
}

/// Takes the annotations at the end of an expression, which belong to what holds it.
fn lift_annotations(b: &Builder, expr: &mut Expr) -> Vec<Annotation> {
    lift(b, expr, &mut |expr| match &mut expr.kind {
        ExprKind::Annotated { expr: inner, annotations } => {
            let annotations = std::mem::take(annotations);
            Some((std::mem::replace(inner.as_mut(), nothing()), annotations))
        }
        _ => None,
    })
    .unwrap_or_default()
}

/// Takes the label at the end of an expression, which belongs to the loop that holds it.
pub(super) fn lift_label(b: &Builder, expr: &mut Expr) -> Option<Label> {
    lift(b, expr, &mut |expr| match &mut expr.kind {
        ExprKind::Labelled { expr: inner, label } => {
            Some((std::mem::replace(inner.as_mut(), nothing()), label.clone()))
        }
        _ => None,
    })
}

/// Replaces the last operand, where `take` takes something off it. Parentheses hold fast.
fn lift<T>(
    b: &Builder,
    expr: &mut Expr,
    take: &mut impl FnMut(&mut Expr) -> Option<(Expr, T)>,
) -> Option<T> {
    if b.parens.contains_key(&expr.span) {
        return None;
    }
    if let Some((inner, taken)) = take(expr) {
        *expr = inner;
        return Some(taken);
    }
    let (ExprKind::Range { step: Some(last), .. }
    | ExprKind::Range { end: last, .. }
    | ExprKind::Unary { operand: last, .. }
    | ExprKind::Binary { rhs: last, .. }
    | ExprKind::Pipe { rhs: last, .. }) = &mut expr.kind
    else {
        return None;
    };
    let taken = lift(b, last, take);
    expr.span.end = last.span.end;
    taken
}

/// Stands for an instant where an expression was.
const fn nothing() -> Expr {
    Expr { kind: ExprKind::Bool(false), span: Span::new(0, 0) }
}
