//! Every rule by itself: small tensors, layers of a stage, and the alternatives.

use nasc_compiler::ir::Role;
use nasc_compiler::ir::remap::{Depth, Fill, Kernel, Pair, Width};
use nasc_compiler::remap::{Policy, Unfilled, layer};
use serde_json::Value;

use crate::{Weights, compiled, filled, source, vectors, whole};

fn shape(tensor: &Value) -> Vec<u32> {
    serde_json::from_value(tensor["shape"].clone()).unwrap()
}

fn data(tensor: &Value) -> Vec<f64> {
    serde_json::from_value(tensor["data"].clone()).unwrap()
}

/// A network with one convolution or normalisation whose tensors have such shapes.
fn network(shape: &[u32], is_depthwise: bool) -> String {
    let (input, layer) = match shape[..] {
        [channels] => (channels, "bn as layer".to_owned()),
        [out, 1, side, _] if is_depthwise => {
            (out, format!("conv({out}, kernel: {side}, groups: {out}) as layer"))
        }
        [out, input, side, _] => (input, format!("conv({out}, kernel: {side}) as layer")),
        _ => unreachable!("vectors have tensors of one and of four axes"),
    };
    format!("network n() {{ input image: [{input}, 16, 16]; output y = image -> {layer} -> relu }}")
}

/// A tensor of one network filled from that of another.
fn one(name: &str, policy: &Policy, tensors: [&Value; 2], before: Vec<f64>) -> Vec<f64> {
    let is_depthwise = name.contains("dw");
    let [seed, target] =
        tensors.map(|tensor| compiled(&network(&shape(tensor), is_depthwise), &[]));
    let plan = whole(&seed, &target, policy);
    let role = |planned: &Role| match name {
        _ if shape(tensors[0]).len() > 1 => *planned == Role::ConvWeight,
        _ if name.contains("running_mean") => *planned == Role::RunningMean,
        _ if name.contains("running_var") => *planned == Role::RunningVar,
        _ if name.contains("bias") => *planned == Role::NormBias,
        _ => *planned == Role::NormWeight,
    };
    let planned = plan.tensors.iter().find(|planned| role(&planned.role)).unwrap();
    let path = planned.from.as_ref().unwrap().path.to_string();
    assert_eq!(planned.shape, shape(tensors[1]), "{name}");
    let seed = Weights::from([(path, (shape(tensors[0]), data(tensors[0])))]);
    filled(&plan, planned, &seed, before)
}

#[test]
fn tensors_are_cut_and_padded_as_published() {
    let vectors = vectors("fna_remap_tensor");
    let mut met = 0;
    for case in vectors["cases"].as_array().unwrap() {
        // Counters have no place in a network here; the others are remarks on the published code.
        let (Some(before), true) = (case.get("target_init"), case["seed"].is_object()) else {
            continue;
        };
        let name = case["name"].as_str().unwrap();
        let tensors = [&case["seed"], &case["expected"]];
        let found = one(name, &Policy::default(), tensors, data(before));
        assert_eq!(found, data(&case["expected"]), "{name}");
        met += 1;
    }
    assert_eq!(met, 26);
}

/// Stages of residual layers with names of their own, one for each count.
fn stages(counts: &[u64]) -> String {
    let stages = counts.iter().enumerate().map(|(stage, count)| {
        format!("    for i in 0..{count} as stage{stage} {{ x = x -> mbconv(8) }}\n")
    });
    format!(
        "import \"std/mobilenet\" {{ mbconv }}\nnetwork n() {{\n    input image: [8, 16, 16]\n    \
         let x = image\n{}    output y = x\n}}",
        stages.collect::<String>()
    )
}

/// The layers of the seed that those of the target are filled from.
fn layers(depth: Depth, seed: u64, target: u64) -> Vec<u64> {
    let [seed, wide] = [seed, target].map(|count| compiled(&stages(&[count]), &[]));
    let plan = whole(&seed, &wide, &Policy { depth, ..Policy::default() });
    let from = |layer| {
        let source = source(&plan, &format!("stage0.{layer}.mbconv.depthwise.weight")).unwrap();
        source.split('.').nth(1).unwrap().parse().unwrap()
    };
    (0..target).map(from).collect()
}

