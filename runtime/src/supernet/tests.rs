#![expect(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod toy;

use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::random::Stream;

use super::*;
use crate::program::{Call, Conv};
use crate::torch::{Device, Kind, bit_equal};

const PRECISE: Place = Place { kind: Kind::Double, device: Device::Cpu, channels_last: false };

fn toy_net(place: Place) -> Supernet {
    // Its tensors are too small to be worth a second thread.
    torch::set_threads(1);
    let mut net = Supernet::new(toy::space(), place).unwrap();
    net.initialise(Scheme::Kaiming, 3).unwrap();
    net
}

fn all_archs(net: &Supernet) -> Vec<Arch> {
    let mut archs = vec![Arch::default()];
    for decision in &net.space().decisions {
        let options = decision.options.len() as u16;
        archs = archs
            .iter()
            .flat_map(|arch| (0..options).map(|option| Arch([&arch.0[..], &[option]].concat())))
            .collect();
    }
    archs
}

fn images(item: u64, kind: Kind) -> Tensor {
    let mut stream = Stream::new(11, "images", &[item]);
    let size = toy::SIZE;
    let elements: Vec<f64> = (0..6 * 3 * size * size).map(|_| stream.normal()).collect();
    torch::from_slice(&elements, &[6, 3, size, size]).unwrap().to_kind(kind)
}

fn labels(item: u64) -> Tensor {
    let mut stream = Stream::new(12, "labels", &[item]);
    let numbers: Vec<i64> = (0..6).map(|_| stream.below(toy::CLASSES as u64) as i64).collect();
    Tensor::from_slice(&numbers)
}

fn batch(item: u64, kind: Kind) -> Batch {
    Batch { images: images(item, kind), labels: labels(item) }
}

fn ok<T>(items: impl IntoIterator<Item = T>) -> impl Iterator<Item = Result<T, ProgramError>> {
    items.into_iter().map(Ok)
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    // A tensor of zeros must be met exactly.
    let scale = b.abs().max().double_value(&[]).max(1e-300);
    (a - b).abs().max().double_value(&[]) / scale
}

fn conv_at<'a>(line: &'a Straight, path: &str) -> &'a Conv {
    let at = line.instructions().iter().find(|i| &*i.path == path).unwrap();
    let Call::Conv(conv) = &at.call else { unreachable!("`{path}` is a convolution") };
    conv
}

#[test]
fn a_line_has_what_the_network_has_and_no_more() {
    let net = toy_net(PRECISE);
    let line = net.specialise(&Arch(vec![2, 2, 0, 0])).unwrap();
    let calls: Vec<&str> = line.instructions().iter().map(|i| &*i.path).collect();
    assert_eq!(
        calls,
        [
            "stem",
            "stem.bn",
            "stem.relu",
            "left",
            "left.bn",
            "right",
            "right.bn",
            "joined",
            "dw",
            "dw.bn",
            "dw.relu",
            "sum",
            "pool",
            "head"
        ]
    );
    // Two uses of one normalisation share an entry.
    assert_eq!(line.norms().len(), 3);
    let conv = conv_at(&line, "dw");
    assert_eq!((&conv.weight.shape[..], conv.groups), (&[4, 1, 1, 1][..], 4));
    assert_eq!(conv.weight.axes[0].runs[..], [(0, 2), (6, 2)]);
    assert_eq!(conv.weight.axes[1].runs[..], [(2, 1)]);
    // Both halves come from one call.
    let line = net.specialise(&Arch(vec![0, 2, 2, 2])).unwrap();
    let halves = line.instructions().iter().filter(|i| i.call == Call::Deinterleave).count();
    assert_eq!(halves, 1);
    let conv = conv_at(&line, "dw");
    assert!(conv.weight.axes.is_empty());
}

#[test]
fn equal_networks_share_a_line() {
    let net = toy_net(PRECISE);
    let line = net.specialise(&Arch(vec![1, 0, 2, 1])).unwrap();
    assert!(Arc::ptr_eq(&line, &net.specialise(&Arch(vec![1, 0, 2, 1])).unwrap()));
}

