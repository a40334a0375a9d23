//! Any text parses without a panic, and in bounded time: the tests would not end otherwise.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod files;

use nasc_grammar::{error, parse};

#[test]
fn every_prefix_of_every_file_parses_without_a_panic() {
    for (_, text) in files::corpus() {
        for (end, _) in text.char_indices() {
            parse(&text[..end]);
        }
    }
}

#[test]
fn every_file_with_one_token_removed_parses_without_a_panic() {
    for (_, text) in files::corpus() {
        for (start, end) in files::tokens(&text) {
            parse(&format!("{}{}", &text[..start], &text[end..]));
        }
    }
}

/// Nests `levels` of `open … close` around a name.
fn nested(levels: usize, open: &str, close: &str) -> String {
    format!("const A = {}x{}", open.repeat(levels), close.repeat(levels))
}

const BRACKETS: &[(&str, &str)] = &[
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("f(", ")"),
    ("f(a: ", ")"),
    ("x[", "]"),
    ("x[..", "]"),
    ("x @a(", ")"),
    ("if c { ", " }"),
    ("if c { y } else { ", " }"),
    ("if ", " { y }"),
    ("match v { _: ", " }"),
    ("match v { ", ": y }"),
    ("match ", " { _: y }"),
    ("for i in xs { ", " }"),
    ("for i in ", " { y }"),
    ("choose a { b: ", " }"),
    ("choose a { if c { b: ", " } }"),
    ("choose a { for i in xs { b: ", " } }"),
    ("choose a in {", "}"),
    ("choose a in [", "]"),
    ("choose a prior {b: ", "} {}"),
    ("keep 2 of a { b: ", " }"),
    ("\"{", "}\""),
    ("|x| { ", " }"),
    ("|x = (", ")| x"),
    ("{ let y = (", ") }"),
    ("{ x = [", "] }"),
    ("{ limit macs(", ") <= 3 }"),
    ("{ require x, (", ") }"),
    ("{ output [a] = [", "] }"),
    ("shared (", ")"),
    ("not (", ")"),
    ("1 + (", ")"),
];

#[test]
fn a_hundred_levels_parse() {
    for (open, close) in BRACKETS {
        let text = nested(100 / open.matches(['(', '[', '{']).count().max(1), open, close);
        assert_eq!(parse(&text).errors, [], "{open}…{close}");
    }
}

#[test]
fn two_hundred_brackets_parse_and_no_more() {
    for (open, close) in [("(", ")"), ("[", "]"), ("f(", ")"), ("{", "}")] {
        assert_eq!(parse(&nested(200, open, close)).errors, [], "{open}…{close}");
        let codes: Vec<_> =
            parse(&nested(201, open, close)).errors.iter().map(|e| e.code).collect();
        assert_eq!(codes, [error::TOO_DEEP], "{open}…{close}");
    }
}

#[test]
fn a_mistake_under_a_hundred_levels_is_found() {
    for (open, close) in BRACKETS {
        let levels = 100 / open.matches(['(', '[', '{']).count().max(1);
        let text = nested(levels, open, close).replace('x', "x = = x");
        assert!(!parse(&text).errors.is_empty(), "{open}…{close}");
    }
}

#[test]
fn nesting_without_end_is_an_error_and_no_overflow() {
    for (open, close) in BRACKETS {
        let text = nested(20_000, open, close);
        let codes: Vec<_> = parse(&text).errors.iter().map(|error| error.code).collect();
        assert_eq!(codes, [error::TOO_DEEP], "{open}…{close}");
    }
}

#[test]
fn chains_without_end_are_an_error_and_no_overflow() {
    let chains = [
        "- ",
        "not ",
        "shared ",
        "|x| ",
        "x + ",
        "x -> ",
        "x ** ",
        "x.a",
        "f()",
        "x[0]",
        "x as a ",
        "if c { y } else ",
        "x @a ",
    ];
    for chain in chains {
        let text = format!("const A = {}x", chain.repeat(20_000));
        assert!(!parse(&text).errors.is_empty(), "{chain}");
    }
}

#[test]
fn a_long_file_is_no_deep_one() {
    let lines: Vec<String> =
        (0..20_000).map(|i| format!("    let y{i} = x -> conv({i}, kernel: 3) -> bn\n")).collect();
    let text = format!("block long(x) {{\n{}    x\n}}\n", lines.concat());
    assert_eq!(parse(&text).errors, []);
}
