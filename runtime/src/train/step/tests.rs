#![expect(clippy::unwrap_used, reason = "a test may panic")]

use nasc_compiler::arch::Arch;
use nasc_compiler::random::Stream;

use super::*;
use crate::optimise::{Clip, Settings};
use crate::program::Precision;
use crate::run::recipe::Recipe;
use crate::sampler::{At, Learns, SamplerError};
use crate::supernet::tests::toy;
use crate::supernet::{Place, Scheme};
use crate::torch::Kind;

/// The same passes in every step.
struct Fixed(Vec<Pass>, Together);

impl Sampler for Fixed {
    fn next_pass(&mut self, _: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        Ok(self.0.get(earlier.len()).cloned())
    }

    fn together(&self) -> Together {
        self.1
    }
}

/// One batch for a step.
struct One(Option<Batch>);

impl Batches for One {
    fn next(&mut self, stream: DataStream) -> Result<Batch, TrainError> {
        self.0.take().ok_or(TrainError::NoStream(stream.0))
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
        optimiser: Settings::default(),
        weight_decay: 0.0,
        clip: clip.into_iter().collect(),
        ..Training::of(&Recipe::default().supernet, 100, 100)
    };
    let batch = Batch {
        images: noise(&[4, 3, toy::SIZE, toy::SIZE], 0),
        labels: torch::from_slice(&[0_i64, 3, 5, 1], &[4]).unwrap(),
    };
    let sampler = Box::new(Fixed(passes.to_vec(), together));
    let mut stepper = Stepper::new(&net, sampler, &settings, "test", 0).unwrap();
    let step = Step { number: 1, total: 1, per_epoch: 1, images: 4 };
    stepper.step(&step, &mut One(Some(batch)), rate).unwrap();
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
    let single = after(&[one], Together::Sum, 1.0, clip.clone());
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
    let look = Pass { learns: Learns::Nothing, ..pass([0, 1, 0, 1]) };
    let single = after(std::slice::from_ref(&one), Together::Sum, 0.1, None);
    for passes in [
        [look.clone(), one.clone()],
        [one.clone(), look.clone()],
        [one.clone(), Pass { learns: Learns::Nothing, ..one.clone() }],
    ] {
        assert_eq!(largest_difference(&after(&passes, Together::Sum, 0.1, None), &single), 0.0);
    }
}

/// Batches of two streams by which the weights and the architecture learn.
struct Noise {
    number: u64,
}

impl Batches for Noise {
    fn next(&mut self, stream: DataStream) -> Result<Batch, TrainError> {
        let apart = u64::from(stream != DataStream::WEIGHTS);
        let number = 2 * (self.number % 4) + apart;
        // A brighter class is a larger class.
        let labels: Vec<i64> = (0..8).map(|image| (image + number as i64) % 4).collect();
        let bright = torch::from_slice(&labels, &[8, 1, 1, 1]).unwrap().to_kind(Kind::Double);
        let images = noise(&[8, 3, toy::SIZE, toy::SIZE], number) + bright;
        Ok(Batch { images, labels: torch::from_slice(&labels, &[8]).unwrap() })
    }
}

/// A supernet with a sampler after steps `from..to`, gone on from `state` if there is one: its losses, its weights
/// and what a checkpoint would hold.
fn trained(
    name: &str,
    options: &[(&str, f64)],
    range: std::ops::Range<u64>,
    state: Option<crate::run::checkpoint::Checkpoint>,
) -> (Vec<f64>, Vec<Tensor>, crate::run::checkpoint::Checkpoint) {
    let settings =
        Training { clip: Vec::new(), ..Training::of(&Recipe::default().supernet, 100, 100) };
    trained_by(&settings, toy::space(), (name, options), range, state)
}

