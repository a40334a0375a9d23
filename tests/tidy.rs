//! What neither the compiler nor its lints hold: the layout of files, and which part may name what.
//!
//! Only the standard library is used, so that `rustc --test tests/tidy.rs` runs it without a build of
//! anything else. Formatting is `cargo fmt`'s and the grammar's own tests'; codes, their pages and their
//! fixtures are looked at by the compiler's.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

/// Longest line of a comment or a string; `cargo fmt` holds code to less and leaves these alone.
const WIDTH: usize = 120;
/// What anybody reads before the first change.
const ARCHITECTURE_LINES: usize = 200;

/// A text file of the repository.
struct File {
    /// Its path from the root, with `/`.
    path: String,
    text: String,
}

impl File {
    fn ends(&self, ending: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == ending)
    }

    fn lies_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    /// Lines of code with their numbers: what stands before a comment. Good enough for finding names;
    /// a string with two slashes in it is cut too.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let code = |line| str::split_once(line, "//").map_or(line, |(code, _)| code);
        self.text.lines().enumerate().map(move |(index, line)| (index + 1, code(line)))
    }
}

fn root() -> PathBuf {
    // `rustc` alone sets no such variable, and is run from the root.
    PathBuf::from(option_env!("CARGO_MANIFEST_DIR").unwrap_or("."))
}

/// Every text file that the repository keeps, in order.
fn files() -> Vec<File> {
    let root = root();
    let ignored: Vec<String> = fs::read_to_string(root.join(".gitignore"))
        .unwrap()
        .lines()
        .map(|line| line.trim_matches('/').to_owned())
        .collect();
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let skipped = name == ".git"
                || name.starts_with("target")
                || name.ends_with(".snap.new")
                || ignored.contains(&name);
            if skipped || path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                found.push(File { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 100, "the repository has files");
    found
}

fn sources() -> Vec<File> {
    files().into_iter().filter(|file| file.ends("rs")).collect()
}

/// Whether `word` stands in a line on its own, not as a part of another name.
fn names(line: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(is_word) && !line[at + word.len()..].starts_with(is_word)
    })
}

fn none(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

#[test]
fn lines_are_short_and_end_where_their_text_does() {
    let mut wrong = Vec::new();
    for file in files() {
        let path = &file.path;
        // Snapshots hold what a person would see, wherever that ends.
        let is_ours = ["rs", "nas", "md", "toml", "pest", "cpp", "py"].iter().any(|e| file.ends(e));
        for (index, line) in file.text.lines().enumerate().filter(|_| is_ours) {
            let place = format!("{path}:{}", index + 1);
            if line.ends_with([' ', '\t']) {
                wrong.push(format!("{place} ends in a blank"));
            }
            if !file.ends("rs") {
                continue;
            }
            if line.chars().count() > WIDTH {
                wrong.push(format!("{place} is longer than {WIDTH}"));
            }
            if line.contains('\t') {
                wrong.push(format!("{place} has a tab"));
            }
        }
        if is_ours && !file.text.is_empty() && !file.text.ends_with('\n') {
            wrong.push(format!("{path} does not end in a line end"));
        }
    }
    none("lines", &wrong);
}

#[test]
fn nothing_is_left_for_later() {
    // Put together, so that they do not find themselves.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
    let calls = [concat!("dbg", "!("), concat!("todo", "!("), concat!("unimplemented", "!(")];
    let mut wrong = Vec::new();
    for file in files() {
        if !["rs", "nas", "md", "toml", "pest", "cpp", "py"].iter().any(|e| file.ends(e)) {
            continue;
        }
        for (index, line) in file.text.lines().enumerate() {
            let place = format!("{}:{}", file.path, index + 1);
            for word in words.iter().filter(|word| names(line, word)) {
                wrong.push(format!("{place} says {word}"));
            }
            for call in calls.iter().filter(|call| file.ends("rs") && line.contains(**call)) {
                wrong.push(format!("{place} calls {call}…)"));
            }
        }
        if file.ends("rs") && file.text.contains(concat!("#[ign", "ore")) {
            wrong.push(format!("{} has a test that is not run", file.path));
        }
    }
    none("left for later", &wrong);
}

#[test]
fn every_module_begins_by_saying_what_it_holds() {
    let is_head = |file: &&File| file.text.starts_with("//! ");
    // A module of tests is told of by the one that it stands below.
    let is_tests = |file: &&File| file.path.ends_with("/tests.rs");
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|file| !is_head(file) && !is_tests(file))
        .map(|file| file.path.clone())
        .collect();
    none("without a head", &wrong);
}

