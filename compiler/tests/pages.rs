//! The pages of the codes and the language reference hold what they say: every example is compiled,
//! and every code has its page and its fixture.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use nasc_compiler::diagnostic::{Severity, code};
use nasc_compiler::{Compilation, Options, compile};
use nasc_grammar::ast::ItemKind;

/// Codes whose page has no example, with the reason.
const WITHOUT_EXAMPLE: &[(&str, &str)] =
    &[("E0106", "two hundred brackets are no example that anybody would read")];

/// A fenced `nas` block of a text.
#[derive(Default)]
struct Example {
    /// Its first line, from 1.
    line: usize,
    /// The codes that it is said to fail with, after a comma on its fence.
    codes: Vec<String>,
    text: String,
}

/// The fenced `nas` blocks of a text, in order.
fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(fence) = line.strip_prefix("```") {
            let mut words = fence.split(',');
            open = !open && words.next() == Some("nas");
            if open {
                let codes = words.map(str::to_owned).collect();
                examples.push(Example { line: index + 2, codes, text: String::new() });
            }
        } else if open {
            let example = examples.last_mut().unwrap();
            example.text.push_str(line);
            example.text.push('\n');
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
        let [bad, good] = &examples[..] else {
            panic!("{} has {} examples", code.id, examples.len());
        };
        let (failed, mended) = (compiled(&bad.text), compiled(&good.text));
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

#[test]
fn every_example_of_the_language_reference_does_what_it_says() {
    let text = std::fs::read_to_string("../docs/language.md").unwrap();
    let mut wrong = Vec::new();
    for Example { line, codes: announced, text } in examples(&text) {
        let compilation = compiled(&text);
        if codes(&compilation) != announced {
            wrong.push(format!("docs/language.md:{line}\n{}", compilation.render()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_fixture() {
    let mut announced = BTreeSet::new();
    let mut open = vec![PathBuf::from("tests/ui")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "nas") {
                let text = std::fs::read_to_string(path).unwrap();
                let notes = text.lines().filter_map(|line| line.split_once("//~"));
                announced.extend(
                    notes
                        .flat_map(|(_, note)| note.trim_start_matches('^').split_whitespace())
                        .map(str::to_owned)
                        .collect::<Vec<_>>(),
                );
            }
        }
    }
    let missing: Vec<&str> =
        code::CODES.iter().map(|code| code.id).filter(|id| !announced.contains(*id)).collect();
    assert!(missing.is_empty(), "no fixture announces {}", missing.join(", "));
}

#[test]
fn every_code_that_the_sources_name_has_a_page_and_every_page_a_place_in_the_sources() {
    let mut named = BTreeSet::new();
    let mut open = vec![PathBuf::from("src"), PathBuf::from("../grammar/src")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !path.ends_with("diagnostic/code.rs")
            {
                let text = std::fs::read_to_string(path).unwrap();
                let words = text.split('"').filter(|word| {
                    word.len() == 5
                        && word.starts_with(['E', 'W'])
                        && word[1..].bytes().all(|byte| byte.is_ascii_digit())
                });
                named.extend(words.map(str::to_owned));
            }
        }
    }
    let paged: BTreeSet<String> = code::CODES.iter().map(|code| code.id.to_owned()).collect();
    assert_eq!(named, paged);
}
