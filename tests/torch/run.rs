//! A whole run on the built-in pictures: from the text of a space to a summary.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use nasc_compiler::arch::text::compact;
use nasc_compiler::source::Load;
use nasc_compiler::{Checked, Options, compile};
use nasc_runtime::job::{Images, Job, Spaces, Summary, train_supernet, whole};
use nasc_runtime::run::event::Event;
use nasc_runtime::run::fault;
use nasc_runtime::run::folder::{Existing, RunFolder};
use nasc_runtime::run::interrupt::Interrupt;
use nasc_runtime::run::log::{Log, Reader};
use nasc_runtime::run::recipe::Recipe;
use nasc_runtime::run::weights::load_weights;
use nasc_runtime::torch::{self, Device};

use super::compiled::{text, text_with};

/// Branches, a skip, an elastic width, and a dropout that draws at random in every step.
const TINY: &str = "
block layer(x, out: int) {
    x -> choose op {
        k3: conv(out, kernel: 3) -> bn -> relu
        k5: dwconv(5) -> bn -> conv(out) -> bn -> relu
        skip: conv(out)
    }
}

space tiny(classes: int = 10) {
    input image: [3, 16, 16]
    let width = choose width in {8, 12, 16}
    let stem = image -> conv(16, kernel: 3, stride: 2) -> bn -> relu
    let a = stem -> layer(16)
    let b = a -> conv(width) -> bn -> relu
    let c = b -> layer(16)
    output logits = c -> global_pool -> dropout(0.2) -> linear(classes)
}
";

struct Text(String);

impl Load for Text {
    fn load(&self, name: &str) -> Result<String, String> {
        let is_space = Path::new(name).file_name().is_some_and(|name| name == "tiny.nas");
        if is_space { Ok(TINY.to_owned()) } else { Ok(self.0.clone()) }
    }
}

fn recipe() -> Recipe {
    let mut recipe = Recipe { seed: 5, checkpoint_every: 4, ..Recipe::default() };
    for change in [
        "data.shapes.size=16",
        "data.shapes.train=300",
        "data.shapes.test=60",
        "supernet.epochs=2",
        "supernet.batch=30",
        "retrain.epochs=2",
        "retrain.batch=30",
        "retrain.inherit=true",
        "search.mutation=3",
        "search.crossover=3",
        "search.parents=4",
        "search.population=8",
        "search.generations=2",
        "search.recalibration.batches=3",
    ] {
        recipe.set(change).unwrap();
    }
    recipe.data.transform = nasc_runtime::data::Transform::small(16);
    recipe
}

/// A space as runs take it, with others that parts of a training have in its place.
fn spaces(space: Arc<Checked>, variants: Vec<(BTreeMap<String, String>, Arc<Checked>)>) -> Spaces {
    Spaces {
        supernet: Arc::clone(&space),
        retrain: space,
        seed: None,
        variants: variants.into_iter().collect(),
        teachers: BTreeMap::new(),
        file: "tiny.nas".to_owned(),
    }
}

