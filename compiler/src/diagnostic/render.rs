//! Diagnostics as text, with the lines they speak of.

use std::fmt::Write;

use codespan_reporting::diagnostic as report;
use codespan_reporting::files::SimpleFiles;
use codespan_reporting::term;

use super::{Diagnostic, Severity};
use crate::source::Sources;

/// The diagnostics as a terminal shows them, without colour.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut files = SimpleFiles::new();
    for file in &sources.files {
        files.add(file.name.as_str(), file.text.as_str());
    }
    let config = term::Config::default();
    let mut text = String::new();
    for diagnostic in diagnostics {
        let shown = convert(diagnostic, sources);
        match term::emit_into_string(&config, &files, &shown) {
            Ok(block) => text.push_str(&block),
            // A place outside its file: the words still stand.
            Err(_) => {
                let _ = writeln!(text, "{}: {}", diagnostic.code, diagnostic.message);
            }
        }
    }
    text
}

fn convert(diagnostic: &Diagnostic, sources: &Sources) -> report::Diagnostic<usize> {
    let severity = match diagnostic.severity {
        Severity::Error => report::Severity::Error,
        Severity::Warning => report::Severity::Warning,
        Severity::Note => report::Severity::Note,
    };
    let labels = diagnostic
        .labels
        .iter()
        .filter(|label| (label.origin.file as usize) < sources.files.len())
        .map(|label| {
            let style = if label.primary {
                report::LabelStyle::Primary
            } else {
                report::LabelStyle::Secondary
            };
            let range = label.origin.start as usize..label.origin.end as usize;
            report::Label::new(style, label.origin.file as usize, range)
                .with_message(label.text.as_str())
        })
        .collect();
    let mut notes = diagnostic.notes.clone();
    if let Some(help) = &diagnostic.help {
        notes.push(format!("help: {help}"));
    }
    notes.push(format!("more: `nasc explain {}`", diagnostic.code));
    report::Diagnostic::new(severity)
        .with_code(diagnostic.code)
        .with_message(diagnostic.message.as_str())
        .with_labels(labels)
        .with_notes(notes)
}
