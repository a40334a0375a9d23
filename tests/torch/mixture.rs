//! Many networks in one run are the networks run one by one.

use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::pass::Checked;
use nasc_runtime::program::{Gate, GateValues, Gating, Norms, Numbers, ProgramError};
use nasc_runtime::supernet::{Scheme, Supernet, extract};
use nasc_runtime::torch::{self, Device, Kind, Tensor};

use crate::compiled::{PRECISE, difference, noise, random_arch, space, text};

const F64: (Kind, Device) = (Kind::Double, Device::Cpu);

/// The space as a supernet with random weights, normalisations included.
fn supernet(name: &str, set: &[(&str, &str)]) -> Supernet {
    filled(space(name, true, set))
}

fn filled(space: Arc<Checked>) -> Supernet {
    let mut net = Supernet::new(space, PRECISE).unwrap();
    net.initialise(Scheme::Kaiming, 3).unwrap();
    let _guard = torch::no_grad();
    for (number, (entry, tensor)) in
        net.store().entries().iter().zip(net.store().tensors()).enumerate()
    {
        if entry.role.is_norm() {
            let size = tensor.size();
            let count = size.iter().product::<i64>();
            let element = |k: i64| 1.0 + 0.5 * ((k * 37 + number as i64) as f64).sin();
            let elements: Vec<f64> = (0..count).map(element).collect();
            let value = torch::from_slice(&elements, &size).unwrap();
            tensor.f_data().unwrap().f_copy_(&value).unwrap();
        }
    }
    net
}

/// Makes every decision what `gate` says, but for those that cannot be mixed, which take the network's
/// option; gives their paths too.
fn gating(net: &Supernet, arch: &Arch, gate: impl Fn(usize) -> Gate) -> (Gating, Vec<String>) {
    let space = net.space();
    let mut gates: Vec<Gate> = (0..space.decisions.len()).map(gate).collect();
    let mut pinned = Vec::new();
    loop {
        let gating = Gating(gates.clone().into());
        match net.program().mix(&gating) {
            Ok(_) => return (gating, pinned),
            Err(ProgramError::Mixture { decision, .. }) => {
                let id = space.decision_at(&decision).unwrap();
                assert!(!pinned.contains(&decision), "{decision}");
                gates[id.index()] = Gate::One(arch.0[id.index()]);
                pinned.push(decision);
            }
            Err(error) => unreachable!("{error}"),
        }
    }
}

fn all_options(space: &Checked, decision: usize) -> Box<[u16]> {
    (0..space.decisions[decision].options.len() as u16).collect()
}

/// With all the weight on one option each, a mixture of everything is that network.
fn check_corners(net: &Supernet, size: i64, archs: u64) -> Vec<String> {
    let name = &net.space().name;
    let images = || noise(0, 3, size, Kind::Double);
    let _guard = torch::no_grad();
    let mut known = Vec::new();
    for item in 0..archs {
        let arch = random_arch(net, item);
        let (gating, pinned) = gating(net, &arch, |d| Gate::Weighted(all_options(net.space(), d)));
        let rows: Vec<Option<Numbers>> = gating
            .0
            .iter()
            .zip(&arch.0)
            .map(|(gate, &taken)| match gate {
                Gate::Weighted(options) => {
                    let weight = |&option| f64::from(u8::from(option == taken));
                    Some(Numbers::Weights(options.iter().map(weight).collect()))
                }
                _ => None,
            })
            .collect();
        let values = GateValues::of(&rows, F64, false).unwrap();
        let wanted = net.forward(&arch, &[images()], &mut Norms::Eval, false).unwrap();
        let found =
            net.forward_gated(&gating, &values, &[images()], &mut Norms::Eval, false).unwrap();
        let error = difference(&found[0], &wanted[0]);
        assert!(error < 1e-10, "{name} {arch:?}: {error}");
        known = pinned;
    }
    known
}

#[test]
fn a_corner_of_a_mixture_is_a_network() {
    let small = [("classes", "10"), ("size", "32")];
    for (name, set, size, archs) in [
        ("demo", &small[..], 32, 6),
        ("dsnas", &[("classes", "5"), ("size", "64")], 64, 2),
        ("nasbench201", &small[..1], 32, 2),
    ] {
        let pinned = check_corners(&supernet(name, set), size, archs);
        assert_eq!(pinned, Vec::<String>::new());
    }
}

