#![expect(clippy::unwrap_used, reason = "a test may panic")]

use nasc_compiler::arch::Arch;

use super::*;
use crate::optimise::{Clip, Settings};
use crate::run::recipe::Recipe;
use crate::sampler::SamplerError;
use crate::supernet::tests::toy;
use crate::supernet::{Place, Scheme};
use crate::torch::Kind;

/// The same passes in every step.
struct Fixed(Vec<Pass>, Together);

impl Sampler for Fixed {
    fn next_pass(&mut self, _: u64, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        Ok(self.0.get(earlier.len()).cloned())
    }

    fn together(&self) -> Together {
        self.1
    }
}

fn noise(shape: &[i64], number: u64) -> Tensor {
    let mut stream = Stream::new(number, "images", &[]);
    let count: i64 = shape.iter().product();
    let elements: Vec<f64> = (0..count).map(|_| stream.normal()).collect();
    torch::from_slice(&elements, shape).unwrap()
}

/// All weights after one step with these passes from the same start.
fn after(passes: &[Pass], together: Together, rate: f64, clip: Option<Clip>) -> Vec<Tensor> {
    let place = Place { kind: Kind::Double, ..Place::default() };
    let mut net = Supernet::new(toy::space(), place).unwrap();
    net.initialise(Scheme::Kaiming, 3).unwrap();
    let settings = Training {
        sgd: Settings { momentum: 0.9, nesterov: false },
        weight_decay: 0.0,
        clip,
        ..Training::of(&Recipe::default().supernet, 100, 100)
    };
    let batch = Batch {
        images: noise(&[4, 3, toy::SIZE, toy::SIZE], 0),
        labels: torch::from_slice(&[0_i64, 3, 5, 1], &[4]).unwrap(),
    };
    let sampler = Box::new(Fixed(passes.to_vec(), together));
    let mut stepper = Stepper::new(&net, sampler, &settings, "test", 0).unwrap();
    stepper.step(1, &batch, rate).unwrap();
    let weights = net.store().trainable().map(|(_, _, tensor)| tensor.copy());
    weights.collect()
}

fn largest_difference(a: &[Tensor], b: &[Tensor]) -> f64 {
    let _guard = torch::no_grad();
    let apart = |(a, b): (&Tensor, &Tensor)| (a - b).abs().max().double_value(&[]);
    a.iter().zip(b).map(apart).fold(0.0, f64::max)
}

fn pass(options: [u16; 4]) -> Pass {
    Pass::path(Arch(options.to_vec()))
}

#[test]
fn gradients_of_a_step_are_summed_or_averaged() {
    let (one, two) = (pass([1, 2, 1, 0]), [pass([1, 2, 1, 0]), pass([1, 2, 1, 0])]);
    let single = after(std::slice::from_ref(&one), Together::Sum, 0.1, None);
    assert_eq!(largest_difference(&after(&two, Together::Mean, 0.1, None), &single), 0.0);
    let double = after(std::slice::from_ref(&one), Together::Sum, 0.2, None);
    assert_eq!(largest_difference(&after(&two, Together::Sum, 0.1, None), &double), 0.0);
    assert!(largest_difference(&single, &double) > 1e-3);
}

/// A tensor that two passes train counts once in the norm.
#[test]
fn the_norm_of_a_step_counts_every_tensor_once() {
    let (one, two) = (pass([1, 2, 1, 0]), [pass([1, 2, 1, 0]), pass([1, 2, 1, 0])]);
    let clip = Some(Clip::Norm(1e-3));
    let single = after(&[one], Together::Sum, 1.0, clip);
    let apart = largest_difference(&after(&two, Together::Sum, 1.0, clip), &single);
    // The small term beside the norm is not doubled.
    assert!(apart < 1e-8, "{apart}");
}

/// What one pass alone trains is not divided.
#[test]
fn blocks_of_one_pass_learn_in_full() {
    let start = after(&[], Together::Sum, 0.1, None);
    let (one, other) = (pass([1, 2, 1, 0]), pass([0, 2, 1, 0]));
    let apart =
        [&one, &other].map(|pass| after(std::slice::from_ref(pass), Together::Sum, 0.1, None));
    let both = [one, other];
    let (sum, mean) = [Together::Sum, Together::Mean].map(|t| after(&both, t, 0.1, None)).into();
    let mut shared = 0;
    let _guard = torch::no_grad();
    for place in 0..start.len() {
        let [one, other] = apart.each_ref().map(|after| &after[place] - &start[place]);
        let moves = |by: &Tensor| by.abs().max().double_value(&[]) > 0.0;
        let total = &one + &other;
        let is_shared = moves(&one) && moves(&other);
        shared += usize::from(is_shared);
        let expected = if is_shared { &total * 0.5 } else { total.copy() };
        let found = [&sum, &mean].map(|after| &after[place] - &start[place]);
        assert!(largest_difference(&found, &[total, expected]) < 1e-12);
    }
    assert!(shared > 0 && shared < start.len());
}

/// A pass that teaches no weights leaves the gradients of those before it alone.
#[test]
fn a_pass_may_only_look() {
    let one = pass([1, 2, 1, 0]);
    let look = Pass { updates_weights: false, ..pass([0, 1, 0, 1]) };
    let single = after(std::slice::from_ref(&one), Together::Sum, 0.1, None);
    for passes in [
        [look.clone(), one.clone()],
        [one.clone(), look.clone()],
        [one.clone(), Pass { updates_weights: false, ..one.clone() }],
    ] {
        assert_eq!(largest_difference(&after(&passes, Together::Sum, 0.1, None), &single), 0.0);
    }
}
