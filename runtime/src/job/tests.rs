//! Whole runs on a toy space and a handful of images.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod killed;
mod separation;
mod small;

use std::collections::BTreeSet;

use nasc_compiler::pass::finish;
use small::Small;

use super::*;
use crate::run::checkpoint::{self, Group, Shelf};
use crate::run::event::Event;
use crate::run::log::Reader;
use crate::supernet::tests::toy;
use crate::supernet::{Place, Supernet};
use crate::train::{TrainError, state};

#[test]
fn a_seed_fixes_weights_and_search() {
    let one = Small::new(1).end();
    assert_eq!(one, Small::new(1).end());
    let other = Small::new(2).end();
    assert_ne!(one.supernet, other.supernet);
}

#[test]
fn a_run_that_is_called_again_after_its_end_changes_nothing() {
    let small = Small::new(1);
    let end = small.end();
    let events = std::fs::read(small.paths.events()).unwrap();
    let best = std::fs::read(small.paths.best_weights()).unwrap();
    assert_eq!(small.end(), end);
    assert_eq!(std::fs::read(small.paths.events()).unwrap(), events);
    assert_eq!(std::fs::read(small.paths.best_weights()).unwrap(), best);
}

#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    let whole = Small::new(3).end();
    let small = Small::new(3);
    small.interrupt_after(|event| matches!(event, Event::CheckpointSaved { step: 6, .. }));
    let error = small.attempt().unwrap_err();
    assert!(error.is_interruption(), "{error}");
    let newest = checkpoint::list(&Shelf::new(small.paths.checkpoints()), "supernet").unwrap();
    assert_eq!(newest[0].step, 6, "in the middle of the first epoch");
    small.interrupt_after(|event| {
        matches!(event, Event::Generation { stage, generation: 1, .. } if stage == "search")
    });
    assert!(small.attempt().unwrap_err().is_interruption());
    assert_eq!(small.end(), whole);
    let resumed = Reader::open(&small.paths.root)
        .unwrap()
        .filter(|record| matches!(record.as_ref().unwrap().event, Event::Resumed { step: 6, .. }));
    assert_eq!(resumed.count(), 1);
}

/// States of optimisers, averages of weights and learning rates are where they were.
#[test]
fn an_interrupted_run_goes_on_by_every_rule() {
    let rules = ["adamw()", "rmsprop(centred: true)", "adam(betas: (0.5, 0.9))"];
    for (rule, untouched) in rules.into_iter().zip(["skip", "skip", "zero"]) {
        let small = || {
            let mut small = Small::new(3);
            let settings = [
                format!("supernet.optimiser={rule}"),
                format!("supernet.untouched={untouched}"),
                "supernet.ema=(decay: 0.9, warm_up: true)".to_owned(),
                "supernet.clip=[adaptive(factor: 0.1), norm(5.0)]".to_owned(),
                "supernet.groups=[(of: norms, lr_scale: 0.5)]".to_owned(),
                "supernet.lr=0.01".to_owned(),
                "supernet.warm_up_from=0.001".to_owned(),
            ];
            small.recipe.set_all(&settings).unwrap();
            small
        };
        let whole = small().end();
        let cut = small();
        cut.interrupt_after(|event| matches!(event, Event::CheckpointSaved { step: 6, .. }));
        assert!(cut.attempt().unwrap_err().is_interruption());
        assert_eq!(cut.end(), whole, "{rule}");
    }
}

#[test]
fn averages_take_the_place_of_weights_at_the_end_of_their_stage() {
    let mut small = Small::new(3);
    small.recipe.set("supernet.ema=(decay: 0.9)").unwrap();
    let end = small.end();
    let saved = checkpoint::list(&Shelf::new(small.paths.checkpoints()), "supernet").unwrap();
    let mut groups = checkpoint::load_one(&saved[0].manifest).unwrap().groups;
    let averages = groups.remove(&Group::Ema).unwrap();
    let weights = groups.get_mut(&Group::Weights).unwrap();
    assert!(averages.keys().eq(weights.keys()) && averages != *weights);
    let mut net = Supernet::new(toy::space(), Place::default()).unwrap();
    let load = |net: &mut Supernet, groups: &_| {
        state::load_weights(net.store_mut(), groups).unwrap();
        net.store().hash().unwrap()
    };
    assert_ne!(load(&mut net, &groups), end.supernet);
    groups.insert(Group::Weights, averages);
    assert_eq!(load(&mut net, &groups), end.supernet);
}

