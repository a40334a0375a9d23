//! The recipes of the examples, for the spaces that they name.

use std::path::Path;

use nasc_runtime::run::recipe::{Phase, Recipe};
use nasc_runtime::sampler::named;

use crate::compiled::space;
use crate::fill::vectors;

fn recipe(name: &str) -> Recipe {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.ron"));
    Recipe::load(&path).unwrap_or_else(|error| unreachable!("{error}"))
}

/// Every sampler of every part can be made for the space, and every closed option is one of its.
#[test]
fn recipes_of_the_examples_suit_their_spaces() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for file in std::fs::read_dir(root.join("examples")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "ron") {
            continue;
        }
        seen += 1;
        let name = path.file_stem().unwrap().to_string_lossy();
        // The first line with a command names the space.
        let text = std::fs::read_to_string(&path).unwrap();
        let command = text.lines().find(|line| line.contains("--recipe")).unwrap();
        assert!(command.contains(&format!("examples/{name}.ron")), "{name}");
        let space_of = command.split("spaces/").nth(1).unwrap().split(".nas").next().unwrap();
        let space = space(space_of, true, &[]);
        let recipe = recipe(&name);
        let phases = if recipe.phases.is_empty() { vec![Phase::default()] } else { recipe.phases };
        for phase in phases {
            let sampler = phase.sampler.as_ref().unwrap_or(&recipe.sampler);
            let options = phase.sampler_options.as_ref().unwrap_or(&recipe.sampler_options);
            let made = named(sampler).unwrap().make(&space, 0, &[], options);
            assert!(made.is_ok(), "{name}: {sampler}");
            for (pattern, labels) in &phase.only {
                let end = pattern.trim_start_matches('*');
                let mut closed =
                    space.decisions.iter().filter(|d| d.path.ends_with(end)).peekable();
                assert!(closed.peek().is_some(), "{name}: {pattern}");
                for decision in closed {
                    let known = |label: &String| decision.options.iter().any(|o| **o == **label);
                    assert!(labels.iter().all(known), "{name}: {}", decision.path);
                }
            }
        }
    }
    assert_eq!(seen, 5);
}

/// The published rates: where DSNAS's supernet stops is where its network goes on, and BN-NAS ends at 5e-4.
#[test]
fn recipes_of_the_examples_have_the_published_rates() {
    let vectors = vectors("dsnas_misc");
    let known = &vectors["lr_dsnas_search_240_warmup5_niter1252"];
    let dsnas = recipe("dsnas");
    let rates = dsnas.supernet.rates(1252);
    for (epoch, iteration) in [(0, 0), (1, 0), (4, 1251), (5, 0), (79, 1251)] {
        let expected = known[format!("epoch{epoch}_iter{iteration}")].as_f64().unwrap();
        let found = rates.rate(epoch * 1252 + iteration + 1, 80 * 1252);
        assert!((found - expected).abs() < 1e-12, "{epoch} {iteration}: {found} {expected}");
    }
    let child = &vectors["lr_dsnas_child_160_nowarmup"];
    let base = child["base_lr_from_checkpoint_of_epoch_80"].as_f64().unwrap();
    assert!((dsnas.retrain.lr - base).abs() < 1e-15, "{base}");
    let bnnas = recipe("bnnas");
    assert!((bnnas.supernet.rates(2404).rate(24_040, 24_040) - 5e-4).abs() < 1e-12);
    let epochs: u64 = recipe("ofa").phases[1..].iter().filter_map(|phase| phase.epochs).sum();
    assert_eq!(epochs, 120 + 25 + 120 + 25 + 120);
}