/// The same for a space, by settings.
fn trained_by(
    settings: &Training,
    space: std::sync::Arc<nasc_compiler::pass::Checked>,
    (name, options): (&str, &[(&str, f64)]),
    range: std::ops::Range<u64>,
    state: Option<crate::run::checkpoint::Checkpoint>,
) -> (Vec<f64>, Vec<Tensor>, crate::run::checkpoint::Checkpoint) {
    let kind = if settings.precision == Precision::F32 { Kind::Double } else { Kind::Float };
    let mut net = Supernet::new(space.clone(), Place { kind, ..Place::default() }).unwrap();
    net.initialise(Scheme::Kaiming, 3).unwrap();
    if let Some(state) = &state {
        crate::train::state::load_weights(net.store_mut(), &state.groups).unwrap();
    }
    let given = options.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    let entry = crate::sampler::named(name).unwrap();
    let sampler = entry.make(&space, 5, &[], &given).unwrap();
    let mut stepper = Stepper::new(&net, sampler, settings, "test", 0).unwrap();
    if let Some(state) = state {
        crate::train::state::restore(&mut stepper, &state.groups).unwrap();
    }
    let mut losses = Vec::new();
    for number in range {
        let step = Step { number, total: 40, per_epoch: 5, images: 8 };
        losses.push(stepper.step(&step, &mut Noise { number }, 0.05).unwrap());
    }
    let tag = crate::run::checkpoint::SpaceTag { name: "toy".to_owned(), hash: String::new() };
    let progress = crate::train::state::Progress::default();
    let state = crate::train::state::checkpoint(&stepper, &tag, None, (1, 1), &progress).unwrap();
    let weights = net.store().tensors().iter().map(|tensor| tensor.f_detach().unwrap().copy());
    (losses, weights.collect(), state)
}

/// Samplers with settings under which all that they do happens within forty steps.
const ALL: &[(&str, &[(&str, f64)])] = &[
    ("uniform", &[]),
    ("uniform_limited", &[]),
    ("flops_bins", &[]),
    ("strict_fair", &[]),
    ("strict_fair_mean", &[]),
    ("sandwich", &[]),
    ("sandwich", &[("attentive", 1.0)]),
    ("sandwich", &[("attentive", -1.0), ("distil", 0.0)]),
    ("progressive", &[]),
    ("ordered_dropout", &[]),
    ("ordered_dropout", &[("kernels", 1.0)]),
    ("dsnas", &[("price", 1e-3), ("lr", 0.05), ("settle", 0.1)]),
    ("dsnas", &[("paths", 2.0)]),
    ("snas", &[("price", 1e-3)]),
    ("darts", &[("lr", 0.05)]),
    ("darts", &[("order", 2.0), ("lr", 0.05)]),
    ("gdas", &[("lr", 0.05)]),
    ("proxyless", &[("lr", 0.05), ("price", 0.1), ("reference", 0.01)]),
    ("proxyless", &[("among", 0.0), ("every", 2.0)]),
    ("fna", &[("lr", 0.05)]),
    ("parsec", &[("samples", 3.0)]),
    ("fp_nas", &[("target", 0.01)]),
    ("danas", &[("price", 0.01)]),
];

#[test]
fn every_sampler_trains_and_goes_on_from_a_checkpoint() {
    for (name, options) in ALL {
        let (losses, weights, _) = trained(name, options, 1..41, None);
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        let (first, last) = (mean(&losses[..10]), mean(&losses[30..]));
        assert!(last < first, "{name} {options:?}: {first} to {last}");
        // Killed in the middle of an epoch, and taken up again.
        let (_, _, state) = trained(name, options, 1..24, None);
        let (_, again, _) = trained(name, options, 24..41, Some(state));
        for (place, (once, twice)) in weights.iter().zip(&again).enumerate() {
            assert!(torch::bit_equal(once, twice).unwrap(), "{name} {options:?}: tensor {place}");
        }
    }
    // Every entry of the table was among them.
    for entry in crate::sampler::SAMPLERS {
        assert!(ALL.iter().any(|(name, _)| *name == entry.name), "{}", entry.name);
    }
}

/// Without batch norms, parts of a batch are the batch: whatever a sampler does with its passes, weights, losses and
/// gates come out the same.
#[test]
fn parts_of_a_batch_teach_what_the_batch_teaches() {
    let by = |accumulate: usize, (name, options): (&str, &[(&str, f64)])| {
        let recipe = Recipe::default().supernet;
        let settings = Training { clip: Vec::new(), accumulate, ..Training::of(&recipe, 100, 100) };
        trained_by(&settings, toy::plain(), (name, options), 1..4, None)
    };
    for &(name, options) in ALL {
        let (losses, weights, _) = by(1, (name, options));
        // Three parts of eight images are not equally large; of five, none has more than two.
        for accumulate in [3, 5] {
            let (own, parts, _) = by(accumulate, (name, options));
            let apart = largest_difference(&weights, &parts);
            assert!(apart < 1e-12, "{name} {options:?} in {accumulate}: {apart}");
            for (whole, own) in losses.iter().zip(own) {
                assert!((whole - own).abs() < 1e-12, "{name} {options:?}: {whole} {own}");
            }
        }
    }
}

