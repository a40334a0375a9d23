//! The candidates of `std/shufflenet` against the published code's, block by block.

use nasc_compiler::arch::Arch;
use nasc_runtime::program::Norms;
use nasc_runtime::supernet::Supernet;
use nasc_runtime::torch;
use serde_json::Value;

use crate::compiled::{PRECISE, plain_text};
use crate::fill::{assert_close, fill, fill_weights, numbers, sum_l2, vectors};

fn check(name: &str, call: &str, case: &Value) {
    let text = format!(
        "import \"std/shufflenet\" {{ unit, xception }}\n\
         network block() {{\n    input image: [8, 9, 9]\n    output y = image -> {call}\n}}\n"
    );
    let net = Supernet::new(plain_text(&text), PRECISE).unwrap();
    fill_weights(&net);
    let tensors = case["tensors"].as_array().unwrap();
    let shapes: Vec<Vec<i64>> = net.store().trainable().map(|(_, _, t)| t.size()).collect();
    let listed: Vec<Vec<i64>> =
        tensors.iter().map(|t| serde_json::from_value(t[1].clone()).unwrap()).collect();
    assert_eq!(shapes, listed, "{name}");

    let arch = Arch::default();
    let image = fill(&[2, 8, 9, 9], 500, 2.0).set_requires_grad(true);
    let inputs = [image.shallow_clone()];
    let output = net.forward(&arch, &inputs, &mut Norms::Train, true).unwrap().remove(0);
    assert_eq!(serde_json::json!(output.size()), case["out_shape"], "{name}");
    let flat = Vec::<f64>::try_from(output.flatten(0, -1)).unwrap();
    assert_close(&flat[..16], &numbers(&case["train_first16"]), name);
    assert_close(&flat[flat.len() - 8..], &numbers(&case["train_last8"]), name);
    let expected = [&case["train_sum"], &case["train_l2"]].map(|v| v.as_f64().unwrap());
    assert_close(&sum_l2(&output), &expected, name);

    let loss = (&output * fill(&output.size(), 501, 1.0)).sum(output.kind());
    torch::backward(&loss).unwrap();
    assert_close(&sum_l2(&image.grad()), &numbers(&case["grad_input_sum_l2"]), name);
    for (listed, (_, _, tensor)) in tensors.iter().zip(net.store().trainable()) {
        let expected = &case["grad_weight_sum_l2"][listed[0].as_str().unwrap()];
        assert_close(&sum_l2(&tensor.grad()), &numbers(expected), name);
    }

    let _guard = torch::no_grad();
    let output = net.forward(&arch, &inputs, &mut Norms::Eval, false).unwrap().remove(0);
    let expected = numbers(&case["eval_after_that_one_train_batch_sum_l2"]);
    assert_close(&sum_l2(&output), &expected, name);
}

#[test]
fn candidates_compute_what_the_published_ones_do() {
    let vectors = vectors("spos_forward");
    for kernel in [3, 5, 7] {
        let case = |stride| &vectors["blocks"][format!("shuffle{kernel}_s{stride}")];
        check("stride 1", &format!("unit(8, kernel: {kernel})"), case(1));
        check("stride 2", &format!("unit(16, kernel: {kernel}, stride: 2)"), case(2));
    }
    check("xception, stride 1", "xception(8)", &vectors["blocks"]["xception_s1"]);
    check("xception, stride 2", "xception(16, stride: 2)", &vectors["blocks"]["xception_s2"]);
}

#[test]
fn a_split_takes_even_and_odd_channels() {
    let text = "network halves() {\n    input image: [8, 1, 1]\n    \
                let [even, odd] = deinterleave(image)\n    output y = concat(even, odd)\n}\n";
    let net = Supernet::new(plain_text(text), PRECISE).unwrap();
    let image = torch::from_slice(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], &[1, 8, 1, 1]);
    let output = net.forward(&Arch::default(), &[image.unwrap()], &mut Norms::Eval, false);
    let found = Vec::<f64>::try_from(output.unwrap()[0].flatten(0, -1)).unwrap();
    let split = &vectors("spos_forward")["channel_split_of_arange8"];
    assert_eq!(found, [numbers(&split["proj"]), numbers(&split["main"])].concat());
}
