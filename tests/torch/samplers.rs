//! Every sampler on the space that it belongs to, in small.

use std::path::Path;
use std::sync::Arc;

use nasc_compiler::arch::space_hash;
use nasc_compiler::pass::Checked;
use nasc_runtime::data::transform::Crop;
use nasc_runtime::data::{Dataset, Image, Transform};
use nasc_runtime::program::Precision;
use nasc_runtime::run::checkpoint::{Shelf, SpaceTag};
use nasc_runtime::run::event::Event;
use nasc_runtime::run::interrupt::Interrupt;
use nasc_runtime::run::log::{Log, Reader};
use nasc_runtime::run::recipe::Recipe;
use nasc_runtime::sampler::{SAMPLERS, named};
use nasc_runtime::supernet::{Place, Scheme, Supernet};
use nasc_runtime::torch;
use nasc_runtime::train::{Feed, Images, Stage, Training, train};

use crate::compiled::{shrunk, space, text};
use crate::primitives::EVERYTHING;

/// Images of a step.
const BATCH: usize = 8;

/// Steps of a training.
const STEPS: usize = 10;

/// Eight images of four classes, a pattern of stripes each, as often as there are steps.
fn images(side: u32) -> Feed {
    let (mut labels, mut names, mut images) = (Vec::new(), Vec::new(), Vec::new());
    let mut random = nasc_compiler::random::Stream::new(0, "striped", &[]);
    for number in 0..BATCH * STEPS {
        let label = (number % 4) as u32;
        let pixels = (0..side * side * 3).map(|at| {
            let bright = (at / 3 % side / (1 << label)).is_multiple_of(2);
            (random.below(100) + if bright { 150 } else { 0 }) as u8
        });
        images.push(Image::new(side, side, pixels.collect()));
        names.push(format!("{number}.png").into());
        labels.push(label);
    }
    let classes = (0..10).map(|class| format!("c{class}")).collect();
    let dataset = Arc::new(Dataset::in_memory(classes, labels, names, images));
    let transform = Transform { crop: Crop::Pad { pad: 0 }, flip: 0.0, ..Transform::small(side) };
    Feed { dataset, indices: (0..(BATCH * STEPS) as u32).collect(), transform, threads: 1 }
}

/// The losses of the first steps of a sampler on a space.
fn losses(
    (name, options): (&str, &[(&str, f64)]),
    space: &Arc<Checked>,
    side: u32,
    precision: Precision,
    root: &Path,
) -> Vec<f64> {
    torch::set_threads(1);
    let feed = images(side);
    let mut net = Supernet::new(Arc::clone(space), Place::default()).unwrap();
    net.initialise(Scheme::Kaiming, 1).unwrap();
    let mut recipe = Recipe::default().supernet;
    (recipe.epochs, recipe.batch, recipe.precision) = (1, BATCH, precision);
    // The weights that it draws for a mixture change by more from step to step than a high rate can follow.
    let rate = if name == "snas" { 0.05 } else { 0.2 };
    (recipe.lr, recipe.warm_up, recipe.label_smoothing) = (rate, 0.0, 0.0);
    let settings = Training { log_steps: 1, ..Training::of(&recipe, 1000, STEPS as u64) };
    let given = options.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    let sampler = named(name).unwrap().make(space, 1, &[], &given).unwrap();
    let tag = SpaceTag { name: space.name.clone(), hash: space_hash(space) };
    let (log, interrupt) = (Log::open(root).unwrap(), Interrupt::default());
    let shelf = Shelf::new(root.join("checkpoints"));
    let stage = Stage {
        name: "supernet",
        seed: 1,
        space: &tag,
        arch: None,
        log: &log,
        shelf: &shelf,
        interrupt: &interrupt,
        probe: None,
        looked: &[],
    };
    let images = Images { weights: &feed, arch: Some(&feed) };
    train(stage, &mut net, sampler, &images, &settings).unwrap();
    drop(log);
    let told = Reader::open(root).unwrap().filter_map(|record| match record.unwrap().event {
        Event::Step { loss, .. } => Some(loss),
        _ => None,
    });
    told.collect()
}

