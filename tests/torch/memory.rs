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

/// What a step of one path holds does not grow with what else there is to choose, but for the weights.
#[test]
fn options_off_the_path_hold_nothing() {
    torch::set_threads(1);
    let most = |options: usize| -> u64 {
        let alternatives: String = (0..options)
            .map(|option| format!("o{option}: conv(16, kernel: 3) -> bn -> relu\n"))
            .collect();
        let layers = "x = x -> choose op { ALL }\n".replace("ALL", &alternatives);
        let text = format!(
            "block body(x) {{ for i in 0..4 {{ {layers} }} x }}\n\
             space wide() {{ input image: [3, 16, 16]\n\
             let x = image -> conv(16, kernel: 3) -> bn -> relu -> body\n\
             output logits = x -> global_pool -> linear(4) }}"
        );
        let mut net = Supernet::new(crate::compiled::text(&text), Place::default()).unwrap();
        net.initialise(Scheme::Kaiming, 1).unwrap();
        let line = net.specialise(&nasc_compiler::arch::Arch(vec![1; 4])).unwrap();
        let labels = torch::from_slice(&[0_i64, 1, 2, 3], &[IMAGES]).unwrap();
        let image = net.place_input(&noise(0, IMAGES, 16, torch::Kind::Float)).unwrap();
        let step = || {
            let counting = torch::count_bytes();
            let inputs = [image.shallow_clone()];
            let logits = line.run(net.store().tensors(), &inputs, &mut Norms::Train, true).unwrap();
            torch::backward(&cross_entropy(&logits[0], &labels, 0.0).unwrap()).unwrap();
            counting.ask().most
        };
        step();
        step()
    };
    let (few, many) = (most(2), most(12));
    assert!(few > 0 && few == many, "{few} and {many}");
}
