//! Numbers that a sampler is made with.

use std::collections::BTreeMap;

/// A number that a sampler takes, and what it is if nobody says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its value if nobody says another.
    pub default: f64,
    /// What it is, in one line.
    pub about: &'static str,
}

impl Parameter {
    /// Adam's first decay, on logits.
    pub(super) const BETA1: Self =
        Self { name: "beta1", default: 0.5, about: "Adam's first decay" };
    /// Adam's second decay, on logits.
    pub(super) const BETA2: Self =
        Self { name: "beta2", default: 0.999, about: "Adam's second decay" };

    /// The learning rate of logits.
    pub(super) const fn rate(default: f64) -> Self {
        Self { name: "lr", default, about: "learning rate of the logits (Adam)" }
    }

    /// The weight decay of logits.
    pub(super) const fn weight_decay(default: f64) -> Self {
        Self { name: "weight_decay", default, about: "weight decay of the logits" }
    }
}

/// Why options do not suit a sampler.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the sampler `{sampler}` has no option `{option}`{known}")]
pub struct UnknownOption {
    /// The sampler.
    pub sampler: &'static str,
    /// The option.
    pub option: String,
    /// What it has, as the end of a sentence.
    pub known: String,
}

/// The numbers of one sampler, all of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options(BTreeMap<&'static str, f64>);

impl Options {
    /// What `given` says, and the defaults for the rest.
    ///
    /// # Errors
    /// The sampler does not have one of them.
    pub fn of(
        sampler: &'static str,
        parameters: &[Parameter],
        given: &BTreeMap<String, f64>,
    ) -> Result<Self, UnknownOption> {
        let known = |name: &str| parameters.iter().any(|parameter| parameter.name == name);
        if let Some(option) = given.keys().find(|name| !known(name)) {
            let names: Vec<String> = parameters.iter().map(|p| format!("`{}`", p.name)).collect();
            let known = match names.len() {
                0 => "; it has none".to_owned(),
                _ => format!("; it has {}", names.join(", ")),
            };
            return Err(UnknownOption { sampler, option: option.clone(), known });
        }
        let value = |p: &Parameter| (p.name, given.get(p.name).copied().unwrap_or(p.default));
        Ok(Self(parameters.iter().map(value).collect()))
    }

    /// The number of that name.
    pub fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// The number as a count.
    pub fn count(&self, name: &str) -> usize {
        self.get(name).round().max(0.0) as usize
    }

    /// Whether the number is not zero.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name) != 0.0
    }
}
