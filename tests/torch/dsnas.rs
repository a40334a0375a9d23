//! DSNAS in small against the published code: losses, local costs, gradients, statistics.

use nasc_runtime::loss::cross_entropy;
use nasc_runtime::optimise::{Group, Optimiser, Rule, Settings, Untouched};
use nasc_runtime::program::{Gate, GateValues, Gating, Norms, Numbers};
use nasc_runtime::supernet::Supernet;
use nasc_runtime::torch::{self, Device, Kind, Tensor};
use serde_json::Value;

use crate::compiled::{PRECISE, text};
use crate::fill::{assert_close, fill, numbers, sum_l2, vectors};

/// The published network with fewer and narrower layers.
fn space(eps: &str) -> String {
    format!(
        r#"import "std/shufflenet" {{ unit, xception }}

        block stage(x, out: int) {{
            for i in 0..2 {{
                let stride = if i == 0 {{ 2 }} else {{ 1 }}
                x = x -> choose op {{
                    shuffle3: unit(out, kernel: 3, stride: stride)
                    shuffle5: unit(out, kernel: 5, stride: stride)
                    shuffle7: unit(out, kernel: 7, stride: stride)
                    xception: xception(out, stride: stride)
                }}
            }}
            x
        }}

        space small() {{
            input image: [3, 56, 56]
            defaults bn {{ eps: {eps} }}
            let stem = image -> conv(4, kernel: 3, stride: 2) -> bn -> relu
            let s1 = stem -> stage(8)
            let s2 = s1 -> stage(16)
            let last = s2 -> conv(12) -> bn -> relu
            output logits = last -> global_pool -> linear(5, bias: false)
        }}"#
    )
}

/// Tensors as the vector numbers them: the logits are its first.
fn filled(eps: &str, listed: &[Value]) -> Supernet {
    let net = Supernet::new(text(&space(eps)), PRECISE).unwrap();
    let _guard = torch::no_grad();
    assert_eq!(net.store().trainable().count(), listed.len() - 1);
    for ((_, _, tensor), listed) in net.store().trainable().zip(&listed[1..]) {
        let shape = tensor.size();
        assert_eq!(serde_json::json!(shape), listed[1]);
        let number = listed[2].as_i64().unwrap();
        let fan: i64 = shape.iter().skip(1).product();
        let value = match listed[3].as_str().unwrap() {
            "conv" => fill(&shape, number, 4.0 / (fan as f64).sqrt()),
            "bn_gamma" => fill(&shape, number, 0.5) + 1.0,
            "bn_beta" => fill(&shape, number, 0.4),
            _ => fill(&shape, number, 1.0),
        };
        tensor.shallow_clone().copy_(&value);
    }
    net
}

/// The loss of a path with a factor of one on every layer, its logits, and the derivatives by the factors.
fn costs(net: &Supernet, choices: &[u16]) -> (Tensor, Tensor, Vec<f64>) {
    let gating = Gating(choices.iter().map(|&choice| Gate::Scaled(choice)).collect());
    let rows: Vec<_> = choices.iter().map(|_| Some(Numbers::Weights(vec![1.0]))).collect();
    let values = GateValues::of(&rows, (Kind::Double, Device::Cpu), true).unwrap();
    let image = [fill(&[4, 3, 56, 56], 1000, 2.0)];
    let logits =
        net.forward_gated(&gating, &values, &image, &mut Norms::Train, true).unwrap().remove(0);
    let labels = torch::from_slice(&[0_i64, 3, 1, 4], &[4]).unwrap();
    let loss = cross_entropy(&logits, &labels, 0.1).unwrap();
    torch::backward(&loss).unwrap();
    let gradients = values.gradients().unwrap();
    (loss, logits, gradients.into_iter().map(|row| row.unwrap()[0]).collect())
}

