//! Any text goes through the whole compiler without a panic: prefixes of every file there is, as they
//! stand and with their brackets closed, and files with one token taken out.
//!
//! What is said about the damage is not looked at, only that it is said. Spaces and libraries are cut at
//! some places, spread evenly, which keeps the test short; `NASC_PLACES=1000000` cuts them at every place.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nasc_compiler::{Options, compile};

/// At how many places a space or a library is cut, unless the environment says otherwise.
const PLACES: usize = 60;

fn places() -> usize {
    std::env::var("NASC_PLACES").map_or(PLACES, |places| places.parse().unwrap())
}

/// The files below a folder that end in `.nas`, in order.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "nas") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} has files");
    found
}

/// A text as the first thing that a command is given.
struct Subject {
    name: String,
    text: String,
    /// What stands beside it, to be used or imported by it.
    beside: BTreeMap<String, String>,
}

impl Subject {
    fn read(path: &Path) -> Self {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        Self { name, text: std::fs::read_to_string(path).unwrap(), beside: BTreeMap::new() }
    }

    /// A file of the library in the place of its own, and a space that uses every block of it.
    fn library(name: &str, user: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spaces/std").join(name);
        let stem = name.strip_suffix(".nas").unwrap();
        let user = format!("import \"{stem}\" as it\n\n{user}");
        let beside = BTreeMap::from([("user.nas".to_owned(), user)]);
        Self { beside, ..Self::read(&path) }
    }

    /// Compiles the text, or what uses it, and renders what is said.
    fn survives(&self, text: String) {
        let mut files = self.beside.clone();
        let first = files.keys().next().unwrap_or(&self.name).clone();
        files.insert(self.name.clone(), text);
        let _ = compile(&files, &first, &Options::default()).unwrap().render();
    }

    fn survives_its_prefixes(&self, places: usize) {
        for (_, end) in self.places(places) {
            self.survives(self.text[..end].to_owned());
        }
    }

    /// Prefixes that are whole texts but for what is missing, so that elaboration meets them.
    fn survives_its_closed_prefixes(&self, places: usize) {
        for (_, end) in self.places(places) {
            let prefix = &self.text[..end];
            self.survives(format!("{prefix}{}", closing(prefix)));
        }
    }

    fn survives_the_loss_of_a_token(&self, places: usize) {
        for (start, end) in self.places(places) {
            self.survives(format!("{}{}", &self.text[..start], &self.text[end..]));
        }
    }

    /// At most so many tokens of the text, spread evenly.
    fn places(&self, most: usize) -> Vec<(usize, usize)> {
        let tokens = tokens(&self.text);
        let step = tokens.len().div_ceil(most).max(1);
        // From the end: the whole text but for its last token is the longest way.
        tokens.into_iter().rev().skip(1).step_by(step).collect()
    }
}

/// Words and single marks, without blanks and comments.
fn tokens(text: &str) -> Vec<(usize, usize)> {
    let mut tokens = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.find("//").unwrap_or(line.len());
        let mut start = 0;
        for (at, c) in line[..code].char_indices() {
            if !(c.is_ascii_alphanumeric() || c == '_') {
                tokens.push((line_start + start, line_start + at));
                tokens.push((line_start + at, line_start + at + c.len_utf8()));
                start = at + c.len_utf8();
            }
        }
        tokens.push((line_start + start, line_start + code));
        line_start += line.len();
    }
    tokens.retain(|(start, end)| !text[*start..*end].trim().is_empty());
    tokens
}

/// What closes the brackets that are open at the end of a text; strings and comments are not looked
/// into, which makes for damage of its own.
fn closing(text: &str) -> String {
    let mut open = Vec::new();
    for c in text.chars() {
        match c {
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' => {
                open.pop();
            }
            _ => {}
        }
    }
    open.into_iter().rev().collect()
}

