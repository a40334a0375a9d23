//! Plans from seeds to spaces, carried out on plain numbers.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod fna;
mod rules;
mod sides;

use std::collections::BTreeMap;

use nasc_compiler::arch::text::parse;
use nasc_compiler::pass::fix;
use nasc_compiler::remap::{Plan, Planned, Policy, Rest, Side, plan};
use nasc_compiler::{Checked, Options, compile};
use serde_json::Value;

/// The numbers of tensors by path, with their shapes.
type Weights = BTreeMap<String, (Vec<u32>, Vec<f64>)>;

/// A space or network of that text, or of a file of the library, of which all parameters in `set` are set.
fn compiled(text: &str, set: &[(&str, &str)]) -> Checked {
    let mut files = BTreeMap::from([("main.nas".to_owned(), text.to_owned())]);
    for name in ["fna_retinanet", "fna_ssdlite", "fna_deeplabv3"] {
        files.insert(format!("{name}.nas"), file(name));
    }
    let name = if text.starts_with("std/") { text } else { "main.nas" };
    let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let compilation = compile(&files, name, &Options { set, ..Options::default() }).unwrap();
    compilation.checked.unwrap_or_else(|| unreachable!("{:?}", compilation.diagnostics))
}

/// A space of the repository.
fn file(name: &str) -> String {
    let path = format!("{}/../spaces/{name}.nas", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn vectors(name: &str) -> Value {
    let path = format!("{}/../tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The network in which every decision takes the option of that label, in order.
fn derived(space: &Checked, labels: &[&str]) -> Checked {
    let given: Vec<String> = space
        .decisions
        .iter()
        .zip(labels)
        .map(|(decision, label)| format!("{}={label}", decision.path))
        .collect();
    assert_eq!(given.len(), labels.len());
    fix(space, &parse(space, &given.join(",")).unwrap().arch)
}

/// All tensors of a side, with a number for each place of each tensor.
fn weights(side: &Checked, number: impl Fn(usize, usize) -> f64) -> Weights {
    let numbered = side.params.iter().enumerate();
    let each = numbered.map(|(tensor, param)| {
        let size = param.full_size() as usize;
        let numbers = (0..size).map(|place| number(tensor, place)).collect();
        (param.path.to_string(), (param.full.clone(), numbers))
    });
    each.collect()
}

/// The places that the selections of a plan come to.
fn chosen(plan: &Plan, seed: &Weights) -> Vec<Vec<u32>> {
    let choices = plan.selections.iter().map(|selection| {
        let (shape, numbers) = &seed[&*selection.tensor];
        selection.choose(shape, |place| numbers[place])
    });
    choices.collect()
}

/// A tensor of the target after the plan, if it held `before`.
fn filled(plan: &Plan, planned: &Planned, seed: &Weights, before: Vec<f64>) -> Vec<f64> {
    let chosen = chosen(plan, seed);
    let Some(taken) = &planned.from else { return before };
    let mut after = match taken.rest {
        Rest::Zero => vec![0.0; before.len()],
        Rest::Initial => before,
        Rest::InitialOutputs { axis } => {
            let kept = taken.outputs(axis, &chosen);
            let inner: usize = planned.shape[axis + 1..].iter().map(|&n| n as usize).product();
            let length = planned.shape[axis] as usize;
            let is_old = |place: usize| kept.contains(&(place / inner % length));
            let each = before.into_iter().enumerate();
            each.map(|(place, number)| if is_old(place) { 0.0 } else { number }).collect()
        }
    };
    let (_, numbers) = &seed[&*taken.path];
    let mut copied = 0;
    taken.each(&planned.shape, &chosen, |to, from| {
        after[to] = numbers[from];
        copied += 1;
    });
    assert_eq!(copied, planned.tally.copied, "{}", planned.path);
    after
}

/// The plan from a whole seed to a whole target.
fn whole(seed: &Checked, target: &Checked, policy: &Policy) -> Plan {
    plan(&Side::whole(seed), &Side::whole(target), policy)
}

/// What a tensor of the target is filled from, by path.
fn source<'a>(plan: &'a Plan, path: &str) -> Option<&'a str> {
    let planned = plan.tensors.iter().find(|planned| &*planned.path == path);
    let planned = planned.unwrap_or_else(|| unreachable!("there is no tensor `{path}`"));
    planned.from.as_ref().map(|taken| &*taken.path)
}

/// The seed of the space as its file says.
fn policy(space: &Checked) -> Policy {
    Policy::from(space.remap.as_ref().unwrap())
}
