//! Depth from one image: the variants of `FastDepth`, layer by layer, and the space around it.

use nasc_compiler::Checked;
use nasc_compiler::analysis::count;
use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table, per_layer};
use num_bigint::BigUint;
use serde_json::Value;

use crate::support::{compiled_with, vector};

fn costs(space: &Checked, arch: &Arch) -> [u64; 2] {
    [Measure::Macs, Measure::Params]
        .map(|measure| Table::new(space, measure, None).unwrap().cost(arch))
}

#[test]
fn every_variant_costs_what_its_code_does() {
    let vector = vector("fastdepth.json");
    let variants: [(&str, &[(&str, &str)]); 4] = [
        ("skipadd", &[]),
        ("skipconcat", &[("join", "concat")]),
        ("nnconv5dw_noskip", &[("join", "none")]),
        ("nnconv5_standard", &[("join", "none"), ("separable", "false")]),
    ];
    for (name, set) in variants {
        let expected = ["macs", "params"].map(|what| vector[name][what].as_u64().unwrap());
        let network = compiled_with("fastdepth.nas", set);
        assert_eq!(costs(&network, &Arch::default()), expected, "{name}");
    }
}

/// Channels and size of the output, and multiply-adds.
#[test]
fn every_layer_costs_what_its_code_does() {
    let network = compiled_with("fastdepth.nas", &[]);
    let rows = per_layer(&network, &Arch::default());
    let found: Vec<(u64, u64, u64)> = rows
        .iter()
        .filter(|row| row.macs > 0)
        .map(|row| (row.shape[0] as u64, row.shape[1] as u64, row.macs))
        .collect();
    let layers = vector("fastdepth.json")["skipadd"]["layers"].as_array().unwrap().clone();
    let number = |layer: &Value, at: usize| layer[at].as_u64().unwrap();
    let expected: Vec<(u64, u64, u64)> =
        layers.iter().map(|l| (number(l, 2), number(l, 5), number(l, 6))).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_space_around_it_has_it_as_its_seed() {
    let space = compiled_with("netadaptv2_fastdepth.nas", &[]);
    let vector = vector("fastdepth.json");
    let expected = ["macs", "params"].map(|what| vector["skipadd"][what].as_u64().unwrap());
    assert_eq!(costs(&space, &space.seed_arch()), expected);
    let powers = [(2_u32, 46), (3, 5), (65, 5), (129, 1)];
    let size: BigUint =
        powers.iter().map(|(base, power)| BigUint::from(*base).pow(*power)).product();
    assert_eq!(count(&space), Some(size));
}

/// A unit without filters carries its input on, and so do the decisions inside it.
#[test]
fn a_unit_without_filters_is_gone() {
    let space = compiled_with("netadaptv2_fastdepth.nas", &[]);
    let mut arch = space.seed_arch();
    for (id, decision) in space.decision_ids() {
        if decision.path.starts_with("middle.") && decision.path.ends_with("keep") {
            let none = decision.options.iter().position(|option| &**option == "0").unwrap();
            arch.set(id, u32::try_from(none).unwrap());
        }
    }
    let [full, _] = costs(&space, &space.seed_arch());
    let [left, _] = costs(&space, &arch);
    // Five pairs of a depthwise and a pointwise convolution of 512 channels on 14x14.
    assert_eq!(full - left, 5 * (903_168 + 51_380_224));
    let gone = |row: &nasc_compiler::cost::Row| row.path.starts_with("middle.") && row.macs > 0;
    assert!(!per_layer(&space, &arch).iter().any(gone));
}
