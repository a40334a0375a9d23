//! Texts that know where their lines may end.
//!
//! A group is written on one line where that fits, else each of its own [`Doc::Break`]s ends a
//! line; groups within decide for themselves. A group that is *broken* from the start ends its
//! lines even within one that is not, which is how `x -> choose op {` keeps to one line while the
//! braces do not: what has to fit is only what comes before the first line end.

/// The width that lines keep to.
const WIDTH: usize = 100;
const INDENT: usize = 4;

/// A text with possible line ends.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    /// Text without line ends.
    Text(String),
    /// A line end in a broken group, after a blank line perhaps; else the text.
    Break { flat: &'static str, blank: bool },
    /// A line end, always.
    Line,
    /// Text only in a broken group.
    IfBroken(&'static str),
    /// Text that goes to the end of the line, wherever that comes.
    Suffix(String),
    /// Indented, if the group it stands in is broken.
    Nest(Vec<Doc>),
    /// Decides over the breaks in it.
    Group { broken: bool, parts: Vec<Doc> },
    /// A group without a decision: as the one around it.
    Concat(Vec<Doc>),
    /// As many parts on each line as fit, with commas.
    Fill(Vec<Doc>),
}

pub(super) fn text(text: impl Into<String>) -> Doc {
    Doc::Text(text.into())
}

/// A blank, or a line end.
pub(super) const fn blank_or_line() -> Doc {
    Doc::Break { flat: " ", blank: false }
}

/// Nothing, or a line end.
pub(super) const fn nothing_or_line() -> Doc {
    Doc::Break { flat: "", blank: false }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

type Command<'a> = (usize, Mode, &'a Doc);

/// Lays a document out; the text ends with a line end unless it is empty.
pub(super) fn render(doc: &Doc) -> String {
    let mut page = Page::default();
    let mut commands: Vec<Command> = vec![(0, Mode::Broken, doc)];
    while let Some((indent, mode, doc)) = commands.pop() {
        match doc {
            Doc::Text(text) => page.write(indent, text),
            Doc::Break { flat, .. } if mode == Mode::Flat => page.write(indent, flat),
            Doc::Break { blank, .. } => {
                page.end_line(indent);
                if *blank {
                    page.text.push('\n');
                }
            }
            Doc::Line => page.end_line(indent),
            Doc::IfBroken(text) if mode == Mode::Broken => page.write(indent, text),
            Doc::IfBroken(_) => {}
            Doc::Suffix(text) => page.suffixes.push(text.clone()),
            Doc::Nest(parts) => {
                let deeper = if mode == Mode::Broken { indent + INDENT } else { indent };
                commands.extend(parts.iter().rev().map(|part| (deeper, mode, part)));
            }
            Doc::Concat(parts) => {
                commands.extend(parts.iter().rev().map(|part| (indent, mode, part)));
            }
            Doc::Group { broken, parts } => {
                let room = WIDTH.saturating_sub(page.column(indent));
                let inner = if *broken {
                    Mode::Broken
                } else if mode == Mode::Flat || fits(room, doc, indent, &commands) {
                    Mode::Flat
                } else {
                    Mode::Broken
                };
                commands.extend(parts.iter().rev().map(|part| (indent, inner, part)));
            }
            Doc::Fill(parts) => fill(&mut page, parts, indent),
        }
    }
    page.end_line(0);
    let end = page.text.trim_end().len();
    page.text.truncate(end);
    if !page.text.is_empty() {
        page.text.push('\n');
    }
    page.text
}

/// Parts are short and hold no line ends.
fn fill(page: &mut Page, parts: &[Doc], indent: usize) {
    for (index, part) in parts.iter().enumerate() {
        let width = flat_width(part) + usize::from(index + 1 < parts.len());
        if index > 0 && page.column(indent) + 1 + width > WIDTH {
            page.end_line(indent);
        } else if index > 0 {
            page.write(indent, " ");
        }
        if let Doc::Text(text) = part {
            page.write(indent, text);
        }
        if index + 1 < parts.len() {
            page.write(indent, ",");
        }
    }
}

fn flat_width(doc: &Doc) -> usize {
    match doc {
        Doc::Text(text) => text.chars().count(),
        _ => 0,
    }
}

/// Whether a group, and what follows it up to the next line end, fits when it is flat.
fn fits(room: usize, group: &Doc, indent: usize, rest: &[Command]) -> bool {
    let mut room = room as isize;
    let mut rest = rest.iter().rev();
    let mut commands: Vec<Command> = vec![(indent, Mode::Flat, group)];
    loop {
        let Some((_, mode, doc)) = commands.pop().or_else(|| rest.next().copied()) else {
            return true;
        };
        match doc {
            Doc::Text(text) => room -= text.chars().count() as isize,
            Doc::Break { flat, .. } if mode == Mode::Flat => room -= flat.len() as isize,
            Doc::Break { .. } | Doc::Line => return true,
            Doc::IfBroken(text) if mode == Mode::Broken => room -= text.len() as isize,
            Doc::IfBroken(_) | Doc::Suffix(_) => {}
            Doc::Nest(parts) | Doc::Concat(parts) => {
                commands.extend(parts.iter().rev().map(|part| (indent, mode, part)));
            }
            Doc::Group { broken, parts } => {
                let inner = if *broken { Mode::Broken } else { mode };
                commands.extend(parts.iter().rev().map(|part| (indent, inner, part)));
            }
            Doc::Fill(parts) => {
                room -= parts.iter().map(|part| flat_width(part) + 2).sum::<usize>() as isize - 2;
            }
        }
        if room < 0 {
            return false;
        }
    }
}

/// What is written so far.
#[derive(Default)]
struct Page {
    text: String,
    /// Characters on the last line.
    width: usize,
    suffixes: Vec<String>,
}

impl Page {
    /// Where the next text would begin.
    fn column(&self, indent: usize) -> usize {
        if self.width == 0 { indent } else { self.width }
    }

    fn write(&mut self, indent: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.width == 0 {
            self.text.extend(std::iter::repeat_n(' ', indent));
            self.width = indent;
        }
        self.text.push_str(text);
        self.width += text.chars().count();
    }

    fn end_line(&mut self, indent: usize) {
        for (index, suffix) in std::mem::take(&mut self.suffixes).into_iter().enumerate() {
            if index > 0 {
                self.new_line();
            } else if self.width > 0 {
                self.text.push(' ');
            }
            self.write(indent, &suffix);
        }
        self.new_line();
    }

    fn new_line(&mut self) {
        let end = self.text.trim_end_matches(' ').len();
        self.text.truncate(end);
        self.text.push('\n');
        self.width = 0;
    }
}