#[test]
fn a_network_cut_out_computes_what_its_path_computes() {
    let net = toy_net(PRECISE);
    let input = images(0, Kind::Double);
    for arch in all_archs(&net) {
        let statistics = net
            .recalibrate(&arch, ok((1..4).map(|i| images(i, Kind::Double))), Averaging::Cumulative)
            .unwrap();
        let alone = extract(&net, &arch, Some(&statistics)).unwrap();
        let whole = alone.space().canonical(&Arch::default());
        let inputs = [input.shallow_clone()];
        let a = net.forward(&arch, &inputs, &mut Norms::With(&statistics), false).unwrap();
        let b = alone.forward(&whole, &inputs, &mut Norms::Eval, false).unwrap();
        assert!(largest_difference(&b[0], &a[0]) < 1e-12);
        // Training moves the supernet's statistics and gradients as it moves the network's.
        let fresh = extract(&net, &arch, None).unwrap();
        let mut losses = Vec::new();
        for (net, arch) in [(&net, &arch), (&fresh, &whole)] {
            let outputs = net.forward(arch, &inputs, &mut Norms::Train, true).unwrap();
            losses.push(outputs[0].shallow_clone());
            torch::backward(&outputs[0].square().sum(Kind::Double)).unwrap();
        }
        assert!(largest_difference(&losses[1], &losses[0]) < 1e-12);
        let after = extract(&net, &arch, None).unwrap();
        for (entry, tensor) in fresh.store().entries().iter().zip(fresh.store().tensors()) {
            let in_net = after.store().tensor(after.store().find(&entry.path).unwrap());
            assert!(largest_difference(tensor, in_net) < 1e-12, "{}", entry.path);
        }
        for (_, entry, tensor) in net.store().trainable() {
            let Some(cut) = fresh.store().find(&entry.path) else {
                assert!(!tensor.grad().defined(), "{} is not on the path", entry.path);
                continue;
            };
            let gradients = [tensor.grad(), fresh.store().tensor(cut).grad()];
            let [whole, part] = gradients.map(|g| g.square().sum(Kind::Double).double_value(&[]));
            assert!((whole - part).abs() <= 1e-9 * (1.0 + part), "{}", entry.path);
        }
        let all: Vec<&Tensor> = net.store().trainable().map(|(_, _, tensor)| tensor).collect();
        torch::drop_gradients(&all).unwrap();
    }
}

#[test]
fn a_run_changes_nothing_off_its_path() {
    let net = toy_net(PRECISE);
    let before: Vec<Tensor> = net.store().tensors().iter().map(Tensor::copy).collect();
    let arch = Arch(vec![1, 2, 1, 0]);
    let line = net.specialise(&arch).unwrap();
    net.forward(&arch, &[images(0, Kind::Double)], &mut Norms::Train, true).unwrap();
    for (index, (tensor, before)) in net.store().tensors().iter().zip(&before).enumerate() {
        let entry = &net.store().entries()[index];
        let on_path = line.params().iter().any(|param| param.index() == index);
        let is_statistics = entry.role.is_buffer() && on_path;
        assert_eq!(bit_equal(tensor, before).unwrap(), !is_statistics, "{}", entry.path);
    }
    // Channels beyond the width keep their statistics.
    let mean = net.store().tensor(net.store().find("dw.bn.running_mean").unwrap());
    let moved: Vec<bool> = Vec::<f64>::try_from(mean).unwrap().iter().map(|m| *m != 0.0).collect();
    let five = [true, true, true, true, true, false];
    assert_eq!(moved, [five, five].concat());
}

#[test]
fn many_at_once_are_what_each_is_alone() {
    for place in [PRECISE, Place::default()] {
        let net = toy_net(place);
        let archs = all_archs(&net);
        let calibration = || ok((0..3).map(|i| images(i, place.kind)));
        let evaluation = || ok((5..8).map(|i| batch(i, place.kind)));
        for by in [Averaging::Cumulative, Averaging::Moving { momentum: 0.1 }] {
            // Threads change who computes, not what.
            torch::set_threads(3);
            let together = evaluate_many(&net, &archs, calibration(), by, evaluation()).unwrap();
            torch::set_threads(1);
            for (arch, together) in archs.iter().zip(&together) {
                let statistics = net.recalibrate(arch, calibration(), by).unwrap();
                let alone = net.evaluate(arch, Some(&statistics), evaluation()).unwrap();
                assert_eq!(alone, *together);
            }
        }
        let none = std::iter::empty::<Result<Tensor, ProgramError>>;
        let by = Averaging::Cumulative;
        let together = evaluate_many(&net, &archs, none(), by, evaluation()).unwrap();
        for (arch, together) in archs.iter().zip(&together) {
            assert_eq!(net.evaluate(arch, None, evaluation()).unwrap(), *together);
        }
        let (calls, alone) = Tree::plant(&net, &archs).unwrap().calls();
        assert!(calls * 2 < alone, "{calls} of {alone}");
    }
}

#[test]
fn an_error_of_a_batch_or_of_a_run_comes_back() {
    let net = toy_net(PRECISE);
    let archs = all_archs(&net);
    let by = Averaging::Cumulative;
    let lost = || ProgramError::Inputs { expected: 7, found: 7 };
    let found = evaluate_many(&net, &archs, [Err(lost())], by, ok([batch(0, Kind::Double)]));
    assert_eq!(found.unwrap_err(), lost());
    let wrong = images(0, Kind::Double).narrow(1, 0, 2);
    let many = (0..20).map(|_| wrong.shallow_clone());
    let found = evaluate_many(&net, &archs, ok(many), by, ok([batch(0, Kind::Double)]));
    assert!(matches!(found, Err(ProgramError::Run { path, .. }) if path == "stem"));
}

#[test]
fn a_normalisation_used_twice_is_shared_to_its_last_use() {
    let net = toy_net(PRECISE);
    // These two part after `left.bn` was used first, if at all; `kernel` comes after both uses.
    let tree = Tree::plant(&net, &[Arch(vec![0, 0, 1, 0]), Arch(vec![0, 0, 1, 1])]).unwrap();
    let (calls, alone) = tree.calls();
    let line = net.specialise(&Arch(vec![0, 0, 1, 0])).unwrap();
    let shared = line.instructions().iter().position(|i| &*i.path == "dw").unwrap();
    assert_eq!(alone - calls, shared);
}