fn falls(losses: &[f64]) -> bool {
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    losses.len() == STEPS && mean(&losses[STEPS - 3..]) < 0.95 * mean(&losses[..2])
}

/// A space, and the side of the images that it is trained on here.
fn belonging(name: &str) -> (Arc<Checked>, u32) {
    let small = |name: &str| space(name, true, &[("classes", "10"), ("size", "32")]);
    match name {
        // The resolution is searched here: among small ones.
        "attentivenas" => {
            let smaller = [("{192, 224, 256, 288} default 288", "{32, 48} default 48")];
            (shrunk(name, &smaller, &[("classes", "10")]), 48)
        }
        "ofa_mobilenet_v3" => {
            let smaller = [("128..=224 step 4 default 224", "{32, 48} default 48")];
            (shrunk(name, &smaller, &[("classes", "10"), ("width", "0.5")]), 48)
        }
        "darts" => {
            let set = [("size", "16"), ("width", "4"), ("cells", "3")];
            (space(name, true, &set), 16)
        }
        "nasbench201" => (space(name, true, &[("size", "16"), ("cells", "1")]), 16),
        name => (small(name), 32),
    }
}

/// A sampler with its numbers, and the name of a space.
type Own = (&'static str, &'static [(&'static str, f64)], &'static str);

/// Samplers, their numbers where what they do must fit into a few steps, and their spaces.
const OWN: &[Own] = &[
    ("uniform", &[], "spos"),
    ("uniform_limited", &[], "spos"),
    ("flops_bins", &[("bins", 3.0)], "spos"),
    ("strict_fair", &[], "fairnas"),
    ("strict_fair_mean", &[], "fairnas"),
    ("sandwich", &[("random", 1.0), ("attentive", 1.0)], "attentivenas"),
    // What is distilled would make the losses of its parts differ.
    ("progressive", &[("distil", 0.0)], "ofa_mobilenet_v3"),
    ("ordered_dropout", &[("kernels", 1.0)], "netadaptv2_mobilenet_v3"),
    ("dsnas", &[], "dsnas"),
    ("snas", &[("least", 1.0)], "darts"),
    ("darts", &[("order", 2.0)], "darts"),
    ("gdas", &[], "nasbench201"),
    ("proxyless", &[("every", 2.0)], "proxyless"),
    ("fna", &[], "demo_fna"),
    ("parsec", &[("samples", 2.0)], "fpnas_fbnetv2_f"),
    ("fp_nas", &[("factor", 0.02)], "fpnas_fbnetv2_f"),
    ("danas", &[], "danas"),
];

#[test]
fn every_sampler_trains_its_own_space() {
    let mut stuck = Vec::new();
    for (sampler, options, name) in OWN {
        let (space, side) = belonging(name);
        let root = tempfile::tempdir().unwrap();
        let found = losses((sampler, options), &space, side, Precision::F32, root.path());
        if !falls(&found) {
            stuck.push(format!("{sampler} on {name}: {found:.3?}"));
        }
    }
    assert_eq!(stuck, Vec::<String>::new());
    for entry in SAMPLERS {
        assert!(OWN.iter().any(|(sampler, ..)| *sampler == entry.name), "{}", entry.name);
    }
}

/// Signs with gradients of their own, learned numbers in unusual places and split attention in lower numbers.
#[test]
fn unusual_operations_train_in_lower_numbers() {
    for name in ["everything", "fpnas_f_plus"] {
        let (space, side) =
            if name == "everything" { (text(EVERYTHING), 12) } else { belonging(name) };
        let run = |precision| {
            let root = tempfile::tempdir().unwrap();
            losses(("uniform", &[]), &space, side, precision, root.path())
        };
        let [exact, rough] = [Precision::F32, Precision::Bf16].map(run);
        assert!(exact != rough);
        for (exact, rough) in exact.iter().zip(&rough) {
            assert!((exact - rough).abs() < 0.1 * exact, "{name}: {exact} {rough}");
        }
    }
}