/// With them, every part is normalised by itself, and moves the running statistics.
#[test]
fn batch_norms_see_the_parts_of_a_batch() {
    let by = |accumulate| {
        let settings =
            Training { accumulate, ..Training::of(&Recipe::default().supernet, 100, 100) };
        trained_by(&settings, toy::space(), ("uniform", &[]), 1..2, None).1
    };
    assert!(largest_difference(&by(1), &by(2)) > 1e-3);
    let settings =
        Training { accumulate: 4, ..Training::of(&Recipe::default().supernet, 100, 100) };
    for name in ["uniform", "ordered_dropout", "darts"] {
        let run = |range, state| trained_by(&settings, toy::space(), (name, &[]), range, state);
        let (_, whole, _) = run(1..12, None);
        let (_, _, state) = run(1..7, None);
        let (_, again, _) = run(7..12, Some(state));
        for (once, twice) in whole.iter().zip(&again) {
            assert!(torch::bit_equal(once, twice).unwrap(), "{name}");
        }
    }
}

/// In lower numbers every sampler's passes run, weights stay what they were made of, and the loss falls as it does.
#[test]
fn steps_in_lower_numbers_teach_the_same() {
    let by = |precision, (name, options): (&str, &[(&str, f64)])| {
        let recipe = Recipe::default().supernet;
        let settings = Training { clip: Vec::new(), precision, ..Training::of(&recipe, 100, 100) };
        trained_by(&settings, toy::space(), (name, options), 1..9, None)
    };
    for &(name, options) in ALL.iter().filter(|(name, _)| !name.contains("uniform_")) {
        let (exact, _, _) = by(Precision::F32, (name, options));
        let (rough, weights, _) = by(Precision::Bf16, (name, options));
        assert!(weights.iter().all(|tensor| tensor.kind() == Kind::Float));
        assert!(exact != rough && (exact[0] - rough[0]).abs() < 0.02 * exact[0].abs());
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        let apart = mean(&exact) - mean(&rough);
        assert!(apart.abs() < 0.05 * mean(&exact).abs(), "{name} {options:?}: {exact:?} {rough:?}");
    }
}

/// Passes of a step, and the derivatives that the last of them gave.
struct Noted {
    passes: Vec<Pass>,
    gates: std::rc::Rc<std::cell::RefCell<Vec<Option<Vec<f64>>>>>,
}

impl Sampler for Noted {
    fn next_pass(&mut self, _: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        Ok(self.passes.get(earlier.len()).cloned())
    }

    fn learn(&mut self, _: &Step, done: &[Done]) -> Result<f64, SamplerError> {
        self.gates.borrow_mut().clone_from(&done.last().unwrap().gates);
        Ok(1.0)
    }
}

