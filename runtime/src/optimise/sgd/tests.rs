#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::torch::{Device, Kind, bit_equal, channels_last};

const PLAIN: Group = Group { lr_scale: 1.0, weight_decay: 0.0 };

fn parameter(value: f64, kind: Kind) -> Tensor {
    Tensor::full([3], value, (kind, Device::Cpu)).set_requires_grad(true)
}

/// Gives `parameter` the gradient `slope` in every element.
fn pull(parameter: &Tensor, slope: f64) {
    torch::drop_gradients(&[parameter]).unwrap();
    torch::backward(&(parameter * slope).sum(parameter.kind())).unwrap();
}

fn value(tensor: &Tensor) -> f64 {
    let values = Vec::<f64>::try_from(tensor.to_kind(Kind::Double)).unwrap();
    assert!(values.iter().all(|value| *value == values[0]));
    values[0]
}

fn sgd(momentum: f64, nesterov: bool, parameters: &[(&Tensor, Group)]) -> Sgd {
    let named = parameters
        .iter()
        .enumerate()
        .map(|(i, (tensor, group))| (format!("p{i}"), tensor.shallow_clone(), *group));
    Sgd::new(Settings { momentum, nesterov }, named).unwrap()
}

fn assert_follows(mut sgd: Sgd, parameter: &Tensor, rates: &[f64], slopes: &[f64], path: &[f64]) {
    let tolerance = if parameter.kind() == Kind::Double { 1e-14 } else { 1e-6 };
    for ((rate, slope), expected) in rates.iter().zip(slopes).zip(path) {
        pull(parameter, *slope);
        sgd.step(&[0], *rate).unwrap();
        let found = value(parameter);
        assert!((found - expected).abs() < tolerance, "{found} for {expected}");
    }
}

#[test]
fn steps_follow_hand_computed_paths() {
    for kind in [Kind::Float, Kind::Double] {
        // p = 1 - 0.1 * 2; then - 0.1 * -1.
        let p = parameter(1.0, kind);
        assert_follows(sgd(0.0, false, &[(&p, PLAIN)]), &p, &[0.1; 2], &[2.0, -1.0], &[0.8, 0.9]);

        // v = 2, 0.5 * 2 + 1 = 2, 0.5 * 2 - 4 = -3.
        let p = parameter(1.0, kind);
        let plain = sgd(0.5, false, &[(&p, PLAIN)]);
        assert_follows(plain, &p, &[0.1, 0.1, 0.2], &[2.0, 1.0, -4.0], &[0.8, 0.6, 1.2]);

        // v as above; steps along g + 0.5 v = 3, 2, -5.5.
        let p = parameter(1.0, kind);
        let nesterov = sgd(0.5, true, &[(&p, PLAIN)]);
        assert_follows(nesterov, &p, &[0.1, 0.1, 0.2], &[2.0, 1.0, -4.0], &[0.7, 0.5, 1.6]);

        // Decay a quarter, rate doubled by the group. g' = 2 + 0.25 = 2.25, v = 2.25, p = 1 - 0.2 * 2.25 = 0.55;
        // g' = 1 + 0.1375 = 1.1375, v = 1.125 + 1.1375 = 2.2625, p = 0.55 - 0.2 * 2.2625 = 0.0975.
        let p = parameter(1.0, kind);
        let group = Group { lr_scale: 2.0, weight_decay: 0.25 };
        let decayed = sgd(0.5, false, &[(&p, group)]);
        assert_follows(decayed, &p, &[0.1; 2], &[2.0, 1.0], &[0.55, 0.0975]);
    }
}

#[test]
fn what_is_not_touched_keeps_every_bit() {
    let (on, off) = (parameter(1.0, Kind::Double), parameter(0.3, Kind::Double));
    let group = Group { lr_scale: 1.0, weight_decay: 0.1 };
    let mut sgd = sgd(0.9, true, &[(&on, group), (&off, group)]);
    pull(&on, 1.0);
    pull(&off, 1.0);
    sgd.step(&[0, 1], 0.1).unwrap();
    let (weight, momentum) = (off.copy(), sgd.state()["p1"].copy());

    // Off the path: no gradient at all, then one that the caller does not name.
    pull(&on, 1.0);
    torch::drop_gradients(&[&off]).unwrap();
    sgd.step(&[0, 1], 0.1).unwrap();
    pull(&off, 1.0);
    sgd.step(&[0], 0.1).unwrap();

    assert!(bit_equal(&off, &weight).unwrap());
    assert!(bit_equal(&sgd.state()["p1"], &momentum).unwrap());
}

