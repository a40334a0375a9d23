//! Operations with weights of their own making, copies of tensors and channels that go around: through the compiler.

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::Role;
use nasc_runtime::alpha::estimator::{relaxed, through_relaxed};
use nasc_runtime::loss::cross_entropy;
use nasc_runtime::program::{Averaging, Gate, GateValues, Gating, Norms, Numbers, ProgramError};
use nasc_runtime::supernet::{Batch, Scheme, Supernet, evaluate_many, extract};
use nasc_runtime::torch::{self, Kind, Tensor};
use serde_json::Value;

use crate::compiled::{PRECISE, difference, noise, random_arch, text};
use crate::fill::{assert_close, vectors};

/// Everything that has learned numbers in unusual places, with all ways to share them.
pub const EVERYTHING: &str = r#"
space everything() {
    input image: [3, 12, 12]
    let w = choose width in {8, 16}
    let k = choose kernel in {3, 5, 7} @transform
    let m = choose kept in {0, 4, 12}
    let o = choose owned in {4, 6} @own
    let stem = image -> conv(w, kernel: 3) -> bn(stats: "own") -> prelu
    let deep = stem -> dwconv(k) -> gain(init: 0.5) -> rsign -> binary_conv(16, kernel: 3, standardise: true) -> rprelu
    let unit = deep -> conv(m, kernel: 3) -> bn -> relu
    let around = bypass(unit, deep, limit: 12)
    let up = around -> conv_transpose(8, kernel: 4, stride: 2, pad: 1) -> gn(2) -> offset(init: 0.1)
    let back = up -> resize(scale: 0.5, mode: "bilinear") -> ws_conv(o, kernel: 3) -> swish
    let gate = back -> global_pool -> conv(2 * o) -> softmax(runs: 2)
    let mixed = back * gate[..o] + back * gate[o..]
    let heads = mixed -> keep 2 of heads {
        a: conv(5)
        b: binary_conv(5, kernel: 3)
        c: ws_conv(5, scaled: false) -> gain(per_channel: false)
    }
    output y = heads -> global_pool -> linear(4)
}
"#;

fn everything() -> Supernet {
    let mut net = Supernet::new(text(EVERYTHING), PRECISE).unwrap();
    net.initialise(Scheme::Kaiming, 1).unwrap();
    // Shifts, slopes and matrices that do something.
    let _guard = torch::no_grad();
    for (number, (_, entry, tensor)) in net.store().trainable().enumerate() {
        if matches!(entry.role, Role::Offset | Role::Slope | Role::Gain | Role::Transform) {
            let noise = crate::fill::fill(&tensor.size(), number as i64, 0.5);
            tensor.shallow_clone().copy_(&(tensor + noise));
        }
    }
    net
}

#[test]
fn paths_are_the_networks_that_are_cut_out() {
    let net = everything();
    let images = |item| noise(item, 3, 12, Kind::Double);
    let mut plain = 0;
    for item in 0..24 {
        let arch = random_arch(&net, item);
        let batches = (1..4).map(|item| Ok::<_, ProgramError>(images(item)));
        let statistics = net.recalibrate(&arch, batches, Averaging::Cumulative).unwrap();
        let network = extract(&net, &arch, Some(&statistics)).unwrap();
        let mut norms = Norms::With(&statistics);
        let path = net.forward(&arch, &[images(0)], &mut norms, false).unwrap();
        let alone = network.forward(&Arch::default(), &[images(0)], &mut Norms::Eval, false);
        assert!(difference(&alone.unwrap()[0], &path[0]) < 1e-12, "{arch:?}");
        let copies = |net: &Supernet| net.store().entries().iter().any(|e| e.path.contains('@'));
        assert!(copies(&net) && !copies(&network));
        assert!(network.store().entries().iter().all(|entry| entry.role != Role::Transform));
        plain += usize::from(network.space().nodes().all(|(_, node)| &*node.path != "unit.conv"));
    }
    assert!(plain > 0, "a unit without filters is gone");
}

/// A gradient for every tensor of the path, the matrices included, and none for any other.
#[test]
fn all_that_a_path_uses_learns() {
    let net = everything();
    for item in 0..12 {
        let arch = random_arch(&net, item);
        let line = net.specialise(&arch).unwrap();
        let image = noise(0, 3, 12, Kind::Double);
        let output = net.forward(&arch, &[image], &mut Norms::Train, true).unwrap().remove(0);
        torch::backward(&output.square().sum(Kind::Double)).unwrap();
        for (id, entry, tensor) in net.store().trainable() {
            let (used, gradient) = (line.params().contains(&id), tensor.grad());
            assert_eq!(gradient.defined(), used, "{} in {arch:?}", entry.path);
        }
        let all: Vec<&Tensor> = net.store().trainable().map(|(_, _, tensor)| tensor).collect();
        torch::drop_gradients(&all).unwrap();
    }
}

