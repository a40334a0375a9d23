//! Architectures as text: a compact line, a RON map, a list of option numbers.
//!
//! - `s1.0.op=shuffle3,s1.0.width=16`: existing decisions by path.
//! - `{"s1.0.op": "shuffle3", "s1.0.width": 16}`: the same as a RON map.
//! - `[0, 2]`: the option's number for every decision of the space, existing or not.
//!
//! All three are read by [`parse`] and give the canonical form. Every existing decision must be set.

use std::fmt::Write as _;

use ron::Value;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::Arch;
use crate::ir::{Decision, DecisionId, Graph};

/// An architecture that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// In canonical form.
    pub arch: Arch,
    /// Decisions that were set and do not exist in this network.
    pub absent: Vec<DecisionId>,
}

/// Why a text is no architecture of the space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchError {
    /// It has none of the three forms.
    Malformed(String),
    /// No decision has that path.
    UnknownPath {
        /// The path that was given.
        path: String,
        /// The path that is nearest to it, if any is near.
        nearest: Option<String>,
    },
    /// The decision has no such option.
    UnknownOption {
        /// The decision.
        path: String,
        /// The option that was given.
        option: String,
        /// The option that is nearest to it, if any is near.
        nearest: Option<String>,
        /// All options.
        options: Vec<String>,
    },
    /// A decision is set twice.
    Repeated(String),
    /// Decisions that exist in this network are not set.
    Missing(Vec<String>),
    /// A list has another length than there are decisions.
    Length {
        /// How many numbers there are.
        found: usize,
        /// How many decisions there are.
        decisions: usize,
    },
}

impl std::fmt::Display for ArchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hint = |nearest: &Option<String>| {
            nearest.as_ref().map_or(String::new(), |n| format!("; did you mean `{n}`?"))
        };
        match self {
            Self::Malformed(why) => write!(f, "this is no architecture: {why}"),
            Self::UnknownPath { path, nearest } => {
                write!(f, "the space has no decision `{path}`{}", hint(nearest))
            }
            Self::UnknownOption { path, option, nearest, options } => {
                write!(f, "`{path}` has no option `{option}`{}", hint(nearest))?;
                if nearest.is_none() {
                    write!(f, "; it has `{}`", options.join("`, `"))?;
                }
                Ok(())
            }
            Self::Repeated(path) => write!(f, "`{path}` is set twice"),
            Self::Missing(paths) => match paths.as_slice() {
                [only] => write!(f, "`{only}` is not set"),
                [first, ..] => write!(f, "`{first}` and {} more are not set", paths.len() - 1),
                [] => f.write_str("nothing is missing"),
            },
            Self::Length { found, decisions } => {
                write!(f, "the list has {found} numbers and the space {decisions} decisions")
            }
        }
    }
}

impl std::error::Error for ArchError {}

/// The existing decisions of a network in order, with the labels of the options they take.
pub fn entries<'a>(
    space: &'a Graph,
    arch: &Arch,
) -> impl Iterator<Item = (DecisionId, &'a str, &'a str)> {
    let arch = space.canonical(arch);
    space.decision_ids().filter_map(move |(id, decision)| {
        let label = decision.options.get(arch.option(id) as usize)?;
        space.decision_exists(id, &arch).then_some((id, &*decision.path, &**label))
    })
}

/// `s1.0.op=shuffle3,…`: what `--arch` takes.
pub fn compact(space: &Graph, arch: &Arch) -> String {
    let parts: Vec<String> =
        entries(space, arch).map(|(_, path, option)| format!("{path}={option}")).collect();
    parts.join(",")
}

/// The existing decisions as a RON map, one line each.
pub fn ron_map(space: &Graph, arch: &Arch) -> String {
    let mut text = String::from("{\n");
    for (_, path, option) in entries(space, arch) {
        let _ = writeln!(text, "    {path:?}: {option:?},");
    }
    text.push_str("}\n");
    text
}

/// The number of every decision's option, `[0, 2, 1]`; 0 for those that do not exist.
pub fn list(space: &Graph, arch: &Arch) -> String {
    let numbers: Vec<String> = space.canonical(arch).0.iter().map(ToString::to_string).collect();
    format!("[{}]", numbers.join(", "))
}

/// Reads any of the three forms.
///
/// # Errors
/// If the text has none of the forms, names what the space does not have, or leaves an existing
/// decision open.
pub fn parse(space: &Graph, text: &str) -> Result<Parsed, ArchError> {
    let text = text.trim();
    if text.starts_with('[') {
        return parse_list(space, text);
    }
    let pairs = if text.starts_with('{') {
        let Pairs(pairs) =
            ron::from_str(text).map_err(|error| ArchError::Malformed(error.to_string()))?;
        pairs
    } else {
        split(text)?
    };
    from_pairs(space, pairs.iter().map(|(path, option)| (path.as_str(), option.as_str())))
}

