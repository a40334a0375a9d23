//! Brackets, line ends and nesting, of one chunk.

use super::tokens::{Token, TokenKind};
use crate::{Span, SyntaxError, error};

/// How many brackets may stand around each other.
const MAX_BRACKETS: usize = 200;
/// How deep a tree may grow, by brackets and by operators in one statement, so that whatever
/// walks it may recurse.
const MAX_DEPTH: u32 = 600;

/// An open bracket.
struct Frame {
    open: Token,
    /// Blanks before the first word of its line.
    indent: usize,
    /// Tokens that may have grown the tree since the last separator in it.
    operators: u32,
    /// The closer that seems to belong to an outer bracket, by its indentation.
    inner_suspect: Option<Span>,
}

/// Pairs the brackets of a chunk, adds the offsets of the line ends that separate to `breaks`,
/// and reports brackets that do not pair and nesting that is too deep.
pub(super) fn check(
    text: &str,
    tokens: &[Token],
    breaks: &mut Vec<u32>,
    errors: &mut Vec<SyntaxError>,
) {
    let mut frames: Vec<Frame> = Vec::new();
    let mut stray = false;
    let mut operators = 0;
    let mut depth = 0;
    let mut too_deep = false;
    let mut indent = 0;
    let mut end = tokens.first().map_or(0, |token| token.span.start);
    for (index, token) in tokens.iter().enumerate() {
        let gap = text.get(end as usize..token.span.start as usize).unwrap_or_default();
        let line_end = gap.find('\n').map(|at| end + at as u32);
        // Nothing but blanks stands between the last line end and the token.
        indent = gap.rfind('\n').map_or(indent, |at| gap.len() - at - 1);
        end = token.span.end;
        let in_braces = frames.last().is_none_or(|frame| frame.open.text(text) == "{");
        let separates = line_end.filter(|_| in_braces && !continues(text, &tokens[index..]));
        breaks.extend(separates);
        let here = frames.last_mut().map_or(&mut operators, |frame| &mut frame.operators);
        let mark = matches!(token.kind, TokenKind::Mark);
        if separates.is_some() || (mark && matches!(token.text(text), "," | ";")) {
            depth -= *here;
            *here = 0;
        } else if mark
            || matches!(token.text(text), "not" | "and" | "or" | "as" | "else" | "shared")
        {
            *here += 1;
            depth += 1;
        }
        match token.kind {
            TokenKind::Open => {
                // Suffixes chain without a mark: `f()()`, `x[0][0]`.
                *here += 1;
                depth += 1;
                frames.push(Frame { open: *token, indent, operators: 0, inner_suspect: None });
            }
            // One that can close nothing is passed over; with it, the others may well pair.
            TokenKind::Close if closes_nothing(text, *token, &frames) => {
                errors.extend((!stray).then(|| stray_closer(text, *token, frames.last())));
                stray = true;
            }
            TokenKind::Close => match close(text, *token, line_end.map(|_| indent), &mut frames) {
                Ok(frame) => depth -= frame.operators,
                Err(error) => {
                    errors.push(*error);
                    return;
                }
            },
            _ => {}
        }
        if !too_deep && (frames.len() > MAX_BRACKETS || depth > MAX_DEPTH) {
            too_deep = true;
            let message = "this is nested too deeply";
            errors.push(
                SyntaxError::at(error::TOO_DEEP, token.span, message)
                    .label("one level too many")
                    .help("name a part of it with `let`, or make it a block of its own"),
            );
        }
    }
    // A stray closer stands where the missing one should have: that is told already.
    if let Some(frame) = frames.pop().filter(|_| !stray) {
        errors.push(unclosed(text, &frame, Span::new(end, end)));
    }
}

/// Whether no bracket that is open can be meant by a closer: none of its kind is, and what stands
/// innermost are braces, which are seldom mistaken for others.
fn closes_nothing(text: &str, closer: Token, frames: &[Frame]) -> bool {
    let written = closer.text(text);
    let innermost = frames.last().map(|frame| frame.open.text(text));
    innermost.is_none_or(|open| open == "{")
        && frames.iter().all(|frame| closing(frame.open.text(text)) != written)
}

fn stray_closer(text: &str, closer: Token, innermost: Option<&Frame>) -> SyntaxError {
    let written = closer.text(text);
    let message = format!("`{written}` closes nothing");
    let error = SyntaxError::at(error::STRAY_CLOSER, closer.span, message);
    match innermost {
        None => error.label("no bracket is open here"),
        Some(frame) => error
            .label(format!("no `{}` is open here", opening(written)))
            .related(frame.open.span, "this bracket is"),
    }
}

/// Pops the bracket that a closer closes; `leads_line` is its indentation where it begins a line.
fn close(
    text: &str,
    closer: Token,
    leads_line: Option<usize>,
    frames: &mut Vec<Frame>,
) -> Result<Frame, Box<SyntaxError>> {
    let written = closer.text(text);
    let Some(frame) = frames.pop() else {
        return Err(Box::new(stray_closer(text, closer, None)));
    };
    if closing(frame.open.text(text)) != written {
        return Err(Box::new(unclosed(text, &frame, closer.span)));
    }
    let moved = leads_line.is_some_and(|indent| indent < frame.indent);
    if let Some(outer) = frames.last_mut() {
        let suspect = if moved { Some(frame.open.span) } else { frame.inner_suspect };
        outer.inner_suspect = outer.inner_suspect.or(suspect);
    }
    Ok(frame)
}

fn unclosed(text: &str, frame: &Frame, end: Span) -> SyntaxError {
    let open = frame.open.text(text);
    let wanted = closing(open);
    let error = SyntaxError::at(error::UNCLOSED, end, format!("`{open}` is never closed"))
        .label(format!("`{wanted}` expected"))
        .related(frame.open.span, "opened here");
    let error = SyntaxError { expected: vec![wanted.to_owned()], ..error };
    match frame.inner_suspect {
        Some(span) => error.related(span, "by the indentation, this one is not closed either"),
        None => error,
    }
}

fn closing(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

fn opening(close: &str) -> &'static str {
    match close {
        ")" => "(",
        "]" => "[",
        _ => "{",
    }
}

/// Whether a line that begins with these tokens goes on with what the line before says.
fn continues(text: &str, tokens: &[Token]) -> bool {
    let [first, rest @ ..] = tokens else { return false };
    match first.text(text) {
        "->" | "." | ".." | "..=" | "**" | "*" | "/" | "+" | "==" | "!=" | "<" | "<=" | ">"
        | ">=" => first.kind == TokenKind::Mark,
        "and" | "or" | "else" => rest.first().is_none_or(|next| next.text(text) != ":"),
        _ => false,
    }
}