#[test]
fn learned_numbers_start_as_they_should() {
    let mut net = Supernet::new(text(EVERYTHING), PRECISE).unwrap();
    for scheme in [Scheme::Kaiming, Scheme::Spos] {
        net.initialise(scheme, 7).unwrap();
        let values = |path: &str| -> Vec<f64> {
            let id = net.store().find(path).unwrap_or_else(|| unreachable!("no `{path}`"));
            Vec::try_from(net.store().tensor(id).flatten(0, -1)).unwrap()
        };
        for (path, value) in [
            ("stem.prelu.weight", 0.25),
            ("deep.gain.gain", 0.5),
            ("deep.rsign.bias", 0.0),
            ("deep.binary_conv.gain", 1.0),
            ("deep.rprelu.before", 0.0),
            ("deep.rprelu.slope", 0.25),
            ("deep.rprelu.after", 0.0),
            ("up.offset.bias", 0.1),
        ] {
            assert!(values(path).iter().all(|found| *found == value), "{path}");
        }
        let matrix = values("deep.dwconv.transform_5to3");
        let ones: Vec<usize> = (0..81).filter(|&place| matrix[place] == 1.0).collect();
        assert_eq!(ones, (0..9).map(|row| row * 10).collect::<Vec<_>>());
        assert_eq!(matrix.iter().sum::<f64>(), 9.0);
        let binary = values("deep.binary_conv.weight");
        assert!(binary.iter().all(|weight| (0.0..1e-3).contains(weight)));
        let mean = binary.iter().sum::<f64>() / binary.len() as f64;
        assert!((mean - 5e-4).abs() < 5e-5, "{mean}");
    }
}

/// With copies of statistics, kernels through matrices and units that are not there.
#[test]
fn a_population_is_evaluated_as_each_of_its_networks() {
    let net = everything();
    let archs: Vec<Arch> = (0..12).map(|item| random_arch(&net, item)).collect();
    let images = || (1..3).map(|item| Ok::<_, ProgramError>(noise(item, 4, 12, Kind::Double)));
    let batches = || {
        images().map(|images| {
            let labels = Tensor::from_slice(&[0i64, 1, 2, 3]);
            Ok::<_, ProgramError>(Batch { images: images?, labels })
        })
    };
    let by = Averaging::Cumulative;
    let together = evaluate_many(&net, &archs, images(), by, batches()).unwrap();
    for (arch, together) in archs.iter().zip(&together) {
        let statistics = net.recalibrate(arch, images(), by).unwrap();
        let alone = net.evaluate(arch, Some(&statistics), batches()).unwrap();
        assert_eq!(alone, *together, "{arch:?}");
    }
}

/// A vector's formula: `((a k + b) mod m - off) / off`, element by element.
fn sawtooth([a, b, m, off]: [i64; 4], shape: &[i64]) -> Tensor {
    let count: i64 = shape.iter().product();
    let element = |k: i64| ((a * k + b) % m - off) as f64 / off as f64;
    torch::from_slice(&(0..count).map(element).collect::<Vec<_>>(), shape).unwrap()
}

fn set(net: &Supernet, path: &str, value: &Tensor) {
    let id = net.store().find(path).unwrap_or_else(|| unreachable!("no `{path}`"));
    let _guard = torch::no_grad();
    let tensor = net.store().tensor(id);
    assert_eq!(tensor.size(), value.size(), "{path}");
    tensor.shallow_clone().copy_(value);
}

