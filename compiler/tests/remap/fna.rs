//! What FNA's own functions make of a seed, number by number.
//!
//! The seed of the vectors has n = ((7919 i + 104729 t) mod 2003) - 1001 at place i of tensor t of its state
//! dict; convolutions of the target hold -9, scales and variances 1, the rest 0. Counters of batches,
//! which the dict has and networks here do not, have a place in the numbering.

use nasc_compiler::Checked;
use nasc_compiler::ir::Role;
use nasc_compiler::pass::fix;
use nasc_compiler::remap::{Plan, Planned, Side, plan};
use serde_json::Value;

use crate::{Weights, compiled, derived, file, filled, policy, source, vectors, whole};

const SEED: &str = "std/seeds/mobilenet_v2.nas";

/// The published architectures, as their code prints them.
const RETINANET: &str = "[[32, 16], ['k3_e1'], 1]|
[[16, 24], ['k3_e6', 'k3_e6', 'skip', 'skip'], 2]|
[[24, 32], ['k7_e6', 'k5_e6', 'skip', 'skip'], 2]|
[[32, 64], ['k3_e6', 'k5_e6', 'k7_e6', 'k3_e6'], 2]|
[[64, 96], ['k5_e6', 'k7_e6', 'skip', 'skip'], 1]|
[[96, 160], ['k7_e6', 'k7_e6', 'k7_e3', 'k7_e6'], 2]|
[[160, 320], ['k7_e6'], 1]";
const SSDLITE: &str = "[[32, 16], ['k3_e1'], 1]|
[[16, 24], ['k5_e6', 'skip', 'skip', 'skip'], 2]|
[[24, 32], ['k5_e6', 'k5_e6', 'k3_e6', 'k5_e6'], 2]|
[[32, 64], ['k5_e6', 'k7_e6', 'k3_e6', 'skip'], 2]|
[[64, 96], ['k7_e6', 'k7_e6', 'k7_e6', 'k7_e6'], 1]|
[[96, 160], ['k5_e6', 'k7_e6', 'k7_e6', 'skip'], 2]|
[[160, 320], ['k7_e6'], 1]";
const DEEPLABV3: &str = "[[32, 16], ['k3_e1'], 1]|
[[16, 24], ['k3_e6', 'k3_e6', 'skip', 'skip'], 2]|
[[24, 32], ['k7_e6', 'k3_e6', 'k3_e6', 'k3_e6'], 2]|
[[32, 64], ['k7_e6', 'k7_e6', 'k5_e6', 'k7_e6', 'k7_e6', 'k5_e6'], 2]|
[[64, 96], ['k7_e6', 'k7_e6', 'k7_e6', 'k7_e6', 'skip', 'skip'], 1]|
[[96, 160], ['k7_e6', 'k5_e6', 'skip', 'skip'], 2]|
[[160, 320], ['k7_e3'], 1]";

/// The labels of a string, stage by stage, but for the first, which is not searched.
fn labels(config: &str) -> Vec<&str> {
    let quoted = config.lines().skip(1).flat_map(|line| line.split('\'').skip(1).step_by(2));
    quoted.collect()
}

/// The synthetic seed: our tensors are those of the state dict in its order, without its counters.
fn synthetic(seed: &Checked) -> Weights {
    let vectors = vectors("fna_full_remap");
    let all = vectors["seed_tensors"].as_array().unwrap();
    let theirs = all.iter().filter(|entry| !entry[1].as_str().unwrap().ends_with("tracked"));
    let numbered = seed.params.iter().zip(theirs);
    let weights: Weights = numbered
        .map(|(param, theirs)| {
            assert_eq!(serde_json::json!(param.full), theirs[2], "{}", param.path);
            let tensor = theirs[0].as_i64().unwrap();
            let numbers = (0..param.full_size() as i64)
                .map(|place| ((7919 * place + 104_729 * tensor).rem_euclid(2003) - 1001) as f64);
            (param.path.to_string(), (param.full.clone(), numbers.collect()))
        })
        .collect();
    assert_eq!(weights.len(), seed.params.len());
    weights
}

