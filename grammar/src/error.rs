//! Mistakes in the way a file is written.

use crate::Span;

/// A syntax error. It is plain data: whoever shows it chooses how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// One of [`CODES`].
    pub code: &'static str,
    /// The place; empty at the end of the file.
    pub span: Span,
    /// One lower-case sentence.
    pub message: String,
    /// What stands at the place, or what should; may be empty.
    pub label: String,
    /// Other places that explain it, such as the bracket that was never closed.
    pub related: Vec<(Span, String)>,
    /// What could have stood there, for an editor's completion; empty where the message says it.
    pub expected: Vec<String>,
    /// Something to type or to know.
    pub help: Option<String>,
}

impl SyntaxError {
    /// An error without labels, expectations or help.
    pub fn at(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            span,
            message: message.into(),
            label: String::new(),
            related: Vec::new(),
            expected: Vec::new(),
            help: None,
        }
    }

    /// The same with a label at its place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same with one more place.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    /// The same with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Something stands where it cannot.
pub const UNEXPECTED: &str = "E0101";
/// A bracket is never closed.
pub const UNCLOSED: &str = "E0102";
/// A closing bracket closes nothing.
pub const STRAY_CLOSER: &str = "E0103";
/// A string is not closed on its line.
pub const UNCLOSED_STRING: &str = "E0104";
/// A character that the language does not use.
pub const UNKNOWN_CHARACTER: &str = "E0105";
/// Nesting is too deep, or the file too long.
pub const TOO_DEEP: &str = "E0106";
/// A keyword stands where a name is expected.
pub const KEYWORD_AS_NAME: &str = "E0107";
/// A number that cannot be read.
pub const BAD_NUMBER: &str = "E0108";
/// A string holds an escape or a brace that means nothing.
pub const BAD_ESCAPE: &str = "E0109";
/// Operators that do not go together without parentheses.
pub const BAD_CHAIN: &str = "E0110";
/// A type that does not exist.
pub const UNKNOWN_TYPE: &str = "E0111";
/// A comma is missing.
pub const MISSING_COMMA: &str = "E0112";
/// `=` and `:` are mixed up.
pub const COLON_OR_EQUALS: &str = "E0113";
/// A call or an index begins on a new line.
pub const DETACHED: &str = "E0114";
/// An item in a body, or a statement outside any.
pub const MISPLACED: &str = "E0115";
/// A line ends in the middle of something.
pub const LINE_END: &str = "E0116";
/// A part of a decision is written twice.
pub const REPEATED: &str = "E0117";

/// All codes with what they stand for, in order.
pub const CODES: &[(&str, &str)] = &[
    (UNEXPECTED, "something stands where it cannot"),
    (UNCLOSED, "a bracket is never closed"),
    (STRAY_CLOSER, "a closing bracket closes nothing"),
    (UNCLOSED_STRING, "a string is not closed on its line"),
    (UNKNOWN_CHARACTER, "a character that the language does not use"),
    (TOO_DEEP, "nesting is too deep, or the file too long"),
    (KEYWORD_AS_NAME, "a keyword stands where a name is expected"),
    (BAD_NUMBER, "a number that cannot be read"),
    (BAD_ESCAPE, "a string holds an escape or a brace that means nothing"),
    (BAD_CHAIN, "operators that do not go together without parentheses"),
    (UNKNOWN_TYPE, "a type that does not exist"),
    (MISSING_COMMA, "a comma is missing"),
    (COLON_OR_EQUALS, "`=` and `:` are mixed up"),
    (DETACHED, "a call or an index begins on a new line"),
    (MISPLACED, "an item in a body, or a statement outside any"),
    (LINE_END, "a line ends in the middle of something"),
    (REPEATED, "a part of a decision is written twice"),
];
