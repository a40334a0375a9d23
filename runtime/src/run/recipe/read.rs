//! From RON to a recipe, over the values that stand when nothing is said.
//!
//! The text is read twice: with types, which refuses what is unknown, and without, which tells what
//! was said at all. Only what was said replaces the values below, field by field, so a field's
//! default depends on where it stands (`retrain.epochs` is not `supernet.epochs`) although both
//! have one type.

use ron::error::{Error, SpannedError};
use ron::extensions::Extensions;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Recipe, RecipeError, VERSION};

#[derive(Deserialize)]
struct Head {
    version: Option<u32>,
}

fn options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME)
}

/// Reads the text of a recipe file; values are not checked.
pub(super) fn file(text: &str, origin: &str) -> Result<Recipe, RecipeError> {
    let head: Head = options().from_str(text).map_err(|error| explain(&error, origin, true))?;
    if head.version != Some(VERSION) {
        let (origin, found) = (origin.to_owned(), head.version);
        return Err(RecipeError::Version { origin, found, expected: VERSION });
    }
    over(&Recipe::default(), text, origin, true)
}

/// Reads `field.field=value` over a recipe; values are not checked.
pub(super) fn assignment(base: &Recipe, assignment: &str) -> Result<Recipe, RecipeError> {
    let malformed = || RecipeError::Assignment(assignment.to_owned());
    let (path, value) = assignment.split_once('=').ok_or_else(malformed)?;
    let fields: Vec<&str> = path.split('.').map(str::trim).collect();
    let is_name = |field: &&str| {
        let mut bytes = field.bytes();
        bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if !fields.iter().all(is_name) || value.trim().is_empty() {
        return Err(malformed());
    }
    let wrap = |value: &str| {
        let start = fields.join(": (");
        format!("({start}: {value}{}", ")".repeat(fields.len()))
    };
    // A value that closes the brackets around it would reach other fields.
    let value = value.trim();
    let plain = options().from_str::<ron::Value>(value).is_ok().then(|| wrap(value));
    let quoted = Json::from(value).to_string();
    let attempts = [plain, Some(wrap(&quoted)), Some(wrap(&format!("[{quoted}]")))];
    let origin = format!("`{assignment}`");
    let mut first = None;
    for text in attempts.into_iter().flatten() {
        match over(base, &text, &origin, false) {
            Ok(recipe) => return Ok(recipe),
            Err(error) => drop(first.get_or_insert(error)),
        }
    }
    Err(first.unwrap_or_else(malformed))
}

/// The recipe as text, every field said.
pub(super) fn text(recipe: &Recipe) -> String {
    let pretty = ron::ser::PrettyConfig::new().new_line("\n").struct_names(false);
    #[expect(clippy::expect_used, reason = "a recipe is a struct of numbers and strings")]
    let text = options().to_string_pretty(recipe, pretty).expect("a recipe is always valid RON");
    text + "\n"
}

/// The recipe as JSON, fields in the order of their names.
pub(super) fn json(recipe: &Recipe) -> Json {
    #[expect(clippy::expect_used, reason = "a recipe is a struct of numbers and strings")]
    serde_json::to_value(recipe).expect("a recipe is always valid JSON")
}

fn over(base: &Recipe, text: &str, origin: &str, placed: bool) -> Result<Recipe, RecipeError> {
    let explain = |error: SpannedError| explain(&error, origin, placed);
    let read: Recipe = options().from_str(text).map_err(explain)?;
    let said: ron::Value = options().from_str(text).map_err(explain)?;
    if let Some(field) = not_finite(&said) {
        let (origin, reason) = (origin.to_owned(), "must be a finite number".to_owned());
        return Err(RecipeError::Value { origin, field, reason });
    }
    let merged = merge(json(base), json(&read), &said);
    serde_json::from_value(merged).map_err(|error| {
        let (origin, reason) = (origin.to_owned(), error.to_string());
        RecipeError::Syntax { origin, reason }
    })
}

/// The path of a number that JSON cannot hold.
fn not_finite(said: &ron::Value) -> Option<String> {
    match said {
        ron::Value::Number(number) => (!number.into_f64().is_finite()).then(String::new),
        ron::Value::Map(fields) => fields.iter().find_map(|(name, value)| {
            let inner = not_finite(value)?;
            let ron::Value::String(name) = name else { return Some(inner) };
            Some(if inner.is_empty() { name.clone() } else { format!("{name}.{inner}") })
        }),
        ron::Value::Seq(items) => items.iter().find_map(not_finite),
        ron::Value::Option(Some(value)) => not_finite(value),
        _ => None,
    }
}

/// Takes from `read` what `said` names, all else from `base`.
fn merge(base: Json, read: Json, said: &ron::Value) -> Json {
    let (Json::Object(mut base), Json::Object(mut read), ron::Value::Map(said)) =
        (base, read.clone(), said)
    else {
        return read;
    };
    // Objects with other keys are two variants of an enumeration, which is one value.
    let same = base.len() == read.len() && base.keys().all(|key| read.contains_key(key));
    let names: Option<Vec<(&str, &ron::Value)>> = said
        .iter()
        .map(|(name, value)| match name {
            ron::Value::String(name) if base.contains_key(name) => Some((name.as_str(), value)),
            _ => None,
        })
        .collect();
    let Some(names) = names.filter(|_| same) else { return Json::Object(read) };
    for (name, said) in names {
        if let (Some(old), Some(new)) = (base.get_mut(name), read.remove(name)) {
            *old = merge(old.take(), new, said);
        }
    }
    Json::Object(base)
}

fn explain(error: &SpannedError, origin: &str, placed: bool) -> RecipeError {
    let origin = if placed {
        let place = error.span.start;
        format!("{origin}, line {}, column {}", place.line, place.col)
    } else {
        origin.to_owned()
    };
    let unknown = |kind, found: &str, known: &[&str], origin| {
        let near = known.iter().map(|name| (strsim::damerau_levenshtein(name, found), *name)).min();
        // Beyond a third of the letters a guess is noise.
        let near = near.filter(|(distance, name)| *distance * 3 <= name.len().max(found.len()));
        let suggestion = near.map(|(_, name)| name.to_owned());
        let known = known.iter().map(|name| (*name).to_owned()).collect();
        RecipeError::Unknown { origin, kind, found: found.to_owned(), suggestion, known }
    };
    match &error.code {
        Error::NoSuchStructField { expected, found, .. } => {
            unknown("field", found, expected, origin)
        }
        Error::NoSuchEnumVariant { expected, found, .. } => {
            unknown("value", found, expected, origin)
        }
        // A whole sentence of the parser, which begins with a capital letter.
        other => {
            let text = other.to_string();
            let mut letters = text.chars();
            let first = letters.next().map(|letter| letter.to_ascii_lowercase());
            let reason = first.into_iter().chain(letters).collect();
            RecipeError::Syntax { origin, reason }
        }
    }
}
