//! Binary networks: parameters, operations, and the factors of those without normalisation.

use nasc_compiler::Checked;
use nasc_compiler::arch::Arch;
use nasc_compiler::arch::text::parse;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::ir::{Kind, Op};
use nasc_compiler::pass::fix;
use serde_json::Value;

use crate::support::{compiled, compiled_with, vector, whole};

/// Parameters of every published setting of `ReActNet`, its multiply-adds, and its operations, of which
/// 64 binary multiply-adds make one.
#[test]
fn every_reactnet_costs_what_was_published() {
    let known = vector("bnn_nobn.json");
    let [params, macs] = ["param_counts", "mac_counts_224"].map(|key| &known[key]);
    let cost = |network: &Checked, measure| {
        Table::new(network, measure, None).unwrap().cost(&Arch::default())
    };
    let counted = |network: &Checked, name: &str| {
        let macs = &macs[name];
        let [binary, other] = ["bin", "fp"].map(|key| whole(&macs[key]));
        assert_eq!(cost(network, Measure::Macs), binary + other, "{name}");
        let operations = whole(&macs["ops=bin/64+fp"]);
        assert_eq!(cost(network, Measure::OpsBinary), operations, "{name}");
    };
    for weights in ["binary", "real"] {
        let space = compiled_with("bnn_reactnet.nas", &[("weights", weights)]);
        for (norm, name) in [("bn", "bn"), ("none", "none"), ("free", "bf")] {
            let network = fix(&space, &react_a(&space, norm));
            let expected = whole(&params[format!("reactnetA_Qaw_{name}")]);
            assert_eq!(cost(&network, Measure::Params), expected, "{norm} {weights}");
            if weights == "binary" {
                counted(&network, "reactnetA_Qaw_bf");
                assert_eq!(cost(&network, Measure::OpsBinary), 87_126_016);
            }
        }
    }
    let small = compiled("bnn_reactnet18.nas");
    assert_eq!(cost(&small, Measure::Params), whole(&params["reactnet18_Qaw_bf"]));
    counted(&small, "reactnet18_Qaw_bf");
}

/// `ReActNet`-A at full depth.
fn react_a(space: &Checked, norm: &str) -> Arch {
    let depths = [2, 2, 6, 2];
    let set = depths
        .iter()
        .enumerate()
        .map(|(i, depth)| format!("features.norm.{norm}.stage.{}.depth={depth}", i + 1));
    let set: Vec<String> = set.chain([format!("features.norm={norm}")]).collect();
    parse(space, &set.join(",")).unwrap().arch
}

/// The factors on what the convolutions read, those of 1 left out, in the order of the network.
fn factors(network: &Checked) -> Vec<f64> {
    let scales = network.nodes().filter_map(|(_, node)| match &node.op {
        Op::Prim { kind: Kind::Scale, attributes } => Some(attributes[0].values[0]),
        _ => None,
    });
    scales
        .map(|by| network.diagrams.constant(by).unwrap().as_float().unwrap())
        .filter(|by| *by > 0.5)
        .collect()
}

#[test]
fn the_factors_of_a_reactnet_without_normalisation_follow_the_variance() {
    let known = vector("bnn_nobn.json");
    let agree = |found: Vec<f64>, expected: Vec<f64>| {
        let expected: Vec<f64> = expected.into_iter().filter(|factor| *factor != 1.0).collect();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-15, "{found} for {expected}");
        }
    };
    let space = compiled("bnn_reactnet.nas");
    let full = react_a(&space, "free");
    let blocks = known["reactnet_A_bf_blocks"].as_array().unwrap();
    let of = |block: &Value| ["beta1", "beta2"].map(|key| block[key].as_f64().unwrap());
    let expected: Vec<[f64; 2]> = blocks.iter().map(of).collect();
    agree(factors(&fix(&space, &full)), expected.concat());
    // A stage of four blocks fewer hands the next a smaller variance: that of its second block.
    let short = "features.norm=free,features.norm.free.stage.1.depth=2,features.norm.free.stage.2.depth=2,\
                 features.norm.free.stage.3.depth=2,features.norm.free.stage.4.depth=2";
    let short = parse(&space, short).unwrap().arch;
    let mut fewer = expected[..7].to_vec();
    fewer.extend([expected[7], expected[12]]);
    agree(factors(&fix(&space, &short)), fewer.concat());
    let small = compiled("bnn_reactnet18.nas");
    let stages = known["reactnet18_bf_beta"].as_array().unwrap();
    let expected = stages.iter().flat_map(|stage| stage.as_array().unwrap());
    agree(factors(&small), expected.map(|factor| factor.as_f64().unwrap()).collect());
}