#[test]
fn a_loss_that_is_no_number_stops_and_leaves_the_checkpoint_before() {
    let mut small = Small::new(4);
    small.recipe.supernet.lr = 1e30;
    small.recipe.supernet.warm_up = 0.0;
    small.recipe.supernet.clip_norm = None;
    small.recipe.checkpoint_every = 1;
    let error = small.attempt().unwrap_err();
    let JobError::Train(TrainError::Diverged { stage, step, path, .. }) = &error else {
        unreachable!("{error}")
    };
    assert_eq!(stage, "supernet");
    assert!(path.contains("a.op=") && path.contains("kernel="), "{path}");
    let shelf = Shelf::new(small.paths.checkpoints());
    let saved = checkpoint::list(&shelf, "supernet").unwrap();
    assert!(saved.iter().all(|entry| entry.step < *step), "{saved:?} {step}");
    for entry in saved {
        let loaded = checkpoint::load_one(&entry.manifest).unwrap();
        for tensor in loaded.groups.values().flat_map(|tensors| tensors.values()) {
            let floats = tensor.bytes.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
            assert!(floats.into_iter().all(f32::is_finite));
        }
    }
    let failed =
        Reader::open(&small.paths.root).unwrap().find_map(|record| match record.unwrap().event {
            Event::Failed { step, arch, .. } => Some((step, arch)),
            _ => None,
        });
    assert_eq!(failed, Some((Some(*step), Some(path.clone()))));
}

/// With three options a decision, three networks are trained in each step.
#[test]
fn the_recipe_names_the_sampler() {
    let mut small = Small::new(8);
    small.recipe.sampler = "strict_fair".to_owned();
    small.interrupt_after(|event| matches!(event, Event::Epoch { .. }));
    small.attempt().unwrap_err();
    let other = Small::new(8);
    other.interrupt_after(|event| matches!(event, Event::Epoch { .. }));
    other.attempt().unwrap_err();
    let losses = |small: &Small| -> Vec<f64> {
        let events = Reader::open(&small.paths.root).unwrap();
        events
            .filter_map(|record| match record.unwrap().event {
                Event::Epoch { loss, .. } => Some(loss),
                _ => None,
            })
            .collect()
    };
    let (fair, uniform) = (losses(&small), losses(&other));
    assert!(!fair.is_empty() && fair != uniform, "{fair:?}");
    small.recipe.sampler = "uniform".to_owned();
    let error = small.attempt().unwrap_err().to_string();
    assert!(error.contains("sampler: \"uniform\""), "{error}");
    small.recipe.sampler = "unifrom".to_owned();
    let error = small.attempt().unwrap_err().to_string();
    assert!(error.contains("`unifrom`; there are `uniform`, `uniform_limited`"), "{error}");
}

