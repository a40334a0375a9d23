#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::{Options, compile};
use serde_json::Value as Json;

use super::*;
use crate::optimise::{GroupRule, Rule, Settings, Untouched};
use crate::program::Norms;
use crate::run::recipe::Recipe;
use crate::sampler::{DataStream, Done, Pass, Sampler, SamplerError, Step};
use crate::supernet::tests::toy;
use crate::supernet::{Batch, Place, Scheme};
use crate::torch::{self, Kind, bit_equal};
use crate::train::TrainError;
use crate::train::step::{Batches, Stepper};

const LAYER: &str = r#"
import "std/mobilenet" { mbconv }

space layer() {
    input x: [4, 5, 5]
    output y = x -> choose op {
        k3: mbconv(4, kernel: 3, expand: 3)
        k5: mbconv(4, kernel: 5, expand: 3)
    }
}
"#;

fn layer() -> Supernet {
    let files = BTreeMap::from([("layer.nas".to_owned(), LAYER.to_owned())]);
    let space = compile(&files, "layer.nas", &Options::default()).unwrap().checked.unwrap();
    let place = Place { kind: Kind::Double, ..Place::default() };
    Supernet::new(Arc::new(space), place).unwrap()
}

fn settings(trains: Selection) -> Training {
    Training {
        optimiser: Settings::default(),
        weight_decay: 0.0,
        trains,
        clip: Vec::new(),
        ..Training::of(&Recipe::default().supernet, 100, 100)
    }
}

fn filled(shape: &[i64], scale: f64, a: f64, b: f64) -> Tensor {
    let count: i64 = shape.iter().product();
    let elements: Vec<f64> = (0..count).map(|i| scale * (a * i as f64 + b).sin()).collect();
    torch::from_slice(&elements, shape).unwrap()
}

fn put(net: &mut Supernet, path: &str, value: &Tensor) {
    let mut all = net.store().to_raw().unwrap();
    *all.get_mut(path).unwrap() = torch::to_bytes(value).unwrap();
    net.store_mut().load(&all).unwrap();
}

fn values(net: &Supernet, path: &str) -> Vec<f64> {
    let tensor = net.store().tensor(net.store().find(path).unwrap());
    Vec::try_from(tensor.detach().flatten(0, -1)).unwrap()
}

fn assert_near(found: &[f64], expected: &Json, what: &str) {
    let expected: Vec<f64> = serde_json::from_value(expected.clone()).unwrap();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-10, "{what}: {found} for {expected}");
    }
}

/// Three steps of BN-NAS's published code on a layer of two candidates.
#[test]
fn bnnas_trains_the_last_norms_alone() {
    let vectors = include_str!("../../../../tests/vectors/bnnas_bn_only_step.json");
    let vectors: Json = serde_json::from_str(vectors).unwrap();
    let mut net = layer();
    net.initialise(Scheme::Kaiming, 0).unwrap();
    let op = net.space().decisions[0].path.to_string();
    let candidates = ["k3", "k5"].map(|label| format!("{op}.{label}"));
    let layers = [("0", "expand"), ("3", "depthwise"), ("6", "project")];
    for (number, candidate) in candidates.iter().enumerate() {
        for (place, layer) in layers {
            let known = &vectors["weights"][format!("_ops.{number}.conv.{place}.weight")];
            let shape: Vec<i64> = serde_json::from_value(known["shape"].clone()).unwrap();
            let [a, b, s] = ["a", "b", "s"].map(|name| known[name].as_f64().unwrap());
            put(&mut net, &format!("{candidate}.{layer}.weight"), &filled(&shape, s, a, b));
        }
    }
    let settings = settings(Selection::LastNorms);
    let (mut optimiser, numbers) = optimiser(&net, &settings).unwrap();
    assert_eq!(optimiser.len(), 4);
    assert_eq!(numbers.iter().flatten().count(), 4);
    let all = [0, 1, 2, 3];
    let before = net.store().to_raw().unwrap();
    let image = filled(&[2, 4, 5, 5], 1.0, 0.23, 0.4);
    let upstream = filled(&[2, 4, 5, 5], 1.0, 0.31, 0.9);
    for step in vectors["steps"].as_array().unwrap() {
        let option = step["op"].as_u64().unwrap();
        let arch = Arch(vec![option as u16]);
        let outputs =
            net.forward(&arch, &[image.shallow_clone()], &mut Norms::Train, true).unwrap();
        let loss = (&outputs[0] * &upstream).sum(Kind::Double) / 200.0;
        assert_near(&[loss.double_value(&[])], &Json::from(vec![step["loss"].clone()]), "loss");
        torch::backward(&loss).unwrap();
        optimiser.step(&all, 0.25).unwrap();
        torch::drop_gradients(&optimiser.parameters(&all)).unwrap();
        for (number, candidate) in candidates.iter().enumerate() {
            for name in ["weight", "bias"] {
                let known = &step["gamma_beta_after"][format!("_ops.{number}.conv.7.{name}")];
                assert_near(&values(&net, &format!("{candidate}.bn_2.{name}")), known, name);
            }
        }
        for (name, known) in [("mean", "running_mean_op0_bn7"), ("var", "running_var_op0_bn7")] {
            let path = format!("{}.bn_2.running_{name}", candidates[0]);
            assert_near(&values(&net, &path), &step[known], known);
        }
    }
    for (path, after) in net.store().to_raw().unwrap() {
        let is_trained = path.contains("bn_2.weight") || path.contains("bn_2.bias");
        let moves = is_trained || path.contains("running_");
        assert_eq!(after != before[&path], moves, "{path}");
    }
}

