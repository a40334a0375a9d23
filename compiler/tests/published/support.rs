//! What the tests of the published spaces share.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::pass::fix;
use nasc_compiler::{Checked, Options, compile};
use serde_json::Value;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// All spaces, since one may import another.
pub fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder("spaces")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "nas") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.insert(name, fs::read_to_string(path).unwrap());
        }
    }
    files
}

fn checked(files: &BTreeMap<String, String>, file: &str, set: &[(&str, &str)]) -> Checked {
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let compilation = compile(files, file, &Options { set, ..Options::default() }).unwrap();
    assert!(compilation.diagnostics.is_empty(), "{}", compilation.render());
    match compilation.checked {
        Some(ref space) => space.clone(),
        None => panic!("{}", compilation.render()),
    }
}

/// A published space with these settings; it has no diagnostic.
pub fn compiled_with(file: &str, set: &[(&str, &str)]) -> Checked {
    checked(&files(), file, set)
}

/// A published space as it is.
pub fn compiled(file: &str) -> Checked {
    compiled_with(file, &[])
}

/// A space or network that a test writes.
pub fn written(text: &str) -> Checked {
    checked(&BTreeMap::from([("s.nas".to_owned(), text.to_owned())]), "s.nas", &[])
}

pub fn vector(name: &str) -> Value {
    let path = folder("tests/vectors").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

pub fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| value.as_f64().unwrap() as u64)
}

pub fn cost(space: &Checked, arch: &Arch, measure: Measure, scope: Option<&str>) -> u64 {
    Table::new(space, measure, scope).unwrap().cost(arch)
}

/// Multiply-adds, parameters, and parameters outside normalisations.
pub fn costs(space: &Checked, arch: &Arch) -> [u64; 3] {
    let network = fix(space, arch);
    [Measure::Macs, Measure::Params, Measure::ParamsWithoutBn]
        .map(|measure| cost(&network, &Arch::default(), measure, None))
}