/// The published rule for every number of filters that are left, none among them.
#[test]
fn channels_go_around_missing_filters() {
    let vectors = vectors("netadaptv2_reference");
    let cases = vectors["cases"].as_array().unwrap();
    let int = |case: &Value, name: &str| case[name].as_i64().unwrap();
    for (channels, filters) in [(4, 4), (3, 6), (6, 4)] {
        let cases: Vec<&Value> = cases
            .iter()
            .filter(|case| int(case, "C") == channels && int(case, "T") == filters)
            .collect();
        let kept: Vec<String> = cases.iter().map(|case| int(case, "M").to_string()).collect();
        let widest = cases.iter().map(|case| int(case, "Z")).max().unwrap();
        let net = text(&format!(
            "space unit() {{\n    input image: [{channels}, 3, 3]\n    \
             let m = choose kept in {{{}}}\n    \
             let f = image -> conv(m, kernel: 3, bias: true) -> relu\n    \
             output y = bypass(f, image, limit: {filters}) -> conv({widest})\n}}\n",
            kept.join(", ")
        ));
        let net = Supernet::new(net, PRECISE).unwrap();
        set(&net, "f.conv.weight", &sawtooth([37, 5, 101, 50], &[filters, channels, 3, 3]));
        set(&net, "f.conv.bias", &sawtooth([13, 3, 31, 15], &[filters]));
        // Channels that are not there come out as zeros.
        let eye = Tensor::eye(widest, (Kind::Double, PRECISE.device));
        set(&net, "y.conv.weight", &eye.view([widest, widest, 1, 1]));
        let image = sawtooth([29, 1, 97, 48], &[1, channels, 3, 3]);
        for (option, case) in cases.into_iter().enumerate() {
            let arch = Arch(vec![option as u16]);
            let output =
                net.forward(&arch, &[image.shallow_clone()], &mut Norms::Eval, false).unwrap();
            let mut rows: Vec<Vec<f64>> = serde_json::from_value(case["y"].clone()).unwrap();
            assert_eq!(rows.len() as i64, int(case, "Z"));
            rows.resize(widest as usize, vec![0.0; 9]);
            let found = Vec::<f64>::try_from(output[0].flatten(0, -1)).unwrap();
            for (found, expected) in found.iter().zip(rows.concat()) {
                // The vector is rounded to five places.
                assert!((found - expected).abs() < 1e-5, "{case}: {found} for {expected}");
            }
        }
    }
}

#[test]
fn small_kernels_come_from_large_ones_by_their_matrices() {
    let vectors = vectors("ofa_elastic");
    let net = text(
        "space s() {\n    input image: [2, 6, 6]\n    \
         let k = choose kernel in {3, 5, 7} @transform\n    output y = image -> dwconv(k)\n}\n",
    );
    let net = Supernet::new(net, PRECISE).unwrap();
    set(&net, "y.weight", &sawtooth([37, 5, 101, 50], &[2, 1, 7, 7]));
    set(&net, "y.transform_7to5", &sawtooth([17, 3, 89, 44], &[25, 25]));
    set(&net, "y.transform_5to3", &sawtooth([13, 7, 61, 30], &[9, 9]));
    let image = sawtooth([29, 1, 97, 48], &[1, 2, 6, 6]);
    let arch = Arch(vec![0]);
    let output = net.forward(&arch, &[image], &mut Norms::Eval, false).unwrap();
    let found = Vec::<f64>::try_from(output[0].flatten(0, -1)).unwrap();
    let expected: Vec<f64> =
        serde_json::from_value(vectors["kernel_transform"]["y3"].clone()).unwrap();
    for (found, expected) in found.iter().zip(&expected) {
        // Computed in single precision, and rounded to four places.
        assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{found} for {expected}");
    }
    // The matrices are learned; a network of its own has the kernel that they make.
    let network = extract(&net, &arch, None).unwrap();
    let weight = network.store().tensor(network.store().find("y.weight").unwrap());
    let rows: Vec<Vec<f64>> =
        serde_json::from_value(vectors["kernel_transform"]["k3"].clone()).unwrap();
    let found = Vec::<f64>::try_from(weight.flatten(0, -1)).unwrap();
    for (found, expected) in found.iter().zip(rows.concat()) {
        assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{found} for {expected}");
    }
}

