//! One way to write a file.
//!
//! Lines keep to 100 columns where they can, indentation is four blanks. What an author says by
//! layout is kept: one blank line where there were some, and a `{` that ended its line still does.
//! Comments stay with what they stand beside. Numbers, strings and parentheses are kept as
//! written; nothing is sorted, nothing renamed.
//!
//! The tree becomes a [`doc`], which knows where a line may end, and that becomes text.

mod braces;
mod comments;
mod decision;
mod doc;
mod expr;
mod item;
mod stmt;

use std::collections::BTreeMap;

use crate::{
    Span, SyntaxError,
    ast::Expr,
    parse::{Parsed, parse},
    scan::Comment,
};
use doc::{Doc, text};

/// Formats a text.
///
/// The result parses to the same tree with the same comments, and formatting it again changes
/// nothing.
///
/// # Errors
///
/// The syntax errors of the text, which is then left alone.
pub fn format(text: &str) -> Result<String, Vec<SyntaxError>> {
    let Parsed { file, comments, errors, parens } = parse(text);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut source = Source { text, comments: &comments, next: 0, parens: &parens };
    let rows = source.rows(&file.items, text.len() as u32, |item| item.span, item::item);
    Ok(doc::render(&rows.lines()))
}

/// What was written, and how much of its comments has found its place.
struct Source<'a> {
    text: &'a str,
    comments: &'a [Comment],
    next: usize,
    parens: &'a BTreeMap<Span, Span>,
}

impl<'a> Source<'a> {
    fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or_default()
    }

    fn written(&self, span: Span) -> Doc {
        text(self.slice(span))
    }

    /// An expression as written, without the parentheses around it.
    fn literal(&self, expr: &Expr) -> Doc {
        let mut span = expr.span;
        while let Some(inner) = self.parens.get(&span) {
            span = *inner;
        }
        self.written(span)
    }

    /// The brace before the first thing in it; in between stand blanks and comments.
    fn opening_brace(&self, first: u32) -> u32 {
        let mut end = first as usize;
        for comment in self.comments.iter().rev().filter(|c| c.span.end <= first) {
            let code = self.text.get(comment.span.end as usize..end).unwrap_or_default();
            if code.contains('{') {
                break;
            }
            end = comment.span.start as usize;
        }
        self.text.get(..end).and_then(|code| code.rfind('{')).unwrap_or(0) as u32
    }

    /// The brace after the last thing in it; in between stand blanks and comments.
    fn closing_brace(&self, last: u32) -> u32 {
        let mut start = last as usize;
        for comment in self.comments.iter().filter(|c| c.span.start >= last) {
            let code = self.text.get(start..comment.span.start as usize).unwrap_or_default();
            if code.contains('}') {
                break;
            }
            start = comment.span.end as usize;
        }
        let rest = self.text.get(start..).unwrap_or_default();
        (start + rest.find('}').unwrap_or(0)) as u32
    }

    /// Whether a bracket that begins here ended its line.
    fn ends_line(&self, open: u32) -> bool {
        let after = self.text.get(open as usize + 1..).unwrap_or_default();
        let blanks = after.find(|c: char| c != ' ' && c != '\t' && c != '\r');
        blanks.is_some_and(|at| after[at..].starts_with(['\n', '/']))
    }
}
