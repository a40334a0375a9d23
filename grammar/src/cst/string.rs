//! Strings: escapes and interpolation.

use std::sync::Arc;

use super::{Builder, Node, Parts, Rule, expr};
use crate::{SyntaxError, ast::StrPart, error};

/// The parts of a string; neighbouring text is joined.
pub(super) fn parts(b: &mut Builder, pair: Node) -> Vec<StrPart> {
    let mut parts = Vec::new();
    let mut text = String::new();
    for part in Parts::of(pair) {
        match part.as_rule() {
            Rule::str_escape => text.push_str(&escape(b, &part)),
            Rule::str_text => text.push_str(part.as_str()),
            _ => {
                end_text(&mut text, &mut parts);
                parts.push(StrPart::Expr(expr::expr(b, Parts::of(part).part())));
            }
        }
    }
    end_text(&mut text, &mut parts);
    parts
}

fn end_text(text: &mut String, parts: &mut Vec<StrPart>) {
    if !text.is_empty() {
        parts.push(StrPart::Text(Arc::from(std::mem::take(text))));
    }
}

/// What an escape stands for; an unknown one is reported and stands for itself.
fn escape(b: &mut Builder, pair: &Node) -> String {
    let written = pair.as_str();
    let known = match written {
        "{{" => "{",
        "}}" => "}",
        "\\n" => "\n",
        "\\t" => "\t",
        "\\\"" => "\"",
        "\\\\" => "\\",
        _ => {
            let message = format!("`{written}` means nothing in a string");
            let help = match written {
                "}" | "\\{" | "\\}" => "a brace is written twice: `{{` and `}}`",
                _ => "the escapes are `\\n`, `\\t`, `\\\"` and `\\\\`",
            };
            let error = SyntaxError::at(error::BAD_ESCAPE, b.span(pair), message).help(help);
            b.errors.push(error);
            written
        }
    };
    known.to_owned()
}