#[test]
fn the_architecture_is_read_in_one_sitting() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(text.lines().count() <= ARCHITECTURE_LINES);
}

#[test]
fn libraries_are_named_where_they_belong_and_nowhere_else() {
    // What may be named, and where.
    let places: &[(&str, &[&str])] = &[
        ("pest", &["grammar/src/cst.rs", "grammar/src/cst/"]),
        ("pest_derive", &["grammar/src/cst.rs", "grammar/src/cst/"]),
        ("petgraph", &["compiler/src/ir/graph.rs"]),
        ("codespan_reporting", &["compiler/src/diagnostic/render.rs"]),
        ("tch", &["runtime/src/torch/", "benches/step/"]),
        ("torch_sys", &["runtime/src/torch/"]),
        ("unsafe", &["runtime/src/torch/"]),
        ("anyhow", &["src/"]),
        ("clap", &["src/"]),
        ("indicatif", &["src/"]),
        ("nasc_runtime", &["src/", "tests/", "benches/", "examples/", "runtime/"]),
        ("nasc_compiler", &["src/", "tests/", "benches/", "examples/", "runtime/", "compiler/"]),
    ];
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|file| file.path != "tests/tidy.rs") {
        for (name, places) in places {
            if file.lies_in(places) {
                continue;
            }
            for (line, code) in file.code() {
                let path = format!("{name}::");
                let is_named = match *name {
                    "unsafe" => names(code, name),
                    _ => code.contains(&path) && names(code, name),
                };
                if is_named {
                    wrong.push(format!("{}:{line} names {name}", file.path));
                }
            }
        }
    }
    none("outside of their place", &wrong);
}

#[test]
fn the_pure_crates_neither_read_nor_print_nor_look_at_a_clock() {
    let forbidden = [
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "std::io",
        "std::time",
        "Instant",
        "SystemTime",
        "HashMap",
        "HashSet",
        "println",
        "eprintln",
    ];
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|f| f.lies_in(&["grammar/src/", "compiler/src/"])) {
        for (line, code) in file.code() {
            for name in forbidden.iter().filter(|name| names(code, name)) {
                wrong.push(format!("{}:{line} names {name}", file.path));
            }
        }
    }
    none("not pure", &wrong);
}

#[test]
fn a_crate_depends_on_those_before_it() {
    let forbidden: &[(&str, &[&str])] = &[
        ("grammar/Cargo.toml", &["nasc-compiler", "nasc-runtime", "petgraph", "tch", "clap"]),
        ("compiler/Cargo.toml", &["nasc-runtime", "pest", "tch", "clap", "anyhow", "rand"]),
        ("runtime/Cargo.toml", &["nasc-grammar", "pest", "petgraph", "codespan-reporting", "clap"]),
        ("Cargo.toml", &[]),
    ];
    let mut wrong = Vec::new();
    for (manifest, forbidden) in forbidden {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let dependencies = text.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        for name in dependencies.filter(|name| forbidden.contains(name)) {
            wrong.push(format!("{manifest} depends on {name}"));
        }
    }
    none("out of order", &wrong);
}

#[test]
fn every_snapshot_beside_a_space_has_its_space() {
    let files = files();
    let wrong: Vec<String> = files
        .iter()
        .filter(|file| file.ends("snap") && file.lies_in(&["spaces/", "compiler/tests/ui/"]))
        .map(|file| file.path.replace(".snap", ".nas"))
        .filter(|space| !files.iter().any(|file| file.path == *space))
        .collect();
    none("without a space", &wrong);
}

#[test]
fn every_space_that_ships_has_its_snapshot() {
    let files = files();
    let wrong: Vec<String> = files
        .iter()
        .filter(|file| file.ends("nas") && file.lies_in(&["spaces/"]))
        .filter(|file| !file.lies_in(&["spaces/std/"]))
        .map(|file| file.path.replace(".nas", ".snap"))
        .filter(|snapshot| !files.iter().any(|file| file.path == *snapshot))
        .collect();
    none("without a snapshot", &wrong);
}
