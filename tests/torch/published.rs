//! Blocks of the library against what their published code computes, in double precision.

use nasc_compiler::arch::Arch;
use nasc_runtime::program::Norms;
use nasc_runtime::supernet::Supernet;
use nasc_runtime::torch::{self, Kind, Tensor};
use serde_json::Value;

use crate::compiled::{PRECISE, text};
use crate::fill::{assert_close, numbers, vectors};

/// Element i is `off + s * sin(a * i + b)`.
fn wave([a, b, s, off]: [f64; 4], shape: &[i64]) -> Tensor {
    let count: i64 = shape.iter().product();
    let elements: Vec<f64> = (0..count).map(|i| off + s * (a * i as f64 + b).sin()).collect();
    torch::from_slice(&elements, shape).unwrap()
}

/// A network of one block of the library, its trained tensors set in their order.
fn block(
    file: &str,
    call: &str,
    input: [i64; 3],
    tensors: impl Fn(usize, &[i64]) -> Tensor,
) -> Supernet {
    let name = call.split_once('(').unwrap().0;
    let net = text(&format!(
        "import \"std/{file}\" {{ {name} }}\n\
         network one() {{\n    input image: {input:?}\n    output y = image -> {call}\n}}\n"
    ));
    let net = Supernet::new(net, PRECISE).unwrap();
    let _guard = torch::no_grad();
    for (number, (_, _, tensor)) in net.store().trainable().enumerate() {
        let value = tensors(number, &tensor.size());
        assert_eq!(value.size(), tensor.size(), "tensor {number} of {call}");
        tensor.shallow_clone().copy_(&value);
    }
    net
}

fn forward(net: &Supernet, image: &Tensor) -> Tensor {
    let inputs = [image.shallow_clone()];
    net.forward(&Arch::default(), &inputs, &mut Norms::Train, true).unwrap().remove(0)
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.flatten(0, -1)).unwrap()
}

#[test]
fn split_attention() {
    let vectors = vectors("split_attention");
    for (name, case) in vectors["cases"].as_object().unwrap() {
        let (radix, groups) = name.strip_prefix("radix").unwrap().split_once("_card").unwrap();
        let shapes: Vec<Vec<i64>> = case["params"]
            .as_object()
            .unwrap()
            .values()
            .map(|shape| serde_json::from_value(shape.clone()).unwrap())
            .collect();
        let call = format!(
            "split_attention(8, radix: {radix}, groups: {groups}, norm: identity, activation: relu)"
        );
        let net = block("attention", &call, [8, 3, 3], |number, _| {
            // The vector names its tensors; JSON has lost their order, which is that of their names.
            wave([0.9, 0.1 * number as f64, 0.3, 0.0], &shapes_in_order(&shapes)[number])
        });
        let image = wave([0.7, 0.1, 1.0, 0.0], &[1, 8, 3, 3]);
        assert_close(&flat(&forward(&net, &image)), &numbers(&case["y"]), name);
    }
}

/// A convolution, and the weight and bias of each of two others, from the vector's order by name: biases come first.
fn shapes_in_order(by_name: &[Vec<i64>]) -> [Vec<i64>; 5] {
    let [conv, bias1, weight1, bias2, weight2] = by_name else {
        unreachable!("split attention has five tensors")
    };
    [conv, weight1, bias1, weight2, bias2].map(Clone::clone)
}

fn numbers4(value: &Value) -> [f64; 4] {
    numbers(value).try_into().unwrap()
}

/// The blocks without normalisation: outputs, the gradient of the input, and the norm of every other gradient.
#[test]
fn binary_blocks_without_normalisation() {
    let vectors = vectors("bnn_nobn");
    for name in ["block_same", "block_down"] {
        let case = &vectors[name];
        let order: Vec<String> = serde_json::from_value(case["param_order"].clone()).unwrap();
        let call = format!(
            "react({}, stride: {}, norm: \"free\", before: [{}, {}])",
            case["out"], case["stride"], case["beta1"], case["beta2"]
        );
        let net = block("binary", &call, [2, 4, 4], |number, shape| {
            match case["fill_a_b_s_off"].get(&order[number]) {
                Some(fill) => wave(numbers4(fill), shape),
                None => wave([0.0, 0.0, 0.0, case["prelu"].as_f64().unwrap()], shape),
            }
        });
        assert_eq!(net.store().trainable().count(), order.len(), "{name}");
        let image = wave([0.7, 0.1, 1.0, 0.0], &[1, 2, 4, 4]).set_requires_grad(true);
        let output = forward(&net, &image);
        assert_eq!(serde_json::json!(output.size()), case["y_shape"], "{name}");
        assert_close(&flat(&output), &numbers(&case["y"]), name);
        let upstream = wave([0.5, 0.2, 1.0, 0.0], &output.size());
        torch::backward(&(output * upstream).sum(Kind::Double)).unwrap();
        assert_close(&flat(&image.grad()), &numbers(&case["dx"]), name);
        for (tensor, (_, _, found)) in order.iter().zip(net.store().trainable()) {
            let norm = found.grad().square().sum(Kind::Double).sqrt().double_value(&[]);
            let expected = case["grad_norms"][tensor].as_f64().unwrap();
            assert_close(&[norm], &[expected], &format!("{tensor} of {name}"));
        }
    }
}
