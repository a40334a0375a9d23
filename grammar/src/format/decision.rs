//! Decisions and their alternatives.

use super::{
    Source,
    braces::{MANY, brace_parts},
    doc::{Doc, nothing_or_line, text},
};
use crate::{
    Span,
    ast::{AltItem, Choice, Choose, Keep, Prior},
};

impl Source<'_> {
    /// `choose name …`; what else is said of the decision comes before alternatives and after
    /// values.
    pub(super) fn choose(&mut self, choose: &Choose, end: u32) -> Doc {
        let mut parts = vec![text(format!("choose {}", choose.name))];
        match &choose.from {
            Choice::Set(values) => {
                parts.push(text(" in "));
                parts.push(self.set(values, |value| value.span, Self::expr));
                self.settings(choose, &mut parts);
            }
            Choice::Values(values) => {
                parts.push(text(" in "));
                parts.push(self.expr(values));
                self.settings(choose, &mut parts);
            }
            Choice::Alternatives(items) => {
                self.settings(choose, &mut parts);
                parts.push(text(" "));
                parts.push(self.alternatives(items, end));
            }
        }
        Doc::Concat(parts)
    }

    /// ` @own prior {…} default e`.
    fn settings(&mut self, choose: &Choose, parts: &mut Vec<Doc>) {
        let Choose { annotations, prior, default, from, name: _ } = choose;
        let values = !matches!(from, Choice::Alternatives(_));
        if !values {
            self.annotations(annotations, parts);
        }
        if !prior.is_empty() {
            parts.push(text(" prior "));
            let span = |prior: &Prior| prior.option.span.to(prior.weight.span);
            parts.push(self.set(prior, span, Self::prior));
        }
        if let Some(default) = default {
            parts.push(text(" default "));
            parts.push(self.expr(default));
        }
        if values {
            self.annotations(annotations, parts);
        }
    }

    fn prior(&mut self, prior: &Prior) -> Doc {
        let weight = self.expr(&prior.weight);
        Doc::Concat(vec![text(format!("{}: ", self.label(&prior.option))), weight])
    }

    /// `{3, 5, 7}`.
    fn set<T>(
        &mut self,
        things: &[T],
        span: impl Fn(&T) -> Span,
        write: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Doc {
        let (Some(first), Some(last)) = (things.first(), things.last()) else {
            return text("{}");
        };
        let (first, last) = (span(first), span(last));
        let rows = self.rows(things, self.closing_brace(last.end), span, write);
        let broken = self.ends_line(self.opening_brace(first.start)) || rows.commented();
        let inner = match rows.words() {
            Some(words) if words.len() > MANY => Doc::Fill(words),
            _ => rows.joined(", ", "", true),
        };
        let inner = Doc::Nest(vec![nothing_or_line(), inner]);
        Doc::Group { broken, parts: vec![text("{"), inner, nothing_or_line(), text("}")] }
    }

    /// `keep n of name { … }`.
    pub(super) fn keep(&mut self, keep: &Keep, end: u32) -> Doc {
        let count = self.slice(keep.count.span);
        let mut parts = vec![text(format!("keep {count} of {}", keep.name))];
        self.annotations(&keep.annotations, &mut parts);
        parts.push(text(" "));
        parts.push(self.alternatives(&keep.alternatives, end));
        Doc::Concat(parts)
    }

    /// `{ a: …, b: … }`; `end` is the place of the closing brace or just after it.
    fn alternatives(&mut self, items: &[AltItem], end: u32) -> Doc {
        let rows = self.rows(items, end, AltItem::span, Self::alt_item);
        match items.first() {
            Some(first) => self.braced(self.opening_brace(first.span().start), rows, ", "),
            None => Doc::Group { broken: rows.commented(), parts: brace_parts(rows, ", ") },
        }
    }

    fn alt_item(&mut self, item: &AltItem) -> Doc {
        let mut parts = Vec::new();
        match item {
            AltItem::Alternative { label, value, span: _ } => {
                parts.push(text(format!("{}: ", self.label(label))));
                parts.push(self.expr(value));
            }
            AltItem::For { generators, items, span } => {
                parts.push(text("for "));
                self.generators(generators, &mut parts);
                parts.push(text(" "));
                parts.push(self.alternatives(items, span.end));
            }
            AltItem::If { cond, then, otherwise, span } => {
                parts.push(text("if "));
                parts.push(self.expr(cond));
                parts.push(text(" "));
                let last = then.last().map_or(cond.span.end, |last| last.span().end);
                parts.push(self.alternatives(then, self.closing_brace(last)));
                match otherwise.as_slice() {
                    [] => {}
                    // Without braces of its own it ends where the whole does.
                    [next @ AltItem::If { span: inner, .. }] if inner.end == span.end => {
                        parts.push(text(" else "));
                        parts.push(self.alt_item(next));
                    }
                    _ => {
                        parts.push(text(" else "));
                        parts.push(self.alternatives(otherwise, span.end));
                    }
                }
            }
        }
        Doc::Concat(parts)
    }
}
