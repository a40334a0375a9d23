//! Predicted bytes of activations against those that libtorch's tensors hold.

use nasc_compiler::cost::memory::{Peaks, Phase};
use nasc_runtime::loss::cross_entropy;
use nasc_runtime::program::Norms;
use nasc_runtime::supernet::{Place, Scheme, Supernet};
use nasc_runtime::torch;

use crate::compiled::{noise, random_arch, space};

const IMAGES: i64 = 4;

/// The most bytes that a forward and a training step hold, over the predictions.
fn ratios(name: &str, set: &[(&str, &str)], size: i64, archs: u64) -> Vec<[f64; 2]> {
    torch::set_threads(1);
    let space = space(name, true, set);
    let peaks = Phase::ALL.map(|phase| Peaks::new(&space, phase));
    let mut net = Supernet::new(space, Place::default()).unwrap();
    net.initialise(Scheme::Kaiming, 1).unwrap();
    let mut found = Vec::new();
    for item in 0..archs {
        let arch = random_arch(&net, item);
        let line = net.specialise(&arch).unwrap();
        let tensors = net.store().tensors();
        let labels = torch::from_slice(&[0_i64, 1, 2, 3], &[IMAGES]).unwrap();
        let image = net.place_input(&noise(item, IMAGES, size, torch::Kind::Float)).unwrap();
        let of_image = image.numel() as u64 * 4;
        let run = |learns: bool| -> u64 {
            let counting = torch::count_bytes();
            let inputs = [image.shallow_clone()];
            if learns {
                let logits = line.run(tensors, &inputs, &mut Norms::Train, true).unwrap();
                torch::backward(&cross_entropy(&logits[0], &labels, 0.0).unwrap()).unwrap();
            } else {
                let _guard = torch::no_grad();
                line.run(tensors, &inputs, &mut Norms::Eval, false).unwrap();
            }
            counting.ask().most + of_image
        };
        // Gradients of weights are there after the first step, and no more are made.
        run(true);
        let made = [run(false), run(true)];
        let wanted = [0, 1].map(|phase| peaks[phase].of(&arch) * IMAGES as u64);
        println!("{name} {made:?} {wanted:?}");
        found.push([0, 1].map(|phase| made[phase] as f64 / wanted[phase] as f64));
    }
    found
}

#[test]
fn tensors_hold_what_was_predicted() {
    for (name, set, size) in [
        ("demo", vec![("classes", "10")], 32),
        ("spos", vec![("classes", "10"), ("size", "64")], 64),
        ("mobilenet_v2", vec![("classes", "10"), ("size", "64")], 64),
    ] {
        for [forward, step] in ratios(name, &set, size, 3) {
            assert!((0.95..1.1).contains(&forward), "{name}: forward {forward}");
            assert!((0.9..1.2).contains(&step), "{name}: step {step}");
        }
    }
}
