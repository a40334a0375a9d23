//! What samplers keep between steps, as rows of numbers by name.

use std::collections::BTreeMap;

use super::SamplerError;
use crate::alpha::{Adam, Logits, Rows};

/// Everything that a sampler keeps: rows of numbers, by name.
pub type State = BTreeMap<String, Vec<f64>>;

/// Puts a row per decision into a state.
pub(super) fn put_rows(state: &mut State, name: &str, rows: &Rows) {
    for (number, row) in rows.iter().enumerate() {
        state.insert(format!("{name}.{number}"), row.clone());
    }
}

/// Takes rows of these lengths out of a state.
pub(super) fn take_rows(state: &mut State, name: &str, like: &Rows) -> Result<Rows, SamplerError> {
    let mut rows = Vec::with_capacity(like.len());
    for (number, known) in like.iter().enumerate() {
        let row = take(state, &format!("{name}.{number}"))?;
        if row.len() != known.len() {
            return Err(SamplerError::MissingState(format!("{name}.{number}")));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Takes one row out of a state.
pub(super) fn take(state: &mut State, name: &str) -> Result<Vec<f64>, SamplerError> {
    state.remove(name).ok_or_else(|| SamplerError::MissingState(name.to_owned()))
}

/// Takes a number out of a state.
pub(super) fn take_number(state: &mut State, name: &str) -> Result<f64, SamplerError> {
    let row = take(state, name)?;
    row.first().copied().ok_or_else(|| SamplerError::MissingState(name.to_owned()))
}

/// Logits and their optimiser.
pub(super) fn put_learned(state: &mut State, logits: &Logits, adam: &Adam) {
    put_rows(state, "logits", &logits.rows);
    put_rows(state, "mean", &adam.mean);
    put_rows(state, "square", &adam.square);
    state.insert("steps".to_owned(), vec![adam.steps as f64]);
}

/// Takes logits and their optimiser back; nothing has changed after an error.
pub(super) fn take_learned(
    state: &mut State,
    logits: &mut Logits,
    adam: &mut Adam,
) -> Result<(), SamplerError> {
    let rows = take_rows(state, "logits", &logits.rows)?;
    let mean = take_rows(state, "mean", &logits.rows)?;
    let square = take_rows(state, "square", &logits.rows)?;
    adam.steps = take_number(state, "steps")? as u64;
    (logits.rows, adam.mean, adam.square) = (rows, mean, square);
    Ok(())
}

/// Refuses what nobody took.
pub(super) fn finish(state: State) -> Result<(), SamplerError> {
    match state.into_keys().next() {
        Some(name) => Err(SamplerError::UnknownState(name)),
        None => Ok(()),
    }
}
