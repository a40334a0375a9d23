//! Statements.

use super::{Form, expr, item, list, quoted, some, word};
use crate::ast::{Body, Entry, Limit, Pattern, PatternKind, Stmt, StmtKind};

pub(super) fn stmts(body: &Body) -> impl Iterator<Item = Form> {
    body.stmts.iter().map(stmt)
}

/// A body where one form is wanted.
pub(super) fn body(body: &Body) -> Form {
    list("do", stmts(body))
}

fn stmt(stmt: &Stmt) -> Form {
    match &stmt.kind {
        StmtKind::Let { pattern: names, value, doc } => {
            let doc = doc.as_deref().map(|doc| list("doc", [quoted(doc)]));
            list("let", [pattern(names)].into_iter().chain(doc).chain([expr::expr(value)]))
        }
        StmtKind::Assign { name, value } => list("=", [word(&*name.text), expr::expr(value)]),
        StmtKind::Expr(value) => expr::expr(value),
        StmtKind::Defaults { primitive, entries } => {
            list("defaults", [word(&*primitive.text)].into_iter().chain(entries.iter().map(entry)))
        }
        StmtKind::Input { name, shape } => list("input", [word(&*name.text), expr::expr(shape)]),
        StmtKind::Output { pattern: names, value } => {
            list("output", [pattern(names), expr::expr(value)])
        }
        StmtKind::Limit(limit) => self::limit(limit),
        StmtKind::Forbid(cond) => list("forbid", [expr::expr(cond)]),
        StmtKind::Require { cond, message } => {
            list("require", [cond].into_iter().chain(message).map(expr::expr))
        }
        StmtKind::Remap(remap) => item::remap(remap),
    }
}

fn limit(limit: &Limit) -> Form {
    let args = some("args", limit.args.iter().map(expr::arg).collect());
    let relation = [word(limit.relation.text()), expr::expr(&limit.value)];
    list("limit", [word(&*limit.metric.text)].into_iter().chain(args).chain(relation))
}

fn entry(entry: &Entry) -> Form {
    list(":", [word(&*entry.name.text), expr::expr(&entry.value)])
}

pub(super) fn pattern(pattern: &Pattern) -> Form {
    match &pattern.kind {
        PatternKind::Name(name) => word(&*name.text),
        PatternKind::Wildcard => word("_"),
        PatternKind::List(parts) => list("list", parts.iter().map(self::pattern)),
    }
}
