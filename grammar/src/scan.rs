//! A first look at a text, before the grammar proper.
//!
//! The scan splits the text into words, marks and comments, pairs brackets, and decides which
//! line ends mean something. From that come the side table of comments, the pieces (items) that
//! are parsed each alone, and a *plain* text of equal length in which comments and meaningless
//! line ends are blanks, so that the grammar can treat a line end as a separator wherever it
//! still meets one. It bounds the nesting, so that what follows may recurse.
//!
//! It knows no grammar beyond that: any text can be scanned.

mod brackets;
mod chunks;
mod plain;
mod tokens;

pub(crate) use chunks::Chunk;
pub(crate) use tokens::{Token, TokenKind};

use std::collections::BTreeMap;

use crate::{Span, SyntaxError, error};

/// What is said beside the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Which of the three kinds.
    pub kind: CommentKind,
    /// The text after the slashes, without the blanks at its end.
    pub text: String,
    /// From the slashes on.
    pub span: Span,
    /// Whether nothing stands before it on its line.
    pub own_line: bool,
}

/// The kinds of comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// `// …`.
    Plain,
    /// `/// …`, of the next item or `let` where it has a line of its own.
    Doc,
    /// `//! …`, of the file.
    File,
}

impl CommentKind {
    /// The slashes.
    pub const fn marker(self) -> &'static str {
        match self {
            Self::Plain => "//",
            Self::Doc => "///",
            Self::File => "//!",
        }
    }
}

/// What the scan found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Words and marks in order, without comments and blanks.
    pub(crate) tokens: Vec<Token>,
    /// Comments in order.
    pub(crate) comments: Vec<Comment>,
    /// The text as the grammar sees it.
    pub(crate) plain: String,
    /// The items.
    pub(crate) chunks: Vec<Chunk>,
    /// Errors in order; each lies in a chunk that is marked as broken.
    pub(crate) errors: Vec<SyntaxError>,
}

/// Scans a text.
pub(crate) fn scan(text: &str) -> Scan {
    if u32::try_from(text.len()).is_err() {
        let message = "the file is longer than 4 GiB";
        let errors = vec![SyntaxError::at(error::TOO_DEEP, Span::default(), message)];
        return Scan { errors, ..Scan::default() };
    }
    let (tokens, comments, mut errors) = tokens::tokens(text);
    let chunks = chunks::chunks(text, &tokens);
    let mut breaks = Vec::new();
    for chunk in &chunks {
        let within = |error: &SyntaxError| chunk.holds(error.span);
        if errors.iter().any(within) {
            // A string without an end would take brackets with it.
            continue;
        }
        brackets::check(text, &tokens[chunk.tokens.clone()], &mut breaks, &mut errors);
    }
    errors.sort_by_key(|error| error.span);
    let plain = plain::plain(text, &tokens, &breaks);
    let chunks = chunks
        .into_iter()
        .map(|chunk| Chunk { broken: errors.iter().any(|e| chunk.holds(e.span)), ..chunk })
        .collect();
    Scan { tokens, comments, plain, chunks, errors }
}

impl Scan {
    /// The `///` lines before each token that has some, joined, by the token's offset.
    pub(crate) fn docs(&self) -> BTreeMap<u32, String> {
        let mut docs: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        for comment in self.comments.iter().filter(|c| c.own_line && c.kind == CommentKind::Doc) {
            let next = self.tokens.partition_point(|t| t.span.start < comment.span.end);
            if let Some(token) = self.tokens.get(next) {
                docs.entry(token.span.start).or_default().push(comment.line());
            }
        }
        docs.into_iter().map(|(offset, lines)| (offset, lines.join("\n"))).collect()
    }

    /// The `//!` lines, joined.
    pub(crate) fn file_doc(&self) -> Option<String> {
        let file = self.comments.iter().filter(|c| c.kind == CommentKind::File);
        let lines: Vec<&str> = file.map(Comment::line).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

impl Comment {
    /// The text without the one blank after the slashes.
    fn line(&self) -> &str {
        self.text.strip_prefix(' ').unwrap_or(&self.text)
    }
}
