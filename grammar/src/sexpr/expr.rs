//! Expressions.

use super::{Form, item, list, quoted, some, stmt, word};
use crate::ast::{
    AltItem, Annotation, Arg, Choice, Choose, Expr, ExprKind, Generator, Keep, Label, StrPart,
};

pub(super) fn expr(e: &Expr) -> Form {
    match &e.kind {
        ExprKind::Int(value) => word(value.to_string()),
        ExprKind::Float(value) => word(format!("{value:?}")),
        ExprKind::Bool(value) => word(value.to_string()),
        ExprKind::Str(parts) => string(parts),
        ExprKind::Duration(ms) => word(format!("{ms:?}ms")),
        ExprKind::Size(bytes) => word(format!("{bytes}B")),
        ExprKind::Name(name) => word(&**name),
        ExprKind::List(items) => list("list", items.iter().map(expr)),
        ExprKind::Range { start, end, inclusive, step } => {
            let kind = if *inclusive { "..=" } else { ".." };
            list(kind, [start, end].into_iter().chain(step).map(|e| expr(e)))
        }
        ExprKind::Call { callee, args } => {
            list("call", [expr(callee)].into_iter().chain(args.iter().map(arg)))
        }
        ExprKind::Index { base, index } => list("index", [expr(base), expr(index)]),
        ExprKind::Slice { base, from, to } => {
            let bound = |bound: &Option<Box<Expr>>| bound.as_ref().map_or(word("_"), |e| expr(e));
            list("slice", [expr(base), bound(from), bound(to)])
        }
        ExprKind::Field { base, name } => list(".", [expr(base), word(&*name.text)]),
        ExprKind::Unary { op, operand } => list(op.text(), [expr(operand)]),
        ExprKind::Binary { op, op_span: _, lhs, rhs } => list(op.text(), [expr(lhs), expr(rhs)]),
        ExprKind::Pipe { .. } => pipe(e),
        ExprKind::Labelled { expr: inner, label } => list("as", [expr(inner), self::label(label)]),
        ExprKind::Annotated { expr: inner, annotations } => {
            list("@", [expr(inner)].into_iter().chain(annotations.iter().map(annotation)))
        }
        ExprKind::Lambda { params, body } => {
            list("fn", [Form::List(params.iter().map(item::param).collect()), expr(body)])
        }
        ExprKind::If { cond, then, otherwise } => {
            let bodies = [then].into_iter().chain(otherwise).map(stmt::body);
            list("if", [expr(cond)].into_iter().chain(bodies))
        }
        ExprKind::Match { subject, arms } => {
            let arms = arms.iter().map(|arm| {
                let value = arm.value.as_ref().map_or(word("_"), expr);
                list(":", [value, expr(&arm.result)])
            });
            list("match", [expr(subject)].into_iter().chain(arms))
        }
        ExprKind::For { generators, label, body } => {
            let label = label.iter().map(|label| list("as", [self::label(label)]));
            let generators = generators.iter().map(generator);
            list("for", generators.chain(label).chain([stmt::body(body)]))
        }
        ExprKind::Choose(choose) => self::choose(choose),
        ExprKind::Keep(keep) => self::keep(keep),
        ExprKind::Shared(inner) => list("shared", [expr(inner)]),
        ExprKind::Block(body) => stmt::body(body),
    }
}

/// Pipes nest to the left and are shown in a row; one on the right keeps its own parentheses.
fn pipe(e: &Expr) -> Form {
    let mut stages = Vec::new();
    let mut rest = e;
    while let ExprKind::Pipe { lhs, rhs } = &rest.kind {
        stages.push(expr(rhs));
        rest = lhs;
    }
    stages.push(expr(rest));
    stages.reverse();
    list("->", stages)
}

fn string(parts: &[StrPart]) -> Form {
    match parts {
        [] => quoted(""),
        [StrPart::Text(text)] => quoted(text),
        _ => list(
            "str",
            parts.iter().map(|part| match part {
                StrPart::Text(text) => quoted(text),
                StrPart::Expr(value) => expr(value),
            }),
        ),
    }
}

fn label(label: &Label) -> Form {
    string(&label.parts)
}

pub(super) fn arg(arg: &Arg) -> Form {
    match &arg.name {
        Some(name) => list(":", [word(&*name.text), expr(&arg.value)]),
        None => expr(&arg.value),
    }
}

pub(super) fn annotation(annotation: &Annotation) -> Form {
    list(&format!("@{}", annotation.name), annotation.args.iter().map(arg))
}

fn generator(generator: &Generator) -> Form {
    list("in", [stmt::pattern(&generator.pattern), expr(&generator.values)])
}

fn choose(choose: &Choose) -> Form {
    let annotations = choose.annotations.iter().map(annotation);
    let prior = choose.prior.iter().map(|p| list(":", [label(&p.option), expr(&p.weight)]));
    let prior = some("prior", prior.collect());
    let default = choose.default.iter().map(|value| list("default", [expr(value)]));
    let from: Vec<Form> = match &choose.from {
        Choice::Set(values) => vec![list("set", values.iter().map(expr))],
        Choice::Values(values) => vec![list("values", [expr(values)])],
        Choice::Alternatives(items) => items.iter().map(alt_item).collect(),
    };
    let head = [word(&*choose.name.text)];
    list("choose", head.into_iter().chain(annotations).chain(prior).chain(default).chain(from))
}

fn keep(keep: &Keep) -> Form {
    let head = [word(&*keep.name.text), expr(&keep.count)];
    let annotations = keep.annotations.iter().map(annotation);
    let alternatives = keep.alternatives.iter().map(alt_item);
    list("keep", head.into_iter().chain(annotations).chain(alternatives))
}

fn alt_item(item: &AltItem) -> Form {
    match item {
        AltItem::Alternative { label, value, span: _ } => {
            list(":", [self::label(label), expr(value)])
        }
        AltItem::For { generators, items, span: _ } => {
            list("for", generators.iter().map(generator).chain(items.iter().map(alt_item)))
        }
        AltItem::If { cond, then, otherwise, span: _ } => {
            let then = list("then", then.iter().map(alt_item));
            let otherwise = some("else", otherwise.iter().map(alt_item).collect());
            list("if", [expr(cond), then].into_iter().chain(otherwise))
        }
    }
}
