//! From a text to its tree.

use std::collections::BTreeMap;

use crate::{
    Span, SyntaxError,
    ast::File,
    cst::Builder,
    scan::{Comment, scan},
};

/// What was found in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The tree; without the items that could not be parsed.
    pub file: File,
    /// Every comment in order, documentation included.
    pub comments: Vec<Comment>,
    /// The errors in order of their places. An item with one that the grammar stopped at is left out
    /// of the tree.
    pub errors: Vec<SyntaxError>,
    /// The expressions that stand in parentheses, which the tree does not show: their spans with
    /// and without these.
    pub(crate) parens: BTreeMap<Span, Span>,
}

/// Parses a text. Items are parsed each alone, so a mistake in one hides nothing in another; within
/// an item, parsing goes on after a broken statement.
///
/// Takes time in proportion to the length of the text, times its nesting at worst.
pub fn parse(text: &str) -> Parsed {
    // The grammar's rules nest deeper than the text does, and an unoptimised build needs more stack
    // for the deepest text allowed than a thread usually has.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        match thread.spawn_scoped(scope, || parse_here(text)) {
            Ok(parsing) => match parsing.join() {
                Ok(parsed) => parsed,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(_) => parse_here(text),
        }
    })
}

/// Bytes of stack for the deepest text allowed; only what is used is ever taken.
const STACK: usize = 256 << 20;

fn parse_here(text: &str) -> Parsed {
    let scan = scan(text);
    let mut builder = Builder::new(text, &scan);
    for chunk in scan.chunks.iter().filter(|chunk| !chunk.broken) {
        builder.chunk(&scan, chunk);
    }
    let Builder { items, errors: found, parens, .. } = builder;
    let file = File { doc: scan.file_doc(), items };
    let mut errors = scan.errors;
    errors.extend(found);
    errors.sort_by_key(|error| error.span);
    Parsed { file, comments: scan.comments, errors, parens }
}