/// Every image through its own network at once, against each network cut out of the supernet.
fn check_images(net: &Supernet, size: i64, rounds: u64) -> Vec<String> {
    let name = &net.space().name;
    let _guard = torch::no_grad();
    let mut known = Vec::new();
    for round in 0..rounds {
        let archs: Vec<Arch> = (0..4).map(|item| random_arch(net, 10 * round + item)).collect();
        let first = &archs[0];
        let (gating, pinned) = gating(net, first, |_| Gate::PerImage);
        let rows: Vec<Option<Numbers>> = gating
            .0
            .iter()
            .enumerate()
            .map(|(decision, gate)| {
                let taken = archs.iter().map(|arch| arch.0[decision]).collect();
                let options = net.space().decisions[decision].options.len() as u16;
                (*gate == Gate::PerImage).then_some(Numbers::PerImage { taken, options })
            })
            .collect();
        let values = GateValues::of(&rows, F64, false).unwrap();
        let images = noise(round, 4, size, Kind::Double);
        let found = net
            .forward_gated(&gating, &values, &[images.shallow_clone()], &mut Norms::Eval, false)
            .unwrap()
            .remove(0);
        for (place, arch) in archs.iter().enumerate() {
            let taken = gating.0.iter().zip(&arch.0).map(|(gate, &own)| match gate {
                Gate::One(option) => *option,
                _ => own,
            });
            let own = Arch(taken.collect());
            let network = extract(net, &own, None).unwrap();
            let image = images.narrow(0, place as i64, 1);
            let alone =
                network.forward(&Arch::default(), &[image], &mut Norms::Eval, false).unwrap();
            let error = difference(&found.narrow(0, place as i64, 1), &alone[0]);
            assert!(error < 1e-10, "{name} {own:?}: {error}");
        }
        known = pinned;
    }
    known
}

#[test]
fn every_image_can_have_its_own_network() {
    let small = [("classes", "10"), ("size", "32")];
    assert_eq!(check_images(&supernet("demo", &small), 32, 3), Vec::<String>::new());
}

/// Gradients of gates against differences of the outputs.
#[test]
fn gates_have_gradients() {
    let net = supernet("demo", &[("classes", "4"), ("size", "32")]);
    let space = net.space().clone();
    let gates = (0..space.decisions.len()).map(|d| Gate::Weighted(all_options(&space, d)));
    let gating = Gating(gates.collect());
    let weights: Vec<Vec<f64>> = space
        .decisions
        .iter()
        .enumerate()
        .map(|(d, decision)| {
            let weight = |o: usize| 0.2 + 0.3 * ((3 * d + 5 * o) as f64).sin().abs();
            (0..decision.options.len()).map(weight).collect()
        })
        .collect();
    let run = |weights: &[Vec<f64>], learned: bool| -> (Tensor, GateValues) {
        let rows: Vec<_> = weights.iter().map(|row| Some(Numbers::Weights(row.clone()))).collect();
        let values = GateValues::of(&rows, F64, learned).unwrap();
        let images = [noise(4, 3, 32, Kind::Double)];
        let outputs =
            net.forward_gated(&gating, &values, &images, &mut Norms::Eval, false).unwrap();
        let logits = &outputs[0];
        let factors = Tensor::arange(logits.numel() as i64, F64).view_as(logits);
        ((logits * factors.sin()).sum(Kind::Double), values)
    };
    let (loss, values) = run(&weights, true);
    torch::backward(&loss).unwrap();
    let gradients = values.gradients().unwrap();
    let _guard = torch::no_grad();
    for (d, o) in [(0, 0), (0, 2), (1, 1), (3, 0), (3, 1), (4, 1), (9, 1), (15, 0)] {
        let moved = |by: f64| {
            let mut weights = weights.clone();
            weights[d][o] += by;
            run(&weights, false).0.double_value(&[])
        };
        let step = 1e-6;
        let slope = (moved(step) - moved(-step)) / (2.0 * step);
        let found = gradients[d].as_ref().unwrap()[o];
        let scale = 1e-6 + found.abs();
        assert!((slope - found).abs() < 1e-5 * scale + 1e-7, "{d} {o}: {found} for {slope}");
    }
}

/// Filters that are standardised or binarised are so by their own size.
#[test]
fn kernels_of_filters_that_are_worked_on_mix() {
    let source = "space s() {\n    input image: [3, 9, 9]\n    let k = choose kernel in {1, 3, 5}\n    \
         let x = image -> conv(4, kernel: k)\n    let y = x -> ws_conv(6, kernel: k)\n    \
         output logits = y -> binary_conv(5, kernel: k) -> global_pool -> flatten\n}\n";
    let net = filled(text(source));
    assert_eq!(check_corners(&net, 9, 3), Vec::<String>::new());
    assert_eq!(check_images(&net, 9, 2), Vec::<String>::new());
}

/// Elastic kernels through matrices, widths, depths, channels that go around a layer, and squeezes; whatever cannot be
/// mixed is named.
#[test]
fn elastic_spaces_mix_as_well() {
    let small = [("classes", "10"), ("size", "64")];
    let net = supernet("netadaptv2_mobilenet_v3", &small);
    assert_eq!(check_images(&net, 64, 2), Vec::<String>::new());
    let net = supernet("ofa_mobilenet_v3", &small[..1]);
    assert_eq!(check_images(&net, 128, 1), ["resolution"]);
    assert_eq!(check_corners(&net, 128, 1), ["resolution"]);
}
