//! Runs that begin with the weights of a seed network.

use std::collections::BTreeMap;
use std::path::Path;

use nasc_runtime::run::tensors::{RawTensor, Tensors};
use nasc_runtime::run::weights::load_weights;

use crate::{done, nasc, of_space, refused, scratch, short, summary, utf8};

const SPACE: &str = "tests/run/grown.nas";

/// Steps that are taken and move nothing.
const STILL: [&str; 4] = ["--with", "supernet.lr=1e-30", "--with", "retrain.lr=1e-30"];

fn weights(path: &Path) -> Tensors {
    load_weights(path).unwrap().0
}

/// Numbers of a tensor that training moves by gradients.
fn learned(tensors: &Tensors) -> impl Iterator<Item = (&String, Vec<f32>)> {
    let numbers = |tensor: &RawTensor| -> Vec<f32> {
        let chunks = tensor.bytes.chunks_exact(4);
        chunks.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
    };
    let is_learned = |name: &str| !name.contains("running") && !name.contains("num_batches");
    tensors.iter().filter(move |(name, _)| is_learned(name)).map(move |(n, t)| (n, numbers(t)))
}

#[test]
fn supernet_and_network_begin_with_the_seed() {
    let (folder, root) = scratch();
    let seed = "adapt=(training: (epochs: 1, batch: 30))";
    let more = [&["--with", seed], &STILL[..]].concat();
    done(nasc(&of_space(SPACE, "run", &root, &more)));
    let figures = summary(&root);
    assert_eq!(figures["adapted_from"], "small");

    // What was not trained is what `nasc remap` makes of the run's seed.
    let (arch, seed) = (figures["found"]["arch"].as_str().unwrap(), root.join("seed.safetensors"));
    let filled = folder.path().join("filled.safetensors");
    let remap = ["remap", SPACE, "--arch", arch, "--seed", utf8(&seed), "-o", utf8(&filled)];
    done(nasc(&remap));
    let (best, filled) = (weights(&root.join("best.safetensors")), weights(&filled));
    assert!(best.keys().eq(filled.keys()));
    for ((name, a), (_, b)) in learned(&best).zip(learned(&filled)) {
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-20), "{name}");
    }

    // Stage by stage it is the same run, and so it is with the seed from a file.
    let step = folder.path().join("by_stage");
    done(nasc(&of_space(SPACE, "train", &step, &more)));
    for stage in ["search", "derive", "retrain"] {
        done(nasc(&[stage, utf8(&step)]));
    }
    assert_eq!(weights(&step.join("best.safetensors")), best);
    let given = folder.path().join("given");
    let from = format!("adapt.weights={}", utf8(&seed));
    done(nasc(&of_space(SPACE, "run", &given, &[&["--with", &from], &STILL[..]].concat())));
    assert_eq!(weights(&given.join("best.safetensors")), best);

    // Inherited weights are the supernet's, as they are without a seed.
    let inherits = folder.path().join("inherits");
    let more = [&more[..], &["--with", "retrain.inherit=true"]].concat();
    done(nasc(&of_space(SPACE, "run", &inherits, &more)));
    let inherited = weights(&inherits.join("best.safetensors"));
    for ((name, a), (_, b)) in learned(&best).zip(learned(&inherited)) {
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-20), "{name}");
    }
}

/// Killed while the seed trains, or while its weights are written, a run ends as it would have.
#[test]
fn a_seed_that_was_interrupted_is_trained_to_its_end() {
    let (folder, root) = scratch();
    let seed = ["--with", "adapt=(training: (epochs: 2, batch: 30))"];
    done(nasc(&of_space(SPACE, "train", &root, &seed)));
    let whole = ["seed.safetensors", "checkpoints"].map(|name| read(&root.join(name)));
    for (number, fault) in ["train.step:3", "checkpoint.tensors_written"].into_iter().enumerate() {
        let cut = folder.path().join(format!("cut_{number}"));
        let mut command = nasc(&of_space(SPACE, "train", &cut, &seed));
        let died = command.env("NASC_FAULT", fault).output().unwrap();
        assert!(!died.status.success() && !cut.join("seed.safetensors").exists(), "{fault}");
        done(nasc(&["train", SPACE, "--out", utf8(&cut), "--resume"]));
        let ended = ["seed.safetensors", "checkpoints"].map(|name| read(&cut.join(name)));
        assert!(ended == whole, "{fault}");
    }
}

/// The bytes of a file, or of all tensors in a folder, by name.
fn read(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let files: Vec<_> = match std::fs::read_dir(path) {
        Ok(found) => found.map(|entry| entry.unwrap().path()).collect(),
        Err(_) => vec![path.to_owned()],
    };
    let tensors =
        files.into_iter().filter(|file| file.extension().is_some_and(|e| e == "safetensors"));
    let all: BTreeMap<String, Vec<u8>> = tensors
        .map(|file| {
            (
                file.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read(&file).unwrap(),
            )
        })
        .collect();
    assert!(!all.is_empty(), "{}", path.display());
    all
}

#[test]
fn what_is_no_seed_is_refused() {
    let (folder, root) = scratch();
    let said = refused(nasc(&short("run", &root, &["--with", "adapt=()"])), 1);
    assert!(said.contains("`tiny` names none"), "{said}");

    let wrong = folder.path().join("wrong.safetensors");
    let tensors = Tensors::from([(
        "stem.conv.weight".to_owned(),
        RawTensor {
            dtype: nasc_runtime::run::tensors::Dtype::F32,
            shape: vec![1],
            bytes: vec![0; 4],
        },
    )]);
    nasc_runtime::run::weights::save_weights(&wrong, &tensors, &BTreeMap::new()).unwrap();
    let (other, from) = (folder.path().join("other"), format!("adapt.weights={}", utf8(&wrong)));
    let said = refused(nasc(&of_space(SPACE, "run", &other, &["--with", &from])), 1);
    assert!(said.contains("`stem.conv.weight` has the shape [1]"), "{said}");
    assert!(!other.join("seed.safetensors").exists());
}

#[test]
fn the_recipe_of_the_examples_goes_the_whole_way() {
    let (_folder, root) = scratch();
    let mut words = vec!["run", "spaces/demo_fna.nas", "--recipe", "examples/adaptation.ron"];
    words.extend(["--threads", "1", "--out", utf8(&root)]);
    for setting in [
        "data.shapes.train=300",
        "data.shapes.test=60",
        "adapt.training.epochs=1",
        "supernet.epochs=3",
        "retrain.epochs=1",
        "search.population=2",
        "search.crossover=1",
        "search.mutation=1",
        "search.parents=2",
    ] {
        words.extend(["--with", setting]);
    }
    done(nasc(&words));
    let figures = summary(&root);
    assert_eq!((&figures["adapted_from"], &figures["evaluated"]), (&"demo_seed".into(), &1.into()));
    let said = std::fs::read_to_string(root.join("events.jsonl")).unwrap();
    assert!(said.contains(r#""event":"sampler""#), "the logits were looked at");
}
