//! The same networks on a graphics card.

use std::io::Write as _;
use std::sync::Arc;

use nasc_compiler::pass::Checked;
use nasc_runtime::program::Norms;
use nasc_runtime::supernet::{Place, Scheme, Supernet};
use nasc_runtime::torch::{self, Device, Kind};

use crate::compiled::{difference, noise, random_arch, space, text};
use crate::primitives::EVERYTHING;

/// The card; without one a note goes past the capture of test output, because who reads that all tests passed must see
/// that this one was none.
fn card(test: &str) -> Option<Device> {
    let device = torch::parse_device("cuda").ok();
    if device.is_none() {
        let note = format!("SKIPPED {test}: there is no CUDA device\n");
        std::io::stderr().write_all(note.as_bytes()).unwrap();
    }
    device
}

/// Runs some networks on images of a size on both, and compares what they give; in double precision also gradients.
fn compare(checked: &Arc<Checked>, device: Device, (kind, size, tolerance): (Kind, i64, f64)) {
    torch::use_exact_kernels(true).unwrap();
    let net = |device| {
        let place = Place { kind, device, channels_last: false };
        let mut net = Supernet::new(checked.clone(), place).unwrap();
        net.initialise(Scheme::Kaiming, 0).unwrap();
        net
    };
    let (on_cpu, on_card) = (net(Device::Cpu), net(device));
    for item in 0..4 {
        let arch = random_arch(&on_cpu, item);
        for mut norms in [Norms::Train, Norms::Eval] {
            let [expected, found] = [&on_cpu, &on_card].map(|net| {
                let images = noise(item, 8, size, kind);
                let output = net.forward(&arch, &[images], &mut norms, false).unwrap().remove(0);
                if kind == Kind::Double {
                    torch::backward(&output.square().mean(kind)).unwrap();
                }
                output
            });
            let difference = difference(&found.to_device(Device::Cpu), &expected);
            assert!(difference < tolerance, "{difference}");
        }
        let on_both = on_cpu.store().trainable().zip(on_card.store().trainable());
        for ((_, entry, expected), (_, _, found)) in on_both {
            let (expected, found) = (expected.grad(), found.grad());
            assert_eq!(expected.defined(), found.defined(), "{}", entry.path);
            if !expected.defined() {
                continue;
            }
            // Some gradients are zero but for rounding: those before a normalisation.
            let error = (found.to_device(Device::Cpu) - &expected).abs().max().double_value(&[]);
            let largest = expected.abs().max().double_value(&[]);
            assert!(error < 10.0 * tolerance * largest.max(1.0), "{}: {error}", entry.path);
        }
        for net in [&on_cpu, &on_card] {
            let all: Vec<_> = net.store().trainable().map(|(_, _, tensor)| tensor).collect();
            torch::drop_gradients(&all).unwrap();
        }
    }
}

#[test]
fn a_graphics_card_computes_what_the_processor_does() {
    let Some(device) = card("a_graphics_card_computes_what_the_processor_does") else { return };
    let checked = space("spos", true, &[("classes", "10"), ("size", "64")]);
    compare(&checked, device, (Kind::Float, 64, 1e-4));
}

/// In double precision, where rounding turns no sign.
#[test]
fn a_graphics_card_has_every_operation() {
    let Some(device) = card("a_graphics_card_has_every_operation") else { return };
    compare(&text(EVERYTHING), device, (Kind::Double, 12, 1e-9));
}