fn libraries() -> Vec<Subject> {
    let space = |body: &str| format!("space s() {{\n    input image: [16, 32, 32]\n{body}\n}}\n");
    vec![
        Subject::library(
            "binary.nas",
            &space(
                "let a = image -> it.entry(16, kernel: 3) -> it.react(32, stride: 2, norm: \"free\", before: [0.9, 0.8])
                 output y = a -> it.react_basic(64, stride: 2, norm: \"none\", weights: \"real\")",
            ),
        ),
        Subject::library(
            "darts.nas",
            &space(
                "let op = choose op in {\"skip_connect\", \"sep_conv_5x5\", \"dil_conv_3x3\", \"avg_pool_3x3\"}
                 output y = image -> it.relu_conv_bn(16) -> it.candidate(op, stride: 2)",
            ),
        ),
        Subject::library(
            "netadapt.nas",
            &space(
                "let a = image -> it.bypassed(32) -> it.strided(32)
                 output y = a -> conv(16) -> it.inverted(16, filters: 32, squeeze: true) -> conv(4)",
            ),
        ),
        Subject::library(
            "video.nas",
            "space s() {
                input clip: [16, 4, 8, 8]
                let k = choose k in {1, 3}
                let a = clip -> it.mbconv3d(16, frames: k) -> it.mbconv2plus1d(24, stride: 2)
                output y = a -> it.shifted_mbconv(24, kernel: 5)
            }",
        ),
        Subject::library("head.nas", &space("output y = image -> it.classifier(10, features: 8)")),
        Subject::library(
            "mobilenet.nas",
            &space(
                "let k = choose k in {3, 5}
                 let a = image -> it.mbconv(16, kernel: k, expand: 6, stride: 2)
                 output y = a -> it.stage(24, layers: 2) -> it.stage_v3(24, hidden: [24, 72], squeeze: true)",
            ),
        ),
        Subject::library(
            "resnet.nas",
            &space("output y = image -> it.entry -> it.basic(64) -> it.bottleneck(128, stride: 2)"),
        ),
        Subject::library(
            "shufflenet.nas",
            &space(
                "let a = image -> it.unit(16, kernel: 3) -> it.unit(32, kernel: 5, stride: 2)
                 output y = a -> it.xception(32) -> it.xception(64, stride: 2)",
            ),
        ),
    ]
}

/// The spaces and the blocks of the library; the reference networks are long and much alike.
fn spaces() -> Vec<Subject> {
    let other = |path: &&PathBuf| !path.iter().any(|part| part == "seeds");
    files("../spaces").iter().filter(other).map(|path| Subject::read(path)).collect()
}

fn seeds() -> Vec<Subject> {
    files("../spaces/std/seeds").iter().map(|path| Subject::read(path)).collect()
}

fn fixtures() -> Vec<Subject> {
    // Those that try the limits of the compiler take their time by design.
    let quick = |path: &PathBuf| !path.iter().any(|part| part == "limits");
    files("tests/ui").iter().filter(|path| quick(path)).map(|path| Subject::read(path)).collect()
}

#[test]
fn the_library_as_it_stands_is_used_without_a_mistake() {
    for library in libraries() {
        let mut files = library.beside.clone();
        files.insert(library.name.clone(), library.text.clone());
        let compilation = compile(&files, "user.nas", &Options::default()).unwrap();
        assert!(compilation.diagnostics.is_empty(), "{}", compilation.render());
    }
}

#[test]
fn prefixes_of_every_space_compile_without_a_panic() {
    for space in spaces() {
        space.survives_its_prefixes(places());
        space.survives_its_closed_prefixes(places());
    }
}

#[test]
fn closed_prefixes_of_every_seed_compile_without_a_panic() {
    for seed in seeds() {
        seed.survives_its_closed_prefixes(places());
    }
}

#[test]
fn every_prefix_of_every_fixture_compiles_without_a_panic() {
    for fixture in fixtures() {
        fixture.survives_its_prefixes(usize::MAX);
        fixture.survives_its_closed_prefixes(places());
    }
}

#[test]
fn small_fixtures_without_one_token_compile_without_a_panic() {
    let all = fixtures();
    let small = all.iter().filter(|fixture| fixture.text.len() < 400);
    small.for_each(|fixture| fixture.survives_the_loss_of_a_token(places()));
}

#[test]
fn a_damaged_library_is_used_without_a_panic() {
    for library in libraries() {
        library.survives_its_closed_prefixes(places());
        library.survives_the_loss_of_a_token(places());
    }
}
