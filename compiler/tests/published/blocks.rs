//! Blocks of the library against what their papers' code builds.

use std::collections::BTreeMap;

use nasc_compiler::Checked;
use nasc_compiler::analysis::count;
use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{Kind, Op};
use nasc_compiler::pass::fix;
use num_bigint::BigUint;
use serde_json::Value;

use crate::support::{vector, written};

/// The channels that the bypass of a space gives in one network.
fn channels(space: &Checked, arch: &Arch) -> i64 {
    let is_bypass = |op: &Op| matches!(op, Op::Prim { kind: Kind::Bypass, .. });
    let (_, bypass) = space.nodes().find(|(_, node)| is_bypass(&node.op)).unwrap();
    let leaf = space.diagrams.eval(bypass.shape.channels(), |decision| arch.option(decision));
    leaf.as_int().unwrap()
}

#[test]
fn a_bypass_is_as_wide_as_the_channels_that_are_left_or_carried_on() {
    let known: Value = vector("netadaptv2_reference.json");
    let rows = known["Z_table_C_T_M_Z"].as_array().unwrap();
    assert_eq!(rows.len(), 72);
    for row in rows {
        let row = row.as_array().unwrap().iter().map(|number| number.as_i64().unwrap());
        let [carried, limit, keep, expected] = row.collect::<Vec<_>>()[..] else { unreachable!() };
        let space = written(&format!(
            "space s() {{
                input image: [{carried}, 8, 8]
                let keep = choose keep in {{{keep}}}
                let computed = image -> conv(keep, kernel: 3) -> bn -> relu
                output y = bypass(computed, image, keep: keep, limit: {limit})
            }}"
        ));
        assert_eq!(channels(&space, &Arch(vec![0])), expected, "{carried} {limit} {keep}");
    }
}

/// One kernel is as good as another where no filter is left.
#[test]
fn a_bypassed_unit_without_filters_is_the_identity() {
    let space = written(
        "import \"std/netadapt\" { bypassed }
        space s() {
            input image: [16, 8, 8]
            output y = image -> bypassed(32) -> conv(4)
        }",
    );
    assert_eq!(count(&space), Some(BigUint::from(3_u32 * 4 + 1)));
    for (option, width) in [(0, 16), (1, 16), (2, 16), (3, 24), (4, 32)] {
        assert_eq!(channels(&space, &Arch(vec![0, option])), width);
    }
    let none = fix(&space, &Arch(vec![0, 0]));
    let [last] = &none.params[..] else { panic!("only the last convolution is left") };
    assert_eq!(last.full, [4, 16, 1, 1]);
}

#[test]
fn split_attention_has_the_parameters_of_its_code() {
    let known: Value = vector("split_attention.json");
    for (name, case) in known["cases"].as_object().unwrap() {
        let numbers = name.strip_prefix("radix").unwrap().split_once("_card").unwrap();
        let space = written(&format!(
            "import \"std/attention\" {{ split_attention }}
            space s() {{
                input image: [8, 3, 3]
                output y = image
                    -> split_attention(8, radix: {}, groups: {}, norm: identity, activation: relu)
            }}",
            numbers.0, numbers.1
        ));
        let ours: BTreeMap<String, Vec<u32>> = space
            .params
            .iter()
            .map(|param| {
                let name = param.path.strip_prefix("y.").unwrap();
                let name = name.trim_start_matches("attend.weights.");
                (name.replace("reduce", "fc1").replace("expand", "fc2"), param.full.clone())
            })
            .collect();
        let shape = |shape: &Value| {
            let axes = shape.as_array().unwrap().iter();
            axes.map(|axis| u32::try_from(axis.as_u64().unwrap()).unwrap()).collect::<Vec<_>>()
        };
        let theirs = case["params"].as_object().unwrap().iter();
        let theirs: BTreeMap<String, Vec<u32>> =
            theirs.map(|(name, axes)| (name.clone(), shape(axes))).collect();
        assert_eq!(ours, theirs, "{name}");
    }
}
