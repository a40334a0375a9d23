//! The corpus of whole files that several tests share.

use std::{fs, path::Path};

/// The files of `tests/corpus`: name and text, in order of names.
pub fn corpus() -> Vec<(String, String)> {
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

/// Words, blanks excepted, and single marks.
#[allow(dead_code, reason = "not every test takes files apart")]
pub fn tokens(text: &str) -> Vec<(usize, usize)> {
    let mut tokens = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        if !(c.is_ascii_alphanumeric() || c == '_') {
            tokens.push((start, at));
            tokens.push((at, at + c.len_utf8()));
            start = at + c.len_utf8();
        }
    }
    tokens.retain(|(start, end)| !text[*start..*end].trim().is_empty());
    tokens
}