#[test]
fn extra_layers_copy_the_last_as_published() {
    for case in vectors("fna_remap_depth")["cases"].as_array().unwrap() {
        let count = |side: &str| case[side].as_u64().unwrap();
        let found = layers(Depth::Last, count("seed_layers"), count("target_layers"));
        let wanted: Vec<u64> =
            serde_json::from_value(case["target_layer_to_seed_layer"].clone()).unwrap();
        assert_eq!(found, wanted, "{}", case["name"]);
    }
}

#[test]
fn alternatives_are_as_defined() {
    let vectors = vectors("fna_alt_remap");
    let mut met = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        met += 1;
        if let Some(counts) = name.strip_prefix("A3_depth_interleaved_") {
            let (seed, target) = counts.split_once("_to_").unwrap();
            let [seed, target] = [seed, target].map(|count| count.parse::<u64>().unwrap());
            let wanted: Vec<usize> =
                serde_json::from_value(case["target_layer_to_seed_layer"].clone()).unwrap();
            let found = |at| layer(Depth::Interleave, at, seed as usize, target as usize);
            assert_eq!((0..target as usize).map(found).collect::<Vec<_>>(), wanted, "{name}");
            let planned = layers(Depth::Interleave, seed, target);
            assert!(planned.iter().map(|&layer| layer as usize).eq(wanted), "{name}");
        } else if name.starts_with("A1_") {
            let policy = Policy { kernel: Kernel::Dilate, ..Policy::default() };
            let size = data(&case["expected"]).len();
            let found = one("dw", &policy, [&case["seed"], &case["expected"]], vec![-7.0; size]);
            assert_eq!(found, data(&case["expected"]), "{name}");
        } else if name.starts_with("A2_") {
            important(name, case);
        } else {
            grouped(name, case);
        }
    }
    assert_eq!(met, 13);
}

/// Channels by importance: the same ones in every tensor that carries them.
fn important(name: &str, case: &Value) {
    let width = match name {
        "A2_width_bn_gamma" => Width::BnGamma,
        "A2_width_l1_of_expand_rows" => Width::L1,
        _ => Width::Std,
    };
    let text = |hidden: u32| {
        format!(
            "network n() {{ input image: [2, 8, 8]; output y = image -> conv({hidden}) as expand -> \
             bn -> relu6 -> dwconv(3) as dw -> conv(2) as project -> bn as last }}"
        )
    };
    let [seed, target] = [6, 3].map(|hidden| compiled(&text(hidden), &[]));
    let plan = whole(&seed, &target, &Policy { width, ..Policy::default() });
    let tensors = [
        ("y.expand.weight", "expand"),
        ("y.bn.weight", "gamma"),
        ("y.bn.bias", "beta"),
        ("y.dw.weight", "dw"),
        ("y.project.weight", "project"),
    ];
    let mut weights = Weights::new();
    for (path, known) in tensors {
        weights.insert(path.to_owned(), (shape(&case[known]), data(&case[known])));
    }
    assert_eq!(plan.selections.len(), 1, "{name}");
    let kept: Vec<u32> = serde_json::from_value(case["kept_indices"].clone()).unwrap();
    assert_eq!(crate::chosen(&plan, &weights), [kept], "{name}");
    for (path, known) in tensors {
        let planned = plan.tensors.iter().find(|planned| &*planned.path == path).unwrap();
        let expected = &case["expected"][known];
        let found = filled(&plan, planned, &weights, vec![-7.0; data(expected).len()]);
        assert_eq!(found, data(expected), "{name}: {path}");
    }
}

/// Blocks on the diagonal.
fn grouped(name: &str, case: &Value) {
    let groups = name.rsplit('_').next().unwrap();
    let text = |groups: &str| {
        format!(
            "network n() {{ input image: [8, 8, 8]; output y = image -> conv(8, groups: {groups}) as \
             layer -> relu }}"
        )
    };
    let [seed, target] = ["1", groups].map(|groups| compiled(&text(groups), &[]));
    let plan = whole(&seed, &target, &Policy::default());
    let seed =
        Weights::from([("y.layer.weight".to_owned(), (shape(&case["seed"]), data(&case["seed"])))]);
    let expected = data(&case["expected"]);
    let found = filled(&plan, &plan.tensors[0], &seed, vec![-7.0; expected.len()]);
    assert_eq!(found, expected, "{name}");
}