/// Logits go with the checkpoints, and the search takes what they have settled on.
#[test]
fn what_a_sampler_learned_is_what_is_found() {
    let mut small = Small::new(9);
    small.recipe.sampler = "parsec".to_owned();
    small.recipe.sampler_options.insert("lr".to_owned(), 0.3);
    small.recipe.search.strategy = crate::run::recipe::Strategy::Learned;
    let end = small.attempt().unwrap();
    let mut other = Small::new(9);
    other.recipe = small.recipe.clone();
    other.interrupt_after(|event| matches!(event, Event::CheckpointSaved { step: 3, .. }));
    other.attempt().unwrap_err();
    assert_eq!(other.attempt().unwrap(), end);
    let searched = end.evaluated.len();
    assert!(end.evaluated.iter().any(|(arch, ..)| *arch == end.best[0]) && searched >= 1);
    // Under a limit that it breaks, another network takes its place.
    let macs = end.evaluated.iter().find(|(arch, ..)| *arch == end.best[0]).unwrap().1;
    let mut limited = Small::new(9);
    limited.recipe = small.recipe.clone();
    limited.limit(macs - 1);
    let end = limited.attempt().unwrap();
    let found = end.evaluated.iter().find(|(arch, ..)| *arch == end.best[0]).unwrap();
    assert!(found.1 < macs, "{} and {macs}", found.1);
    // A sampler that learns nothing has nothing to give.
    let mut plain = Small::new(9);
    plain.recipe.search.strategy = crate::run::recipe::Strategy::Learned;
    let error = plain.attempt().unwrap_err().to_string();
    assert!(error.contains("`uniform` settles on no network"), "{error}");
}

/// Classes, closed options, samplers and rates part by part; what a sampler has learned goes on.
#[test]
fn a_training_can_have_parts() {
    let part = |text: &str| ron::from_str::<crate::run::recipe::Phase>(text).unwrap();
    let mut small = Small::new(10);
    let first = small.images.train.dataset.classes()[0].clone();
    let second = small.images.train.dataset.classes()[1].clone();
    let classes = format!("(epochs: Some(1), classes: [\"{first}\", \"{second}\"])");
    small.recipe.phases = vec![
        part(&classes),
        part("(sampler: Some(\"parsec\"), only: {\"*.op\": [\"k3\", \"skip\"]}, epochs: Some(2))"),
        part("(sampler: Some(\"parsec\"), only: {\"*.op\": [\"skip\"]}, lr: Some(0.01))"),
    ];
    small.recipe.search.strategy = crate::run::recipe::Strategy::Learned;
    let end = small.attempt().unwrap();
    // What was closed to the end is not found.
    let skip = |options: &[u16]| options[..2].iter().all(|&option| option == 2);
    assert!(skip(&end.best[0]), "{:?}", end.best);
    let stages: Vec<String> = Reader::open(&small.paths.root)
        .unwrap()
        .filter_map(|record| match record.unwrap().event {
            Event::StageFinished { stage, .. } => Some(stage),
            _ => None,
        })
        .collect();
    assert_eq!(stages[..3], ["supernet_1", "supernet_2", "supernet"]);
    let visits =
        Reader::open(&small.paths.root).unwrap().find_map(|record| match record.unwrap().event {
            Event::Sampler { stage, visits, .. } if stage == "supernet_2" => Some(visits),
            _ => None,
        });
    let visits = visits.unwrap();
    assert!(visits[0][1] == 0 && visits[0][0] + visits[0][2] > 0, "{visits:?}");
    // Killed in a later part, it ends the same.
    let mut other = Small::new(10);
    other.recipe = small.recipe.clone();
    other.interrupt_after(
        |event| matches!(event, Event::Epoch { stage, .. } if stage == "supernet_2"),
    );
    other.attempt().unwrap_err();
    assert_eq!(other.attempt().unwrap(), end);
    let refused = |phase: &str, says: &str| {
        let mut small = Small::new(10);
        small.recipe.phases = vec![part(phase)];
        let error = small.attempt().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    };
    refused("(classes: [\"unicorn\"])", "`unicorn`");
    refused("(only: {\"*.none\": [\"k3\"]})", "`*.none`");
    refused("(only: {\"a.op\": [\"k9\"]})", "nothing of `a.op`");
    refused("(sampler: Some(\"sandwich\"), only: {\"a.op\": [\"k3\"]})", "`sandwich` draws all");
}

