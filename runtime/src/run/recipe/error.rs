//! What can be wrong with a recipe.

use std::path::PathBuf;

use crate::run::atomic::WriteError;

/// A recipe could not be read, changed or written. `origin` is the file, or the override, in words.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The system refused to read it.
    #[error("cannot read the recipe `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no RON, or a value has the wrong type.
    #[error("{origin}: {reason}")]
    Syntax {
        /// Where.
        origin: String,
        /// What the parser said.
        reason: String,
    },
    /// It says something that is not known.
    #[error("{origin}: there is no {kind} `{found}`{}", hint(suggestion.as_deref(), known))]
    Unknown {
        /// Where.
        origin: String,
        /// `field` or `value`.
        kind: &'static str,
        /// What it says.
        found: String,
        /// What it may have meant.
        suggestion: Option<String>,
        /// Everything it could say there.
        known: Vec<String>,
    },
    /// It is of another version, or does not say of which.
    #[error("{origin}: {}; this program reads version {expected}", version(*found))]
    Version {
        /// Where.
        origin: String,
        /// The version it says.
        found: Option<u32>,
        /// The version read here.
        expected: u32,
    },
    /// A number is out of its bounds.
    #[error("{origin}: `{field}` {reason}")]
    Value {
        /// Where.
        origin: String,
        /// The field.
        field: String,
        /// What it must be.
        reason: String,
    },
    /// An override that is none.
    #[error("`{0}` is no override, expected `field.field=value`")]
    Assignment(String),
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn version(found: Option<u32>) -> String {
    found.map_or_else(|| "it does not say its `version`".into(), |found| format!("version {found}"))
}

fn hint(suggestion: Option<&str>, known: &[String]) -> String {
    match (suggestion, known) {
        (Some(suggestion), _) => format!("; did you mean `{suggestion}`?"),
        (None, []) => String::new(),
        (None, known) => format!("; known are `{}`", known.join("`, `")),
    }
}