#[test]
fn a_late_first_step_is_a_first_step() {
    let (early, late) = (parameter(1.0, Kind::Double), parameter(1.0, Kind::Double));
    let mut sgd = sgd(0.5, false, &[(&early, PLAIN), (&late, PLAIN)]);
    pull(&early, 1.0);
    sgd.step(&[0, 1], 0.5).unwrap();
    assert_eq!(sgd.state().into_keys().collect::<Vec<_>>(), ["p0"]);
    pull(&early, 1.0);
    pull(&late, 1.0);
    sgd.step(&[0, 1], 0.5).unwrap();
    // 1 - 0.5 - 0.5 * 1.5, and one plain step.
    assert_eq!((value(&early), value(&late)), (-0.25, 0.5));
}

#[test]
fn groups_step_apart() {
    let (fast, slow) = (parameter(1.0, Kind::Double), parameter(1.0, Kind::Double));
    let group = |lr_scale| Group { lr_scale, weight_decay: 0.0 };
    let mut sgd = sgd(0.0, false, &[(&fast, group(1.0)), (&slow, group(0.25))]);
    pull(&fast, 1.0);
    pull(&slow, 1.0);
    sgd.step(&[1, 0, 1], 0.5).unwrap();
    assert_eq!((value(&fast), value(&slow)), (0.5, 0.875));
    assert!(sgd.state().is_empty(), "no momentum, no buffers");
}

#[test]
fn memory_order_does_not_matter() {
    let plain = Tensor::arange(48, (Kind::Double, Device::Cpu)).view([2, 3, 2, 4]);
    let slope = plain.flip([0, 1, 2, 3]);
    let run = |weight: &Tensor, other_way: bool| {
        let weight = weight.copy().set_requires_grad(true);
        let mut sgd = sgd(0.9, true, &[(&weight, PLAIN)]);
        for round in 0..3 {
            torch::drop_gradients(&[&weight]).unwrap();
            torch::backward(&(&weight * &slope).sum(Kind::Double)).unwrap();
            sgd.step(&[0], 0.01).unwrap();
            if round == 1 && other_way {
                // A state comes out of a file in the plain order.
                let state: BTreeMap<_, _> =
                    sgd.state().into_iter().map(|(k, v)| (k, v.contiguous())).collect();
                sgd.restore(&state).unwrap();
            }
        }
        weight
    };
    let expected = run(&plain, false);
    let last = run(&channels_last(&plain).unwrap(), true);
    assert!((expected - last).abs().max().double_value(&[]) < 1e-12);
}

#[test]
fn a_restored_state_goes_on_alike() {
    let step = |sgd: &mut Sgd, p: &Tensor| {
        pull(p, 1.5);
        sgd.step(&[0], 0.1).unwrap();
    };
    let p = parameter(1.0, Kind::Float);
    let mut one = sgd(0.9, true, &[(&p, PLAIN)]);
    step(&mut one, &p);
    let saved: BTreeMap<_, _> = one.state().into_iter().map(|(k, v)| (k, v.copy())).collect();
    let q = p.detach().copy().set_requires_grad(true);
    step(&mut one, &p);

    let mut two = sgd(0.9, true, &[(&q, PLAIN)]);
    two.restore(&saved).unwrap();
    step(&mut two, &q);
    assert!(bit_equal(&p, &q).unwrap());
    assert!(!bit_equal(&saved["p0"], &one.state()["p0"]).unwrap(), "a restored copy is its own");
}

#[test]
fn a_foreign_state_is_refused_and_changes_nothing() {
    let p = parameter(1.0, Kind::Float);
    let mut sgd = sgd(0.9, false, &[(&p, PLAIN)]);
    pull(&p, 1.0);
    sgd.step(&[0], 0.1).unwrap();
    let before = sgd.state()["p0"].copy();
    let two = Tensor::zeros([2], (Kind::Float, Device::Cpu));
    let three = Tensor::zeros([3], (Kind::Float, Device::Cpu));

    let refused = sgd.restore(&BTreeMap::from([("p0".to_owned(), two)])).unwrap_err();
    assert!(matches!(refused, SgdError::Shape { .. }), "{refused}");
    let state = ["p0", "stem.conv"].map(|path| (path.to_owned(), three.shallow_clone()));
    let refused = sgd.restore(&BTreeMap::from(state)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the optimiser state has `stem.conv`, which is no parameter of this network"
    );
    assert!(bit_equal(&sgd.state()["p0"], &before).unwrap());
}

#[test]
fn settings_without_meaning_are_refused() {
    let none = || Vec::new().into_iter();
    for (momentum, nesterov) in [(-0.1, false), (1.0, false), (f64::NAN, false), (0.0, true)] {
        assert!(Sgd::new(Settings { momentum, nesterov }, none()).is_err());
    }
    let twice = (0..2).map(|_| ("p".to_owned(), parameter(1.0, Kind::Float), PLAIN));
    assert_eq!(Sgd::new(Settings::default(), twice).unwrap_err(), SgdError::Twice("p".to_owned()));
}
