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

fn sgd(momentum: f64, nesterov: bool, parameters: &[(&Tensor, Group)]) -> Optimiser {
    optimiser(Rule::Sgd { momentum, nesterov }, Untouched::Skip, parameters)
}

fn optimiser(rule: Rule, untouched: Untouched, parameters: &[(&Tensor, Group)]) -> Optimiser {
    let named = parameters
        .iter()
        .enumerate()
        .map(|(i, (tensor, group))| (format!("p{i}"), tensor.shallow_clone(), *group));
    Optimiser::new(Settings { rule, untouched }, named).unwrap()
}

fn assert_follows(
    mut sgd: Optimiser,
    parameter: &Tensor,
    rates: &[f64],
    slopes: &[f64],
    path: &[f64],
) {
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
    let step = |sgd: &mut Optimiser, p: &Tensor| {
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
    assert!(matches!(refused, OptimiserError::Shape { .. }), "{refused}");
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
    let twice = (0..2).map(|_| ("p".to_owned(), parameter(1.0, Kind::Float), PLAIN));
    let refused = Optimiser::new(Settings::default(), twice).unwrap_err();
    assert_eq!(refused, OptimiserError::Twice("p".to_owned()));
    let rule = Rule::Sgd { momentum: 1.0, nesterov: false };
    let refused = Optimiser::new(Settings { rule, ..Settings::default() }, []).unwrap_err();
    let expected = "the optimiser needs a momentum of at least 0 and below 1";
    assert_eq!(refused.to_string(), expected);
}

/// Every rule, its states in use, and with decay.
fn rules() -> Vec<Rule> {
    let (betas, eps) = ((0.9, 0.99), 1e-3);
    vec![
        Rule::Sgd { momentum: 0.9, nesterov: true },
        Rule::Adam { betas, eps },
        Rule::AdamW { betas, eps },
        Rule::RmsProp { smoothing: 0.9, momentum: 0.9, eps, centred: true, tensorflow: false },
        Rule::RmsProp { smoothing: 0.9, momentum: 0.0, eps, centred: false, tensorflow: true },
    ]
}

const DECAYED: Group = Group { lr_scale: 1.0, weight_decay: 0.1 };

#[test]
fn under_every_rule_the_untouched_keep_every_bit_of_themselves_and_of_their_states() {
    for rule in rules() {
        let (on, off) = (parameter(1.0, Kind::Float), parameter(0.3, Kind::Float));
        let mut optimiser = optimiser(rule, Untouched::Skip, &[(&on, DECAYED), (&off, DECAYED)]);
        pull(&on, 1.0);
        pull(&off, 1.0);
        optimiser.step(&[0, 1], 0.1).unwrap();
        let copies = |optimiser: &Optimiser| {
            let own = optimiser.state().into_iter().filter(|(path, _)| path.starts_with("p1"));
            own.map(|(_, state)| state.copy()).chain([off.copy()]).collect::<Vec<_>>()
        };
        let before = copies(&optimiser);
        torch::drop_gradients(&[&off]).unwrap();
        for _ in 0..3 {
            pull(&on, -1.0);
            optimiser.step(&[0, 1], 0.1).unwrap();
        }
        let after = copies(&optimiser);
        assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            assert!(bit_equal(before, after).unwrap(), "{rule:?}");
        }
    }
}

#[test]
fn under_every_rule_a_saved_state_goes_on_alike() {
    for rule in rules() {
        let (p, late) = (parameter(1.0, Kind::Double), parameter(0.5, Kind::Double));
        let mut one = optimiser(rule, Untouched::Skip, &[(&p, DECAYED), (&late, DECAYED)]);
        for slope in [1.0, -0.5, 2.0] {
            pull(&p, slope);
            one.step(&[0], 0.1).unwrap();
        }
        pull(&late, 1.0);
        one.step(&[1], 0.1).unwrap();
        let saved: BTreeMap<_, _> = one.state().into_iter().map(|(k, v)| (k, v.copy())).collect();
        let copies = [&p, &late].map(|tensor| tensor.detach().copy().set_requires_grad(true));
        let mut two =
            optimiser(rule, Untouched::Skip, &[(&copies[0], DECAYED), (&copies[1], DECAYED)]);
        two.restore(&saved).unwrap();
        for (optimiser, tensors) in [(&mut one, [&p, &late]), (&mut two, copies.each_ref())] {
            for tensor in tensors {
                pull(tensor, 0.7);
            }
            optimiser.step(&[0, 1], 0.1).unwrap();
        }
        assert!(bit_equal(&p, &copies[0]).unwrap() && bit_equal(&late, &copies[1]).unwrap());
        assert!(one.state().keys().eq(two.state().keys()));
    }
}

#[test]
fn a_state_of_another_rule_is_refused() {
    let p = parameter(1.0, Kind::Float);
    let [sgd, adam, ..] = rules()[..] else { unreachable!("there are five rules") };
    let mut adam = optimiser(adam, Untouched::Skip, &[(&p, PLAIN)]);
    pull(&p, 1.0);
    adam.step(&[0], 0.1).unwrap();
    let mut state = adam.state();
    let mut sgd = optimiser(sgd, Untouched::Skip, &[(&p, PLAIN)]);
    let refused = sgd.restore(&state).unwrap_err();
    assert_eq!(refused, OptimiserError::Unknown("p0/mean".to_owned()));
    state.remove("p0/steps");
    let refused = adam.restore(&state).unwrap_err();
    assert_eq!(refused.to_string(), "the optimiser state has `p0` without its `steps`");
}

/// With a rate of 0.5, a momentum of 0.9 and a decay of 4e-5, a gradient of 0.2 and then none.
#[test]
fn an_absent_gradient_is_not_one_of_zero() {
    let rule = Rule::Sgd { momentum: 0.9, nesterov: false };
    let group = Group { lr_scale: 1.0, weight_decay: 4e-5 };
    for (untouched, path) in
        [(Untouched::Zero, [0.89998, 0.80994, 0.72890, 0.65594]), (Untouched::Skip, [0.89998; 4])]
    {
        let (p, other) = (parameter(1.0, Kind::Double), parameter(1.0, Kind::Double));
        let mut optimiser = optimiser(rule, untouched, &[(&p, group), (&other, group)]);
        pull(&p, 0.2);
        for expected in path {
            optimiser.step(&[0], 0.5).unwrap();
            torch::drop_gradients(&[&p]).unwrap();
            assert!((value(&p) - expected).abs() < 5e-6, "{} for {expected}", value(&p));
            assert!(!p.grad().defined() && !other.grad().defined(), "nothing is left behind");
        }
        assert_eq!(value(&other) < 1.0, untouched == Untouched::Zero, "decay alone");
    }
}
