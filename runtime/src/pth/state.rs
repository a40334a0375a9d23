//! The state dict in what a file holds.

use std::collections::BTreeSet;

use super::StateDict;
use super::error::PthError;
use super::limits::Limits;
use super::storage::{Storages, find};
use super::value::{Value, ValueId, Values};

/// Under which names checkpoints keep state dicts; the first that is there is taken.
const NAMES: [&str; 5] = ["state_dict", "model", "model_state_dict", "model_ema", "state_dict_ema"];
/// How deep they are looked for.
const DEEPEST: usize = 4;

/// The tensors of the state dict in `values`; `entry` names the one to take.
pub(super) fn read(
    values: &Values<'_>,
    storages: &Storages<'_>,
    entry: Option<&str>,
    limits: &Limits,
) -> Result<StateDict, PthError> {
    let mut state = StateDict { tensors: Vec::new(), entry: Vec::new(), others: Vec::new() };
    let mut wanted = entry;
    let mut here = values.root;
    for _ in 0..=DEEPEST {
        let Value::Dict(items) = values.at(here) else {
            return Err(PthError::NoState("it is no dict".to_owned()));
        };
        let within = |name: &str| {
            let named = items.iter().find(|(key, _)| *values.at(*key) == Value::Str(name));
            named.map(|(_, value)| *value).filter(|id| matches!(values.at(*id), Value::Dict(_)))
        };
        if let Some(name) = wanted.take() {
            here = within(name).ok_or_else(|| {
                let dicts = dicts(values, items);
                PthError::NoState(format!("it has no entry `{name}`; its entries are {dicts}"))
            })?;
            state.entry.push(name.to_owned());
            continue;
        }
        let mut nested = NAMES.into_iter().filter_map(|name| Some((name, within(name)?)));
        if let Some((name, inner)) = nested.next() {
            state.entry.push(name.to_owned());
            state.others.extend(nested.map(|(name, _)| name.to_owned()));
            here = inner;
            continue;
        }
        fill(values, items, storages, limits, &mut state)?;
        if state.tensors.is_empty() {
            let dicts = dicts(values, items);
            return Err(PthError::NoState(format!("it has no tensors; its entries are {dicts}")));
        }
        return Ok(state);
    }
    Err(PthError::NoState(format!("none is found in {DEEPEST} dicts inside each other")))
}

/// The names of the dicts among `items`, as far as a message has room.
fn dicts(values: &Values<'_>, items: &[(ValueId, ValueId)]) -> String {
    const MOST: usize = 8;
    let dicts = items.iter().filter(|(_, value)| matches!(values.at(*value), Value::Dict(_)));
    let names: Vec<String> = dicts
        .filter_map(|(key, _)| match values.at(*key) {
            Value::Str(name) => Some(format!("`{name}`")),
            _ => None,
        })
        .take(MOST)
        .collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn fill(
    values: &Values<'_>,
    items: &[(ValueId, ValueId)],
    storages: &Storages<'_>,
    limits: &Limits,
    state: &mut StateDict,
) -> Result<(), PthError> {
    let mut left = limits.tensors;
    let mut names = BTreeSet::new();
    for (key, value) in items {
        let (Value::Str(name), Value::Tensor(view)) = (values.at(*key), values.at(*value)) else {
            continue;
        };
        let wrong = |why: String| PthError::Tensor { name: (*name).to_owned(), why };
        if !names.insert(*name) {
            return Err(wrong("is there twice".to_owned()));
        }
        let bytes = view.bytes().map_err(wrong)?;
        left = left
            .checked_sub(bytes)
            .ok_or(PthError::Limit { what: "its tensors", limit: limits.tensors })?;
        let whole = find(storages, &view.storage).map_err(wrong)?;
        state.tensors.push(((*name).to_owned(), view.dense(whole).map_err(wrong)?));
    }
    Ok(())
}
