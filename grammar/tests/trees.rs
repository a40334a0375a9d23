//! Whole files: each parses, and its tree is as recorded.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod files;

use nasc_grammar::{parse, sexpr};

#[test]
fn every_file_of_the_corpus_has_its_recorded_tree() {
    for (name, text) in files::corpus() {
        let parsed = parse(&text);
        assert_eq!(parsed.errors, [], "{name}");
        insta::assert_snapshot!(name, sexpr(&parsed.file));
    }
}
