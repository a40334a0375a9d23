//! Statements and patterns.

use super::{Builder, Node, Parts, Rule, expr, item};
use crate::ast::{Body, Entry, Limit, Pattern, PatternKind, Relation, Stmt, StmtKind};

/// Statements in braces.
pub(super) fn body(b: &mut Builder, pair: Node) -> Body {
    let span = b.span(&pair);
    Body { stmts: Parts::of(pair).map(|pair| stmt(b, pair)).collect(), span }
}

fn stmt(b: &mut Builder, pair: Node) -> Stmt {
    let span = b.span(&pair);
    let rule = pair.as_rule();
    if rule == Rule::expr {
        let value = expr::expr(b, pair);
        return Stmt { span: value.span, kind: StmtKind::Expr(value) };
    }
    if rule == Rule::remap {
        return Stmt { kind: StmtKind::Remap(item::remap(b, pair)), span };
    }
    let mut parts = Parts::of(pair);
    let kind = match rule {
        Rule::binding => {
            let pattern = pattern(b, parts.part());
            StmtKind::Let { pattern, value: expr::expr(b, parts.part()), doc: b.doc(span) }
        }
        Rule::assign => {
            let name = b.name(&parts.part());
            StmtKind::Assign { name, value: expr::expr(b, parts.part()) }
        }
        Rule::defaults => {
            let primitive = b.name(&parts.part());
            StmtKind::Defaults { primitive, entries: parts.map(|pair| entry(b, pair)).collect() }
        }
        Rule::input => {
            let name = b.name(&parts.part());
            StmtKind::Input { name, shape: expr::expr(b, parts.part()) }
        }
        Rule::output => {
            let pattern = pattern(b, parts.part());
            StmtKind::Output { pattern, value: expr::expr(b, parts.part()) }
        }
        Rule::limit => {
            let metric = b.name(&parts.part());
            let args = parts.part_if(Rule::args);
            let args = args.map(|pair| expr::args(b, pair)).unwrap_or_default();
            let relation = relation(parts.part().as_str());
            let value = expr::expr(b, parts.part());
            StmtKind::Limit(Limit { metric, args, relation, value })
        }
        Rule::forbid => StmtKind::Forbid(expr::expr(b, parts.part())),
        Rule::require => {
            let cond = expr::expr(b, parts.part());
            StmtKind::Require { cond, message: parts.next().map(|pair| expr::expr(b, pair)) }
        }
        rule => unreachable!("{rule:?} is not a statement"),
    };
    Stmt { kind, span }
}

fn entry(b: &mut Builder, pair: Node) -> Entry {
    let mut parts = Parts::of(pair);
    let name = b.name(&parts.part());
    Entry { name, value: expr::expr(b, parts.part()) }
}

fn relation(written: &str) -> Relation {
    match written {
        "<=" => Relation::Le,
        "<" => Relation::Lt,
        ">=" => Relation::Ge,
        ">" => Relation::Gt,
        _ => Relation::In,
    }
}

/// A pattern.
pub(super) fn pattern(b: &Builder, pair: Node) -> Pattern {
    let span = b.span(&pair);
    let written = Parts::of(pair).part();
    let kind = match written.as_rule() {
        Rule::wildcard => PatternKind::Wildcard,
        Rule::list_pattern => {
            PatternKind::List(Parts::of(written).map(|pair| pattern(b, pair)).collect())
        }
        _ => PatternKind::Name(b.name(&written)),
    };
    Pattern { kind, span }
}