/// A batch whose images have their own widths, in two layers, with its gradients.
#[test]
fn widths_of_every_image_are_the_published_ones() {
    let vectors = vectors("netadaptv2_reference");
    let known = &vectors["ordered_dropout"];
    let net = text(
        "space s() {\n    input image: [3, 5, 5]\n    let a = choose first in {2, 4, 6}\n    \
         let b = choose second in {2, 3, 4}\n    let x = image -> conv(a, kernel: 3, bias: true) -> relu\n    \
         let y = x -> conv(b, bias: true)\n    output logits = y -> conv(4) -> global_pool -> flatten\n}\n",
    );
    let net = Supernet::new(net, PRECISE).unwrap();
    set(&net, "x.conv.weight", &sawtooth([37, 5, 101, 50], &[6, 3, 3, 3]));
    set(&net, "x.conv.bias", &sawtooth([13, 3, 31, 15], &[6]));
    set(&net, "y.weight", &sawtooth([17, 3, 89, 44], &[4, 6, 1, 1]));
    // Channels that are not there come out as zeros.
    let eye = Tensor::eye(4, (Kind::Double, PRECISE.device));
    set(&net, "logits.conv.weight", &eye.view([4, 4, 1, 1]));
    let gating = Gating([Gate::PerImage, Gate::PerImage].into());
    let taken = [[2, 1, 0], [2, 0, 1]];
    let rows = taken.map(|taken| Some(Numbers::PerImage { taken: taken.to_vec(), options: 3 }));
    let values = GateValues::of(&rows, (Kind::Double, PRECISE.device), false).unwrap();
    let images = [sawtooth([29, 1, 97, 48], &[3, 3, 5, 5])];
    let outputs = net.forward_gated(&gating, &values, &images, &mut Norms::Eval, false).unwrap();
    let labels: Vec<i64> = serde_json::from_value(known["targets"].clone()).unwrap();
    let loss = cross_entropy(&outputs[0], &torch::from_slice(&labels, &[3]).unwrap(), 0.0).unwrap();
    torch::backward(&loss).unwrap();
    let alone: Vec<f64> = serde_json::from_value(known["per_sample_loss"].clone()).unwrap();
    // The vector is rounded to six places or more.
    let close = |found: &Tensor, known: &[f64], what: &str| {
        let found = Vec::<f64>::try_from(found.flatten(0, -1)).unwrap();
        assert_eq!(found.len(), known.len(), "{what}");
        for (found, known) in found.iter().zip(known) {
            assert!((found - known).abs() < 1e-6, "{what}: {found} for {known}");
        }
    };
    let rows =
        |name: &str| serde_json::from_value::<Vec<Vec<f64>>>(known[name].clone()).unwrap().concat();
    close(&outputs[0].detach(), &rows("logits"), "logits");
    close(&loss.detach().view(1), &[known["loss"].as_f64().unwrap()], "loss");
    for (image, alone) in (0..).zip(alone) {
        let [logits, label] = [outputs[0].detach(), torch::from_slice(&labels, &[3]).unwrap()]
            .map(|all| all.narrow(0, image, 1));
        close(&cross_entropy(&logits, &label, 0.0).unwrap().view(1), &[alone], "an image alone");
    }
    let gradient = |path: &str| net.store().tensor(net.store().find(path).unwrap()).grad();
    close(&gradient("y.weight"), &rows("grad_w2"), "grad_w2");
    let first: Vec<f64> = serde_json::from_value(known["grad_b1"].clone()).unwrap();
    close(&gradient("x.conv.bias"), &first, "grad_b1");
}

/// Soft masks of channels, as `DMaskingNAS` has them, and the derivatives by the widths' logits through them.
#[test]
fn soft_masks_of_widths_are_the_published_ones() {
    let known = vectors("dmasking");
    let numbers = |name: &str| -> Vec<f64> { serde_json::from_value(known[name].clone()).unwrap() };
    let net = text(
        "space s() {\n    input image: [6, 2, 2]\n    let a = choose width in {2, 4, 6}\n    \
         let x = image -> conv(a, bias: true)\n    output y = x -> conv(6)\n}\n",
    );
    let net = Supernet::new(net, PRECISE).unwrap();
    let eye = Tensor::eye(6, (Kind::Double, PRECISE.device)).view([6, 6, 1, 1]);
    set(&net, "x.weight", &eye);
    set(&net, "y.weight", &eye);
    // `a sin(b k + c)` in the order of the elements.
    let fill = |name: &str| {
        let [b, c, a] = numbers(name)[..] else { unreachable!() };
        let elements: Vec<f64> = (0..24).map(|k| a * (b * f64::from(k) + c).sin()).collect();
        torch::from_slice(&elements, &[1, 6, 2, 2]).unwrap()
    };
    let (theta, noise, tau) = (numbers("theta"), numbers("gumbel"), known["tau"].as_f64().unwrap());
    let gates = relaxed(&theta, &noise, tau);
    let gating = Gating([Gate::Weighted([0, 1, 2].into())].into());
    let rows = [Some(Numbers::Weights(gates.clone()))];
    let values = GateValues::of(&rows, (Kind::Double, PRECISE.device), true).unwrap();
    let images = [fill("x_fill")];
    let y =
        net.forward_gated(&gating, &values, &images, &mut Norms::Eval, false).unwrap().remove(0);
    assert_close(&Vec::<f64>::try_from(y.detach().flatten(0, -1)).unwrap(), &numbers("y"), "y");
    let task = (&y * fill("R_fill")).sum(Kind::Double);
    torch::backward(&task).unwrap();
    let costs = numbers("option_flops");
    let cost: f64 = gates.iter().zip(&costs).map(|(gate, cost)| gate * cost).sum();
    assert_close(&[cost], &[known["expected_cost"].as_f64().unwrap()], "cost");
    let by_gates = values.gradients().unwrap()[0].clone().unwrap();
    let priced: Vec<f64> = by_gates
        .iter()
        .zip(&costs)
        .map(|(task, option)| task + 0.05 * 0.9 * cost.powf(-0.1) * option)
        .collect();
    assert_close(&through_relaxed(&gates, tau, &priced), &numbers("dtheta"), "dtheta");
}

