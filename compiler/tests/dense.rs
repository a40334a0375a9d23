//! The published spaces for detection, segmentation, pose and depth: their sizes, and the costs of whole systems.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use nasc_compiler::analysis::count;
use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::ir::{Decision, Param};
use nasc_compiler::{Checked, Options, compile};
use num_bigint::BigUint;

fn compiled(file: &str, set: &[(&str, &str)]) -> Checked {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spaces").join(file);
    let files = BTreeMap::from([(file.to_owned(), fs::read_to_string(path).unwrap())]);
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let compilation = compile(&files, file, &Options { set, ..Options::default() }).unwrap();
    assert!(compilation.diagnostics.is_empty(), "{}", compilation.render());
    match compilation.checked {
        Some(ref space) => space.clone(),
        None => panic!("{}", compilation.render()),
    }
}

fn power(powers: &[(u32, u32)]) -> BigUint {
    powers.iter().map(|(base, exponent)| BigUint::from(*base).pow(*exponent)).product()
}

/// The network whose decisions take the options of these names, in order.
fn named(space: &Checked, options: &str) -> Arch {
    let names: Vec<&str> = options.split_whitespace().collect();
    assert_eq!(names.len(), space.decisions.len());
    let option = |(decision, name): (&Decision, &&str)| {
        let place = decision.options.iter().position(|option| &**option == *name).unwrap();
        u16::try_from(place).unwrap()
    };
    Arch(space.decisions.iter().zip(&names).map(option).collect())
}

fn cost(space: &Checked, arch: &Arch, measure: Measure, scope: Option<&str>) -> u64 {
    Table::new(space, measure, scope).unwrap().cost(arch)
}

/// What a supernet trains under the paths of `whole`, and without normalisations under `body`.
fn supernet(space: &Checked, whole: &[&str], body: &str) -> u64 {
    let lies_in =
        |path: &str, part: &str| path.strip_prefix(part).is_some_and(|rest| rest.starts_with('.'));
    let counts = |param: &&Param| {
        let is_whole = whole.iter().any(|part| lies_in(&param.path, part));
        let is_weight = lies_in(&param.path, body) && !param.role.is_norm();
        !param.role.is_buffer() && (is_whole || is_weight)
    };
    space.params.iter().filter(counts).map(Param::full_size).sum()
}

/// `MobileNetV2` in the layers of the space for detection.
const MOBILENET_V2: &str = "k3_e6 k3_e6 skip skip k3_e6 k3_e6 k3_e6 skip k3_e6 k3_e6 k3_e6 k3_e6
    k3_e6 k3_e6 k3_e6 skip k3_e6 k3_e6 k3_e6 skip k3_e6";

#[test]
fn ssdlite_is_the_published_system() {
    let space = compiled("fna_ssdlite.nas", &[]);
    assert_eq!(count(&space), Some(power(&[(6, 5), (3, 1), (7, 15)])));
    assert_eq!(supernet(&space, &["body.s1", "last", "levels"], "body"), 11_674_384);
    assert_eq!(cost(&space, &space.seed_arch(), Measure::Params, Some("body")), 2_119_040);
    assert_eq!(cost(&space, &space.seed_arch(), Measure::Macs, Some("body")), 642_368_000);
    let systems = [
        (space.seed_arch(), 4_630_316, 880_333_504),
        (named(&space, MOBILENET_V2), 4_322_988, 808_218_304),
    ];
    for (arch, params, macs) in systems {
        assert_eq!(cost(&space, &arch, Measure::Params, None), params);
        assert_eq!(cost(&space, &arch, Measure::Macs, None), macs);
        // No layer has a bias.
        assert_eq!(cost(&space, &arch, Measure::MacsBias, None), macs);
    }
}
