//! Another file's space or network, compiled in the course of a compilation.

use nasc_grammar::ast::Arg;

use super::{Compilation, Options, Target, compile_within, literal};
use crate::diagnostic::{Diagnostic, Sink};
use crate::ir::Origin;
use crate::source::{Load, Sources};

/// Parameters as the source sets them: named, and plain values. `None` after an error.
pub(super) fn settings(
    args: &[Arg],
    file: u32,
    sources: &Sources,
    sink: &mut Sink,
) -> Option<Vec<(String, String)>> {
    let at = |span: nasc_grammar::Span| Origin { file, start: span.start, end: span.end };
    let mut set = Vec::new();
    for arg in args {
        let Some(name) = &arg.name else {
            sink.push(Diagnostic::error("E0210", at(arg.span), "a parameter of a space is named"));
            return None;
        };
        let text = sources
            .files
            .get(file as usize)
            .and_then(|f| f.text.get(arg.value.span.range()))
            .unwrap_or_default();
        if literal(text).is_none() {
            let message = format!("`{name}` is set to a plain number, bool or string here");
            sink.push(Diagnostic::error("E0238", at(arg.value.span), message));
            return None;
        }
        set.push((name.text.to_string(), text.to_owned()));
    }
    Some(set)
}

/// Compiles `wanted`; its diagnostics and files become those of this compilation, and what is about no
/// place of it is about the words `at` that name it. `None` if it cannot be read, which is reported.
pub(super) fn nested(
    load: &dyn Load,
    wanted: &str,
    options: &Options,
    at: Origin,
    (sources, sink): (&mut Sources, &mut Sink),
    open: &mut Vec<Target>,
) -> Option<Compilation> {
    let mut inner = match compile_within(load, wanted, options, open) {
        Ok(inner) => inner,
        Err(reason) => {
            let message = format!("`{wanted}` cannot be read");
            sink.push(Diagnostic::error("E0201", at, message).note(reason));
            return None;
        }
    };
    // The files of the other come after those of this compilation, but for those read already.
    let places: Vec<u32> = std::mem::take(&mut inner.sources)
        .files
        .into_iter()
        .map(|file| sources.find(&file.name).unwrap_or_else(|| sources.add(&file.name, file.text)))
        .collect();
    for mut diagnostic in std::mem::take(&mut inner.diagnostics) {
        for label in &mut diagnostic.labels {
            label.origin.file = places[label.origin.file as usize];
        }
        if diagnostic.labels.is_empty() {
            diagnostic = diagnostic.placed(at);
        }
        sink.push(diagnostic);
    }
    Some(inner)
}