#[test]
fn one_value_per_channel_has_no_statistics() {
    let net = toy_net(PRECISE);
    let tiny = images(0, Kind::Double).narrow(0, 0, 1).narrow(2, 0, 1).narrow(3, 0, 1);
    let error = net.forward(&Arch(vec![2, 2, 0, 0]), &[tiny], &mut Norms::Train, true);
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("`stem.bn`: ") && error.contains("more than one value"), "{error}");
}

#[test]
fn weights_depend_on_seed_and_path_alone() {
    let (first, again) = (toy_net(PRECISE), toy_net(PRECISE));
    assert_eq!(first.store().hash().unwrap(), again.store().hash().unwrap());
    let mut other = toy_net(PRECISE);
    other.initialise(Scheme::Kaiming, 4).unwrap();
    assert_ne!(first.store().hash().unwrap(), other.store().hash().unwrap());
    // The full-width network has tensors of the same shape: they start alike.
    let arch = Arch(vec![0, 0, 2, 2]);
    let mut network = extract(&first, &arch, None).unwrap();
    let inherited = network.store().hash().unwrap();
    network.initialise(Scheme::Spos, 3).unwrap();
    assert_ne!(network.store().hash().unwrap(), inherited);
    network.initialise(Scheme::Kaiming, 3).unwrap();
    assert_eq!(network.store().hash().unwrap(), inherited);
}

#[test]
fn schemes_give_what_they_say() {
    let mut net = toy_net(PRECISE);
    net.initialise(Scheme::Spos, 0).unwrap();
    let deviation = |path: &str| {
        let tensor = net.store().tensor(net.store().find(path).unwrap());
        tensor.square().mean(Kind::Double).sqrt().double_value(&[])
    };
    let close = |found: f64, expected: f64| (found / expected - 1.0).abs() < 0.3;
    assert!(close(deviation("stem.weight"), 0.01));
    assert!(close(deviation("a.op.k5.conv.weight"), 0.25));
    assert!(close(deviation("dw.weight"), 1.0));
    assert!(close(deviation("head.weight"), 0.01));
    assert_eq!(deviation("head.bias"), 0.0);
    assert!((deviation("dw.bn.bias") - 1e-4).abs() < 1e-18);
    assert_eq!(deviation("dw.bn.weight"), 1.0);
    net.initialise(Scheme::Kaiming, 0).unwrap();
    let deviation = |path: &str| {
        let tensor = net.store().tensor(net.store().find(path).unwrap());
        tensor.square().mean(Kind::Double).sqrt().double_value(&[])
    };
    assert!(close(deviation("a.op.k5.conv.weight"), (2.0f64 / 100.0).sqrt()));
    assert!(close(deviation("dw.weight"), (2.0f64 / 300.0).sqrt()));
    assert_eq!(deviation("dw.bn.bias"), 0.0);
}

#[test]
fn a_store_loads_what_it_saved_and_nothing_else() {
    let place = Place::default();
    let (net, mut other) = (toy_net(place), Supernet::new(toy::space(), place).unwrap());
    let saved = net.store().to_raw().unwrap();
    other.store_mut().load(&saved).unwrap();
    assert_eq!(net.store().hash().unwrap(), other.store().hash().unwrap());

    let refused = |change: &dyn Fn(&mut std::collections::BTreeMap<String, torch::Raw>)| {
        let mut wrong = saved.clone();
        change(&mut wrong);
        let mut target = Supernet::new(toy::space(), place).unwrap();
        let before = target.store().hash().unwrap();
        let error = target.store_mut().load(&wrong).unwrap_err().to_string();
        assert_eq!(target.store().hash().unwrap(), before);
        error
    };
    assert_eq!(
        refused(&|tensors| drop(tensors.remove("dw.weight"))),
        "there is no tensor `dw.weight`, which the network needs"
    );
    assert_eq!(
        refused(&|tensors| {
            let stem = tensors["stem.weight"].clone();
            tensors.insert("stem.wait".into(), stem);
        }),
        "the network has no tensor `stem.wait`"
    );
    assert_eq!(
        refused(&|tensors| tensors.get_mut("head.bias").unwrap().shape = vec![7, 1]),
        "tensor `head.bias` has the shape [7, 1], and the network needs [7]"
    );
    let double = toy_net(PRECISE).store().to_raw().unwrap();
    assert_eq!(
        refused(&|tensors| {
            tensors.insert("head.bias".into(), double["head.bias"].clone());
        }),
        "tensor `head.bias` holds F64, and the network needs F32"
    );
}

#[test]
fn options_beyond_the_last_are_the_last() {
    let net = toy_net(PRECISE);
    let [beyond, last] = [vec![9; 4], vec![2; 4]].map(|arch| net.specialise(&Arch(arch)).unwrap());
    assert_eq!(beyond.instructions(), last.instructions());
}
