//! Runs as a person makes them: the program, its folders, its messages and its exit codes.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod adapt;
mod binary;
mod damaged;
mod images;
mod killed;
mod others;
mod recipes;
mod remap;
mod weights;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Settings with which a run of `tiny.nas` takes seconds.
const SHORT: [&str; 13] = [
    "data.shapes.size=16",
    "data.shapes.train=300",
    "data.shapes.test=60",
    "checkpoint_every=4",
    "supernet.epochs=2",
    "supernet.batch=30",
    "retrain.epochs=2",
    "retrain.batch=30",
    "search.population=8",
    "search.parents=4",
    "search.crossover=3",
    "search.mutation=3",
    "search.generations=2",
];

/// The program, in the root of the repository.
fn nasc(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nasc"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// The arguments of a short run of `tiny.nas` into a folder.
fn short<'a>(command: &'a str, root: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    of_space("tests/run/tiny.nas", command, root, more)
}

/// The same of another small space.
fn of_space<'a>(
    space: &'a str,
    command: &'a str,
    root: &'a Path,
    more: &[&'a str],
) -> Vec<&'a str> {
    let mut arguments = vec![command, space, "--threads", "1", "--out", utf8(root)];
    arguments.extend(SHORT.iter().flat_map(|setting| ["--with", setting]));
    arguments.extend(more);
    arguments
}

/// A command's output, which must be a success.
fn done(mut command: Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{:?}\n{}", output.status, text(&output.stderr));
    output
}

/// A command that must fail with this exit code; gives what it said.
fn refused(mut command: Command, code: i32) -> String {
    let output = command.output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(!said.contains("panicked") && !said.contains("a bug of nasc"), "{said}");
    said
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn utf8(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The figures of a finished run, without the seconds.
fn summary(root: &Path) -> Value {
    let text = std::fs::read_to_string(root.join("summary.json")).unwrap();
    let mut summary: Value = serde_json::from_str(&text).unwrap();
    summary.as_object_mut().unwrap().remove("seconds").unwrap();
    summary
}

/// A folder that is removed afterwards, and a path in it that does not exist.
fn scratch() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    (folder, path)
}
