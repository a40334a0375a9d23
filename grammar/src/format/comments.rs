//! Things in a row, and the comments between them.

use super::{
    Source,
    doc::{Doc, blank_or_line, text},
};
use crate::{Span, ast::Expr, scan::Comment};

/// One of several things, with what is said about it.
pub(super) struct Row {
    /// Whether a blank line comes before it and its comments.
    blank: bool,
    /// Comments on lines before it, each with whether a blank line follows.
    before: Vec<(String, bool)>,
    doc: Option<Doc>,
    /// Comments behind it.
    behind: Vec<String>,
}

/// Things in a row, in braces or brackets.
pub(super) struct Rows {
    rows: Vec<Row>,
}

impl Source<'_> {
    /// Writes things one after the other, with the comments up to `end`.
    pub(super) fn rows<T>(
        &mut self,
        things: &[T],
        end: u32,
        span: impl Fn(&T) -> Span,
        mut write: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Rows {
        let mut rows = Vec::new();
        for thing in things {
            let span = span(thing);
            let (blank, before) = self.before(span.start);
            let doc = write(self, thing);
            let mut behind = self.within(span.end);
            behind.extend(self.behind(span.end));
            rows.push(Row { blank, before, doc: Some(doc), behind });
        }
        let (blank, before) = self.before(end);
        if !before.is_empty() {
            rows.push(Row { blank, before, doc: None, behind: Vec::new() });
        }
        if let Some(first) = rows.first_mut() {
            first.blank = false;
        }
        Rows { rows }
    }

    /// The comments that no one has taken before a place, and whether the author left a blank line
    /// before them.
    fn before(&mut self, place: u32) -> (bool, Vec<(String, bool)>) {
        let first = self.comments.get(self.next).map_or(place, |c| c.span.start.min(place));
        let blank = self.blank_before(first);
        let mut taken = Vec::new();
        while let Some(comment) = self.comments.get(self.next).filter(|c| c.span.start < place) {
            self.next += 1;
            let next = self.comments.get(self.next).map_or(place, |c| c.span.start.min(place));
            taken.push((written(comment), self.blank_before(next)));
        }
        (blank, taken)
    }

    /// The stages of a pipe. The comment behind the last one belongs to whatever holds the pipe.
    pub(super) fn stages(&mut self, stages: &[&Expr]) -> Rows {
        let mut rows = Vec::new();
        for (index, stage) in stages.iter().enumerate() {
            let (_, before) = self.before(stage.span.start);
            let doc = self.expr(stage);
            let mut behind = self.within(stage.span.end);
            if index + 1 < stages.len() {
                behind.extend(self.behind(stage.span.end));
            }
            rows.push(Row { blank: false, before, doc: Some(doc), behind });
        }
        Rows { rows }
    }

    /// The comments within a thing that found no better place.
    fn within(&mut self, end: u32) -> Vec<String> {
        let mut taken = Vec::new();
        while let Some(comment) = self.comments.get(self.next).filter(|c| c.span.start < end) {
            self.next += 1;
            taken.push(written(comment));
        }
        taken
    }

    /// The comment behind a thing on its line.
    fn behind(&mut self, end: u32) -> Option<String> {
        let comment = self.comments.get(self.next)?;
        let between = self.text.get(end as usize..comment.span.start as usize)?;
        let on_line = between.trim_matches([' ', '\t', ',', ';']).is_empty();
        on_line.then(|| {
            self.next += 1;
            written(comment)
        })
    }

    fn blank_before(&self, place: u32) -> bool {
        let before = self.text.get(..place as usize).unwrap_or_default();
        let blanks = &before[before.trim_end().len()..];
        blanks.bytes().filter(|b| *b == b'\n').count() > 1
    }
}

fn written(comment: &Comment) -> String {
    format!("{}{}", comment.kind.marker(), comment.text)
}

impl Rows {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether a comment forces line ends.
    pub(super) fn commented(&self) -> bool {
        self.rows.iter().any(|row| !row.before.is_empty() || !row.behind.is_empty())
    }

    /// The things alone, if they are all plain text without comments.
    pub(super) fn words(&self) -> Option<Vec<Doc>> {
        if self.commented() {
            return None;
        }
        let word = |row: &Row| row.doc.clone().filter(|doc| matches!(doc, Doc::Text(_)));
        self.rows.iter().map(word).collect()
    }

    /// A line for each, keeping blank lines.
    pub(super) fn lines(self) -> Doc {
        Doc::Group { broken: true, parts: vec![self.joined("", "", true)] }
    }

    /// The things with `flat` between them on one line, and with `broken` behind each before a line
    /// end. Blank lines are kept where asked.
    pub(super) fn joined(self, flat: &'static str, broken: &'static str, blanks: bool) -> Doc {
        let mut parts = Vec::new();
        for (index, row) in self.rows.into_iter().enumerate() {
            if index > 0 {
                parts.push(Doc::Break { flat, blank: blanks && row.blank });
            }
            let alone = row.doc.is_none();
            let comments = row.before.len();
            for (at, (comment, blank)) in row.before.into_iter().enumerate() {
                parts.push(text(comment));
                if !alone || at + 1 < comments {
                    parts.push(Doc::Break { flat: "", blank: blanks && blank });
                }
            }
            let Some(doc) = row.doc else { continue };
            parts.push(doc);
            parts.push(Doc::IfBroken(broken));
            parts.extend(row.behind.into_iter().map(Doc::Suffix));
        }
        Doc::Concat(parts)
    }

    /// Stages with arrows, each after the first on a line of its own where they do not fit on one.
    /// A single arrow stays on its line: what it leads into ends the line in its own brackets.
    pub(super) fn piped(self) -> Vec<Doc> {
        let single = self.rows.len() == 2 && !self.commented();
        let mut first = Vec::new();
        let mut nested = Vec::new();
        for (index, row) in self.rows.into_iter().enumerate() {
            let parts = if index == 0 { &mut first } else { &mut nested };
            if index > 0 {
                parts.push(if single { text(" ") } else { blank_or_line() });
            }
            for (comment, _) in row.before {
                parts.extend([text(comment), Doc::Line]);
            }
            if index > 0 {
                parts.push(text("-> "));
            }
            parts.extend(row.doc);
            parts.extend(row.behind.into_iter().map(Doc::Suffix));
        }
        if single {
            first.extend(nested);
        } else {
            first.push(Doc::Nest(nested));
        }
        first
    }
}
