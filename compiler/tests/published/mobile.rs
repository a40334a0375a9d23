//! Spaces for classification: their sizes, and the costs of published networks.

use std::collections::BTreeMap;

use nasc_compiler::analysis::{count, extremes};
use nasc_compiler::arch::Arch;
use nasc_compiler::arch::text::parse;
use nasc_compiler::cost::Measure;
use num_bigint::BigUint;
use serde_json::Value;

use crate::support::{compiled, compiled_with, cost, costs, files, vector, whole, written};

fn numbers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|number| number.as_i64().unwrap()).collect()
}

fn arch(options: &[i64]) -> Arch {
    Arch(options.iter().map(|option| u16::try_from(*option).unwrap()).collect())
}

/// The sizes as powers, as the papers write them.
const SIZES: &[(&str, &[(u32, u32)])] = &[
    // Resolution, first and last width; then width, depth, kernel and expansion of seven stages.
    (
        "attentivenas.nas",
        &[(4, 1), (2, 2), (8, 1), (36, 1), (48, 1), (48, 1), (108, 1), (48, 1), (8, 1)],
    ),
    // Settings of a norm, and depths of four stages.
    ("bnn_reactnet.nas", &[(3, 1), (2, 2), (6, 1), (2, 1)]),
    ("bnnas_gpu.nas", &[(6, 17)]),
    ("danas.nas", &[(6, 6), (7, 10)]),
    // For each kind of cell: operations of eight candidates, and what each of four nodes reads.
    ("darts.nas", &[(7, 16), (3 * 6 * 10, 2)]),
    ("detnas_1300m.nas", &[(4, 40)]),
    ("detnas_300m.nas", &[(4, 20)]),
    ("dsnas.nas", &[(4, 20)]),
    ("fairnas.nas", &[(6, 19)]),
    ("fpnas_f_plus.nas", &[(48, 1), (504, 8), (1092, 4), (1152, 5), (1944, 5)]),
    ("fpnas_fbnetv2_f.nas", &[(16, 1), (192, 6), (392, 3), (384, 4), (672, 4)]),
    ("nasbench201.nas", &[(5, 6)]),
    // Widths of 4, 8, 2 * 16, 2 * 32, 6 * 64 and 2 * 128 options.
    ("netadapt_mobilenet_v1.nas", &[(2, 73)]),
    // Kernels times filters that are left, and one for none where there is a residual.
    (
        "netadaptv2_mobilenet_v3.nas",
        &[
            (10, 2),
            (36, 1),
            (43, 2),
            (42, 1),
            (70, 3),
            (69, 1),
            (58, 1),
            (55, 3),
            (135, 1),
            (190, 2),
            (189, 1),
            (271, 3),
        ],
    ),
    // Resolutions, and (9^2 + 9^3 + 9^4) settings of each of five stages.
    ("ofa_mobilenet_v3.nas", &[(25, 1), (7371, 5)]),
    ("proxyless.nas", &[(6, 6), (7, 15)]),
    ("pvnas.nas", &[(36, 6), (37, 15)]),
    ("spos.nas", &[(4, 20)]),
    ("spos_channels.nas", &[(4, 20), (8, 20)]),
];

#[test]
fn every_space_compiles_without_a_diagnostic() {
    let files = files();
    assert!(SIZES.iter().all(|(file, _)| files.contains_key(*file)));
    for file in files.keys() {
        compiled(file);
    }
}

#[test]
fn every_size_is_the_published_one() {
    for (file, powers) in SIZES {
        let size: BigUint =
            powers.iter().map(|(base, exponent)| BigUint::from(*base).pow(*exponent)).product();
        assert_eq!(count(&compiled(file)), Some(size), "{file}");
    }
}

/// Published networks that are the seeds of their spaces, in multiply-adds and parameters.
#[test]
fn seeds_cost_what_was_published() {
    let seeds = [
        // 473,549,240 operations, of which 1727 * 1000 are additions in the classifier.
        ("bnnas_gpu.nas", 471_822_240, 5_228_536),
        // 388 M and 4.6 M.
        ("fairnas.nas", 388_122_848, 4_651_352),
        // MobileNetV1 with ten classes.
        ("netadapt_mobilenet_v1.nas", 567_726_592, 3_217_226),
    ];
    for (file, macs, params) in seeds {
        let space = compiled(file);
        assert_eq!(costs(&space, &space.seed_arch())[..2], [macs, params], "{file}");
    }
}