/// Begins, or goes on with, what is done in a folder.
fn at<T>(root: &Path, recipe: &Recipe, spaces: &Spaces, work: impl FnOnce(&Job<'_>) -> T) -> T {
    torch::set_threads(1);
    let folder = RunFolder::open(root).or_else(|_| RunFolder::create(root, Existing::Refuse));
    let folder = folder.unwrap();
    let images = Images::open(&recipe.data, recipe.seed, 2).unwrap();
    let (log, interrupt) = (Log::open(root).unwrap(), Interrupt::default());
    let job = Job {
        recipe,
        spaces,
        limits: &[],
        images: &images,
        paths: &folder.paths,
        log: &log,
        interrupt: &interrupt,
        device: Device::Cpu,
    };
    work(&job)
}

/// Runs, or goes on, in a folder.
fn run(root: &Path) -> Summary {
    at(root, &recipe(), &spaces(text(TINY), Vec::new()), |job| whole(job).unwrap())
}

/// Binary networks of two widths, in the three forms that a training of them can have.
const SIGNS: &str = "
import \"std/binary\" { entry, react }

space signs(classes: int = 10, norm: str = \"free\", weights: str = \"binary\") {
    input image: [3, 16, 16]
    let stem = image -> entry(8, kernel: 3, norm: norm)
    let x = stem -> choose op default deep {
        deep: react(16, stride: 2, norm: norm, weights: weights)
        wide: react(8, stride: 2, norm: norm, weights: weights) -> react(16, norm: norm, weights: weights)
    }
    output logits = x -> global_pool -> linear(classes)
}
";

/// The two phases of binary networks: real weights behind binary activations, which then become binary themselves. What
/// the second leaves alone is, bit by bit, what a training of the networks with real weights gives.
#[test]
fn binary_weights_begin_as_real_ones() {
    let trained = |norm: &str, weights: &str, set: &str| -> Vec<(String, Vec<f32>)> {
        let root = tempfile::tempdir().unwrap();
        let mut recipe = recipe();
        let phases = format!(
            "[(epochs: Some(1), weight_decay: Some(1e-5){set}), \
             (epochs: Some(1), weight_decay: Some(0.0), trains: Some(paths([\"logits\"])))]"
        );
        for change in [
            "supernet.optimiser=adam()",
            "supernet.lr=5e-4",
            "supernet.clip=[adaptive(factor: 0.02, except: [\"logits\"])]",
            &format!("phases={phases}"),
        ] {
            recipe.set(change).unwrap();
        }
        let space = |weights| text_with(SIGNS, &[("norm", norm), ("weights", weights)]);
        let other = [("weights".to_owned(), "real".to_owned())].into();
        let spaces = spaces(space(weights), vec![(other, space("real"))]);
        let train = |job: &Job<'_>| train_supernet(job).unwrap();
        let net = at(root.path(), &recipe, &spaces, train).supernet;
        let all = net.store().trainable();
        all.map(|(_, entry, tensor)| {
            let numbers = Vec::try_from(tensor.detach().flatten(0, -1).contiguous()).unwrap();
            (entry.path.to_string(), numbers)
        })
        .collect()
    };
    for norm in ["free", "bn", "none"] {
        let both = trained(norm, "binary", ", set: {\"weights\": \"real\"}");
        let real = trained(norm, "real", "");
        let binary = trained(norm, "binary", "");
        let body = |(path, _): &&(String, Vec<f32>)| !path.starts_with("logits");
        assert!(both.iter().filter(body).eq(real.iter().filter(body)), "{norm}");
        // Of the head, which went on, nothing is the same.
        assert!(both.iter().filter(|t| !body(t)).ne(real.iter().filter(|t| !body(t))), "{norm}");
        let kernels = |(path, _): &&(String, Vec<f32>)| path.ends_with("conv.weight");
        assert!(both.iter().filter(kernels).count() >= 6);
        assert!(both.iter().filter(kernels).ne(binary.iter().filter(kernels)), "{norm}");
    }
}

/// Everything but the clock.
fn timeless(summary: Summary) -> Summary {
    Summary { seconds: Vec::new(), ..summary }
}

#[test]
fn a_whole_run_gives_a_network_and_its_figures() {
    let root = tempfile::tempdir().unwrap();
    let summary = run(root.path());
    assert_eq!((summary.supernet_steps, summary.retrain_steps), (18, 18));
    assert_eq!((summary.evaluated, summary.test_images), (24, 60));
    let baseline = summary.baseline.as_ref().unwrap();
    assert!(summary.found.accuracy >= summary.supernet_accuracy);
    assert!(baseline.macs > 0 && summary.found.params > summary.found.params_without_bn);
    let stages: Vec<&str> = summary.seconds.iter().map(|(stage, _)| stage.as_str()).collect();
    assert_eq!(stages, ["supernet", "search", "baseline", "derive", "retrain", "eval"]);

    // What was written down is the network that was found.
    let text = std::fs::read_to_string(root.path().join("best.nas")).unwrap();
    let compiled = compile(&Text(text), "best.nas", &Options::default()).unwrap();
    let (space, arch) = compiled.derived_from.unwrap();
    assert_eq!(compact(&space, &arch), summary.found.arch);
    let (tensors, facts) = load_weights(&root.path().join("best.safetensors")).unwrap();
    assert_eq!(facts["nasc.weights"], "retrain");
    let network = compiled.checked.unwrap();
    assert_eq!(tensors.len(), network.params.len());
    for param in &network.params {
        let shape: Vec<usize> = param.full.iter().map(|&length| length as usize).collect();
        assert_eq!(tensors[&*param.path].shape, shape, "{}", param.path);
    }

    // A finished run gives its figures again and says nothing new.
    let events = std::fs::read(root.path().join("events.jsonl")).unwrap();
    assert_eq!(timeless(run(root.path())), timeless(summary));
    assert_eq!(std::fs::read(root.path().join("events.jsonl")).unwrap(), events);
}

#[test]
fn killed_in_every_stage_it_ends_the_same() {
    let (undisturbed, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let summary = timeless(run(undisturbed.path()));
    // The last two are in the retraining.
    for (point, nth) in [
        ("train.before_update", 7),
        ("checkpoint.tensors_written", 2),
        ("evaluate.candidate", 11),
        ("train.step", 6),
        ("atomic.half_written", 2),
    ] {
        fault::plan_here(point, nth).unwrap();
        assert!(fault::caught(|| run(killed.path())).is_err(), "{point}");
    }
    assert_eq!(timeless(run(killed.path())), summary);
    let read = |root: &Path| std::fs::read(root.join("best.safetensors")).unwrap();
    assert!(read(killed.path()) == read(undisturbed.path()), "the weights have the same bits");
    let resumed = Reader::open(killed.path())
        .unwrap()
        .filter(|record| matches!(record.as_ref().unwrap().event, Event::Resumed { .. }));
    assert!(resumed.count() >= 2);
}
