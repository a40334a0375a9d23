//! The pages of the codes and the language reference hold what they say: every example is compiled.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;

use nasc_compiler::diagnostic::{Severity, code};
use nasc_compiler::{Compilation, Options, compile};
use nasc_grammar::ast::ItemKind;

/// Codes whose page has no example, with the reason.
const WITHOUT_EXAMPLE: &[(&str, &str)] =
    &[("E0106", "two hundred brackets are no example that anybody would read")];

/// The fenced `nas` blocks of a text, in order, each with its line.
fn examples(text: &str) -> Vec<(usize, String)> {
    let mut examples: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        match line {
            "```nas" => {
                open = true;
                examples.push((index + 2, String::new()));
            }
            "```" => open = false,
            line if open => {
                let example = &mut examples.last_mut().unwrap().1;
                example.push_str(line);
                example.push('\n');
            }
            _ => {}
        }
    }
    examples
}

/// Compiles the last space, network or derived network of a text, as a file called `space.nas`.
fn compiled(text: &str) -> Compilation {
    let last =
        nasc_grammar::parse(text).file.items.iter().rev().find_map(|item| match &item.kind {
            ItemKind::Space(space) => Some(space.name.text.to_string()),
            ItemKind::Derive(derive) => Some(derive.name.text.to_string()),
            _ => None,
        });
    let files = BTreeMap::from([("space.nas".to_owned(), text.to_owned())]);
    compile(&files, "space.nas", &Options { name: last, ..Options::default() }).unwrap()
}

fn codes(compilation: &Compilation) -> Vec<&'static str> {
    let mut codes: Vec<&str> = compilation.diagnostics.iter().map(|d| d.code).collect();
    codes.dedup();
    codes
}

#[test]
fn the_first_example_of_a_page_fails_with_its_code_and_the_second_is_sound() {
    let mut wrong = Vec::new();
    for code in code::CODES {
        let examples = examples(code.page);
        if WITHOUT_EXAMPLE.iter().any(|(id, _)| *id == code.id) {
            assert!(examples.is_empty(), "{} has an example after all", code.id);
            continue;
        }
        let [(_, bad), (_, good)] = &examples[..] else {
            panic!("{} has {} examples", code.id, examples.len());
        };
        let (failed, mended) = (compiled(bad), compiled(good));
        if codes(&failed) != [code.id] {
            wrong.push(format!("{} fails with:\n{}", code.id, failed.render()));
        }
        if !mended.diagnostics.is_empty() {
            wrong.push(format!("{} mended:\n{}", code.id, mended.render()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_begins_with_its_title() {
    for code in code::CODES {
        let first = code.page.lines().next().unwrap();
        assert_eq!(first, format!("# {}: {}", code.id, code.title));
        let severity = if code.id.starts_with('W') { Severity::Warning } else { Severity::Error };
        assert!(severity == Severity::Error || code.id.starts_with("W09"));
    }
}

#[test]
fn codes_are_in_order_and_found_in_any_case() {
    assert!(code::CODES.is_sorted_by_key(|code| code.id));
    assert_eq!(code::find("e0312").unwrap().id, "E0312");
    assert!(code::find("E9999").is_none());
}

#[test]
fn every_code_of_the_grammar_has_a_page() {
    for (id, _) in nasc_grammar::error::CODES {
        assert!(code::find(id).is_some(), "{id} has no page");
    }
}