/// What a tensor of the target holds before.
fn before(planned: &Planned) -> Vec<f64> {
    let value = match planned.role {
        Role::ConvWeight => -9.0,
        Role::NormWeight | Role::RunningVar => 1.0,
        _ => 0.0,
    };
    vec![value; planned.shape.iter().map(|&n| n as usize).product()]
}

/// The sum, the sum by places, and how many are not zero.
fn sums(numbers: &[f64]) -> [i64; 3] {
    let each = || numbers.iter().map(|&number| number as i64);
    let by_place = each().enumerate().map(|(place, n)| n * (place as i64 % 997 + 1));
    [each().sum(), by_place.sum(), each().filter(|&n| n != 0).count() as i64]
}

/// FNA's name of an operation inside an inverted residual.
fn place(operation: &str, expands: bool) -> Option<usize> {
    let operations = ["expand", "bn", "depthwise", "bn_1", "project", "bn_2"];
    let at = operations.iter().position(|known| *known == operation)?;
    let without = ["depthwise", "bn", "project", "bn_1"];
    let places = [0, 1, 3, 4, 6, 7];
    if expands {
        return Some(places[at]);
    }
    Some(places[without.iter().position(|known| *known == operation)?])
}

/// FNA's name of a tensor of a space or of a network found in it; `None` outside the backbone.
fn official(path: &str, searched: bool) -> Option<String> {
    let parts: Vec<&str> = path.strip_prefix("body.")?.split('.').collect();
    match parts[..] {
        ["s1", "conv", name] => Some(format!("blocks.0.0.{name}")),
        ["s1", "bn", name] => Some(format!("blocks.0.1.{name}")),
        ["s1", "stage1", operation, name] => {
            let at = place(operation, false)?;
            let layer = if searched { "" } else { "layers.0." };
            Some(format!("blocks.1.{layer}op.{at}.{name}"))
        }
        [stage, layer, "op", option, operation, name] => {
            let at = place(operation, true)?;
            let stage = stage.strip_prefix('s')?;
            let option = if searched { format!("_ops.{option}.") } else { String::new() };
            Some(format!("blocks.{stage}.layers.{layer}.{option}op.{at}.{name}"))
        }
        _ => None,
    }
}

/// Compares every tensor that the vector has; whether all of them were met, and the totals.
fn compare(plan: &Plan, seed: &Weights, searched: bool, expected: &Value) -> [i64; 3] {
    let expected = expected.as_object().unwrap();
    let (mut met, mut total) = (0, [0; 3]);
    for planned in &plan.tensors {
        let Some(name) = official(&planned.path, searched) else { continue };
        // Normalisations of candidates have no parameters there.
        let Some(theirs) = expected.get(&name) else {
            assert!(searched && planned.role.is_norm(), "{name}");
            continue;
        };
        let found = sums(&filled(plan, planned, seed, before(planned)));
        let (shape, wanted) = if theirs.is_array() {
            (&theirs[0], [&theirs[1], &theirs[2], &theirs[3]])
        } else {
            (&theirs["shape"], ["s0", "s1", "nz"].map(|sum| &theirs[sum]))
        };
        assert_eq!(serde_json::json!(planned.shape), *shape, "{name}");
        assert_eq!(found.map(Some), wanted.map(Value::as_i64), "{name}");
        for (found, total) in found.iter().zip(&mut total) {
            *total += found;
        }
        met += 1;
    }
    let counters = expected.keys().filter(|name| name.ends_with("num_batches_tracked")).count();
    assert_eq!(met + counters, expected.len());
    total
}

fn wanted(total: &Value) -> [i64; 3] {
    ["s0", "s1", "nz"].map(|sum| total[sum].as_i64().unwrap())
}

#[test]
fn a_published_network_is_filled_as_published() {
    let seed = compiled(SEED, &[]);
    let space = compiled(&file("fna_retinanet"), &[]);
    let network = derived(&space, &labels(RETINANET));
    let plan = plan(&Side::whole(&seed), &Side::found(&network, &space), &policy(&network));
    let vectors = vectors("fna_full_remap");
    let target = &vectors["targets"]["retinanet_fna"];
    assert_eq!(target["net_config"], RETINANET);
    let total = compare(&plan, &synthetic(&seed), false, &target["tensors"]);
    assert_eq!(total, wanted(&target["total"]));
}

