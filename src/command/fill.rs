//! The part of `nasc remap` that has weights.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use nasc_compiler::Checked;
use nasc_compiler::arch::{Arch, space_hash};
use nasc_compiler::random::Stream;
use nasc_compiler::remap::{Plan, Policy, Seed, Side, plan as planned};
use nasc_runtime::program::ProgramError;
use nasc_runtime::remap::{Difference, compare, fill as carry_out};
use nasc_runtime::run::tensors::Tensors;
use nasc_runtime::run::weights::{load_weights, save_weights};
use nasc_runtime::supernet::{Place, Scheme, Supernet};
use nasc_runtime::torch::{self, Tensor};
use nasc_runtime::train::state::to_tensors;
use serde_json::{Value, json};

use crate::cli::RemapArgs;
use crate::exit::{Failure, Outcome, chain};
use crate::print;

/// Fills the target from weights, compares it with its seed, and writes it where that is asked for.
pub fn fill(
    args: &RemapArgs,
    weights: &Path,
    seed: &Seed,
    target: Checked,
    plan: &Plan,
) -> Outcome<Value> {
    let (weights, _) = load_weights(weights).map_err(|error| world(&error))?;
    let hash = space_hash(&target);
    let net = filled(Arc::new(target), plan, &weights, args.init)?;
    let mut shown = json!({});
    match differences(seed, &net, plan, &weights)? {
        Ok(found) => {
            let each = found.iter().map(|found| {
                json!({
                    "part": found.stage,
                    "target": found.target,
                    "seed": found.seed,
                    "relative": found.relative,
                })
            });
            shown["differences"] = each.collect();
        }
        Err(reason) => shown["not_compared"] = json!(reason),
    }
    if let Some(out) = &args.out {
        let tensors = to_tensors(net.store()).map_err(|error| world(&error))?;
        let facts = BTreeMap::from([
            ("space".to_owned(), hash),
            ("remapped from".to_owned(), plan.seed.clone()),
        ]);
        save_weights(out, &tensors, &facts).map_err(|error| world(&error))?;
        shown["written"] = json!(out.display().to_string());
    }
    Ok(shown)
}

/// Prints what filling came to.
pub fn show(filled: &Value) {
    print::line("");
    if let Some(reason) = filled["not_compared"].as_str() {
        print::line(&format!("not compared with the seed: {reason}"));
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows: Vec<Vec<String>> = filled["differences"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|found| {
            let relative = match found["relative"].as_f64() {
                Some(0.0) => "none".to_owned(),
                Some(relative) => format!("{relative:.2e}"),
                None => "another shape".to_owned(),
            };
            vec![text(&found["target"]), text(&found["seed"]), relative]
        })
        .collect();
    if !rows.is_empty() {
        print::table(&["after", "in the seed", "difference"], &rows, 2);
    }
    if let Some(written) = filled["written"].as_str() {
        print::line(&format!("wrote `{written}`"));
    }
}

fn world(error: &dyn std::error::Error) -> Failure {
    Failure::world(chain(error))
}

/// Fresh weights with what the plan takes from the seed's.
fn filled(space: Arc<Checked>, plan: &Plan, weights: &Tensors, init: u64) -> Outcome<Supernet> {
    let mut net = Supernet::new(space, Place::default()).map_err(|error| world(&error))?;
    net.initialise(Scheme::default(), init).map_err(|error| world(&error))?;
    carry_out(net.store_mut(), plan, weights).map_err(Failure::input)?;
    Ok(net)
}

/// What the target gives otherwise than its seed, on noise; or why that cannot be said.
fn differences(
    seed: &Seed,
    net: &Supernet,
    plan: &Plan,
    weights: &Tensors,
) -> Outcome<Result<Vec<Difference>, String>> {
    let whole = Side::whole(&seed.graph);
    let itself = planned(&whole, &whole, &Policy::default());
    let source = filled(Arc::new(seed.graph.clone()), &itself, weights, 0)?;
    let arch = net.space().seed_arch();
    let seed_arch = seed.arch.clone().unwrap_or_else(|| seed.graph.seed_arch());
    let run = || -> Result<Vec<Difference>, ProgramError> {
        let inputs = noise(net.space(), &arch)?;
        compare(plan, (&source, &seed_arch), (net, &arch), &inputs)
    };
    Ok(run().map_err(|error| error.to_string()))
}

/// An image for every input of a network.
fn noise(space: &Checked, arch: &Arch) -> Result<Vec<Tensor>, ProgramError> {
    let mut stream = Stream::new(0, "remap", &[]);
    let mut images = Vec::new();
    for input in space.inputs() {
        let axes = space.node(input).shape.axes.iter();
        let lengths = axes.map(|&axis| space.value(axis, arch).as_int().unwrap_or(1));
        let shape: Vec<i64> = std::iter::once(1).chain(lengths).collect();
        let numbers: Vec<f64> = (0..shape.iter().product()).map(|_: i64| stream.normal()).collect();
        images.push(torch::from_slice(&numbers, &shape)?);
    }
    Ok(images)
}
