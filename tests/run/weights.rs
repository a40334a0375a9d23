//! Weights of other programs: taken over, refused, and given back.

use std::path::Path;

use nasc_runtime::pth;
use nasc_runtime::run::weights::load_weights;
use serde_json::Value;

use super::{done, nasc, refused, scratch, text, utf8};

const NETWORK: &str = "tests/run/weights.nas";

fn import<'a>(file: &'a str, out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["import", file, "--as", NETWORK, "-o", utf8(out)];
    arguments.extend(more);
    arguments
}

#[test]
fn every_form_gives_one_seed() {
    let (_keep, folder) = scratch();
    std::fs::create_dir_all(&folder).unwrap();
    let mut seeds = Vec::new();
    for form in [
        "ordered",
        "ordered_old",
        "plain",
        "plain_old",
        "f64",
        "f16",
        "f16_old",
        "bf16",
        "wrapped",
        "state_dict",
        "model",
        "model_old",
        "model_ema",
    ] {
        let file = format!("tests/vectors/pth/{form}.pth");
        let seed = folder.join(format!("{form}.safetensors"));
        let output = done(nasc(&import(&file, &seed, &["--format", "json"])));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["whole"], true, "{form}");
        assert_eq!(report["by"], "python", "{form}");
        assert_eq!(report["counters"], 1, "{form}");
        assert_eq!(report["matched"].as_array().unwrap().len(), 7, "{form}");
        seeds.push(load_weights(&seed).unwrap().0);
    }
    // Small integers are exact in every type.
    assert!(seeds.iter().all(|seed| *seed == seeds[0]));
    assert_eq!(seeds[0]["stem.conv.weight"].shape, [3, 2, 1, 2]);
}

#[test]
fn weights_go_out_as_they_came_in() {
    let (_keep, folder) = scratch();
    std::fs::create_dir_all(&folder).unwrap();
    let [seed, back, other] =
        ["seed.safetensors", "back.pth", "other.safetensors"].map(|name| folder.join(name));
    done(nasc(&import("tests/vectors/pth/ordered.pth", &seed, &[])));
    let export = |out| nasc(&["export", NETWORK, "--from", utf8(&seed), "--weights", utf8(out)]);
    let said = text(&done(export(&back)).stdout);
    assert!(said.contains("8 tensors by the names of `python`"), "{said}");
    let mut original = pth::load(Path::new("tests/vectors/pth/ordered.pth"), None).unwrap();
    original.tensors[5].1.bytes.fill(0);
    assert_eq!(pth::load(&back, None).unwrap().tensors, original.tensors);

    done(export(&other));
    let (named, facts) = load_weights(&other).unwrap();
    assert_eq!(named, original.tensors.into_iter().collect());
    assert_eq!(facts["nasc.scheme"], "python");

    let said = refused(export(&back), 1);
    assert!(said.contains("--force"), "{said}");
    let said = refused(export(&folder.join("weights.onnx")), 1);
    assert!(said.contains(".pth"), "{said}");
}

#[test]
fn what_is_there_stays_unless_it_may_be_replaced() {
    let (_keep, folder) = scratch();
    std::fs::create_dir_all(&folder).unwrap();
    let seed = folder.join("seed.safetensors");
    std::fs::write(&seed, "old").unwrap();
    let said = refused(nasc(&import("tests/vectors/pth/ordered.pth", &seed, &[])), 1);
    assert!(said.contains("--force"), "{said}");

    let evil = folder.join("evil.pth");
    let magic =
        [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, b'.'];
    let call = b"cos\nsystem\n(X\x04\0\0\0truetR.";
    std::fs::write(&evil, [&magic[..], call].concat()).unwrap();
    let said = refused(nasc(&import(utf8(&evil), &seed, &["--force"])), 3);
    assert!(said.contains("`os.system`"), "{said}");
    std::fs::write(&evil, "{\"weight\": 1}").unwrap();
    let said = refused(nasc(&import(utf8(&evil), &seed, &["--force"])), 3);
    assert!(said.contains("evil.pth"), "{said}");
    assert_eq!(std::fs::read(&seed).unwrap(), b"old");

    done(nasc(&import("tests/vectors/pth/ordered.pth", &seed, &["--force"])));
    assert_eq!(load_weights(&seed).unwrap().0.len(), 7);
}

#[test]
fn a_partial_match_is_taken_when_it_is_asked_for() {
    let (_keep, folder) = scratch();
    std::fs::create_dir_all(&folder).unwrap();
    let seed = folder.join("seed.safetensors");
    let file = "tests/vectors/pth/ordered.pth";
    let said = refused(nasc(&import(file, &seed, &["--set", "classes=5"])), 1);
    assert!(said.contains("--partial"), "{said}");
    assert!(!seed.exists());
    let output = done(nasc(&import(file, &seed, &["--set", "classes=5", "--partial"])));
    let said = text(&output.stdout);
    assert!(said.contains("5 of 7 tensors of `module` matched by the names of `python`"), "{said}");
    assert!(
        said.contains("does not fit: `2.weight` is F32 [2, 3], `logits.linear.weight`"),
        "{said}"
    );
    assert_eq!(load_weights(&seed).unwrap().0.len(), 5);
    // What lacks a tensor is no network to give away.
    let out = folder.join("out.pth");
    let export = ["export", NETWORK, "--from", utf8(&seed), "--weights", utf8(&out)];
    let said = refused(nasc(&[&export[..], &["--set", "classes=5"]].concat()), 1);
    assert!(said.contains("no tensor `logits.linear.weight`"), "{said}");
}

#[test]
fn networks_of_the_library_are_known_by_name() {
    let shown = text(&done(nasc(&["show", "std/seeds/mobilenet_v2"])).stdout);
    assert!(shown.contains("3,504,872"), "{shown}");
    let (_keep, folder) = scratch();
    let seed = folder.with_extension("safetensors");
    let arguments = ["import", "tests/vectors/pth/types.pth", "--as", "spaces/spos.nas", "-o"];
    let said = refused(nasc(&[&arguments[..], &[utf8(&seed)]].concat()), 1);
    assert!(said.contains("--arch"), "{said}");
    let arguments = ["import", "tests/vectors/pth/types.pth", "--as", "std/seeds/resnet18", "-o"];
    let said = refused(nasc(&[&arguments[..], &[utf8(&seed)]].concat()), 1);
    assert!(said.contains("has 10 tensors where the network has 102"), "{said}");
}