/// The mobile network of `ProxylessNAS` has 4,080,512 parameters and 320 M multiply-adds.
#[test]
fn the_mobile_network_of_proxyless_costs_what_was_published() {
    let space = compiled_with("proxyless.nas", &[("first", "32")]);
    // k3_e3, k3_e6, k5_e3, k5_e6, k7_e3, k7_e6, skip
    let network = [2, 0, 6, 6, 4, 0, 2, 2, 5, 2, 2, 2, 3, 2, 2, 2, 5, 5, 4, 4, 5];
    let [macs, params, _] = costs(&space, &arch(&network));
    assert_eq!((macs, params), (320_427_584, 4_080_512));
}

/// The spaces around Single Path One-Shot against its table of architectures.
#[test]
fn the_relatives_of_spos_cost_what_was_published() {
    let known = vector("spos_architectures.json");
    let dsnas = compiled("dsnas.nas");
    let detnas = compiled("detnas_300m.nas");
    let channels = compiled("spos_channels.nas");
    // Biases of the stem, the last convolution and the classifier.
    let biases = 16 + 1024 + 1000;
    let mut checked = 0;
    for (name, network) in known["archs"].as_object().unwrap() {
        let [macs, params, without_bn] =
            ["macs", "params", "params_without_bn"].map(|key| whole(&network[key]));
        let ops = numbers(&network["arch"]);
        let scales = network.get("scale_ids").map_or_else(|| vec![4; ops.len()], numbers);
        let both: Vec<i64> = scales.iter().zip(&ops).flat_map(|(s, op)| [*s, *op]).collect();
        assert_eq!(costs(&channels, &arch(&both)), [macs, params, without_bn], "{name}");
        if scales.iter().all(|scale| *scale == 4) {
            let ops = arch(&ops);
            assert_eq!(costs(&dsnas, &ops), [macs, params, without_bn], "{name}");
            let expected = [macs, params + biases, without_bn + biases];
            assert_eq!(costs(&detnas, &ops), expected, "{name}");
            checked += 1;
        }
    }
    assert_eq!(checked, 11);
    let seed = |name: &str| arch(&numbers(&known["archs"][name]["arch"]));
    assert_eq!(dsnas.seed_arch(), seed("dsnas_published"));
    assert_eq!(detnas.seed_arch(), seed("detnas_coco_fpn_300M"));
}

/// Published as 1.3 G.
#[test]
fn the_large_backbone_of_detnas_costs_what_was_published() {
    let space = compiled("detnas_1300m.nas");
    let macs = costs(&space, &space.seed_arch())[0];
    assert_eq!((macs + 50_000_000) / 100_000_000, 13);
}

#[test]
fn every_network_of_bnnas_costs_what_its_table_says() {
    let space = compiled("bnnas_gpu.nas");
    let known = vector("bnnas_indicator.json");
    // Where a layer is left out its own decision says so, and its candidate is not asked.
    let network = |layers: &[i64]| {
        arch(
            &layers
                .iter()
                .flat_map(|&l| if l < 0 { vec![0, 0] } else { vec![l] })
                .collect::<Vec<_>>(),
        )
    };
    let mut checked = 0;
    for (name, found) in known["archs"].as_object().unwrap() {
        let layers = numbers(&found["arch"]);
        if layers.iter().filter(|layer| **layer >= 0).count() == 17 {
            // The table counts the additions of the classifier too.
            let expected = whole(&found["flops"]) - 1727 * 1000;
            assert_eq!(costs(&space, &network(&layers))[0], expected, "{name}");
            checked += 1;
        }
    }
    assert_eq!(checked, 5);
    let seed = numbers(&known["archs"]["published_bnnas"]["arch"]);
    assert_eq!(space.seed_arch(), network(&seed));
    // The candidates of the layers that are always left out are tensors of the supernet too.
    let scalars = space.params.iter().filter(|param| !param.role.is_buffer());
    let size: u64 =
        scalars.map(|p| p.full.iter().map(|&axis| u64::from(axis)).product::<u64>()).sum();
    assert_eq!(size, 27_684_320);
}

