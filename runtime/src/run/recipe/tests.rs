#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::optimise::{Clip, Course, Ema, Rule, Selection, Untouched};

fn parse(text: &str) -> Result<Recipe, String> {
    Recipe::parse(text, "recipe `r.ron`").map_err(|error| error.to_string())
}

fn set(assignment: &str) -> Result<Recipe, String> {
    let mut recipe = Recipe::default();
    recipe.set(assignment).map_err(|error| error.to_string())?;
    Ok(recipe)
}

#[test]
fn the_default_is_valid_and_comes_back_from_its_text() {
    let recipe = Recipe::default();
    recipe.check("the default").unwrap();
    assert_eq!(parse(&recipe.to_text()).unwrap(), recipe);
    assert_eq!(parse("(version: 1)").unwrap(), recipe);
}

#[test]
fn what_is_not_said_depends_on_where_it_stands() {
    let recipe = parse("(version: 1, retrain: (lr: 0.2), supernet: (norm: (eps: 0.01)))").unwrap();
    let default = Recipe::default();
    assert_ne!(default.retrain.epochs, default.supernet.epochs, "else this test shows nothing");
    assert_eq!(recipe.retrain, Training { lr: 0.2, ..default.retrain });
    let norm = Norm { eps: Some(0.01), ..default.supernet.norm.clone() };
    assert_eq!(recipe.supernet, Training { norm, ..default.supernet });
}

#[test]
fn a_value_equal_to_another_default_still_counts_as_said() {
    // What a `Training` has by itself is not what `retrain` has.
    let epochs = Training::default().epochs;
    let recipe = parse(&format!("(version: 1, retrain: (epochs: {epochs}))")).unwrap();
    assert_eq!(recipe.retrain.epochs, epochs);
}

#[test]
fn enumerations_with_fields_are_one_value() {
    let text = "(version: 1, supernet: (schedule: step(every: 30, factor: 0.1)))";
    assert_eq!(parse(text).unwrap().supernet.schedule, Course::Step { every: 30, factor: 0.1 });
    let text = "(version: 1, supernet: (schedule: cosine(floor: 0.5)))";
    assert_eq!(parse(text).unwrap().supernet.schedule, Course::Cosine { floor: 0.5 });
    let text = "(version: 1, supernet: (schedule: linear))";
    assert_eq!(parse(text).unwrap().supernet.schedule, Course::Linear);
    assert_eq!(set("supernet.schedule=constant").unwrap().supernet.schedule, Course::Constant);
}

#[test]
fn unknown_fields_and_values_are_refused_with_a_place_and_a_guess() {
    let said = parse("(\n    version: 1,\n    supernet: (epocs: 3),\n)").unwrap_err();
    let expected = "recipe `r.ron`, line 3, column 16: there is no field `epocs`; \
                    did you mean `epochs`?";
    assert_eq!(said, expected);

    let said = parse("(version: 1, supernet: (init: kaimin))").unwrap_err();
    assert!(said.ends_with("there is no value `kaimin`; did you mean `kaiming`?"), "{said}");

    let said = parse("(version: 1, search: (recalibration: (colour: 1)))").unwrap_err();
    assert!(said.ends_with("known are `batches`, `batch`, `mode`"), "{said}");
}

#[test]
fn mistakes_of_form_are_told_with_their_place() {
    for (text, part) in [
        ("(version: 1, seed: \"x\")", "line 1, column 19"),
        ("(version: 1, seed: -4)", "line 1"),
        ("(version: 1,\n seed 4)", "line 2"),
        ("(version: 1", "line 1"),
        ("", "line 1"),
        ("(version: 1, seed: 1, seed: 2)", "seed"),
    ] {
        let said = parse(text).unwrap_err();
        assert!(said.starts_with("recipe `r.ron`, line"), "{text}: {said}");
        assert!(said.contains(part), "{text}: {said}");
    }
}