/// A pass at moved weights has the derivatives of a network that has these weights.
#[test]
fn derivatives_belong_to_the_weights_of_the_pass() {
    let settings = Training {
        optimiser: Settings::default(),
        weight_decay: 0.0,
        clip: Vec::new(),
        ..Training::of(&Recipe::default().supernet, 100, 100)
    };
    let place = Place { kind: Kind::Double, ..Place::default() };
    let mut net = Supernet::new(toy::plain(), place).unwrap();
    net.initialise(Scheme::Kaiming, 3).unwrap();
    let run = |passes: Vec<Pass>, rate: f64| {
        let gates = std::rc::Rc::default();
        let sampler = Box::new(Noted { passes, gates: std::rc::Rc::clone(&gates) });
        let mut stepper = Stepper::new(&net, sampler, &settings, "test", 0).unwrap();
        let step = Step { number: 1, total: 1, per_epoch: 1, images: 8 };
        stepper.step(&step, &mut Noise { number: 1 }, rate).unwrap();
        gates.take()
    };
    let told = [3, 3, 3, 3].map(|count| {
        Told::Weighted((0..count).collect(), (0..count).map(|o| 0.2 + 0.1 * f64::from(o)).collect())
    });
    let pass = Pass::new(Gates::Mixture(told.to_vec()));
    let look = Pass { learns: Learns::Gates, ..pass.clone() };
    let first = Pass { keeps_gradient: true, ..pass.clone() };
    let rate = 0.2;
    let here = run(vec![look.clone()], rate);
    let there = run(vec![first, Pass { at: At::Unrolled { by: 0 }, ..look.clone() }], rate);
    // The first step of plain descent, made.
    run(vec![pass], rate);
    let moved = run(vec![look], rate);
    let apart = |a: &[Option<Vec<f64>>], b: &[Option<Vec<f64>>]| {
        let rows = a.iter().flatten().zip(b.iter().flatten());
        rows.flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    assert_eq!(moved.iter().flatten().count(), 4);
    assert!(apart(&here, &moved) > 1e-4);
    assert!(apart(&there, &moved) < 1e-12, "{}", apart(&there, &moved));
}

/// A network as teacher, and its opinion of images.
fn teacher(share: f64, temperature: f64) -> (std::rc::Rc<crate::train::Teacher>, Supernet) {
    let place = Place { kind: Kind::Double, ..Place::default() };
    let fixed = nasc_compiler::pass::fix(&toy::plain(), &Arch(vec![0, 1, 2, 2]));
    let made = || {
        let mut net = Supernet::new(std::sync::Arc::new(fixed.clone()), place).unwrap();
        net.initialise(Scheme::Kaiming, 9).unwrap();
        net
    };
    let asked = crate::run::recipe::Teacher {
        space: std::path::PathBuf::new(),
        weights: std::path::PathBuf::new(),
        temperature,
        share,
    };
    (std::rc::Rc::new(crate::train::Teacher::new(made(), &asked).unwrap()), made())
}

/// What weights learn beside a teacher is the gradient of the losses beside it and beside the labels, by their shares.
#[test]
fn a_teacher_has_its_share_of_the_gradient() {
    let place = Place { kind: Kind::Double, ..Place::default() };
    let arch = Arch(vec![1, 2, 1, 0]);
    let rate = 0.1;
    for (share, temperature, accumulate) in [(1.0, 1.0, 1), (1.0, 1.0, 3), (0.3, 4.0, 1)] {
        let (teacher, network) = teacher(share, temperature);
        let settings = Training {
            optimiser: Settings::default(),
            weight_decay: 0.0,
            clip: Vec::new(),
            teacher: Some(teacher),
            accumulate,
            label_smoothing: 0.0,
            ..Training::of(&Recipe::default().supernet, 100, 100)
        };
        let made = || {
            let mut net = Supernet::new(toy::plain(), place).unwrap();
            net.initialise(Scheme::Kaiming, 3).unwrap();
            net
        };
        let (net, other) = (made(), made());
        let passes = vec![Pass::path(arch.clone())];
        let sampler = Box::new(Fixed(passes, Together::Sum));
        let mut stepper = Stepper::new(&net, sampler, &settings, "test", 0).unwrap();
        let step = Step { number: 1, total: 1, per_epoch: 1, images: 8 };
        stepper.step(&step, &mut Noise { number: 1 }, rate).unwrap();

        let Batch { images, labels } = Noise { number: 1 }.next(DataStream::WEIGHTS).unwrap();
        let logits = |net: &Supernet, arch: &Arch| {
            let images = [images.shallow_clone()];
            net.forward(arch, &images, &mut crate::program::Norms::Eval, false).unwrap().remove(0)
        };
        let opinion = logits(&network, &Arch(Vec::new())).detach();
        let own = logits(&other, &arch);
        let soft = (opinion / temperature).softmax(-1, Kind::Double)
            * (&own / temperature).log_softmax(-1, Kind::Double);
        let soft = -soft.sum_dim_intlist(1i64, false, Kind::Double).mean(Kind::Double);
        let hard = own.log_softmax(-1, Kind::Double).nll_loss(&labels);
        torch::backward(&(soft * (share * temperature * temperature) + hard * (1.0 - share)))
            .unwrap();
        let _guard = torch::no_grad();
        for ((_, entry, found), (_, _, start)) in
            net.store().trainable().zip(other.store().trainable())
        {
            let gradient = start.grad();
            let expected =
                if gradient.defined() { start - gradient * rate } else { start.shallow_clone() };
            let apart = largest_difference(&[found.shallow_clone()], &[expected]);
            assert!(apart < 1e-12, "{}: {apart}", entry.path);
        }
    }
}
