//! Braces and brackets around things in a row.

use super::{
    Source,
    comments::Rows,
    doc::{Doc, blank_or_line, nothing_or_line, text},
};
use crate::{
    Span,
    ast::{Arg, Body, Param},
};

impl Source<'_> {
    /// `{ a; b }`, or a line for each.
    pub(super) fn body(&mut self, body: &Body) -> Doc {
        let rows = self.rows(&body.stmts, body.span.end, |stmt| stmt.span, Self::stmt);
        self.braced(body.span.start, rows, "; ")
    }

    /// Braces around rows. They stay on one line if they were and if they fit.
    pub(super) fn braced(&self, open: u32, rows: Rows, separator: &'static str) -> Doc {
        let broken = self.ends_line(open) || rows.commented();
        Doc::Group { broken, parts: brace_parts(rows, separator) }
    }

    /// `(a, name: b)`.
    pub(super) fn args(&mut self, args: &[Arg], end: u32) -> Doc {
        let rows = self.rows(args, end, |arg| arg.span, Self::arg);
        bracketed("(", rows, ")")
    }

    fn arg(&mut self, arg: &Arg) -> Doc {
        let value = self.expr(&arg.value);
        match &arg.name {
            Some(name) => Doc::Concat(vec![text(format!("{name}: ")), value]),
            None => value,
        }
    }

    /// `(x, k: int = 3)`.
    pub(super) fn params(&mut self, params: &[Param], span: Span) -> Doc {
        let rows = self.rows(params, span.end, |param| param.span, Self::param);
        bracketed("(", rows, ")")
    }

    /// `k: int = 3`.
    pub(super) fn param(&mut self, param: &Param) -> Doc {
        let mut parts = vec![text(&*param.name.text)];
        if let Some(ty) = &param.ty {
            parts.push(text(format!(": {}", self.slice(ty.span))));
        }
        if let Some(default) = &param.default {
            parts.push(text(" = "));
            parts.push(self.expr(default));
        }
        Doc::Concat(parts)
    }
}

/// Braces whose breaks belong to the group around them.
pub(super) fn brace_parts(rows: Rows, separator: &'static str) -> Vec<Doc> {
    if rows.is_empty() {
        return vec![text("{}")];
    }
    let inner = vec![blank_or_line(), rows.joined(separator, "", true)];
    vec![text("{"), Doc::Nest(inner), blank_or_line(), text("}")]
}

/// `(a, b)` or `[a, b]`, or a line for each. Many words alone fill their lines.
pub(super) fn bracketed(open: &'static str, rows: Rows, close: &'static str) -> Doc {
    if rows.is_empty() {
        return text(format!("{open}{close}"));
    }
    let broken = rows.commented();
    let inner = match rows.words() {
        Some(words) if words.len() > MANY => Doc::Fill(words),
        _ => rows.joined(", ", ",", false),
    };
    let inner = Doc::Nest(vec![nothing_or_line(), inner]);
    Doc::Group { broken, parts: vec![text(open), inner, nothing_or_line(), text(close)] }
}

/// Words beyond this number share lines.
pub(super) const MANY: usize = 8;