#[test]
fn local_costs_and_gradients_are_the_published_ones() {
    let vectors = vectors("dsnas_tiny");
    let listed = vectors["tensors"].as_array().unwrap();
    for (case, choices) in [
        ("ws1", [0, 3, 2, 1]),
        ("flops_gate_on_coef1e-2_choices_3,3,3,3", [3; 4]),
        ("flops_gate_off_coef1e-2_choices_0,0,0,0", [0; 4]),
    ] {
        let expected = &vectors[case];
        let net = filled("1e-2", listed);
        let (loss, logits, costs) = costs(&net, &choices);
        assert_close(&[loss.double_value(&[])], &[expected["error_loss"].as_f64().unwrap()], case);
        let rows = expected["logits"].as_array().unwrap();
        let wanted: Vec<f64> = rows.iter().flat_map(numbers).collect();
        assert_close(&Vec::<f64>::try_from(logits.flatten(0, -1)).unwrap(), &wanted, case);
        assert_close(&costs, &numbers(&expected["block_reward"]), case);
        let Some(sums) = expected["param_grad_sum_and_l2"].as_object() else { continue };
        let mut seen = 0;
        for ((_, entry, tensor), listed) in net.store().trainable().zip(&listed[1..]) {
            let name = listed[0].as_str().unwrap();
            match sums.get(name) {
                Some(wanted) => {
                    assert_close(&sum_l2(&tensor.grad()), &numbers(wanted), name);
                    seen += 1;
                }
                None => assert!(!tensor.grad().defined(), "{} is off the path", entry.path),
            }
        }
        assert_eq!(seen, sums.len());
    }
}

/// Running statistics after a step, and the weights that it moves: those off the path by their decay alone.
#[test]
fn statistics_and_weights_after_a_step_are_the_published_ones() {
    let vectors = vectors("dsnas_tiny");
    let (listed, expected) = (vectors["tensors"].as_array().unwrap(), &vectors["ws1"]);
    let net = filled("1e-2", listed);
    let (loss, ..) = costs(&net, &[0, 3, 2, 1]);
    assert_close(&[loss.double_value(&[])], &[expected["error_loss"].as_f64().unwrap()], "ws1");
    let tensor = |path: &str| net.store().tensor(net.store().find(path).unwrap());
    let known = expected["bn_running"].as_object().unwrap();
    assert_eq!(known.len(), 6);
    for (published, own) in [
        ("first_conv.1", "stem.bn"),
        ("features.1.3.branch_main.1", "s1.1.op.xception.main.y.bn"),
        ("conv_last.1", "last.bn"),
    ] {
        for part in ["running_mean", "running_var"] {
            let sum = tensor(&format!("{own}.{part}")).sum(Kind::Double).double_value(&[]);
            assert_close(&[sum], &numbers(&known[&format!("{published}.{part}")]), published);
        }
    }

    let (rate, decay) = (0.1, 4e-5);
    let unsampled = "s1.0.op.shuffle5.main.expand.weight";
    let before = tensor(unsampled).detach().copy();
    let rule = Rule::Sgd { momentum: 0.9, nesterov: false };
    let settings = Settings { rule, untouched: Untouched::Zero };
    let parameters = net.store().trainable().map(|(_, entry, tensor)| {
        let weight_decay = if tensor.dim() > 1 { decay } else { 0.0 };
        let group = Group { weight_decay, ..Group::default() };
        (entry.path.to_string(), tensor.shallow_clone(), group)
    });
    let mut optimiser = Optimiser::new(settings, parameters).unwrap();
    optimiser.step(&[], rate).unwrap();
    let stepped = &expected["after_step"];
    for (published, own) in
        [("first_conv.0", "stem.conv.weight"), ("classifier.0", "logits.linear.weight")]
    {
        let sum = tensor(own).sum(Kind::Double).double_value(&[]);
        let known = stepped[format!("{published}.weight_sum")].as_f64().unwrap();
        assert_close(&[sum], &[known], published);
    }
    let shrunk = (tensor(unsampled).detach() / before - (1.0 - rate * decay)).abs().max();
    assert!(shrunk.double_value(&[]) < 1e-15);
}

/// Behind a norm a factor has an effect in proportion to the norm's `eps` alone.
#[test]
fn costs_of_layers_before_norms_vanish_with_eps() {
    let vectors = vectors("dsnas_tiny");
    let listed = vectors["tensors"].as_array().unwrap();
    let cases = vectors["block_reward_vs_eps"].as_object().unwrap();
    assert_eq!(cases.len(), 4);
    for (eps, wanted) in cases {
        let eps =
            if eps.contains('.') || eps.contains('e') { eps.clone() } else { format!("{eps}.0") };
        let net = filled(&eps, listed);
        let (_, _, costs) = costs(&net, &[0, 3, 2, 1]);
        assert_close(&costs, &numbers(wanted), &eps);
        // In the smallest the sign and the first digits are there as well.
        for (found, wanted) in costs.iter().zip(numbers(wanted)) {
            assert!(
                (found - wanted).abs() <= 1e-4 * wanted.abs() + 1e-15,
                "{eps}: {found} {wanted}"
            );
        }
    }
}
