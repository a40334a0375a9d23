//! Which parameters something is said of: by what they are, or by their paths.

use nasc_compiler::ir::Role;
use serde::{Deserialize, Serialize};

/// Some of the parameters of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// All of them.
    All,
    /// Weights of convolutions, transposed ones included.
    ConvWeights,
    /// Weights of linear layers.
    LinearWeights,
    /// Biases of convolutions and linear layers.
    Biases,
    /// Scales and shifts of normalisations.
    Norms,
    /// Scales and shifts of the last normalisation of every alternative of a choice
    /// ([`last_norms`](nasc_compiler::ir::last_norms)).
    LastNorms,
    /// Learned factors and shifts of their own: those of networks without normalisations.
    Gains,
    /// Slopes of activations.
    Slopes,
    /// Matrices that make small kernels of larger ones.
    Transforms,
    /// Everything at or below these paths, in which `*` stands for any letters: `head`, `s1.*.bn.weight`.
    Paths(Vec<String>),
    /// What any of these selects.
    Several(Vec<Selection>),
}

/// What a selection asks of a parameter.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Its path.
    pub path: &'a str,
    /// What it is.
    pub role: Role,
    /// Whether it belongs to the last normalisation of an alternative.
    pub is_last_norm: bool,
}

impl Selection {
    /// Whether it has the parameter.
    pub fn has(&self, asked: Asked<'_>) -> bool {
        let Asked { path, role, is_last_norm } = asked;
        match self {
            Self::All => true,
            Self::ConvWeights => matches!(role, Role::ConvWeight | Role::TransposeWeight),
            Self::LinearWeights => role == Role::LinearWeight,
            Self::Biases => role == Role::Bias,
            Self::Norms => matches!(role, Role::NormWeight | Role::NormBias),
            Self::LastNorms => is_last_norm,
            Self::Gains => matches!(role, Role::Gain | Role::Offset),
            Self::Slopes => role == Role::Slope,
            Self::Transforms => role == Role::Transform,
            Self::Paths(patterns) => patterns.iter().any(|pattern| lies_at(pattern, path)),
            Self::Several(parts) => parts.iter().any(|part| part.has(asked)),
        }
    }

    /// A part of it that has none of these parameters, as a recipe writes it: a slip of the pen, most likely.
    pub fn idle(&self, all: &[Asked<'_>]) -> Option<String> {
        match self {
            Self::Several(parts) => parts.iter().find_map(|part| part.idle(all)),
            Self::Paths(patterns) => {
                let is_idle =
                    |pattern: &&String| !all.iter().any(|asked| lies_at(pattern, asked.path));
                patterns.iter().find(is_idle).cloned()
            }
            one => {
                let is_idle = !all.iter().any(|asked| one.has(*asked));
                is_idle.then(|| ron::to_string(one).unwrap_or_default())
            }
        }
    }
}

/// Whether a path lies at or below a pattern.
pub(super) fn lies_at(pattern: &str, path: &str) -> bool {
    let ends = path.match_indices('.').map(|(end, _)| end).chain([path.len()]);
    ends.into_iter().any(|end| matches(pattern.as_bytes(), &path.as_bytes()[..end]))
}

/// Whether a text is a pattern with something in the place of every `*`.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where the last star stood, and what it stands for ends.
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, from));
            at += 1;
        } else if pattern.get(at) == text.get(from) {
            (at, from) = (at + 1, from + 1);
        } else if let Some((place, end)) = star {
            star = Some((place, end + 1));
            (at, from) = (place + 1, end + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn asked(path: &str, role: Role) -> Asked<'_> {
        Asked { path, role, is_last_norm: false }
    }

    #[test]
    fn a_path_lies_at_or_below_its_pattern() {
        for (pattern, path, expected) in [
            ("head", "head.linear.weight", true),
            ("head", "head", true),
            ("head", "header.weight", false),
            ("s*.bn", "s1.0.bn.weight", true),
            ("s1.*.weight", "s1.0.conv.weight", true),
            ("s1.*.weight", "s1.0.conv.bias", false),
            ("*", "anything.at.all", true),
            ("*.bias", "a.bias", true),
            ("*bias*", "bias", true),
            ("a*a", "a", false),
            ("a*b*c", "aXbYbZc", true),
            ("", "a", false),
        ] {
            assert_eq!(lies_at(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn roles_are_selected_and_put_together() {
        let weight = asked("a.conv.weight", Role::ConvWeight);
        let scale = asked("a.bn.weight", Role::NormWeight);
        let last = Asked { is_last_norm: true, ..scale };
        assert!(Selection::All.has(weight) && Selection::ConvWeights.has(weight));
        assert!(Selection::Norms.has(scale) && !Selection::Norms.has(weight));
        assert!(Selection::LastNorms.has(last) && !Selection::LastNorms.has(scale));
        let both: Selection = ron::from_str("several([last_norms, paths([\"a.conv\"])])").unwrap();
        assert!(both.has(weight) && both.has(last) && !both.has(scale));
    }

    #[test]
    fn what_selects_nothing_is_told() {
        let all = [asked("a.conv.weight", Role::ConvWeight)];
        let idle = |text: &str| ron::from_str::<Selection>(text).unwrap().idle(&all);
        assert_eq!(idle("all"), None);
        assert_eq!(idle("paths([\"a\"])"), None);
        assert_eq!(idle("paths([\"a\", \"b.*\"])"), Some("b.*".to_owned()));
        assert_eq!(idle("several([all, last_norms])"), Some("last_norms".to_owned()));
    }
}
