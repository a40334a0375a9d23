//! What steps hold in memory.

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::memory::{Peaks, Phase};
use nasc_runtime::loss::cross_entropy;
use nasc_runtime::program::Norms;
use nasc_runtime::supernet::{Place, Scheme, Supernet};
use nasc_runtime::torch;

use crate::compiled::{noise, random_arch, space};

const IMAGES: i64 = 4;

/// What a step of one path holds does not grow with what else there is to choose, but for the weights.
#[test]
fn options_off_the_path_hold_nothing() {
    torch::set_threads(1);
    let most = |options: usize| -> u64 {
        let alternative = |option| format!("o{option}: conv(16, kernel: 3) -> bn -> relu");
        let alternatives = (0..options).map(alternative).collect::<Vec<_>>().join("\n");
        let layers = "x = x -> choose op { ALL }\n".replace("ALL", &alternatives);
        let text = format!(
            "block body(x) {{ for i in 0..4 {{ {layers} }}\nx }}\n\
             space wide() {{ input image: [3, 16, 16]\n\
             let x = image -> conv(16, kernel: 3) -> bn -> relu -> body\n\
             output logits = x -> global_pool -> linear(4) }}"
        );
        let mut net = Supernet::new(crate::compiled::text(&text), Place::default()).unwrap();
        net.initialise(Scheme::Kaiming, 1).unwrap();
        let line = net.specialise(&Arch(vec![1; 4])).unwrap();
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

/// The most bytes that a step of so many images holds.
fn most(net: &Supernet, arch: &Arch, images: i64, size: i64) -> u64 {
    let line = net.specialise(arch).unwrap();
    let labels: Vec<i64> = (0..images).map(|at| at % 4).collect();
    let labels = torch::from_slice(&labels, &[images]).unwrap();
    let image = net.place_input(&noise(0, images, size, torch::Kind::Float)).unwrap();
    let of_images = image.numel() as u64 * 4;
    let counting = torch::count_bytes();
    let logits = line.run(net.store().tensors(), &[image], &mut Norms::Train, true).unwrap();
    torch::backward(&cross_entropy(&logits[0], &labels, 0.0).unwrap()).unwrap();
    counting.ask().most + of_images
}

/// What another image adds to the peak of a step, over what was predicted: weights, their gradients and whatever
/// libtorch keeps once and for all are not in it.
#[test]
fn another_image_takes_what_was_predicted() {
    torch::set_threads(1);
    let mut all = Vec::new();
    for (name, size) in [("demo", 32), ("spos", 64), ("mobilenet_v2", 64)] {
        let sized = size.to_string();
        let set = [("classes", "10"), ("size", &*sized)];
        let space = space(name, true, &set);
        let peaks = Peaks::new(&space, Phase::Training);
        let mut net = Supernet::new(space, Place::default()).unwrap();
        net.initialise(Scheme::Kaiming, 1).unwrap();
        for item in 0..3 {
            let arch = random_arch(&net, item);
            // Gradients of weights are there after the first step, and no more are made.
            most(&net, &arch, 2, size);
            let [few, many] = [4, 12].map(|images| most(&net, &arch, images, size));
            all.push((name, (many - few) as f64 / 8.0 / peaks.of(&arch) as f64));
        }
    }
    for &(name, ratio) in &all {
        assert!((0.9..1.0).contains(&ratio), "{name}: {ratio}, of {all:?}");
    }
}
