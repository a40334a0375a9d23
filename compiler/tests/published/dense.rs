//! The published spaces for detection, segmentation, pose and depth: their sizes, and the costs of whole systems.

use nasc_compiler::Checked;
use nasc_compiler::analysis::{Allowed, NODE_LIMIT, count, extremes};
use nasc_compiler::arch::Arch;
use nasc_compiler::arch::text::parse;
use nasc_compiler::budget::parse_limit;
use nasc_compiler::cost::{Measure, per_layer};
use nasc_compiler::ir::{Decision, Param};
use num_bigint::BigUint;

use crate::support::{compiled_with, cost, vector, written};

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
    let space = compiled_with("fna_retinanet.nas", &[]);
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
        let space = compiled_with("fna_retinanet.nas", &[("height", size), ("width", size)]);
        assert_eq!(cost(&space, &space.seed_arch(), Measure::Macs, Some("body")), macs, "{size}");
    }
}

/// The costs that its search weighs, candidate by candidate.
#[test]
fn every_candidate_of_fna_costs_what_its_table_says() {
    let known = vector("fna_costs.json");
    for (file, key) in [("fna_retinanet.nas", "retinanet"), ("fna_ssdlite.nas", "ssdlite")] {
        let space = compiled_with(file, &[]);
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
        let space = written(&format!(
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
    let space = compiled_with("fna_deeplabv3.nas", &[]);
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
        let space = compiled_with("fna_deeplabv3.nas", set);
        let [found, _, all] = costs(&space, &arch, None);
        assert_eq!((found, all), (params, operations), "{set:?}");
    }
    let body = compiled_with("fna_deeplabv3.nas", &[("height", "224"), ("width", "224")]);
    assert_eq!(cost(&body, &body.seed_arch(), Measure::Params, Some("body")), 1_710_624);
    assert_eq!(cost(&body, &body.seed_arch(), Measure::Params, Some("logits")), 755_795);
}

#[test]
fn pose_is_the_published_system() {
    let space = compiled_with("fna_pose.nas", &[]);
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
    let space = compiled_with("fna_ssdlite.nas", &[]);
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

/// The second factor was counted apart from the compiler, from the last layer to the first: a node
/// asks for the one that it reads and for the one two layers before it.
#[test]
fn autodeeplab_has_the_size_that_its_lattice_says() {
    let space = compiled_with("autodeeplab.nas", &[]);
    assert_eq!(space.decisions.len(), 20 + 45 + 1);
    assert_eq!(count(&space), Some(power(&[(8, 20)]) * 593_682_203_551_u64));
}

/// Cells and paths apart, and the published network.
#[test]
fn the_networks_that_autodeeplab_finds_are_paths_with_two_edges_per_block() {
    let space = compiled_with("autodeeplab_found.nas", &[]);
    assert_eq!(count(&space), Some(power(&[(2700, 1), (49, 5)]) * 75_025_u32));
    let path = [1, 0, 0, 1, 2, 1, 2, 2, 3, 3, 2, 1];
    let mut options: Vec<String> =
        path.iter().enumerate().map(|(layer, row)| format!("path.{layer}.row={row}")).collect();
    for (block, [(first, a), (second, b)]) in [
        [(0, "dil5"), (1, "sep3")],
        [(0, "sep3"), (1, "dil3")],
        [(0, "sep3"), (3, "sep3")],
        [(2, "sep5"), (4, "sep3")],
        [(4, "sep5"), (5, "dil5")],
    ]
    .into_iter()
    .enumerate()
    {
        let edges = format!("cell.block.{block}.edges");
        // Of two states there is one pair.
        if block > 0 {
            options.push(format!("{edges}=s{first}+s{second}"));
        }
        options.push(format!("{edges}.s{first}.op={a}"));
        options.push(format!("{edges}.s{second}.op={b}"));
    }
    let found = parse(&space, &options.join(",")).unwrap().arch;
    assert!(space.is_valid(&found));
    // Counted apart from the compiler, layer by layer.
    assert_eq!(cost(&space, &found, Measure::Params, None), 5_569_307);
}

/// Pairs of nodes, operations, the levels of two cells, and the orders of the five outputs.
#[test]
fn nas_fpn_has_the_size_that_its_cells_say() {
    let space = compiled_with("nas_fpn.nas", &[]);
    let pairs = [10, 15, 21, 28, 36, 45, 55].map(|pairs| (pairs, 1));
    assert_eq!(count(&space), Some(power(&pairs) * power(&[(2, 7), (5, 2), (120, 1)])));
    // All networks have the same layers, at other levels.
    let [(least, _), (most, _)] = extremes(&space, Measure::Params, None).unwrap();
    assert_eq!(least, most);
    // Another pyramid is seven convolutions of size 3 and their normalisations.
    let params = |stack| {
        let space = compiled_with("nas_fpn.nas", &[("stack", stack)]);
        cost(&space, &space.seed_arch(), Measure::Params, None)
    };
    assert_eq!(params("7") - params("1"), 6 * 7 * (256 * 256 * 9 + 2 * 256));
    // The published detector has 60.3 M, with ninety classes.
    let space = compiled_with("nas_fpn.nas", &[("stack", "7"), ("classes", "90")]);
    let params = cost(&space, &space.seed_arch(), Measure::Params, None);
    assert!((60_300_000 - params as i64).abs() < 300_000, "{params}");
}

/// Pictures, backbones, necks, and heads with what comes before them.
#[test]
fn the_structures_of_smnas_are_as_many_as_its_choices_say() {
    let space = compiled_with("smnas.nas", &[]);
    let (necks, heads) = (1_u32 + 3 * 2 * 2, 1_u32 + 2 * (1 + 3));
    assert_eq!(count(&space), Some(BigUint::from(4 * 7 * necks * heads)));
}

/// Strings by their length: the depths of four stages, and three places of all.
#[test]
fn the_strings_of_smnas_are_as_many_as_they_should_be() {
    let mut strings = 0_u64;
    for total in 5..=35_u64 {
        let depths = (1..=16_u64)
            .flat_map(|a| (1..=16_u64).map(move |b| a + b))
            .flat_map(|ab| (1..=16_u64).map(move |c| ab + c))
            .filter(|abc| (1..=16).contains(&(total as i64 - *abc as i64)))
            .count() as u64;
        strings += depths * (total * (total - 1) * (total - 2) / 6);
    }
    let space = compiled_with("smnas_modular.nas", &[]);
    assert_eq!(count(&space), Some(BigUint::from(strings * 3 * 4 * 3 * 2 * 2)));
}

/// With stages of at most six blocks; the same whether strings are decided by places or block by block.
#[test]
fn the_strings_of_smnas_are_counted_under_limits() {
    let space = compiled_with("smnas_modular.nas", &[("most", "6")]);
    let limits = [parse_limit("macs <= 100G").unwrap()];
    let allowed = Allowed::new(&space, &limits, NODE_LIMIT).unwrap();
    assert_eq!(allowed.count(), Some(BigUint::from(35_472_819_u32)));
}

/// Widths and strides of every block, as the strings are to be read.
#[test]
fn a_string_of_smnas_is_the_backbone_that_it_says() {
    let known = vector("smnas.json");
    let space = compiled_with("smnas_modular.nas", &[]);
    for (name, entry) in known["expand"].as_object().unwrap() {
        let rest = ["body.kind=basic", "body.base=64", "channels=128", "finest=2", "hidden=1024"];
        let mut options = rest.map(str::to_owned).to_vec();
        for (stage, part) in entry["code"].as_str().unwrap().split('-').enumerate() {
            let doubles: Vec<usize> =
                part.chars().enumerate().filter(|(_, c)| *c == '2').map(|(at, _)| at).collect();
            options.push(format!("body.string.{stage}.depth={}", part.len()));
            options.push(format!("body.string.{stage}.count={}", doubles.len()));
            for (place, at) in doubles.iter().enumerate() {
                options.push(format!("body.string.{stage}.places.double.{place}.at={at}"));
            }
        }
        let arch = parse(&space, &options.join(",")).unwrap().arch;
        assert!(space.is_valid(&arch), "{name}");
        let rows = per_layer(&space, &arch);
        let firsts = rows.iter().filter(|row| row.path.ends_with("conv1.ws_conv"));
        let mut side = 128;
        let found: Vec<[i64; 2]> = firsts
            .map(|row| {
                let stride = side / row.shape[1];
                side = row.shape[1];
                [row.shape[0], stride]
            })
            .collect();
        let expected: Vec<[i64; 2]> = entry["paper_base64"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| [block[0].as_i64().unwrap(), block[1].as_i64().unwrap()])
            .collect();
        assert_eq!(found, expected, "{name}");
    }
}

/// The backbone of E0 has 7.38 G multiply-adds at 512x512, 7.26 G without its shortcuts; 16.23 M
/// parameters are published for the whole network.
#[test]
fn the_smallest_network_of_smnas_costs_what_was_published() {
    let space = compiled_with("smnas_modular.nas", &[]);
    let found = space.seed_arch();
    assert_eq!(cost(&space, &found, Measure::Macs, Some("body")), 7_377_780_736);
    let rows = per_layer(&space, &found);
    let shortcuts = rows.iter().filter(|row| row.path.contains(".carried."));
    assert_eq!(shortcuts.map(|row| row.macs).sum::<u64>(), 7_377_780_736 - 7_260_340_224);
    let params = cost(&space, &found, Measure::Params, None);
    assert!((16_230_000 - params as i64).abs() < 200_000, "{params}");
}
