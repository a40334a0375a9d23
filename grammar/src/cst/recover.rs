//! Where to go on after an error.
//!
//! A PEG stops at its first error. What surrounds it between two separators of the innermost
//! braces, mostly a statement, is taken out, and the rest is tried again.

use crate::{
    Span, SyntaxError,
    scan::{Token, TokenKind},
};

/// The statement, alternative or entry that holds an error; none where it is not in braces.
///
/// `plain` is the text of the grammar, in which a line end separates; `base` is its offset.
pub(super) fn around(
    plain: &str,
    base: u32,
    tokens: &[Token],
    error: &SyntaxError,
) -> Option<Span> {
    let text = |token: &Token| {
        let range = (token.span.start - base) as usize..(token.span.end - base) as usize;
        plain.get(range).unwrap_or_default()
    };
    let found = tokens.partition_point(|token| token.span.end <= error.span.start);
    // An error at an end is one of what ends there.
    let at_end = error.span.start == error.span.end
        || tokens.get(found).is_none_or(|token| token.kind == TokenKind::Close);
    let anchor = if at_end { found.checked_sub(1)? } else { found };
    let separates = |index: usize| {
        let (Some(before), Some(after)) = (tokens.get(index), tokens.get(index + 1)) else {
            return true;
        };
        let gap = (before.span.end - base) as usize..(after.span.start - base) as usize;
        matches!(text(before), ";" | ",") || plain.get(gap).is_some_and(|gap| gap.contains('\n'))
    };

    // Outwards to a brace that is no part of a string, remembering the last separator on the way.
    let mut depth = 0_usize;
    let mut first = None;
    let mut start = anchor;
    loop {
        let token = tokens.get(start)?;
        match token.kind {
            TokenKind::Close if start != anchor => depth += 1,
            TokenKind::Open if depth > 0 => depth -= 1,
            TokenKind::Open if start != anchor => {
                let before = start.checked_sub(1).and_then(|index| tokens.get(index));
                let in_string = before.is_some_and(|token| {
                    matches!(token.kind, TokenKind::StringStart | TokenKind::StringText)
                });
                if text(token) == "{" && !in_string {
                    break;
                }
                first = None;
            }
            _ => {}
        }
        if depth == 0 && first.is_none() && start > 0 && separates(start - 1) {
            first = Some(start);
        }
        start = start.checked_sub(1)?;
    }
    let first = first.unwrap_or(start + 1);

    // Forwards to the separator or the brace that ends it.
    let mut depth = 0_usize;
    let mut last = first;
    for (index, token) in tokens.iter().enumerate().skip(first) {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close if depth == 0 => break,
            TokenKind::Close => depth -= 1,
            _ => {}
        }
        last = index;
        if depth == 0 && separates(index) && index >= anchor {
            break;
        }
    }
    Some(tokens.get(first)?.span.to(tokens.get(last)?.span))
}
