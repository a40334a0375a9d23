//! The same networks on a graphics card.

use std::io::Write as _;

use nasc_runtime::program::Norms;
use nasc_runtime::supernet::{Place, Scheme, Supernet};
use nasc_runtime::torch::{self, Device, Kind};

use crate::compiled::{difference, noise, random_arch, space};

#[test]
fn a_graphics_card_computes_what_the_processor_does() {
    let Ok(device) = torch::parse_device("cuda") else {
        // Past the capture of test output: who reads that all tests passed must see that this one was none.
        let note =
            b"SKIPPED a_graphics_card_computes_what_the_processor_does: there is no CUDA device\n";
        std::io::stderr().write_all(note).unwrap();
        return;
    };
    torch::use_exact_kernels(true).unwrap();
    let place = |device| Place { kind: Kind::Float, device, channels_last: false };
    let checked = space("spos", true, &[("classes", "10"), ("size", "64")]);
    let net = |device| {
        let mut net = Supernet::new(checked.clone(), place(device)).unwrap();
        net.initialise(Scheme::Kaiming, 0).unwrap();
        net
    };
    let (on_cpu, on_card) = (net(Device::Cpu), net(device));
    let _guard = torch::no_grad();
    for item in 0..4 {
        let arch = random_arch(&on_cpu, item);
        let images = noise(item, 8, 64, Kind::Float);
        for mut norms in [Norms::Train, Norms::Eval] {
            let expected = on_cpu.forward(&arch, &[images.copy()], &mut norms, false).unwrap();
            let found = on_card.forward(&arch, &[images.copy()], &mut norms, false).unwrap();
            let difference = difference(&found[0].to_device(Device::Cpu), &expected[0]);
            assert!(difference < 1e-4, "{difference}");
        }
    }
}
