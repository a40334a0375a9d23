//! Carrying out a plan.

use nasc_compiler::remap::{Plan, Planned, Rest, Taken};

use super::RemapError;
use super::numbers::Numbers;
use crate::run::tensors::Tensors;
use crate::supernet::ParamStore;
use crate::torch::{self, Kind};

/// Fills a store from the seed's weights, which have the names of the seed's tensors. What the plan leaves
/// as it is keeps the value that the store has: initialise it first. Numbers are taken over bit for bit, and
/// rounded only where the seed is of higher precision than the store. After an error nothing has changed.
///
/// # Errors
/// The seed lacks a tensor or has one of another shape, the plan is for another store, or libtorch gave
/// out.
pub fn fill(store: &mut ParamStore, plan: &Plan, seed: &Tensors) -> Result<(), RemapError> {
    for (planned, entry) in plan.tensors.iter().zip(store.entries()) {
        let shape = planned.shape.iter().map(|&length| length as usize);
        if planned.path != entry.path || !shape.eq(entry.shape.iter().copied()) {
            return Err(RemapError::Other { path: planned.path.to_string() });
        }
    }
    let kind = store.place().kind;
    let mut numbers = Numbers::new(seed, kind);
    let _guard = torch::no_grad();
    let chosen: Vec<Vec<u32>> = plan
        .selections
        .iter()
        .map(|selection| numbers.chosen(selection))
        .collect::<Result<_, _>>()?;
    let mut after = store.to_raw()?;
    for planned in &plan.tensors {
        let Some(taken) = &planned.from else { continue };
        let Some(raw) = after.get_mut(&*planned.path) else {
            return Err(RemapError::Other { path: planned.path.to_string() });
        };
        let from = numbers.taken(taken, &chosen)?;
        let size = if kind == Kind::Double { 8 } else { 4 };
        clear(planned, taken, &chosen, &mut raw.bytes, size);
        taken.each(&planned.shape, &chosen, |to, source| {
            let (to, source) = (to * size, source * size);
            raw.bytes[to..to + size].copy_from_slice(&from[source..source + size]);
        });
    }
    Ok(store.load(&after)?)
}

/// Sets to zero what is not copied and does not stay.
fn clear(planned: &Planned, taken: &Taken, chosen: &[Vec<u32>], bytes: &mut [u8], size: usize) {
    match taken.rest {
        Rest::Initial => {}
        Rest::Zero => bytes.fill(0),
        Rest::InitialOutputs { axis } => {
            let length = planned.shape[axis] as usize;
            let mut is_old = vec![false; length];
            for place in taken.outputs(axis, chosen) {
                is_old[place] = true;
            }
            let inner: usize = planned.shape[axis + 1..].iter().map(|&n| n as usize).product();
            for (row, part) in bytes.chunks_mut((inner * size).max(1)).enumerate() {
                if is_old[row % length] {
                    part.fill(0);
                }
            }
        }
    }
}