/// One path, for ever.
struct Always(Arch);

impl Sampler for Always {
    fn next_pass(&mut self, _: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        Ok(earlier.is_empty().then(|| Pass::path(self.0.clone())))
    }
}

/// The same images in every step.
struct Same;

impl Batches for Same {
    fn next(&mut self, _: DataStream) -> Result<Batch, TrainError> {
        let images = filled(&[4, 3, toy::SIZE, toy::SIZE], 1.0, 0.7, 0.1);
        Ok(Batch { images, labels: torch::from_slice(&[0_i64, 3, 5, 1], &[4]).unwrap() })
    }
}

/// The tensors of the toy space before and after two steps on one path.
fn stepped(settings: &Training) -> BTreeMap<String, [Tensor; 2]> {
    let place = Place { kind: Kind::Double, ..Place::default() };
    let mut net = Supernet::new(toy::space(), place).unwrap();
    net.initialise(Scheme::Kaiming, 3).unwrap();
    let copies = || net.store().tensors().iter().map(Tensor::copy).collect::<Vec<_>>();
    let before = copies();
    let sampler = Box::new(Always(Arch(vec![1, 0, 2, 0])));
    let mut stepper = Stepper::new(&net, sampler, settings, "test", 0).unwrap();
    for number in [1, 2] {
        let step = Step { number, total: 2, per_epoch: 2, images: 4 };
        stepper.step(&step, &mut Same, 0.1).unwrap();
    }
    let pairs = before.into_iter().zip(copies());
    let entries = net.store().entries().iter().map(|entry| entry.path.to_string());
    entries.zip(pairs.map(|(before, after)| [before, after])).collect()
}

fn moved(tensors: &BTreeMap<String, [Tensor; 2]>) -> Vec<&str> {
    let moved = tensors.iter().filter(|(_, [a, b])| !bit_equal(a, b).unwrap());
    moved.map(|(path, _)| path.as_str()).collect()
}

#[test]
fn what_is_not_trained_keeps_every_bit_and_statistics_go_on() {
    let tensors = stepped(&settings(Selection::Norms));
    let moved = moved(&tensors);
    assert!(moved.contains(&"stem.bn.weight") && moved.contains(&"stem.bn.running_mean"));
    assert!(moved.contains(&"a.op.k5.bn.bias") && !moved.contains(&"a.op.k3.bn.bias"));
    assert!(moved.iter().all(|path| path.contains("bn")), "{moved:?}");

    let one = Selection::Paths(vec!["head".to_owned(), "b.op.k3.conv".to_owned()]);
    let tensors = stepped(&settings(one));
    let weights = self::moved(&tensors).into_iter().filter(|path| !path.contains("running"));
    assert_eq!(weights.collect::<Vec<_>>(), ["b.op.k3.conv.weight", "head.bias", "head.weight"]);
}