/// A part may train the space with other parameters, which goes from the weights before and hands its own on.
#[test]
fn a_part_can_have_the_space_with_other_parameters() {
    const SETS: &str = "(epochs: Some(1), set: {\"weights\": \"real\"})";
    let part = |text: &str| ron::from_str::<crate::run::recipe::Phase>(text).unwrap();
    let other = || std::collections::BTreeMap::from([("weights".to_owned(), "real".to_owned())]);
    let small = |first: &str| {
        let mut small = Small::new(14);
        // With what it has, it is the space.
        small.spaces.variants.insert(other(), toy::space());
        small.recipe.phases = vec![part(first), part("(epochs: Some(1))")];
        small
    };
    let whole = small(SETS).end();
    assert_eq!(whole, small("(epochs: Some(1))").end());
    let first = small(SETS);
    first.interrupt_after(
        |event| matches!(event, Event::CheckpointSaved { stage, step: 3, .. } if stage == "supernet_1"),
    );
    let second = small(SETS);
    second.interrupt_after(
        |event| matches!(event, Event::CheckpointSaved { stage, step: 3, .. } if stage == "supernet"),
    );
    for cut in [first, second] {
        assert!(cut.attempt().unwrap_err().is_interruption());
        assert_eq!(cut.attempt().unwrap(), whole);
    }
    let refused = |small: Small, says: &str| {
        let error = small.attempt().unwrap_err().to_string();
        assert!(error.contains("`toy` with `weights=real`") && error.contains(says), "{error}");
    };
    let mut none = small(SETS);
    none.spaces.variants.clear();
    refused(none, "was not there");
    let with = |space| {
        let mut small = small(SETS);
        small.spaces.variants.insert(other(), space);
        small
    };
    refused(with(toy::plain()), "has a tensor `stem.bias` more");
    let mut graph = (**toy::space()).clone();
    graph.decisions[0].path = "a.other".into();
    refused(with(std::sync::Arc::new(finish(graph))), "has other decisions");
    let mut graph = (**toy::space()).clone();
    graph.params[0].full[0] += 1;
    refused(
        with(std::sync::Arc::new(finish(graph))),
        "has `stem.weight` of [9, 3, 3, 3], which is [8, 3, 3, 3] there",
    );
}

/// Channels are sorted once, between two parts, also if the run is killed before or after.
#[test]
fn channels_are_sorted_before_a_part() {
    let part = |text: &str| ron::from_str::<crate::run::recipe::Phase>(text).unwrap();
    let small = |sorts: bool| {
        let mut small = Small::new(12);
        let space = toy::plain();
        small.spaces.supernet = std::sync::Arc::clone(&space);
        small.spaces.retrain = space;
        small.recipe.phases = vec![
            part("(only: {\"width\": [\"6\"]}, epochs: Some(1))"),
            part(&format!("(sort_channels: {sorts}, epochs: Some(1))")),
        ];
        small
    };
    let whole = small(true).end();
    assert_ne!(small(false).end(), whole);
    let first = small(true);
    first.interrupt_after(|event| {
        matches!(event, Event::CheckpointSaved { stage, step: 9, .. } if stage == "supernet_1")
    });
    let second = small(true);
    second.interrupt_after(|event| {
        matches!(event, Event::CheckpointSaved { stage, step: 3, .. } if stage == "supernet")
    });
    for cut in [first, second] {
        assert!(cut.attempt().unwrap_err().is_interruption());
        assert_eq!(cut.attempt().unwrap(), whole);
    }
    // In the other toy, two layers of one width share a normalisation: no order suits both.
    let mut torn = Small::new(12);
    torn.recipe.phases = vec![part("(sort_channels: true)")];
    let error = torn.attempt().unwrap_err().to_string();
    assert!(error.contains("no channels of `toy` can be sorted"), "{error}");
}

/// The accuracies of the probe and what they agree with, look by look.
type Looks = Vec<(u64, Vec<f64>, Option<f64>, Option<f64>)>;

fn looks(small: &Small) -> Looks {
    let records = Reader::open(&small.paths.root).unwrap().map(Result::unwrap);
    let told = crate::run::history::settle(records).into_iter().filter_map(|record| {
        let Event::Probe { epoch, accuracies, stability, alone, .. } = record.event else {
            return None;
        };
        Some((epoch, accuracies, stability, alone))
    });
    told.collect()
}

