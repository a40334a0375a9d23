//! What to say about a chunk that does not match the grammar.
//!
//! pest tells the furthest place that any rule reached and the tokens tried there. Here that
//! becomes one sentence: common slips are recognised by what stands around the place, everything
//! else is told as found and expected.

mod expected;
mod slips;

use pest::error::{Error, InputLocation};

use super::Rule;
use crate::{
    Span, SyntaxError, error,
    scan::{Chunk, Token, TokenKind},
};
use expected::Expected;

/// What surrounds the place of an error.
struct Place<'a> {
    text: &'a str,
    /// The tokens of the chunk before the place, and the ones from it on.
    before: &'a [Token],
    after: &'a [Token],
    /// The place, to be underlined.
    span: Span,
    /// Whether a line ends here that separates.
    line_end: bool,
    /// Whether a keyword stands here where a name was wanted.
    refused: bool,
    expected: Expected,
}

impl<'a> Place<'a> {
    /// The `n`th token from the place on, as written; empty past the end of the chunk.
    fn ahead(&self, n: usize) -> &'a str {
        self.after.get(n).map_or("", |token| token.text(self.text))
    }

    /// The `n`th token before the place, as written.
    fn behind(&self, n: usize) -> &'a str {
        self.before.iter().rev().nth(n).map_or("", |token| token.text(self.text))
    }

    fn found_kind(&self) -> Option<TokenKind> {
        self.after.first().map(|token| token.kind)
    }

    /// Whether the `n`th token before the place begins a line, a body or the chunk.
    fn begins_line(&self, n: usize) -> bool {
        let Some(index) = self.before.len().checked_sub(n + 1) else { return false };
        let Some(previous) = index.checked_sub(1).and_then(|at| self.before.get(at)) else {
            return true;
        };
        let gap = previous.span.end as usize..self.before[index].span.start as usize;
        self.text.get(gap).is_some_and(|gap| gap.contains('\n'))
            || matches!(previous.text(self.text), "{" | ";")
    }
}

/// Explains why a chunk does not match; `plain` is what was matched, and `tokens` stand in it.
pub(super) fn explain(
    text: &str,
    plain: &str,
    chunk: &Chunk,
    tokens: &[Token],
    found: &Error<Rule>,
) -> SyntaxError {
    let attempts = found.parse_attempts();
    let relative = attempts.as_ref().map_or_else(
        || match found.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        },
        |attempts| attempts.max_position,
    );
    let mut offset = (chunk.span.start + relative as u32).min(chunk.span.end);
    let mut index = tokens.partition_point(|token| token.span.end <= offset);
    let mut expected = Expected::of(found);
    let refused = expected.refused_keyword()
        && index.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|t| t.span.end == offset);
    if refused {
        // The keyword was read to its end to be sure that it is no name.
        index -= 1;
        offset = tokens[index].span.start;
    }
    let (before, after) = tokens.split_at(index);
    if let Some(token) = after.first()
        && token.span.start < offset
    {
        // A keyword matched the beginning of a word: what was expected is no longer known.
        offset = token.span.start;
        expected = Expected::default();
    }
    let next = after.first().map_or(chunk.span.end, |token| token.span.start);
    let gap = (offset - chunk.span.start) as usize..(next - chunk.span.start) as usize;
    let gap = plain.get(gap).unwrap_or_default();
    let line_end = gap.contains('\n');
    let span = match after.first() {
        Some(token) if !line_end => token.span,
        _ => {
            let end = before.last().map_or(offset, |token| token.span.end);
            Span::new(end, end)
        }
    };
    let place = Place { text, before, after, span, line_end, refused, expected };
    slips::slip(&place).unwrap_or_else(|| found_and_expected(&place))
}

/// Found and expected, where nothing better is known.
fn found_and_expected(place: &Place) -> SyntaxError {
    let list = place.expected.list();
    let wanted = match list.as_slice() {
        [only] => Some(only.clone()),
        [many @ .., last] if many.len() < 6 => Some(format!("{} or {last}", many.join(", "))),
        _ => None,
    };
    let found = place.ahead(0);
    let error = if found.is_empty() {
        SyntaxError::at(error::UNEXPECTED, place.span, "the item ends too early")
    } else if place.line_end {
        SyntaxError::at(error::LINE_END, place.span, "the line ends too early")
            .help("a line goes on where the next one begins with an operator other than `-`")
    } else {
        let message = match place.found_kind() {
            Some(TokenKind::StringStart) => "a string is not expected here".to_owned(),
            _ => format!("`{found}` is not expected here"),
        };
        SyntaxError::at(error::UNEXPECTED, place.span, message)
    };
    let error = match wanted {
        Some(wanted) => error.label(format!("expected {wanted}")),
        None => error,
    };
    SyntaxError { expected: list, ..error }
}