#[test]
fn once_for_all_costs_what_its_code_counts() {
    let known = &vector("ofa_macs.json")["models"];
    let mut checked = 0;
    for width in ["1.0", "1.2"] {
        let space = compiled_with("ofa_mobilenet_v3.nas", &[("width", width)]);
        assert_eq!(count(&space), Some(BigUint::from(25_u32) * BigUint::from(7371_u32).pow(5)));
        // The resolution is the first decision; the options of the others ascend.
        for (name, resolution, option) in [
            ("max_k7_e6_d4_224", 24, 2),
            ("mid_k5_e4_d3_224", 24, 1),
            ("min_k3_e3_d2_224", 24, 0),
            ("max_160", 8, 2),
        ] {
            let mut options = vec![option; space.decisions.len()];
            options[0] = resolution;
            let [macs, params, _] = costs(&space, &arch(&options));
            assert_eq!(macs, whole(&known[format!("w{width}_{name}")]), "{width} {name}");
            if let Some(expected) = known.get(format!("w{width}_{name}_params")) {
                assert_eq!(params, whole(expected), "{width} {name}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 6);
}

#[test]
fn every_step_of_netadapt_costs_what_its_code_counts() {
    let space = compiled("netadapt_mobilenet_v1.nas");
    let known = vector("netadapt_mobilenetv1.json");
    let of = |widths: &Value| {
        let widths = numbers(widths);
        let options: Vec<i64> = widths[..14].iter().map(|width| width / 8 - 1).collect();
        costs(&space, &arch(&options))
    };
    for case in known["cases"].as_array().unwrap() {
        let [macs, _, weights] = of(&case["out_channels_nondw"]);
        // The ten biases of the classifier are no weights.
        let found = if case["resource"] == "FLOPS" { macs } else { weights - 10 };
        assert_eq!(found, whole(&case["result"]), "{case}");
    }
    for case in known["skip_sets_flops_ratio_0.9"].as_array().unwrap() {
        assert_eq!(of(&case["out_channels_nondw"])[0], whole(&case["macs"]), "{case}");
    }
    let [macs, _, weights] = costs(&space, &space.seed_arch());
    assert_eq!((macs, weights - 10), (whole(&known["macs"]), whole(&known["weights"])));
}

/// The published networks A0 to A6 in millions of multiply-adds: resolution, widths, then kernel,
/// expansion and depth of every stage.
type Attentive = (u64, u32, [u32; 9], [u32; 7], [u32; 7], [u32; 7]);
const ATTENTIVE: &[Attentive] = &[
    (
        203,
        192,
        [16, 16, 24, 32, 64, 112, 192, 216, 1792],
        [3, 3, 3, 3, 3, 3, 3],
        [1, 4, 4, 4, 4, 6, 6],
        [1, 3, 3, 3, 3, 3, 1],
    ),
    (
        279,
        224,
        [16, 16, 24, 32, 64, 112, 192, 216, 1984],
        [3, 3, 3, 5, 3, 5, 3],
        [1, 4, 4, 4, 4, 6, 6],
        [1, 3, 3, 3, 3, 3, 1],
    ),
    (
        317,
        224,
        [16, 16, 24, 32, 64, 112, 200, 224, 1984],
        [3, 3, 3, 3, 3, 5, 3],
        [1, 4, 5, 4, 4, 6, 6],
        [1, 3, 3, 3, 3, 4, 1],
    ),
    (
        357,
        224,
        [16, 16, 24, 32, 64, 112, 208, 224, 1984],
        [3, 3, 3, 5, 3, 3, 3],
        [1, 4, 4, 4, 4, 6, 6],
        [2, 3, 3, 4, 3, 5, 1],
    ),
    (
        444,
        256,
        [16, 16, 24, 32, 64, 112, 192, 216, 1984],
        [3, 3, 3, 5, 3, 5, 3],
        [1, 4, 4, 5, 4, 6, 6],
        [1, 3, 3, 4, 3, 5, 1],
    ),
    (
        491,
        256,
        [16, 16, 24, 32, 72, 112, 192, 216, 1792],
        [3, 3, 3, 5, 3, 3, 3],
        [1, 4, 5, 4, 4, 6, 6],
        [1, 3, 3, 3, 4, 6, 1],
    ),
    (
        709,
        288,
        [16, 16, 24, 32, 64, 112, 216, 224, 1984],
        [3, 3, 3, 3, 3, 5, 3],
        [1, 4, 6, 5, 4, 6, 6],
        [1, 3, 3, 4, 4, 6, 1],
    ),
];

#[test]
fn every_published_network_of_attentivenas_costs_what_it_should() {
    let space = compiled("attentivenas.nas");
    for (millions, resolution, widths, kernels, expands, depths) in ATTENTIVE {
        let mut set = vec![
            format!("resolution={resolution}"),
            format!("width={}", widths[0]),
            format!("features={}", widths[8]),
        ];
        for i in 0..7 {
            let stage = format!("mb{}", i + 1);
            set.push(format!("{stage}.width={}", widths[i + 1]));
            set.push(format!("{stage}.kernel={}", kernels[i]));
            set.push(format!("{stage}.expand={}", expands[i]));
            set.push(format!("{stage}.depth={}", depths[i]));
        }
        let network = parse(&space, &set.join(",")).unwrap().arch;
        let macs = costs(&space, &network)[0];
        assert_eq!((macs + 500_000) / 1_000_000, *millions, "{set:?}");
    }
    let [a0, a6] = [203_389_568, 709_007_232];
    assert_eq!(extremes(&space, Measure::Macs, None).unwrap()[0].0, a0);
    assert_eq!(costs(&space, &space.seed_arch())[0], a6);
}

/// Widths as `make_divisible` rounds them, in both forms that are about.
#[test]
fn widths_are_rounded_as_published() {
    let known = vector("ofa_elastic.json");
    for case in known["make_divisible_8"].as_array().unwrap() {
        for (name, least) in [("min8", 8), ("min1", 1)] {
            let text = format!(
                "space s() {{\n    input image: [1, 2, 2]\n    \
                 output y = image -> conv(round_to({:?}, 8, min: {least}))\n}}\n",
                case["v"].as_f64().unwrap()
            );
            let found = cost(&written(&text), &Arch::default(), Measure::Params, None);
            assert_eq!(found, whole(&case[name]), "{case}");
        }
    }
}

/// The range is that of a count written apart from the compiler; the entropy of the uniform
/// distribution is the logarithm of the size.
#[test]
fn fpnas_has_the_entropy_and_the_range_of_its_table() {
    let space = compiled("fpnas_fbnetv2_f.nas");
    let known = &vector("fpnas_parsec.json")["adaptive_sampling"];
    let entropy = known["uniform_entropy_18_layer_FBNetV2F_like"].as_f64().unwrap();
    let size: f64 = count(&space).unwrap().to_string().parse().unwrap();
    assert!((size.ln() - entropy).abs() < 1e-10, "{}", size.ln());
    let digits = known["log10_cardinality"].as_f64().unwrap();
    assert!((size.log10() - digits).abs() < 1e-10, "{}", size.log10());
    // Logits of decisions by themselves, where there is something to decide, and of whole layers.
    let mut layers = BTreeMap::<&str, u64>::new();
    let mut alone = 0;
    for decision in &space.decisions {
        let (options, layer) = (decision.options.len() as u64, decision.path.rsplit_once('.'));
        *layers.entry(layer.unwrap().0).or_insert(1) *= options;
        alone += if options > 1 { options } else { 0 };
    }
    assert_eq!(alone, whole(&known["factorised_alpha_count"]));
    assert_eq!(layers.values().sum::<u64>(), whole(&known["joint_alpha_count"]));
    let range = |measure| extremes(&space, measure, None).unwrap().map(|(cost, _)| cost);
    assert_eq!(range(Measure::Macs), [44_639_872, 379_621_136]);
    assert_eq!(range(Measure::Params), [2_333_488, 7_220_080]);
}

/// Ranges that were counted apart from the compiler.
#[test]
fn spaces_without_published_costs_have_the_range_that_they_should() {
    let ranges = [
        ("fpnas_f_plus.nas", [50_779_544, 1_341_403_456], [2_433_552, 78_544_928]),
        ("pvnas.nas", [810_503_168, 10_094_618_624], [1_386_384, 6_385_680]),
        ("danas.nas", [94_005_248, 376_790_912], [2_061_680, 3_789_032]),
        ("netadaptv2_mobilenet_v3.nas", [20_316_272, 570_361_488], [2_692_944, 10_766_984]),
    ];
    for (file, macs, params) in ranges {
        let space = compiled(file);
        let range = |measure| extremes(&space, measure, None).unwrap().map(|(cost, _)| cost);
        assert_eq!(range(Measure::Macs), macs, "{file}");
        assert_eq!(range(Measure::Params), params, "{file}");
    }
}