/// Looking changes no weight, and a resumed run has looked at the same.
#[test]
fn a_probe_tells_how_much_the_order_still_changes() {
    let small = || {
        let mut small = Small::new(11);
        small.recipe.set("probe=(networks: 5)").unwrap();
        small.recipe.supernet.epochs = 3;
        small
    };
    let mut without = Small::new(11);
    without.recipe.supernet.epochs = 3;
    let whole = small();
    assert_eq!(whole.end(), without.end());
    assert!(looks(&without).is_empty());
    let found = looks(&whole);
    let epochs: Vec<u64> = found.iter().map(|(epoch, ..)| *epoch).collect();
    assert_eq!(epochs, [1, 2, 3]);
    for (before, now) in found.iter().zip(&found[1..]) {
        assert_eq!(now.2, crate::alpha::kendall(&before.1, &now.1).tau_b());
        assert!(now.1.len() == 5 && now.3.is_none());
    }
    assert_eq!(found[0].2, None);
    let cut = small();
    cut.interrupt_after(|event| matches!(event, Event::CheckpointSaved { step: 12, .. }));
    assert!(cut.attempt().unwrap_err().is_interruption());
    assert_eq!(cut.attempt().unwrap(), whole.end());
    assert_eq!(looks(&cut), found);
    // From part to part the looks go on.
    let parts = || {
        let mut small = small();
        small.recipe.supernet.epochs = 1;
        small.recipe.phases = vec![crate::run::recipe::Phase::default(); 2];
        small
    };
    let whole = parts();
    whole.end();
    let found = looks(&whole);
    assert_eq!(found.len(), 2);
    let between = crate::alpha::kendall(&found[0].1, &found[1].1).tau_b();
    assert_eq!((found[0].2, found[1].2), (None, between));
    let cut = parts();
    cut.interrupt_after(
        |event| matches!(event, Event::CheckpointSaved { stage, step: 3, .. } if stage == "supernet"),
    );
    assert!(cut.attempt().unwrap_err().is_interruption());
    cut.end();
    assert_eq!(looks(&cut), found);
}

#[test]
fn a_probe_can_be_what_was_trained_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alone.txt");
    let mut small = Small::new(11);
    let space = &small.spaces.supernet;
    let archs = [[0, 0, 0, 0], [1, 2, 1, 1], [2, 2, 2, 2], [1, 1, 2, 0]];
    let alone = [0.4, 0.7, 0.3, 0.9];
    let lines: Vec<String> = archs
        .iter()
        .zip(alone)
        .map(|(arch, accuracy)| {
            let arch = nasc_compiler::arch::Arch(arch.to_vec());
            format!("{} {accuracy}", nasc_compiler::arch::text::compact(space, &arch))
        })
        .collect();
    std::fs::write(&file, format!("# measured\n{}\n", lines.join("\n"))).unwrap();
    let probe = format!("probe=(every: 5, alone: Some(\"{}\"))", file.display());
    small.recipe.set(&probe).unwrap();
    small.end();
    let found = looks(&small);
    // Before the fifth epoch training is over.
    assert_eq!((found.len(), found[0].0), (1, 2));
    assert_eq!(found[0].3, crate::alpha::kendall(&alone, &found[0].1).tau_b());
    std::fs::write(&file, format!("{}\na.op=k9 0.5\n", lines.join("\n"))).unwrap();
    let mut wrong = Small::new(11);
    wrong.recipe.set(&probe).unwrap();
    let error = wrong.attempt().unwrap_err().to_string();
    assert!(error.contains("line 5") && error.contains("k9"), "{error}");
    wrong.recipe.set("probe=(networks: 1)").unwrap_err();
}