/// Layers that are wider inside: what is new stays out of what they give.
#[test]
fn filled_alive_means_zero_where_new_channels_are_read() {
    let text = |hidden: u32| {
        format!(
            "network n() {{ input image: [2, 8, 8]; output y = image -> conv({hidden}) as expand -> bn -> \
             dwconv(5) as dw -> conv(2) as project -> relu }}"
        )
    };
    let [seed, target] = [2, 3].map(|hidden| compiled(&text(hidden), &[]));
    let plan = whole(&seed, &target, &Policy { fill: Fill::Live, ..Policy::default() });
    let weights = crate::weights(&seed, |_, place| place as f64 + 1.0);
    let after = |path: &str| {
        let planned = plan.tensors.iter().find(|planned| &*planned.path == path).unwrap();
        let size = planned.shape.iter().map(|&n| n as usize).product();
        let found = filled(&plan, planned, &weights, vec![-7.0; size]);
        let fresh = found.iter().filter(|&&n| n == -7.0).count() as u64;
        let zero = found.iter().filter(|&&n| n == 0.0).count() as u64;
        assert_eq!((fresh, zero), (planned.tally.fresh, planned.tally.zeroed), "{path}");
        found
    };
    assert_eq!(after("y.expand.weight"), [1.0, 2.0, 3.0, 4.0, -7.0, -7.0]);
    assert_eq!(after("y.dw.weight")[50..], [-7.0; 25]);
    assert_eq!(after("y.project.weight"), [1.0, 2.0, 0.0, 3.0, 4.0, 0.0]);
}

#[test]
fn what_has_no_counterpart_says_why() {
    let text = |classes: u32, kernel: u32, more: &str| {
        format!(
            "network n() {{ input image: [3, 8, 8]; let stem = image -> conv(4, kernel: {kernel}) -> bn \
             -> relu{more}; output y = stem -> global_pool -> linear({classes}) }}"
        )
    };
    let seed = compiled(&text(10, 3, ""), &[]);
    let target = compiled(&text(7, 5, "; let extra = stem -> conv(4) -> relu"), &[]);
    let policy = Policy { kernel: Kernel::None, ..Policy::default() };
    let plan = whole(&seed, &target, &policy);
    let reasons: Vec<_> =
        plan.tensors.iter().filter_map(|p| Some((&*p.path, p.unfilled?))).collect();
    assert_eq!(
        reasons,
        [
            ("stem.conv.weight", Unfilled::Kernel),
            ("extra.conv.weight", Unfilled::Unnamed),
            ("y.linear.weight", Unfilled::Classes),
            ("y.linear.bias", Unfilled::Classes)
        ]
    );
    assert_eq!(
        plan.unmapped,
        ["stem.conv.weight", "y.linear.weight", "y.linear.bias"].map(Into::into)
    );
}

#[test]
fn a_pair_goes_before_equal_names_and_a_longer_one_before_both() {
    let seed = compiled(&stages(&[2, 3]), &[]);
    let target = compiled(&stages(&[2, 2]), &[]);
    let pair = |target: &str, source: &str| Pair { target: target.into(), source: source.into() };
    let pairs = vec![pair("stage0", "stage1"), pair("stage0.1", "stage0.0")];
    let plan = whole(&seed, &target, &Policy { pairs, ..Policy::default() });
    let from = |path: &str| source(&plan, &format!("{path}.mbconv.expand.weight")).unwrap();
    assert_eq!(from("stage0.0"), "stage1.0.mbconv.expand.weight");
    assert_eq!(from("stage0.1"), "stage0.0.mbconv.expand.weight");
    assert_eq!(from("stage1.1"), "stage1.1.mbconv.expand.weight");
}
