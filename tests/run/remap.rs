//! Weights filled from a seed's, by the program.

use std::path::Path;

use nasc_compiler::{Options, compile};
use nasc_runtime::run::tensors::{Dtype, RawTensor, Tensors};
use nasc_runtime::run::weights::{load_weights, save_weights};
use serde_json::Value;

use crate::{done, nasc, refused, scratch, utf8};

/// A network, and a space of wider and deeper ones with larger kernels.
const SPACE: &str = "import \"std/mobilenet\" { mbconv }
network small() {
    input image: [3, 16, 16]
    let stem = image -> conv(8, kernel: 3) -> bn -> relu6
    for i in 0..2 as stage { stem = stem -> mbconv(8, kernel: 3, hidden: 16) }
    output logits = stem -> global_pool -> linear(5)
}
space wider() {
    input image: [3, 16, 16]
    let stem = image -> conv(8, kernel: 3) -> bn -> relu6
    for i in 0..2 as stage {
        stem = stem -> choose op default wide {
            wide: mbconv(8, kernel: 5, hidden: 24)
            narrow: mbconv(8, kernel: 3, hidden: 8)
        }
    }
    output logits = stem -> global_pool -> linear(5)
    remap small { fill: live }
}
";

/// Numbers for every tensor of the small network, variances among them.
fn weights(file: &str) -> Tensors {
    let files = std::collections::BTreeMap::from([(file.to_owned(), SPACE.to_owned())]);
    let options = Options { name: Some("small".to_owned()), ..Options::default() };
    let network = compile(&files, file, &options).unwrap().checked.unwrap();
    let made = network.params.iter().enumerate().map(|(at, param)| {
        let number = |place: u64| 0.2 + ((31 * place + 7 * at as u64) % 19) as f32 / 19.0;
        let bytes = (0..param.full_size()).flat_map(|place| number(place).to_le_bytes()).collect();
        let shape = param.full.iter().map(|&length| length as usize).collect();
        (param.path.to_string(), RawTensor { dtype: Dtype::F32, shape, bytes })
    });
    made.collect()
}

fn written(folder: &Path) -> (String, String, Tensors) {
    let (space, seed) = (folder.join("wide.nas"), folder.join("small.safetensors"));
    std::fs::write(&space, SPACE).unwrap();
    let tensors = weights("wide.nas");
    save_weights(&seed, &tensors, &std::collections::BTreeMap::new()).unwrap();
    (format!("{}#wider", utf8(&space)), utf8(&seed).to_owned(), tensors)
}

#[test]
fn a_space_is_filled_and_compared_and_written() {
    let (folder, out) = scratch();
    let (space, seed, tensors) = written(folder.path());
    let out = out.with_extension("safetensors");
    let arguments = ["remap", &space, "--seed", &seed, "-o", utf8(&out), "--format", "json"];
    let shown: Value = serde_json::from_slice(&done(nasc(&arguments)).stdout).unwrap();
    let parts = shown["filled"]["differences"].as_array().unwrap();
    assert!(parts.len() >= 2, "{shown}");
    for part in parts {
        assert!(part["relative"].as_f64().unwrap() < 1e-5, "{part}");
    }
    let (filled, facts) = load_weights(&out).unwrap();
    assert_eq!(facts["remapped from"], "small");
    assert!(filled["stem.conv.weight"] == tensors["stem.conv.weight"]);
    let narrow = &filled["stage.1.op.narrow.project.weight"];
    assert_eq!(narrow.shape, [8, 8, 1, 1]);
    let first_row = &tensors["stage.1.mbconv.project.weight"].bytes[..8 * 4];
    assert!(narrow.bytes[..8 * 4] == *first_row);
    // For reading: what was filled, and how far it is from the seed.
    let shown = String::from_utf8(done(nasc(&arguments[..6])).stdout).unwrap();
    assert!(shown.contains("after") && shown.contains("wrote `"), "{shown}");
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    let (folder, out) = scratch();
    let (space, seed, mut tensors) = written(folder.path());
    let both = ["remap", &space, "--seed", &seed, "--dry-run", "-o", utf8(&out)];
    assert_eq!(nasc(&both).output().unwrap().status.code(), Some(2));
    assert_eq!(nasc(&both[..2]).output().unwrap().status.code(), Some(2));
    tensors.remove("stem.bn.weight");
    save_weights(Path::new(&seed), &tensors, &std::collections::BTreeMap::new()).unwrap();
    let said = refused(nasc(&["remap", &space, "--seed", &seed, "-o", utf8(&out)]), 1);
    assert!(said.contains("`stem.bn.weight`"), "{said}");
    assert!(!out.exists());
}
