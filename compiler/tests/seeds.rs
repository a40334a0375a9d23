//! The reference networks of the library against torchvision's: costs, the shape, order and name of every
//! parameter, normalisations, and for `MobileNetV3` every layer on its own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Row, Table, per_layer};
use nasc_compiler::ir::text::text;
use nasc_compiler::{Checked, Options, compile, library};
use serde_json::Value;

const FOLDER: &str = "std/seeds/";

/// The name of every reference network, which is its file's and torchvision's.
fn names() -> Vec<&'static str> {
    library::FILES
        .iter()
        .filter_map(|(file, _)| file.strip_prefix(FOLDER)?.strip_suffix(".nas"))
        .collect()
}

fn network(name: &str) -> Checked {
    let text = library::file(&format!("{FOLDER}{name}.nas")).unwrap();
    let files = BTreeMap::from([("seed.nas".to_owned(), text.to_owned())]);
    let compilation = compile(&files, "seed.nas", &Options::default()).unwrap();
    assert!(compilation.diagnostics.is_empty(), "{name}: {}", compilation.render());
    let network = compilation.checked.unwrap();
    assert_eq!(network.name, name);
    network
}

fn costs() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/macs_params.json")).unwrap()
}

fn state_dicts() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/state_dict_shapes.json")).unwrap()
}

/// The names of the networks that a vector knows, in order.
fn known(models: &Value) -> Vec<&str> {
    models.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_seed_costs_what_torchvisions_does() {
    let costs = costs();
    let models = &costs["models"];
    assert_eq!(names().into_iter().collect::<BTreeSet<_>>(), known(models).into_iter().collect());
    for name in names() {
        let network = network(name);
        let model = &models[name];
        let cost = |measure| Table::new(&network, measure, None).unwrap().cost(&Arch::default());
        assert_eq!(cost(Measure::Macs), model["macs"], "MACs of {name}");
        assert_eq!(cost(Measure::Params), model["params"], "parameters of {name}");
        let of = |operation: &str| -> u64 {
            let rows = per_layer(&network, &Arch::default());
            rows.iter().filter(|row| row.operation == operation).map(|row| row.macs).sum()
        };
        assert_eq!(of("conv"), model["conv_macs"], "MACs of the convolutions of {name}");
        assert_eq!(of("linear"), model["linear_macs"], "MACs of the linear layers of {name}");
    }
}

/// Weights of torchvision can be copied one after the other.
#[test]
fn parameters_stand_in_the_order_of_torchvisions_state_dict() {
    let dicts = state_dicts();
    for name in names() {
        let network = network(name);
        let ours: Vec<String> = network
            .params
            .iter()
            .map(|param| param.full.iter().map(u32::to_string).collect::<Vec<_>>().join("x"))
            .collect();
        let theirs: Vec<&str> =
            dicts["models"][name]["shapes"].as_str().unwrap().split(' ').collect();
        assert_eq!(ours, theirs, "{name}");
    }
}

/// Weights of torchvision can be read by name.
#[test]
fn parameters_have_the_names_of_torchvisions_state_dict() {
    let dicts = state_dicts();
    for name in names() {
        let network = network(name);
        let ours: Vec<&str> = network
            .params
            .iter()
            .map(|param| param.key("torchvision").unwrap_or("no name"))
            .collect();
        let theirs: Vec<&str> =
            dicts["models"][name]["names"].as_str().unwrap().split(' ').collect();
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn normalisations_have_torchvisions_settings() {
    let dicts = state_dicts();
    for name in names() {
        let shown = text(&network(name));
        let setting = |line: &str, key: &str| -> f64 {
            line.split_once(key).unwrap().1.split(' ').next().unwrap().parse().unwrap()
        };
        let model = &dicts["models"][name];
        let norms: Vec<&str> = shown.lines().filter(|line| line.contains(" = bn(")).collect();
        assert!(norms.len() > 10, "{name} has normalisations");
        for line in norms {
            assert_eq!(setting(line, "eps="), model["eps"], "{name}: {line}");
            assert_eq!(setting(line, "momentum="), model["momentum"], "{name}: {line}");
        }
    }
}

#[test]
fn every_layer_of_mobilenet_v3_costs_what_it_should() {
    let costs = costs();
    for (name, expected) in costs["mobilenet_v3_blocks"].as_object().unwrap() {
        let rows = per_layer(&network(name), &Arch::default());
        assert_eq!(rows.first().unwrap().macs, expected["stem_macs"], "the stem of {name}");
        // `stage2.1.mbconv.expand` stands in the layer `stage2.1`.
        let layer =
            |row: &Row| -> String { row.path.split('.').take(2).collect::<Vec<_>>().join(".") };
        let mut layers: Vec<(String, u64, u64)> = Vec::new();
        for row in rows.iter().filter(|row| row.path.starts_with("stage")) {
            let here = layer(row);
            match layers.last_mut() {
                Some((last, macs, params)) if *last == here => {
                    *macs += row.macs;
                    *params += row.params;
                }
                _ => layers.push((here, row.macs, row.params)),
            }
        }
        let blocks = expected["blocks"].as_array().unwrap();
        assert_eq!(layers.len(), blocks.len(), "the layers of {name}");
        for ((layer, macs, params), block) in layers.iter().zip(blocks) {
            assert_eq!(*macs, block["macs"], "MACs of {layer} of {name}");
            assert_eq!(*params, block["params"], "parameters of {layer} of {name}");
        }
        let after = rows.iter().find(|row| !row.path.starts_with("st")).unwrap();
        assert_eq!(after.macs, expected["last_conv_macs"], "what follows the stages of {name}");
    }
}

#[test]
fn every_file_of_the_library_is_embedded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spaces");
    let mut found = BTreeSet::new();
    for folder in ["std", "std/seeds"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if Path::new(&name).extension().is_some_and(|ending| ending == "nas") {
                found.insert(format!("{folder}/{name}"));
            }
        }
    }
    let embedded = library::FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, embedded);
}

#[test]
fn every_file_of_the_library_stands_in_the_reference() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/language.md");
    let reference = std::fs::read_to_string(path).unwrap();
    for (file, _) in library::FILES {
        let name = file.strip_suffix(".nas").unwrap();
        let name = name.strip_prefix(FOLDER).unwrap_or(name);
        assert!(reference.contains(&format!("`{name}`")), "{file} is not in the table");
    }
}