#[test]
fn a_path_without_anything_that_is_trained_is_run_all_the_same() {
    let tensors = stepped(&settings(Selection::Paths(vec!["a.op.k3".to_owned()])));
    assert!(moved(&tensors).iter().all(|path| path.contains("running")));
}

#[test]
fn the_untouched_decay_where_they_count_as_zero() {
    let decayed = |untouched| Training {
        optimiser: Settings { untouched, ..Settings::default() },
        weight_decay: 0.01,
        ..settings(Selection::All)
    };
    let zero = stepped(&decayed(Untouched::Zero));
    let [before, after] = &zero["a.op.k3.conv.weight"];
    // Two steps by a momentum of decay alone: v = 0.01 p, then 0.9 v + 0.01 p.
    let first = 1.0 - 0.1 * 0.01;
    let factor = first - 0.1 * (0.9 * 0.01 + 0.01 * first);
    assert!((after - before * factor).abs().max().double_value(&[]) < 1e-15);
    let skip = stepped(&decayed(Untouched::Skip));
    let [before, after] = &skip["a.op.k3.conv.weight"];
    assert!(bit_equal(before, after).unwrap());
    let [a, b] = [&zero, &skip].map(|tensors| &tensors["a.op.k5.conv.weight"][1]);
    assert!(bit_equal(a, b).unwrap(), "what is touched moves alike");
}

#[test]
fn rules_of_groups_go_over_what_roles_say() {
    let plain =
        Settings { rule: Rule::Sgd { momentum: 0.0, nesterov: false }, ..Settings::default() };
    let base = Training { optimiser: plain, weight_decay: 0.5, ..settings(Selection::All) };
    let rule = |of, lr_scale, weight_decay| GroupRule { of, lr_scale, weight_decay };
    let head = || Selection::Paths(vec!["head.weight".to_owned()]);
    let ruled = Training {
        groups: vec![
            rule(Selection::LinearWeights, Some(3.0), None),
            rule(head(), Some(0.0), Some(0.0)),
            rule(Selection::Norms, None, Some(0.25)),
        ],
        ..base.clone()
    };
    let net = Supernet::new(toy::space(), Place::default()).unwrap();
    let group_of = |settings: &Training, path: &str| {
        let entry = &net.store().entries()[net.store().find(path).unwrap().index()];
        let asked = Asked { path, role: entry.role, is_last_norm: false };
        group(asked, settings)
    };
    let group = |lr_scale, weight_decay| Group { lr_scale, weight_decay };
    assert_eq!(group_of(&base, "head.weight"), group(1.0, 0.5));
    assert_eq!(group_of(&base, "head.bias"), group(1.0, 0.0));
    assert_eq!(group_of(&base, "stem.bn.weight"), group(1.0, 0.0));
    assert_eq!(group_of(&ruled, "stem.weight"), group(1.0, 0.5));
    assert_eq!(group_of(&ruled, "stem.bn.weight"), group(1.0, 0.25));
    assert_eq!(group_of(&ruled, "head.weight"), group(0.0, 0.0));
    let tensors = stepped(&ruled);
    let [before, after] = &tensors["head.weight"];
    assert!(bit_equal(before, after).unwrap());
    assert!(moved(&tensors).contains(&"head.bias"));
}

#[test]
fn a_selection_of_nothing_is_refused() {
    // Built without guards, it has no norm that belongs to an alternative.
    let net = Supernet::new(toy::space(), Place::default()).unwrap();
    let refused = optimiser(&net, &settings(Selection::LastNorms)).unwrap_err();
    assert_eq!(refused.to_string(), "`last_norms` selects no parameter of this network");
    let of = Selection::Paths(vec!["haed".to_owned()]);
    let groups = vec![GroupRule { of, lr_scale: None, weight_decay: None }];
    let refused = optimiser(&net, &Training { groups, ..settings(Selection::All) }).unwrap_err();
    assert_eq!(refused.to_string(), "`haed` selects no parameter of this network");
    let clip = |path: &str| {
        let except = vec![path.to_owned()];
        let clip = vec![Clip::Adaptive { factor: 0.02, eps: 1e-3, except }];
        optimiser(&net, &Training { clip, ..settings(Selection::All) })
    };
    assert!(clip("head").is_ok());
    assert_eq!(clip("haed").unwrap_err(), refused);
}
