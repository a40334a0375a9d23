//! The formatter: stable, and it changes neither tree nor comments.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod files;

use nasc_grammar::{Comment, Parsed, format, parse, sexpr};

/// Formats a text, and proves that nothing is lost and nothing left to do.
fn formatted(text: &str) -> String {
    let once = format(text).unwrap();
    let (before, after) = (parse(text), parse(&once));
    assert_eq!(sexpr(&before.file), sexpr(&after.file), "the tree of\n{once}");
    assert_eq!(comments(&before), comments(&after), "the comments of\n{once}");
    assert_eq!(format(&once).unwrap(), once);
    once
}

fn comments(parsed: &Parsed) -> Vec<String> {
    let written = |c: &Comment| std::format!("{}{}", c.kind.marker(), c.text);
    let mut comments: Vec<_> = parsed.comments.iter().map(written).collect();
    comments.sort();
    comments
}

#[test]
fn every_file_of_the_corpus_is_formatted_as_recorded() {
    for (name, text) in files::corpus() {
        insta::assert_snapshot!(name, formatted(&text));
    }
}

#[test]
fn every_space_that_ships_is_formatted() {
    let spaces = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../spaces");
    for folder in [spaces.join("std"), spaces] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "nas") {
                let text = std::fs::read_to_string(&path).unwrap();
                assert_eq!(formatted(&text), text, "{}", path.display());
            }
        }
    }
}

#[test]
fn a_comment_at_the_end_of_any_line_is_kept() {
    for (_, text) in files::corpus() {
        let lines: Vec<&str> = text.lines().collect();
        for chosen in 0..lines.len() {
            let text: Vec<String> = lines
                .iter()
                .enumerate()
                .map(|(at, line)| std::format!("{line}{}", if at == chosen { " // c" } else { "" }))
                .collect();
            formatted(&text.join("\n"));
        }
        formatted(&text.replace('\n', " // c\n"));
    }
}

#[test]
fn a_comment_before_any_line_is_kept() {
    for (_, text) in files::corpus() {
        formatted(&text.replace('\n', "\n// c\n"));
        formatted(&text.replace('\n', "\n\n\n// c\n\n/// d\n\n"));
    }
}

#[test]
fn a_file_with_one_token_removed_is_formatted_if_it_parses() {
    for (_, text) in files::corpus() {
        for (start, end) in files::tokens(&text) {
            let text = std::format!("{}{}", &text[..start], &text[end..]);
            if parse(&text).errors.is_empty() {
                formatted(&text);
            }
        }
    }
}

#[test]
fn a_text_with_errors_is_left_alone() {
    assert_eq!(format("const A = (").unwrap_err(), parse("const A = (").errors);
}

#[test]
fn layout() {
    let table = [
        // Nothing comes of nothing.
        ("", ""),
        ("\n\n", ""),
        ("// only\n\n\n// comments", "// only\n\n// comments\n"),
        // Blanks and separators.
        ("const  A=1+2 *3\r\n\r\n\r\nconst B = -A", "const A = 1 + 2 * 3\n\nconst B = -A\n"),
        ("block a( x ,k:int=3 ){x}", "block a(x, k: int = 3) { x }\n"),
        ("block a(x) { let y = x; y }", "block a(x) { let y = x; y }\n"),
        ("block a(x) { let y = x\ny }", "block a(x) { let y = x; y }\n"),
        ("block a(x) {\nlet y = x; y }", "block a(x) {\n    let y = x\n    y\n}\n"),
        ("block a(x) {\n\n\nx\n\n\nx\n\n}", "block a(x) {\n    x\n\n    x\n}\n"),
        ("block a(x) {}", "block a(x) {}\n"),
        ("block a(x) {\n// why\n}", "block a(x) {\n    // why\n}\n"),
        ("import \"a\" {b,c as d}", "import \"a\" { b, c as d }\n"),
        // Parentheses are the author's.
        ("const A = (1 + 2) + ((3))", "const A = (1 + 2) + (3)\n"),
        ("const A = (// c\n1)", "const A = (1) // c\n"),
        // Braces that ended their line still do.
        ("const A = if a { b } else { c }", "const A = if a { b } else { c }\n"),
        ("const A = if a {\nb } else { c }", "const A = if a {\n    b\n} else {\n    c\n}\n"),
        ("const A = f(|x| {\nx }, 1)", "const A = f(|x| {\n    x\n}, 1)\n"),
        // A comment in a pipe or a list keeps its line.
        ("const A = [1, // one\n2]", "const A = [\n    1, // one\n    2,\n]\n"),
        ("const A = a -> b // c", "const A = a -> b // c\n"),
        ("const A = a // d\n-> b // c", "const A = a // d\n    -> b // c\n"),
    ];
    for (text, expected) in table {
        assert_eq!(formatted(text), expected, "{text}");
    }
}

#[test]
fn long_lines_end_before_an_operator_or_in_their_brackets() {
    let name = "a_name_that_is_rather_long_for_a_name";
    let text = std::format!(
        "block a(x) {{ let y = {name} + {name} - {name} * {name}\nlet z = {name} and not {name} or \
         {name}\nlet l = [{}]\nlet m = [[{name}, {name}], [{name}]] }}",
        vec!["123456"; 30].join(", ")
    );
    insta::assert_snapshot!(formatted(&text));
}