#[test]
fn no_prefix_of_a_recipe_makes_it_panic() {
    let text = Recipe::default().to_text();
    for cut in 0..text.trim_end().len() {
        assert!(parse(&text[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn the_version_is_asked_for_first() {
    let said = parse("(version: 2, hyperdrive: true)").unwrap_err();
    assert_eq!(said, "recipe `r.ron`: version 2; this program reads version 1");
    let said = parse("(seed: 3)").unwrap_err();
    assert!(said.contains("does not say its `version`"), "{said}");
}

#[test]
fn numbers_out_of_bounds_are_refused_by_name() {
    for (assignment, field) in [
        ("data.holdout=1.0", "data.holdout"),
        ("supernet.epochs=0", "supernet.epochs"),
        ("retrain.batch=1", "retrain.batch"),
        ("supernet.lr=inf", "supernet.lr"),
        ("supernet.lr=NaN", "supernet.lr"),
        ("supernet.clip_norm=inf", "supernet.clip_norm"),
        ("supernet.norm.eps=Some(-inf)", "supernet.norm.eps"),
        ("supernet.schedule=cosine(floor: 1e999)", "supernet.schedule.floor"),
        ("supernet.momentum=0", "supernet.nesterov"),
        ("supernet.clip_norm=0", "supernet.clip_norm"),
        ("supernet.inherit=true", "supernet.inherit"),
        ("supernet.optimiser=adam(eps: 0)", "supernet.optimiser"),
        ("supernet.clip=[norm(5.0), value(0)]", "supernet.clip"),
        ("supernet.groups=[(of: all, lr_scale: -1)]", "supernet.groups"),
        ("supernet.schedule=linear_to(floor: 2)", "supernet.schedule"),
        ("supernet.horizon=0.5", "supernet.horizon"),
        ("supernet.warm_up_from=-1", "supernet.warm_up_from"),
        ("supernet.ema=(decay: 1)", "supernet.ema.decay"),
        ("search.parents=51", "search.parents"),
        ("search.mutation=26", "search.population"),
        ("search.mutation_probability=1.5", "search.mutation_probability"),
        ("device=tpu", "device"),
        ("version=2", "version"),
    ] {
        let said = set(assignment).unwrap_err();
        assert!(said.starts_with(&format!("`{assignment}`: `{field}` ")), "{said}");
    }
}

#[test]
fn single_fields_are_overridden_and_nothing_else() {
    let default = Recipe::default();
    let recipe = set("supernet.epochs=3").unwrap();
    let supernet = Training { epochs: 3, ..default.supernet.clone() };
    assert_eq!(recipe, Recipe { supernet, ..default });

    assert_eq!(
        set("data.path=my images/flowers").unwrap().data.path,
        Some("my images/flowers".into())
    );
    assert_eq!(set("data.path=\"x\"").unwrap().data.path, Some("x".into()));
    assert_eq!(set("device=cuda:1").unwrap().device, "cuda:1");
    assert!(set("retrain.inherit=true").unwrap().retrain.inherit);
    assert_eq!(set("supernet.clip_norm=None").unwrap().supernet.clip_norm, None);
    assert_eq!(set("supernet.clip_norm=2").unwrap().supernet.clip_norm, Some(2.0));
    assert_eq!(set("supernet.norm.affine=false").unwrap().supernet.norm.affine, Some(false));
    assert_eq!(set("supernet.init = spos").unwrap().supernet.init, Init::Spos);
    assert_eq!(set("search.limits=macs <= 20M").unwrap().search.limits, ["macs <= 20M"]);
    let two = set(r#"search.limits=["macs <= 20M", "params <= 1M"]"#).unwrap();
    assert_eq!(two.search.limits, ["macs <= 20M", "params <= 1M"]);
}

#[test]
fn overrides_that_are_none_are_refused() {
    let said = set("supernet.epocs=3").unwrap_err();
    let expected = "`supernet.epocs=3`: there is no field `epocs`; did you mean `epochs`?";
    assert_eq!(said, expected);
    let said = set("supernet.epochs=many").unwrap_err();
    assert!(said.starts_with("`supernet.epochs=many`: "), "{said}");
    for none in ["supernet.epochs", "=3", "supernet..epochs=3", "supernet.epochs=", "a b=3"] {
        let said = set(none).unwrap_err();
        assert!(said.contains("is no override"), "{none}: {said}");
    }
    // Neither does a value reach out of its field.
    for sly in ["supernet.epochs=3), seed: (4", "supernet.epochs=3, batch: 9", "seed=1 // x"] {
        assert!(set(sly).is_err(), "{sly}");
    }
}

#[test]
fn a_refused_override_changes_nothing() {
    let mut recipe = Recipe::default();
    recipe.set("supernet.epochs=0").unwrap_err();
    assert_eq!(recipe, Recipe::default());
}

#[test]
fn the_hash_goes_by_content() {
    let default = Recipe::default();
    assert_eq!(parse("(  version: 1 /* same */ )").unwrap().hash(), default.hash());
    assert_ne!(set("seed=1").unwrap().hash(), default.hash());
    assert_ne!(set("retrain.norm.eps=0.1").unwrap().hash(), default.hash());
}

#[test]
fn settings_reach_those_who_use_them() {
    let recipe = set("search.crossover=20").unwrap();
    let evolution = recipe.search.evolution();
    assert_eq!((evolution.crossovers, evolution.mutants, evolution.evaluations()), (20, 25, 550));
    let recipe = set("supernet.warm_up=0.5").unwrap();
    let rates = recipe.supernet.rates(85);
    assert_eq!((rates.base, rates.warmup_steps), (recipe.supernet.lr, 43));
}

#[test]
fn settings_that_hold_together_come_in_any_order() {
    let mut recipe = Recipe::default();
    let smaller = ["search.population=4", "search.parents=2", "search.crossover=2"];
    let error = recipe.set_all(&smaller).unwrap_err().to_string();
    assert!(error.contains("the settings given"), "{error}");
    assert_eq!(recipe, Recipe::default());
    recipe.set_all(&[&smaller[..], &["search.mutation=2"]].concat()).unwrap();
    assert_eq!((recipe.search.population, recipe.search.parents), (4, 2));
}

#[test]
fn optimisation_is_said_field_by_field() {
    let recipe = set("supernet.optimiser=rmsprop(momentum: 0.5, tensorflow: true)").unwrap();
    let rule = recipe.supernet.optimisation().rule;
    assert!(matches!(rule, Rule::RmsProp { momentum: 0.5, tensorflow: true, .. }), "{rule:?}");
    assert_eq!(parse(&recipe.to_text()).unwrap(), recipe);
    // Without an optimiser, the momentum of before.
    let rule = set("supernet.momentum=0.5").unwrap().supernet.optimisation().rule;
    assert_eq!(rule, Rule::Sgd { momentum: 0.5, nesterov: true });
    let zero = set("supernet.untouched=zero").unwrap().supernet.optimisation();
    assert_eq!(zero.untouched, Untouched::Zero);

    assert_eq!(set("supernet.trains=last_norms").unwrap().supernet.trains, Selection::LastNorms);
    let recipe = set(r#"retrain.trains=several([norms, paths(["head.*"])])"#).unwrap();
    let parts = vec![Selection::Norms, Selection::Paths(vec!["head.*".to_owned()])];
    assert_eq!(recipe.retrain.trains, Selection::Several(parts));
    assert_eq!(parse(&recipe.to_text()).unwrap(), recipe);

    let default = Recipe::default().supernet;
    assert_eq!(default.clips(), [Clip::Norm(5.0)]);
    assert!(set("supernet.clip_norm=None").unwrap().supernet.clips().is_empty());
    assert!(set("supernet.clip=[]").unwrap().supernet.clips().is_empty());
    let clips = set("supernet.clip=[value(5.0), adaptive(factor: 0.02)]").unwrap().supernet.clips();
    let adaptive = Clip::Adaptive { factor: 0.02, eps: 1e-3, except: Vec::new() };
    assert_eq!(clips, [Clip::Value(5.0), adaptive]);
    let ema = set("supernet.ema=(decay: 0.99)").unwrap().supernet.ema;
    assert_eq!(ema, Some(Ema { decay: 0.99, warm_up: false }));
    assert_eq!(set("supernet.ema=None").unwrap().supernet.ema, None);

    let said = set("supernet.optimiser=adamx()").unwrap_err();
    assert!(said.ends_with("there is no value `adamx`; did you mean `adam`?"), "{said}");
    let said = set("supernet.optimiser=adam(beta: 1)").unwrap_err();
    assert!(said.ends_with("there is no field `beta`; did you mean `betas`?"), "{said}");
    let said = set("supernet.trains=last_norm").unwrap_err();
    assert!(said.ends_with("did you mean `last_norms`?"), "{said}");
}

/// The search of DSNAS: five of 240 epochs rise from 1e-4, and 85 of them are run.
#[test]
fn rates_are_laid_out_in_epochs() {
    let mut recipe = Recipe::default();
    let settings = [
        "supernet.epochs=85",
        "supernet.lr=0.5",
        "supernet.warm_up=5",
        "supernet.warm_up_from=1e-4",
        "supernet.horizon=240",
        "supernet.from_zero=true",
    ];
    recipe.set_all(&settings).unwrap();
    let rates = recipe.supernet.rates(1252);
    let total = 85 * 1252;
    for (epoch, expected) in [(0, 1e-4), (5, 0.5), (80, 0.384_520_588_290_843_2)] {
        assert!((rates.rate(epoch * 1252 + 1, total) - expected).abs() < 1e-12);
    }
    recipe.set("supernet.per_epoch=true").unwrap();
    let rates = recipe.supernet.rates(1252);
    assert_eq!(rates.rate(80 * 1252 + 1, total), rates.rate(81 * 1252, total));
}