/// The architecture that sets every decision of `pairs` to the option of that label.
///
/// # Errors
/// If a path or an option is unknown, a path is repeated, or an existing decision is not set.
pub fn from_pairs<'a>(
    space: &Graph,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Parsed, ArchError> {
    let mut arch = Arch(vec![0; space.decisions.len()]);
    let mut set: Vec<Option<()>> = vec![None; space.decisions.len()];
    for (path, option) in pairs {
        let Some(id) = space.decision_at(path) else {
            let paths = space.decisions.iter().map(|d| &*d.path);
            return Err(ArchError::UnknownPath {
                path: path.to_owned(),
                nearest: nearest(path, paths),
            });
        };
        if set[id.index()].replace(()).is_some() {
            return Err(ArchError::Repeated(path.to_owned()));
        }
        arch.set(id, option_number(space.decision(id), option)?);
    }
    let canonical = space.canonical(&arch);
    let missing: Vec<String> = space
        .decision_ids()
        .filter(|(id, _)| set[id.index()].is_none() && space.decision_exists(*id, &canonical))
        .map(|(_, decision)| decision.path.to_string())
        .collect();
    if !missing.is_empty() {
        return Err(ArchError::Missing(missing));
    }
    let absent = space
        .decision_ids()
        .map(|(id, _)| id)
        .filter(|id| set[id.index()].is_some() && !space.decision_exists(*id, &canonical))
        .collect();
    Ok(Parsed { arch: canonical, absent })
}

fn option_number(decision: &Decision, option: &str) -> Result<u32, ArchError> {
    // A string value may be given with or without its quotes.
    let bare = |label: &str| label.trim_matches('"').to_owned();
    let found = decision
        .options
        .iter()
        .position(|label| &**label == option)
        .or_else(|| decision.options.iter().position(|label| bare(label) == bare(option)));
    found.map(|number| number as u32).ok_or_else(|| ArchError::UnknownOption {
        path: decision.path.to_string(),
        option: option.to_owned(),
        nearest: nearest(option, decision.options.iter().map(|label| &**label)),
        options: decision.options.iter().map(ToString::to_string).collect(),
    })
}

/// The candidate nearest to what was written, if it is near enough to be meant.
fn nearest<'a>(written: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let allowed = written.chars().count().div_ceil(3).max(1);
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.to_owned())
}

fn parse_list(space: &Graph, text: &str) -> Result<Parsed, ArchError> {
    let numbers: Vec<u32> =
        ron::from_str(text).map_err(|error| ArchError::Malformed(error.to_string()))?;
    let decisions = space.decisions.len();
    if numbers.len() != decisions {
        return Err(ArchError::Length { found: numbers.len(), decisions });
    }
    let mut arch = Arch(vec![0; decisions]);
    for ((id, decision), number) in space.decision_ids().zip(numbers) {
        if number as usize >= decision.options.len() {
            return Err(ArchError::UnknownOption {
                path: decision.path.to_string(),
                option: number.to_string(),
                nearest: None,
                options: (0..decision.options.len()).map(|option| option.to_string()).collect(),
            });
        }
        arch.set(id, number);
    }
    let absent = space
        .decision_ids()
        .map(|(id, _)| id)
        .filter(|&id| arch.option(id) != 0 && !space.decision_exists(id, &arch))
        .collect();
    Ok(Parsed { arch: space.canonical(&arch), absent })
}

/// The pairs of a compact line; commas and equals signs in quotes belong to the option.
fn split(text: &str) -> Result<Vec<(String, String)>, ArchError> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        if character == '"' {
            quoted = !quoted;
        }
        match parts.last_mut() {
            Some(part) if quoted || !matches!(character, ',' | '\n') => part.push(character),
            _ => parts.push(String::new()),
        }
    }
    parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .map(|part| match part.split_once('=') {
            Some((path, option)) => Ok((path.trim().to_owned(), option.trim().to_owned())),
            None => Err(ArchError::Malformed(format!("`{part}` is not `path=option`"))),
        })
        .collect()
}

/// The entries of a RON map in order, repeated ones too.
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map from decisions to options")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some((path, option)) = map.next_entry::<String, Value>()? {
                    pairs.push((path, label(option)));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// A value of the map as the label it stands for.
fn label(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => {
            let number = number.into_f64();
            if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:?}") }
        }
        other => format!("{other:?}"),
    }
}
