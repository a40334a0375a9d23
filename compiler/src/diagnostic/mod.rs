//! What is wrong with a space, told to the person who wrote it.
//!
//! A [`Diagnostic`] goes into a [`Sink`]; nothing prints, and the analysis goes on. A message states a
//! fact in one lower-case sentence, labels state facts at places, `help` is something that can be
//! typed. Every code has a page, see [`code`].

pub mod code;
mod render;
mod suggest;

pub use render::render;
pub use suggest::nearest;

use serde::Serialize;

use crate::ir::Origin;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The space is rejected.
    Error,
    /// The space works, but probably not as meant.
    Warning,
    /// Something to know.
    Note,
}

const CALLED_FROM: &str = "called from here";

/// A fact at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// The place.
    pub origin: Origin,
    /// The fact.
    pub text: String,
    /// Whether this is the place of the mistake.
    pub primary: bool,
}

/// One mistake, told whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The code, such as `E0312`.
    pub code: &'static str,
    /// One lower-case sentence.
    pub message: String,
    /// Facts at places; the first primary one is the place of the mistake.
    pub labels: Vec<Label>,
    /// Values in play and other facts without a place.
    pub notes: Vec<String>,
    /// What could be typed instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: &'static str, origin: Origin, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, origin, message)
    }

    /// A warning at a place.
    pub fn warning(code: &'static str, origin: Origin, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, origin, message)
    }

    /// Something to know, at a place.
    pub fn remark(code: &'static str, origin: Origin, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, origin, message)
    }

    /// An error that comes from outside of the files, such as a setting.
    pub fn unplaced(code: &'static str, message: impl Into<String>) -> Self {
        let mut diagnostic = Self::error(code, Origin::default(), message);
        diagnostic.labels.clear();
        diagnostic
    }

    /// The same at a place.
    #[must_use]
    pub fn placed(mut self, origin: Origin) -> Self {
        self.labels.insert(0, Label { origin, text: String::new(), primary: true });
        self
    }

    fn new(
        severity: Severity,
        code: &'static str,
        origin: Origin,
        message: impl Into<String>,
    ) -> Self {
        let label = Label { origin, text: String::new(), primary: true };
        let (notes, help) = (Vec::new(), None);
        Self { severity, code, message: message.into(), labels: vec![label], notes, help }
    }

    /// Says something at the place of the mistake.
    #[must_use]
    pub fn at(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Says something at another place.
    #[must_use]
    pub fn label(mut self, origin: Origin, text: impl Into<String>) -> Self {
        self.labels.push(Label { origin, text: text.into(), primary: false });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what could be typed instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds "did you mean", where a known name is near.
    #[must_use]
    pub fn suggest<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(name, known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Says which call led to a mistake inside the standard library.
    #[must_use]
    pub fn called_from(self, call: Origin) -> Self {
        self.label(call, CALLED_FROM)
    }

    /// The call that led to the mistake, if it lies inside the standard library.
    fn caller(&self) -> Option<Origin> {
        self.labels.iter().find(|label| label.text == CALLED_FROM).map(|label| label.origin)
    }

    /// The place of the mistake.
    pub fn origin(&self) -> Origin {
        self.labels.first().map(|label| label.origin).unwrap_or_default()
    }
}

/// Collects diagnostics; the same mistake at the same place counts once.
#[derive(Clone, Debug, Default)]
pub struct Sink {
    list: Vec<Diagnostic>,
}

impl Sink {
    /// Adds a diagnostic, unless its code was already reported at its place (and, inside the standard
    /// library, for the same call of it). Without a place its words count.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let known = |d: &Diagnostic| {
            d.code == diagnostic.code
                && d.origin() == diagnostic.origin()
                && d.caller() == diagnostic.caller()
                && (!d.labels.is_empty() || d.message == diagnostic.message)
        };
        if !self.list.iter().any(known) {
            self.list.push(diagnostic);
        }
    }

    /// Whether any error was reported.
    pub fn failed(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The diagnostics by place.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(Diagnostic::origin);
        self.list
    }
}
