//! Words, marks and comments.

use super::{Comment, CommentKind};
use crate::{Span, SyntaxError, error};

/// A word or a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// The kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name or a keyword.
    Word,
    /// A number with its suffix, or a label that begins with a digit.
    Number,
    /// An operator or a separator.
    Mark,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// The quote that begins a string.
    StringStart,
    /// What stands between the quotes and the braces of a string.
    StringText,
    /// The quote that ends a string.
    StringEnd,
}

impl Token {
    /// The token as written.
    pub(crate) fn text(self, text: &str) -> &str {
        text.get(self.span.range()).unwrap_or_default()
    }
}

/// Marks of several characters, longer ones before their beginnings.
const MARKS: &[&str] = &["..=", "->", "..", "**", "==", "!=", "<=", ">="];
const SINGLE: &str = "+-*/=<>:,;.@#|";

/// Where in a string the scan is.
enum Mode {
    /// Between the quotes; holds the offset of the first.
    Text(usize),
    /// In the braces of an interpolation, with this many braces open inside.
    Value(u32),
}

/// Splits a text. Blanks and line ends separate and leave no token.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Vec<Comment>, Vec<SyntaxError>) {
    let mut scanner = Scanner { text, ..Scanner::default() };
    while scanner.at < text.len() {
        match scanner.modes.last() {
            Some(Mode::Text(_)) => scanner.string(),
            _ => scanner.code(),
        }
    }
    scanner.end_strings();
    (scanner.tokens, scanner.comments, scanner.errors)
}

#[derive(Default)]
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    modes: Vec<Mode>,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
    errors: Vec<SyntaxError>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let span = Span::new(self.at as u32, (self.at + length) as u32);
        self.tokens.push(Token { kind, span });
        self.at += length;
    }

    /// One token, comment or blank outside the text of a string.
    fn code(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        match first {
            '\n' => {
                self.end_strings();
                self.at += 1;
            }
            '\u{feff}' if self.at == 0 => self.at += first.len_utf8(),
            ' ' | '\t' | '\r' => self.at += 1,
            '/' if rest.starts_with("//") && self.modes.is_empty() => self.comment(),
            'a'..='z' | 'A'..='Z' | '_' => self.push(TokenKind::Word, word_length(rest)),
            '0'..='9' => self.push(TokenKind::Number, number_length(rest)),
            '"' => {
                self.modes.push(Mode::Text(self.at));
                self.push(TokenKind::StringStart, 1);
            }
            '(' | '[' => self.push(TokenKind::Open, 1),
            ')' | ']' => self.push(TokenKind::Close, 1),
            '{' => {
                if let Some(Mode::Value(braces)) = self.modes.last_mut() {
                    *braces += 1;
                }
                self.push(TokenKind::Open, 1);
            }
            '}' => {
                match self.modes.last_mut() {
                    Some(Mode::Value(0)) => drop(self.modes.pop()),
                    Some(Mode::Value(braces)) => *braces -= 1,
                    _ => {}
                }
                self.push(TokenKind::Close, 1);
            }
            _ => match MARKS.iter().find(|mark| rest.starts_with(**mark)) {
                Some(mark) => self.push(TokenKind::Mark, mark.len()),
                None if SINGLE.contains(first) => self.push(TokenKind::Mark, 1),
                None => self.unknown(),
            },
        }
    }

    fn comment(&mut self) {
        let rest = self.rest();
        let line = rest.split('\n').next().unwrap_or_default();
        let kind = match line.as_bytes().get(2) {
            Some(b'/') if !line.starts_with("////") => CommentKind::Doc,
            Some(b'!') => CommentKind::File,
            _ => CommentKind::Plain,
        };
        let written = line.trim_end();
        let text = written[kind.marker().len()..].to_owned();
        let before = self.text[..self.at].rsplit('\n').next().unwrap_or_default();
        let own_line = before.trim_start_matches('\u{feff}').trim().is_empty();
        let span = Span::new(self.at as u32, (self.at + written.len()) as u32);
        self.comments.push(Comment { kind, text, span, own_line });
        self.at += line.len();
    }

    /// The text of a string up to its end, its line's end or an interpolation.
    fn string(&mut self) {
        let mut length = 0;
        let mut chars = self.rest().chars().peekable();
        let stop = loop {
            let Some(next) = chars.next() else { break None };
            match next {
                '\\' if chars.peek().is_some_and(|escaped| *escaped != '\n') => {
                    length += 1 + chars.next().map_or(0, char::len_utf8);
                }
                '{' | '}' if chars.peek() == Some(&next) => {
                    chars.next();
                    length += 2;
                }
                '"' | '\n' | '{' => break Some(next),
                _ => length += next.len_utf8(),
            }
        };
        if length > 0 {
            self.push(TokenKind::StringText, length);
        }
        match stop {
            Some('"') => {
                self.modes.pop();
                self.push(TokenKind::StringEnd, 1);
            }
            Some('{') => {
                self.modes.push(Mode::Value(0));
                self.push(TokenKind::Open, 1);
            }
            _ => self.end_strings(),
        }
    }

    /// Reports the outermost open string: no string goes past the end of its line.
    fn end_strings(&mut self) {
        let open = self.modes.iter().find_map(|mode| match mode {
            Mode::Text(start) => Some(*start as u32),
            Mode::Value(_) => None,
        });
        if let Some(start) = open {
            let quote = Span::new(start, start + 1);
            self.errors.push(
                SyntaxError::at(error::UNCLOSED_STRING, quote, "this string has no end")
                    .label("begins here")
                    .help("close it with `\"` on the same line; `{{` stands for a brace"),
            );
        }
        self.modes.clear();
    }

    fn unknown(&mut self) {
        let rest = self.rest();
        let known = |c: char| {
            c.is_ascii_alphanumeric() || " \t\r\n\"()[]{}_".contains(c) || SINGLE.contains(c)
        };
        let line = rest.lines().next().unwrap_or_default();
        let quoted = line.strip_prefix('\'').and_then(|inner| inner.find('\''));
        let length = match quoted {
            Some(inner) => inner + 2,
            None => rest.find(known).unwrap_or(rest.len()),
        };
        let span = Span::new(self.at as u32, (self.at + length) as u32);
        let written = &rest[..length];
        let error = SyntaxError::at(
            error::UNKNOWN_CHARACTER,
            span,
            format!("`{written}` means nothing in this language"),
        );
        let help = match written {
            _ if written.starts_with(['\'', '`']) => Some("strings take double quotes: `\"…\"`"),
            "%" => Some("the remainder of a division is `mod(a, b)`"),
            "!" => Some("write `not`"),
            "&" | "&&" => Some("write `and`"),
            "^" => Some("a power is written `a ** b`"),
            _ => None,
        };
        self.errors.push(match help {
            Some(help) => error.help(help),
            None => error,
        });
        self.at += length;
    }
}

fn word_length(rest: &str) -> usize {
    rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
}

/// A fraction needs a digit after its dot, so that `0..4` stays a range.
fn number_length(rest: &str) -> usize {
    let digit = |at: usize| rest.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let mut length = word_length(rest);
    let whole = rest[..length].bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if whole && rest[length..].starts_with('.') && digit(length + 1) {
        length += 1 + word_length(&rest[length + 1..]);
    }
    let mantissa = rest[..length].strip_suffix(['e', 'E']);
    let signed = rest[length..].starts_with(['+', '-']) && digit(length + 1);
    if signed
        && mantissa.is_some_and(|m| m.bytes().all(|b| b.is_ascii_digit() || b"._".contains(&b)))
    {
        length += 1 + word_length(&rest[length + 1..]);
    }
    length
}
