//! A path of a supernet is the network that is cut out of it.

use nasc_compiler::arch::Arch;
use nasc_runtime::program::{Averaging, Norms, ProgramError};
use nasc_runtime::supernet::{Scheme, Supernet, extract};
use nasc_runtime::torch::{self, Kind};

use crate::compiled::{PRECISE, difference, noise, random_arch, space};

fn check(name: &str, size: i64, archs: u64) {
    let text = size.to_string();
    let space = space(name, true, &[("classes", "10"), ("size", &text)]);
    let mut net = Supernet::new(space, PRECISE).unwrap();
    net.initialise(Scheme::Kaiming, 1).unwrap();
    let images = || noise(0, 4, size, Kind::Double);
    let _guard = torch::no_grad();
    for item in 0..archs {
        let arch = random_arch(&net, item);
        let network = extract(&net, &arch, None).unwrap();
        let only = Arch::default();
        let in_net = net.forward(&arch, &[images()], &mut Norms::Train, false).unwrap();
        let alone = network.forward(&only, &[images()], &mut Norms::Train, false).unwrap();
        assert!(difference(&alone[0], &in_net[0]) < 1e-12, "{name} {arch:?} in train mode");

        let batches = (1..4).map(|item| Ok::<_, ProgramError>(noise(item, 4, size, Kind::Double)));
        let statistics = net.recalibrate(&arch, batches, Averaging::Cumulative).unwrap();
        let network = extract(&net, &arch, Some(&statistics)).unwrap();
        let mut norms = Norms::With(&statistics);
        let in_net = net.forward(&arch, &[images()], &mut norms, false).unwrap();
        let alone = network.forward(&only, &[images()], &mut Norms::Eval, false).unwrap();
        assert!(difference(&alone[0], &in_net[0]) < 1e-12, "{name} {arch:?} in eval mode");
        assert!(network.store().trainable_scalars() < net.store().trainable_scalars());
    }
}

#[test]
fn branches_own_their_weights() {
    check("spos", 64, 3);
}

#[test]
fn widths_share_theirs() {
    check("demo", 32, 12);
}

#[test]
fn inverted_residuals_do_as_well() {
    check("mobilenet_v2", 64, 2);
}
