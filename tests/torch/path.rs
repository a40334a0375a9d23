//! A step touches the sampled path and nothing else.

use std::collections::BTreeMap;

use nasc_compiler::arch::Arch;
use nasc_runtime::loss::cross_entropy;
use nasc_runtime::optimise::{Group, Optimiser, Settings};
use nasc_runtime::program::Norms;
use nasc_runtime::supernet::{Place, Scheme, Supernet};
use nasc_runtime::torch::{self, Kind, Tensor, bit_equal};

use crate::compiled::{noise, random_arch, space};

struct Training {
    net: Supernet,
    sgd: Optimiser,
}

impl Training {
    fn new() -> Self {
        let space = space("spos", true, &[("classes", "10"), ("size", "64")]);
        let mut net = Supernet::new(space, Place::default()).unwrap();
        net.initialise(Scheme::Spos, 0).unwrap();
        let group = Group { weight_decay: 4e-5, ..Group::default() };
        let parameters = net.store().trainable();
        let parameters =
            parameters.map(|(_, entry, t)| (entry.path.to_string(), t.shallow_clone(), group));
        let sgd = Optimiser::new(Settings::default(), parameters).unwrap();
        Self { net, sgd }
    }

    /// One step, over all parameters: those off the path have no gradient.
    fn step(&mut self, arch: &Arch, item: u64) {
        let images = noise(item, 4, 64, Kind::Float);
        let logits = self.net.forward(arch, &[images], &mut Norms::Train, true).unwrap();
        let loss = cross_entropy(&logits[0], &Tensor::from_slice(&[0i64, 1, 2, 3]), 0.1).unwrap();
        torch::backward(&loss).unwrap();
        let all: Vec<usize> = (0..self.sgd.len()).collect();
        self.sgd.step(&all, 0.1).unwrap();
        torch::drop_gradients(&self.sgd.parameters(&all)).unwrap();
    }

    fn state(&self) -> (Vec<Tensor>, BTreeMap<String, Tensor>) {
        let momenta = self.sgd.state();
        (
            self.net.store().tensors().iter().map(Tensor::copy).collect(),
            momenta.iter().map(|(path, tensor)| (path.clone(), tensor.copy())).collect(),
        )
    }
}

#[test]
fn everything_off_the_path_keeps_every_bit() {
    let mut training = Training::new();
    for item in 0..3 {
        let arch = random_arch(&training.net, item);
        training.step(&arch, item);
    }
    let (tensors, momenta) = training.state();
    let arch = random_arch(&training.net, 7);
    training.step(&arch, 7);
    let (tensors_after, momenta_after) = training.state();
    let line = training.net.specialise(&arch).unwrap();
    let mut on_path = 0;
    for (index, entry) in training.net.store().entries().iter().enumerate() {
        let touched = line.params().iter().any(|param| param.index() == index);
        let kept = bit_equal(&tensors[index], &tensors_after[index]).unwrap();
        assert_eq!(kept, !touched, "{}", entry.path);
        on_path += usize::from(touched);
        let path = entry.path.to_string();
        if !touched {
            match (momenta.get(&path), momenta_after.get(&path)) {
                (None, None) => {}
                (Some(before), Some(after)) => assert!(bit_equal(before, after).unwrap(), "{path}"),
                _ => unreachable!("`{path}` is off the path and its momentum came or went"),
            }
        }
    }
    assert!(on_path > 100 && on_path * 3 < tensors.len(), "{on_path} of {}", tensors.len());
}
