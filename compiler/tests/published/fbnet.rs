//! The networks of `FBNet` and its successors, as their code counts them.

use nasc_compiler::Checked;
use nasc_compiler::arch::Arch;
use nasc_compiler::cost::per_layer;
use nasc_compiler::ir::{Kind, Op};
use serde_json::Value;

use crate::support::{compiled_with, costs, vector, whole};

/// What every mean over positions reads, by the layer that it stands in: counts of some codes add it.
fn pooled(network: &Checked) -> Vec<(String, u64)> {
    let pools = network
        .nodes()
        .filter(|(_, node)| matches!(&node.op, Op::Prim { kind, .. } if *kind == Kind::GlobalPool));
    let size = |id| -> u64 {
        let axes = &network.node(network.operands(id)[0]).shape.axes;
        axes.iter().map(|&axis| network.diagrams.constant_int(axis).unwrap() as u64).product()
    };
    pools.map(|(id, node)| (layer(&node.path), size(id))).collect()
}

/// Where the last mean of a network of `FBNetV2` stands.
const HEAD: &str = "logits.global_pool";

/// `features.large.irf_3.se.weight` stands in the layer `irf_3`.
fn layer(path: &str) -> String {
    path.split('.').nth(2).unwrap_or(path).to_owned()
}

fn millions(value: &Value) -> u64 {
    (value.as_f64().unwrap() * 1e6).round() as u64
}

/// Operations as the code of `FBNet` counts them, and parameters.
fn operations(network: &Checked) -> [u64; 2] {
    let [macs, params, _] = costs(network, &Arch::default());
    [macs + pooled(network).iter().map(|(_, size)| size).sum::<u64>(), params]
}

#[test]
fn the_networks_of_fbnet_and_fbnetv3_cost_what_their_code_counts() {
    let known = &vector("fbnetv2_flops.json")["models"];
    for (name, file, settings) in [
        ("fbnet_a", "fbnet.nas", &[("model", "A")][..]),
        ("fbnet_c", "fbnet.nas", &[("model", "C")][..]),
        ("FBNetV3_A", "fbnetv3.nas", &[][..]),
    ] {
        let expected = [millions(&known[name]["nflops_M"]), whole(&known[name]["all_params"])];
        assert_eq!(operations(&compiled_with(file, settings)), expected, "{name}");
    }
}

#[test]
fn every_network_of_fbnetv2_costs_what_its_code_counts() {
    let known = vector("fbnetv2_flops.json");
    let counted = |model: &str| {
        let network = compiled_with("fbnetv2.nas", &[("model", model)]);
        let [operations, params] = operations(&network);
        (operations, params, network)
    };
    for (model, published) in known["published_json_flops_M"].as_object().unwrap() {
        let (operations, ..) = counted(model.strip_prefix("FBNetV2_").unwrap());
        assert_eq!(operations, millions(published), "{model}");
    }
    let mut checked = 0;
    for (name, model) in known["models"].as_object().unwrap() {
        let Some(short) = name.strip_prefix("FBNetV2_") else { continue };
        let (operations, params, _) = counted(short);
        assert_eq!(operations, millions(&model["nflops_M"]), "{name}");
        assert_eq!(params, whole(&model["all_params"]), "{name}");
        checked += 1;
    }
    assert_eq!(checked, 4);
    for (name, blocks) in known["per_block"].as_object().unwrap() {
        let (.., network) = counted(name.strip_prefix("FBNetV2_").unwrap());
        let rows = per_layer(&network, &Arch::default());
        let mut found: Vec<(String, u64)> = Vec::new();
        for row in rows.iter().filter(|row| row.operation == "conv") {
            match found.last_mut() {
                Some((last, macs)) if *last == layer(&row.path) => *macs += row.macs,
                _ => found.push((layer(&row.path), row.macs)),
            }
        }
        // The last mean, before the classifier, stands in no block.
        for (layer, size) in pooled(&network).into_iter().filter(|(layer, _)| layer != HEAD) {
            found.iter_mut().find(|(name, _)| *name == layer).unwrap().1 += size;
        }
        let found: Vec<u64> = found.into_iter().map(|(_, operations)| operations).collect();
        let expected: Vec<u64> = blocks
            .as_array()
            .unwrap()
            .iter()
            .map(|block| millions(&block["nflops_M"]))
            .filter(|operations| *operations > 0)
            .collect();
        assert_eq!(found, expected, "{name}");
    }
}