#[test]
fn a_supernet_is_filled_as_published() {
    let seed = compiled(SEED, &[]);
    let space = compiled(&file("fna_retinanet"), &[]);
    let plan = whole(&seed, &space, &policy(&space));
    let vectors = vectors("fna_supernet_remap");
    let total = compare(&plan, &synthetic(&seed), true, &vectors["tensors"]);
    assert_eq!(total, wanted(&vectors["total"]));
}

/// What the rules make of a seed's tensor, written down for inverted residuals alone.
fn by_hand(planned: &Planned, shape: &[u32], numbers: &[f64]) -> Vec<f64> {
    let mut after = before(planned);
    let [rows, old] = [planned.shape[0], shape[0]].map(|n| n as usize);
    if planned.shape.len() == 1 {
        let kept = rows.min(old);
        after[..kept].copy_from_slice(&numbers[..kept]);
        return after;
    }
    after.fill(0.0);
    let [width, side] = [1, 2].map(|axis| planned.shape[axis] as usize);
    let [old_width, old_side] = [1, 2].map(|axis| shape[axis] as usize);
    let kept = side.min(old_side);
    let (to, from) = ((side - kept) / 2, (old_side - kept) / 2);
    for row in 0..rows.min(old) {
        for column in 0..width.min(old_width) {
            for y in 0..kept {
                for x in 0..kept {
                    after[((row * width + column) * side + to + y) * side + to + x] = numbers
                        [((row * old_width + column) * old_side + from + y) * old_side + from + x];
                }
            }
        }
    }
    after
}

/// All published networks by one code, all of the backbone from the seed and nothing else.
#[test]
fn every_published_network_is_filled_whole() {
    let seed = compiled(SEED, &[]);
    let numbers = synthetic(&seed);
    // Five tensors for a convolution and its normalisation; with a counter each, 288, 312 and 360 entries.
    let published = [
        ("fna_retinanet", RETINANET, 240, None),
        ("fna_ssdlite", SSDLITE, 260, Some("last.")),
        ("fna_deeplabv3", DEEPLABV3, 300, None),
    ];
    for (name, config, entries, also) in published {
        let space = compiled(&file(name), &[]);
        let network = derived(&space, &labels(config));
        // What the file says is the seed architecture is the published network.
        assert_eq!(network.params, fix(&space, &space.seed_arch()).params);
        let plan = plan(&Side::whole(&seed), &Side::found(&network, &space), &policy(&network));
        let mut met = 0;
        for planned in &plan.tensors {
            let is_met = planned.path.starts_with("body.")
                || also.is_some_and(|also| planned.path.starts_with(also));
            assert_eq!(planned.from.is_some(), is_met, "{name}: {}", planned.path);
            let Some(taken) = &planned.from else { continue };
            let (shape, old) = &numbers[&*taken.path];
            let found = filled(&plan, planned, &numbers, before(planned));
            assert!(found == by_hand(planned, shape, old), "{name}: {}", planned.path);
            met += 1;
        }
        assert_eq!(met, entries, "{name}");
    }
}

#[test]
fn layers_are_those_of_the_stage() {
    let seed = compiled(SEED, &[]);
    let space = compiled(&file("fna_deeplabv3"), &[]);
    let plan = whole(&seed, &space, &policy(&space));
    for (slot, layer) in [0, 1, 2, 3, 3, 3].into_iter().enumerate() {
        for option in ["k3_e3", "k7_e6"] {
            assert_eq!(
                source(&plan, &format!("body.stage.2.stage.{slot}.op.{option}.bn_2.running_var")),
                Some(format!("stage4.{layer}.mbconv.bn_2.running_var")).as_deref()
            );
        }
    }
    assert_eq!(
        plan.unmapped,
        [
            "logits.conv.weight",
            "logits.bn.weight",
            "logits.bn.bias",
            "logits.bn.running_mean",
            "logits.bn.running_var",
            "logits.linear.weight",
            "logits.linear.bias"
        ]
        .map(Into::into)
    );
}
