//! Statements and patterns.

use super::{
    Source,
    doc::{Doc, text},
};
use crate::ast::{Entry, Limit, Pattern, PatternKind, Stmt, StmtKind};

impl Source<'_> {
    pub(super) fn stmt(&mut self, stmt: &Stmt) -> Doc {
        let mut parts = Vec::new();
        match &stmt.kind {
            StmtKind::Let { pattern, value, doc: _ } => {
                parts.push(text(format!("let {} = ", written_pattern(pattern))));
                parts.push(self.expr(value));
            }
            StmtKind::Assign { name, value } => {
                parts.push(text(format!("{name} = ")));
                parts.push(self.expr(value));
            }
            StmtKind::Expr(value) => return self.expr(value),
            StmtKind::Defaults { primitive, entries } => {
                parts.push(text(format!("defaults {primitive} ")));
                let span = |entry: &Entry| entry.name.span.to(entry.value.span);
                let rows = self.rows(entries, stmt.span.end, span, Self::entry);
                let first = entries.first().map_or(stmt.span.end, |entry| entry.name.span.start);
                parts.push(self.braced(self.opening_brace(first), rows, ", "));
            }
            StmtKind::Input { name, shape } => {
                parts.push(text(format!("input {name}: ")));
                parts.push(self.expr(shape));
            }
            StmtKind::Output { pattern, value } => {
                parts.push(text(format!("output {} = ", written_pattern(pattern))));
                parts.push(self.expr(value));
            }
            StmtKind::Limit(limit) => self.limit(limit, &mut parts),
            StmtKind::Forbid(cond) => {
                parts.push(text("forbid "));
                parts.push(self.expr(cond));
            }
            StmtKind::Require { cond, message } => {
                parts.push(text("require "));
                parts.push(self.expr(cond));
                if let Some(message) = message {
                    parts.push(text(", "));
                    parts.push(self.expr(message));
                }
            }
            StmtKind::Remap(remap) => return self.remap(remap),
        }
        Doc::Concat(parts)
    }

    fn limit(&mut self, limit: &Limit, parts: &mut Vec<Doc>) {
        parts.push(text(format!("limit {}", limit.metric)));
        if let Some(last) = limit.args.last() {
            parts.push(self.args(&limit.args, last.span.end));
        }
        parts.push(text(format!(" {} ", limit.relation.text())));
        parts.push(self.expr(&limit.value));
    }

    fn entry(&mut self, entry: &Entry) -> Doc {
        Doc::Concat(vec![text(format!("{}: ", entry.name)), self.expr(&entry.value)])
    }
}

/// A pattern, on one line always.
pub(super) fn written_pattern(pattern: &Pattern) -> String {
    match &pattern.kind {
        PatternKind::Name(name) => name.to_string(),
        PatternKind::Wildcard => "_".to_owned(),
        PatternKind::List(parts) => {
            let parts: Vec<String> = parts.iter().map(written_pattern).collect();
            format!("[{}]", parts.join(", "))
        }
    }
}
