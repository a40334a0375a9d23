//! Whole files: each parses, and its tree is as recorded.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

use nasc_grammar::{parse, sexpr};

/// The files of the corpus, by name.
fn corpus() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "nas"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "the corpus has files");
    files
}

#[test]
fn every_file_of_the_corpus_has_its_recorded_tree() {
    for (name, text) in corpus() {
        let parsed = parse(&text);
        assert_eq!(parsed.errors, [], "{name}");
        insta::assert_snapshot!(name, sexpr(&parsed.file));
    }
}
