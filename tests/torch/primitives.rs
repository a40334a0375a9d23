//! Operations with weights of their own making, copies of tensors and channels that go around: through the compiler.

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::Role;
use nasc_runtime::program::{Averaging, Norms, ProgramError};
use nasc_runtime::supernet::{Batch, Scheme, Supernet, evaluate_many, extract};
use nasc_runtime::torch::{self, Kind, Tensor};
use serde_json::Value;

use crate::compiled::{PRECISE, difference, noise, random_arch, text};
use crate::fill::vectors;

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
