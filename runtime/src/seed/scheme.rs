//! What a network's tensors are called.

use nasc_compiler::ir::{Graph, Param};

/// A way of naming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// The paths of the language.
    Paths,
    /// What `@key` says in a scheme of interchange.
    Keys(String),
}

/// The word for [`Scheme::Paths`] where a scheme is asked for.
pub const PATHS: &str = "paths";

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Paths => f.write_str(PATHS),
            Self::Keys(name) => f.write_str(name),
        }
    }
}

impl Scheme {
    /// All that a network has, its paths first, then in the order of its text.
    pub fn all(network: &Graph) -> Vec<Self> {
        let mut all = vec![Self::Paths];
        for key in network.params.iter().flat_map(|param| &param.keys) {
            let scheme = Self::Keys(key.scheme.to_string());
            if !all.contains(&scheme) {
                all.push(scheme);
            }
        }
        all
    }

    /// The one of that name.
    ///
    /// # Errors
    /// The names there are, if it is none of them.
    pub fn named(network: &Graph, name: &str) -> Result<Self, String> {
        let all = Self::all(network);
        match all.iter().find(|scheme| scheme.to_string() == name) {
            Some(scheme) => Ok(scheme.clone()),
            None => {
                Err(all.iter().map(|scheme| format!("`{scheme}`")).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// A tensor's name, unless the scheme has none for it.
    pub fn name<'p>(&self, param: &'p Param) -> Option<&'p str> {
        match self {
            Self::Paths => Some(&param.path),
            Self::Keys(scheme) => param.key(scheme),
        }
    }
}
