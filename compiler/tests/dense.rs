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
use serde_json::Value;

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

fn vector(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
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

/// A network without decisions that is written here.
fn network(body: &str) -> Checked {
    let files = BTreeMap::from([("n.nas".to_owned(), body.to_owned())]);
    let compilation = compile(&files, "n.nas", &Options::default()).unwrap();
    assert!(compilation.diagnostics.is_empty(), "{}", compilation.render());
    compilation.checked.unwrap()
}

/// Parameters; multiply-adds; these and an addition for every bias at every place.
fn costs(space: &Checked, arch: &Arch, scope: Option<&str>) -> [u64; 3] {
    [Measure::Params, Measure::Macs, Measure::MacsBias]
        .map(|measure| cost(space, arch, measure, scope))
}

/// `MobileNetV2` in the layers of the space for detection.
const MOBILENET_V2: &str = "k3_e6 k3_e6 skip skip k3_e6 k3_e6 k3_e6 skip k3_e6 k3_e6 k3_e6 k3_e6
    k3_e6 k3_e6 k3_e6 skip k3_e6 k3_e6 k3_e6 skip k3_e6";

/// The same in the layers of the space for segmentation.
const MOBILENET_V2_LONG: &str = "k3_e6 k3_e6 skip skip k3_e6 k3_e6 k3_e6 skip
    k3_e6 k3_e6 k3_e6 k3_e6 skip skip k3_e6 k3_e6 k3_e6 skip skip skip k3_e6 k3_e6 k3_e6 skip k3_e6";

#[test]
fn retinanet_is_the_published_system() {
    let space = compiled("fna_retinanet.nas", &[]);
    assert_eq!(count(&space), Some(power(&[(6, 6), (7, 15)])));
    assert_eq!(supernet(&space, &["body.s1"], "body"), 10_850_352);
    let found = space.seed_arch();
    assert_eq!(costs(&space, &found, None), [11_732_244, 132_969_644_736, 133_029_704_376]);
    assert_eq!(costs(&space, &found, Some("body")), [2_055_712, 4_823_403_200, 4_823_403_200]);
    let seed = named(&space, MOBILENET_V2);
    assert_eq!(costs(&space, &seed, Some("body")), [1_811_712, 4_847_148_800, 4_847_148_800]);
    for (scope, params, operations) in [
        (None, 11_488_244, 133_053_449_976),
        (Some("pyramid"), 3_213_312, 11_002_269_696),
        (Some("retinanet"), 6_463_220, 117_204_031_480),
    ] {
        let [found_params, _, found_operations] = costs(&space, &seed, scope);
        assert_eq!((found_params, found_operations), (params, operations), "{scope:?}");
    }
    for (size, macs) in [("224", 278_055_008), ("320", 567_459_200)] {
        let space = compiled("fna_retinanet.nas", &[("height", size), ("width", size)]);
        assert_eq!(cost(&space, &space.seed_arch(), Measure::Macs, Some("body")), macs, "{size}");
    }
}

/// The costs that its search weighs, candidate by candidate.
#[test]
fn every_candidate_of_fna_costs_what_its_table_says() {
    let known = vector("fna_costs.json");
    for (file, key) in [("fna_retinanet.nas", "retinanet"), ("fna_ssdlite.nas", "ssdlite")] {
        let space = compiled(file, &[]);
        let table = known[key]["table"].as_array().unwrap();
        let layers = table.iter().flat_map(|block| block.as_array().unwrap());
        let mut decisions = space.decision_ids();
        for layer in layers {
            let (id, decision) = decisions.next().unwrap();
            for (option, expected) in layer.as_array().unwrap().iter().enumerate() {
                let mut arch = space.seed_arch();
                arch.set(id, option as u32);
                let scope = format!("{}.{}", decision.path, decision.options[option]);
                let macs = cost(&space, &arch, Measure::Macs, Some(&scope));
                let expected = (expected.as_f64().unwrap() * 1e9).round() as u64;
                assert_eq!(macs, expected, "{scope}");
            }
        }
        assert!(decisions.next().is_none());
    }
}

/// `RetinaNet` on the networks of He et al., which FNA++ starts from.
#[test]
fn retinanet_on_residual_networks_is_the_published_system() {
    for (stage, layers, unit, params, operations) in [
        ("basic", [2, 2, 2, 2], 64, 21_410_100, 160_279_078_904),
        ("bottleneck", [3, 4, 6, 3], 256, 37_968_692, 202_840_385_528),
    ] {
        let space = network(&format!(
            "import \"std/resnet\" {{ {stage}, entry }}
            import \"std/neck\" {{ fpn }}
            import \"std/head\" {{ retinanet }}
            network n() {{
                input image: [3, 800, 1088]
                let x = image -> entry
                let levels = for i in 0..4 {{
                    for l in 0..{layers:?}[i] as layer {{
                        let stride = if l == 0 and i > 0 {{ 2 }} else {{ 1 }}
                        x = x -> {stage}({unit} * 2 ** i, stride: stride)
                    }}
                    x
                }}
                let pyramid = fpn(levels[1..4], extra: 2)
                output [classes, boxes] = pyramid -> retinanet(80)
            }}"
        ));
        let [found, _, all] = costs(&space, &Arch::default(), None);
        assert_eq!((found, all), (params, operations), "{stage}");
    }
}

#[test]
fn deeplabv3_is_the_published_system() {
    let space = compiled("fna_deeplabv3.nas", &[]);
    assert_eq!(count(&space), Some(power(&[(6, 6), (7, 19)])));
    assert_eq!(supernet(&space, &["body.x"], "body"), 12_527_088);
    let seed = named(&space, MOBILENET_V2_LONG);
    for (set, arch, params, operations) in [
        (&[][..], space.seed_arch(), 2_466_419, 24_174_895_104),
        (&[], seed.clone(), 2_567_507, 24_521_711_616),
        (&[("height", "769"), ("width", "769")], space.seed_arch(), 2_466_419, 7_039_112_083),
        (&[("height", "769"), ("width", "769")], seed, 2_567_507, 7_144_617_139),
        (&[("output_stride", "8")], space.seed_arch(), 2_466_419, 79_949_905_920),
    ] {
        let space = compiled("fna_deeplabv3.nas", set);
        let [found, _, all] = costs(&space, &arch, None);
        assert_eq!((found, all), (params, operations), "{set:?}");
    }
    let body = compiled("fna_deeplabv3.nas", &[("height", "224"), ("width", "224")]);
    assert_eq!(cost(&body, &body.seed_arch(), Measure::Params, Some("body")), 1_710_624);
    assert_eq!(cost(&body, &body.seed_arch(), Measure::Params, Some("logits")), 755_795);
}

#[test]
fn pose_is_the_published_system() {
    let space = compiled("fna_pose.nas", &[]);
    assert_eq!(count(&space), Some(power(&[(6, 6), (7, 15)])));
    let seed = space.seed_arch();
    assert_eq!(seed, named(&space, MOBILENET_V2));
    assert_eq!(cost(&space, &seed, Measure::Params, None), 5_225_232);
    assert_eq!(cost(&space, &seed, Measure::Params, Some("heatmaps")), 3_413_520);
    assert_eq!(cost(&space, &seed, Measure::Macs, None), 1_807_802_368);
    assert_eq!(cost(&space, &seed, Measure::MacsAtOutputs, None), 6_085_992_448);
}

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
