//! Items, cut apart before they are understood.
//!
//! An item begins in column 0, so one that is broken, even by a missing bracket, leaves the next
//! one whole.

use std::ops::Range;

use super::tokens::{Token, TokenKind};
use crate::Span;

/// A piece of a file that is parsed alone: an item, mostly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// From its first token to its last.
    pub(crate) span: Span,
    /// Its tokens.
    pub(crate) tokens: Range<usize>,
    /// Whether the scan found an error in it already, so that parsing it would only repeat that.
    pub(crate) broken: bool,
}

impl Chunk {
    /// Whether a place lies in the chunk or right at its end.
    pub(super) const fn holds(&self, span: Span) -> bool {
        self.span.start <= span.start && span.start <= self.span.end
    }
}

/// Words that begin an item, and that in a body would have to be followed by something else.
const ITEMS: &[&str] = &["import", "const", "block", "space", "network", "derive"];

/// Cuts the tokens into chunks that cover them all.
pub(super) fn chunks(text: &str, tokens: &[Token]) -> Vec<Chunk> {
    let mut starts = Vec::new();
    let mut depth = 0_u32;
    for (index, token) in tokens.iter().enumerate() {
        if starts.is_empty() || begins_item(text, tokens, index, depth) {
            starts.push(index);
            depth = 0;
        }
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    let ends = starts.iter().skip(1).copied().chain([tokens.len()]);
    let ranges = starts.iter().copied().zip(ends).map(|(start, end)| start..end);
    ranges
        .map(|range| {
            let span = tokens[range.start].span.to(tokens[range.end - 1].span);
            Chunk { span, tokens: range, broken: false }
        })
        .collect()
}

fn begins_item(text: &str, tokens: &[Token], index: usize, depth: u32) -> bool {
    let token = tokens[index];
    let start = token.span.start as usize;
    let column_0 = start == 0 || text.as_bytes()[start - 1] == b'\n';
    if !column_0 || token.kind != TokenKind::Word {
        return false;
    }
    let word = token.text(text);
    if depth == 0 {
        return !matches!(word, "and" | "or" | "else");
    }
    let next = tokens.get(index + 1);
    let named = next.is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::StringStart));
    ITEMS.contains(&word) && named
}
