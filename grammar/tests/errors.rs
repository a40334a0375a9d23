//! What is said about mistakes.

use std::fmt::Write;

use nasc_grammar::{SyntaxError, error, parse};

/// Mistakes, each a few lines.
const MISTAKES: &[&str] = &[
    // Brackets and strings.
    "block a(x) {\n    for i in 0..3 {\n        x = x -> relu\n    x\n}\n\nblock b(x) { x }",
    "block a(x) { conv(3 }",
    "block a(x) { [1, 2 }\n\nconst A = 1",
    "const A = (1 + 2))",
    "block a(x) {\n    let y = 1 + 2)\n    y\n}",
    "block a(x) {\n    x ]\n",
    "const A = 1)))",
    "const A = \"abc\n\nconst B = 1",
    "const A = \"k{k\"\nconst B = 1",
    "const A = \"a}b\\q\\{\"",
    // Characters and words of other languages.
    "const A = 'a'",
    "const A = 5 % 3",
    "const A = a && !b",
    "const A = a || b",
    "block a(x) {\n    return x\n}",
    "block a(x) {\n    if a { x } elif b { x }\n}",
    "def a(x) { x }",
    "block a(x) {\n    while x { x }\n}",
    "block a(x) {\n    x += 1\n}",
    "block a(x) {\n    match v { 1 => x }\n}",
    "block a(x) -> tensor { x }",
    // Names and types.
    "block a(x, in: int) { x }",
    "block a(x) {\n    let for = 3\n}",
    "const A = else",
    "block a(x, out: integer, f: [t]) { x }",
    "block a(x) {\n    let y: int = 3\n}",
    // Separators.
    "block a(x) { conv(3 kernel: 3) }",
    "const A = [1 2]",
    "block a(x) { conv(3, kernel = 3) }",
    "block a(x, k: int: 3) { x }",
    "block a(x) {\n    y: 3\n}",
    "block a(x) {\n    choose op { a = relu }\n}",
    "derive a from \"b.nas\"#s { s1.op: skip }",
    "block a(x) {\n    let y = 1 let z = 2\n}",
    "block a(x) { conv(x\n    (3)) }",
    // Line ends.
    "block a(x) {\n    let y =\n        3\n}",
    "block a(x) {\n    let y = 1 +\n        2\n}",
    "block a(x) {\n    let y = x\n        -> relu\n        - 1 ->\n}",
    "block a(x)\n{ x }",
    "block a(x) {\n    for i\n    in 0..3 { }\n}",
    // Operators.
    "const A = 1 < 2 < 3",
    "const A = 1..2..3",
    "const A = 1 step 2",
    "const A = 1 + not b == c",
    "const A = 1 + ",
    "const A = * 3",
    // Numbers.
    "const A = 9223372036854775808",
    "const A = 3x",
    "const A = 12 msec",
    // Items.
    "let x = 3",
    "blok a(x) { x }",
    "block a(x) {\n    block b(x) { x }\n    x\n}",
    "block a(x) {\n    const B = 3\n    x\n}",
    "import \"a\"",
    "import std/mobilenet { a }",
    "space s() {\n    input image [3, 224, 224]\n}",
    "space s() {\n    limit macs 300M\n}",
    "space s() {\n    output = 3 = 4\n}",
    // Decisions.
    "block a(x) {\n    choose {3, 5}\n}",
    "block a(x) {\n    choose k {3, 5}\n}",
    "block a(x) {\n    choose k in {3, 5} { a: b }\n}",
    "block a(x) {\n    choose k in {3, 5} default 3 default 5\n}",
    "block a(x) {\n    choose k { for i in xs as y { a: b } }\n}",
    "block a(x) {\n    keep 2 edges { a: b }\n}",
    // Several at once.
    "block a(x) {\n    let y = f(1 2)\n    let z = [1,\n        2 3,\n    ]\n    x = y z\n    x\n}",
    "block a(x) {\n    x -> choose op {\n        a: f(1 2)\n        b = g\n        c:\n        d: \
     \"{1 2}\"\n    }\n    let\n    3x\n}",
    "space s(a b) {\n    let = 3\n}",
    "block a(x) { conv(3 5) }\n\nblock b(x) { x }\n\nconst C = 3x + 4y\n\nspace d( { }",
];

#[test]
fn mistakes_are_explained() {
    let mut shown = String::new();
    for text in MISTAKES {
        let errors = parse(text).errors;
        assert!(!errors.is_empty(), "{text}");
        for error in errors {
            shown.push_str(&render(text, &error));
            shown.push('\n');
        }
        shown.push('\n');
    }
    insta::assert_snapshot!(shown);
}

/// Each line that something is said about, and what is said under its place.
fn render(text: &str, error: &SyntaxError) -> String {
    let mut shown = format!("{}: {}\n", error.code, error.message);
    let mut places = vec![(error.span, '^', error.label.as_str())];
    places.extend(error.related.iter().map(|(span, label)| (*span, '-', label.as_str())));
    places.sort_by_key(|(span, ..)| *span);
    for (span, mark, label) in places {
        let start = span.start as usize;
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].lines().next().unwrap_or_default();
        let width = span.range().len().max(1);
        let marks = mark.to_string().repeat(width);
        let _ = writeln!(shown, "  | {line}");
        let _ = writeln!(shown, "  | {:1$}{marks} {label}", "", start - line_start);
    }
    if let Some(help) = &error.help {
        let _ = writeln!(shown, "  = {help}");
    }
    shown.lines().map(str::trim_end).fold(String::new(), |all, line| all + line + "\n")
}

#[test]
fn every_code_is_in_the_table_once_and_can_be_met() {
    let mut met: Vec<_> =
        MISTAKES.iter().flat_map(|text| parse(text).errors).map(|error| error.code).collect();
    let deep = format!("const A = {}1{}", "(".repeat(300), ")".repeat(300));
    met.extend(parse(&deep).errors.iter().map(|error| error.code));
    met.sort_unstable();
    met.dedup();
    let codes: Vec<_> = error::CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(met, codes);
}

#[test]
fn a_broken_item_leaves_the_others_whole() {
    let text = "const A = (1\n\nblock b(x) { x }\n\nconst C = [\n\nspace d() { }";
    let parsed = parse(text);
    assert_eq!(parsed.errors.len(), 2);
    assert_eq!(parsed.file.items.len(), 2);
}