/// A teacher changes what is learned, is the same after an interruption, and must suit images and classes.
#[test]
fn a_network_can_teach() {
    let folder = tempfile::tempdir().unwrap();
    let (file, weights) =
        (folder.path().join("large.nas"), folder.path().join("large.safetensors"));
    let arch = nasc_compiler::arch::Arch(vec![1, 1, 2, 2]);
    let space = std::sync::Arc::new(nasc_compiler::pass::fix(&toy::space(), &arch));
    let mut network = Supernet::new(std::sync::Arc::clone(&space), Place::default()).unwrap();
    network.initialise(crate::supernet::Scheme::Kaiming, 4).unwrap();
    let tensors = state::to_tensors(network.store()).unwrap();
    crate::run::weights::save_weights(&weights, &tensors, &std::collections::BTreeMap::new())
        .unwrap();
    let taught = |share: f64| {
        let mut small = Small::new(13);
        let asked = format!(
            "(space: \"{}\", weights: \"{}\", share: {share:?})",
            file.display(),
            weights.display()
        );
        small.recipe.set(&format!("supernet.teacher={asked}")).unwrap();
        small.spaces.teachers.insert(file.clone(), std::sync::Arc::clone(&space));
        small
    };
    let whole = taught(0.5).end();
    assert_ne!(whole.supernet, Small::new(13).end().supernet);
    let cut = taught(0.5);
    cut.interrupt_after(|event| matches!(event, Event::CheckpointSaved { step: 6, .. }));
    assert!(cut.attempt().unwrap_err().is_interruption());
    let mut other = taught(1.0);
    other.paths = cut.paths.clone();
    let refused = other.attempt().unwrap_err().to_string();
    assert!(refused.contains("0.5 of ") && refused.contains("1 of "), "{refused}");
    assert_eq!(cut.attempt().unwrap(), whole);
    let mut small = taught(0.5);
    small.recipe.phases = vec![ron::from_str("(size: Some(12))").unwrap()];
    let error = small.attempt().unwrap_err().to_string();
    assert!(error.contains("[3, 8, 8]") && error.contains("[3, 12, 12]"), "{error}");
    let mut small = taught(0.5);
    small.spaces.teachers.insert(file.clone(), toy::space());
    let error = small.attempt().unwrap_err().to_string();
    assert!(error.contains("`a.op` is to be decided"), "{error}");
    let mut small = taught(0.5);
    small.spaces.teachers.clear();
    assert!(small.attempt().unwrap_err().to_string().contains("large.nas"));
}

#[test]
fn other_settings_are_refused_and_named() {
    let mut small = Small::new(5);
    small.interrupt_after(|event| matches!(event, Event::CheckpointSaved { step: 3, .. }));
    small.attempt().unwrap_err();
    small.recipe.supernet.label_smoothing = 0.2;
    let error = small.attempt().unwrap_err().to_string();
    assert!(error.contains("label_smoothing: 0.2"), "{error}");
}

#[test]
fn data_that_does_not_suit_the_space_is_refused_before_anything_is_done() {
    let mut small = Small::new(6);
    small.recipe.data.transform.size = 9;
    small.images.train.transform.size = 9;
    let error = small.attempt().unwrap_err().to_string();
    assert!(error.contains("[3, 9, 9]") && error.contains("[3, 8, 8]"), "{error}");
    let small = Small::with_classes(7, 5);
    let error = small.attempt().unwrap_err().to_string();
    assert!(error.contains("--set classes=5"), "{error}");
    assert!(
        !small.paths.events().is_file() || Reader::open(&small.paths.root).unwrap().count() == 0
    );
}

#[test]
fn limits_are_kept_and_impossible_ones_named() {
    let mut small = Small::new(8);
    let all = small.end().evaluated;
    let mut macs: Vec<u64> = all.iter().map(|(_, macs, _)| *macs).collect();
    macs.sort_unstable();
    let middle = macs[macs.len() / 2];
    small = Small::new(8);
    small.limit(middle);
    let kept = small.end().evaluated;
    assert!(kept.iter().all(|(_, macs, _)| *macs <= middle));
    assert!(kept.iter().map(|(arch, ..)| arch).collect::<BTreeSet<_>>().len() == kept.len());
    small = Small::new(8);
    small.limit(1);
    let error = small.attempt().unwrap_err();
    assert!(error.is_no_network() && error.to_string().contains("`macs <= 1`"), "{error}");
}
