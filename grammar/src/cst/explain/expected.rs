//! What could stand at a place, in words.

use std::collections::BTreeSet;

use pest::error::Error;

use crate::cst::Rule;

/// The tokens that were tried at a place.
#[derive(Default)]
pub(super) struct Expected {
    tokens: BTreeSet<String>,
    /// Whether a letter or a digit was tried.
    word: bool,
}

/// What may begin an operand, besides names.
const OPERAND: &[&str] = &[
    "\"", "(", "[", "{", "|", "-", "not", "true", "false", "keep", "shared", "if", "match", "for",
    "choose", "_",
];
/// What may follow an operand.
const AFTER_OPERAND: &[&str] = &[
    "->", "**", "*", "/", "+", "-", "..=", "..", "==", "!=", "<=", "<", ">=", ">", "and", "or",
    "step", "as", "@", ".", "(", "[",
];
/// What begins a statement and nothing else.
const STATEMENT: &[&str] =
    &["let", "defaults", "input", "output", "limit", "forbid", "require", "remap"];

impl Expected {
    /// The tokens that an error lists. pest does not export their type, only their text.
    pub(super) fn of(error: &Error<Rule>) -> Self {
        let mut expected = Self::default();
        let Some(attempts) = error.parse_attempts() else { return expected };
        for token in attempts.expected_tokens() {
            match token.to_string() {
                builtin if builtin == "BUILTIN_RULE" => {}
                range if range.len() == 4 && range.contains("..") => expected.word = true,
                token => drop(expected.tokens.insert(token)),
            }
        }
        expected
    }

    pub(super) fn has(&self, token: &str) -> bool {
        self.tokens.contains(token)
    }

    /// Whether an expression may begin here.
    pub(super) fn expression(&self) -> bool {
        self.has("shared") && self.has("choose")
    }

    /// Whether a statement may begin here.
    pub(super) fn statement(&self) -> bool {
        self.has("let") && self.has("forbid")
    }

    /// Whether an operand has just ended.
    pub(super) fn after_operand(&self) -> bool {
        self.has("**")
    }

    /// Whether a keyword was found where a name was wanted: then all that was tried after it is
    /// whether the word goes on.
    pub(super) fn refused_keyword(&self) -> bool {
        self.word && self.tokens.len() == 1 && self.has("_")
    }

    /// The tokens in back-ticks, kinds of them in words, in a fixed order.
    pub(super) fn list(&self) -> Vec<String> {
        let mut rest = self.tokens.clone();
        rest.retain(|token| !token.trim_matches(' ').is_empty());
        let mut list = Vec::new();
        let mut drop = |tokens: &[&str]| rest.retain(|token| !tokens.contains(&token.as_str()));
        if self.after_operand() {
            drop(AFTER_OPERAND);
        }
        if self.expression() {
            drop(OPERAND);
            let statement = self.statement();
            if statement {
                drop(STATEMENT);
            }
            list.push(if statement { "a statement" } else { "an expression" }.to_owned());
        } else if rest.remove("_") || (self.word && rest.is_empty()) {
            list.push("a name".to_owned());
        }
        if rest.remove("\n") {
            rest.remove(";");
            rest.remove(",");
            list.push("a new line".to_owned());
        }
        if rest.remove("\"") {
            list.push("a string".to_owned());
        }
        list.extend(rest.iter().map(|token| format!("`{token}`")));
        list
    }
}