/// A batch whose images have kernels of their own, the centres of one.
#[test]
fn kernels_of_every_image_are_the_published_ones() {
    let vectors = vectors("netadaptv2_reference");
    let known = &vectors["per_sample_kernel"];
    let net = text(
        "space s() {\n    input image: [2, 6, 6]\n    let k = choose kernel in {3, 5, 7}\n    \
         output y = image -> dwconv(k)\n}\n",
    );
    let net = Supernet::new(net, PRECISE).unwrap();
    set(&net, "y.weight", &sawtooth([37, 5, 101, 50], &[2, 1, 7, 7]));
    let sizes: Vec<u16> = serde_json::from_value(known["ks"].clone()).unwrap();
    let taken = sizes.iter().map(|size| (size - 3) / 2).collect();
    let rows = [Some(Numbers::PerImage { taken, options: 3 })];
    let values = GateValues::of(&rows, (Kind::Double, PRECISE.device), false).unwrap();
    let images = [sawtooth([29, 1, 97, 48], &[3, 2, 6, 6])];
    let gating = Gating([Gate::PerImage].into());
    let outputs = net.forward_gated(&gating, &values, &images, &mut Norms::Eval, false).unwrap();
    let sums = outputs[0].sum_dim_intlist([2, 3].as_slice(), false, Kind::Double);
    let found = Vec::<f64>::try_from(sums.flatten(0, -1)).unwrap();
    let expected: Vec<Vec<f64>> = serde_json::from_value(known["y_sum"].clone()).unwrap();
    for (found, expected) in found.iter().zip(expected.concat()) {
        // The vector is rounded to six places.
        assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
    }
}

/// Channels are dropped behind a normalisation, whose statistics are those of all of them.
#[test]
fn channels_of_an_image_are_dropped_behind_normalisations() {
    let vectors = vectors("netadaptv2_reference");
    let known = &vectors["bn_order"];
    let net = text(
        "space s() {\n    input image: [2, 3, 3]\n    let a = choose width in {1, 2}\n    \
         let x = image -> conv(a) -> bn\n    output y = x -> conv(2)\n}\n",
    );
    let net = Supernet::new(net, PRECISE).unwrap();
    let eye = Tensor::eye(2, (Kind::Double, PRECISE.device)).view([2, 2, 1, 1]);
    set(&net, "x.conv.weight", &eye);
    set(&net, "y.weight", &eye);
    set(&net, "x.bn.weight", &Tensor::from_slice(&[1.5, 0.5f64]));
    set(&net, "x.bn.bias", &Tensor::from_slice(&[0.2, -0.3f64]));
    let gating = Gating([Gate::PerImage].into());
    let rows = [Some(Numbers::PerImage { taken: vec![1, 0, 0, 1], options: 2 })];
    let values = GateValues::of(&rows, (Kind::Double, PRECISE.device), false).unwrap();
    let images = [sawtooth([41, 7, 103, 51], &[4, 2, 3, 3])];
    let outputs = net.forward_gated(&gating, &values, &images, &mut Norms::Train, false).unwrap();
    let dropped = outputs[0].narrow(0, 1, 2).narrow(1, 1, 1).abs().max().double_value(&[]);
    assert_eq!(Some(dropped), known["dropped_value_after_postmask_bn"].as_f64());
    // A tenth of the batch's statistics came to those of the start; the unbiased variance is over 36 places.
    let numbers = |name: &str| serde_json::from_value::<Vec<f64>>(known[name].clone()).unwrap();
    let moved = |path: &str| -> Vec<f64> {
        Vec::try_from(net.store().tensor(net.store().find(path).unwrap()).detach()).unwrap()
    };
    for (found, mean) in moved("x.bn.running_mean").iter().zip(numbers("mean_unmasked")) {
        assert!((found - 0.1 * mean).abs() < 1e-9, "{found} for {mean}");
    }
    for (found, var) in moved("x.bn.running_var").iter().zip(numbers("var_unmasked")) {
        assert!((found - 0.9 - 0.1 * var * 36.0 / 35.0).abs() < 1e-7, "{found} for {var}");
    }
}
