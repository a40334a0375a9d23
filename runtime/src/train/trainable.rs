//! What a stage trains, and how far each tensor moves in a step.

use std::collections::BTreeSet;

use nasc_compiler::ir::{ParamId, Role, last_norms};

use super::Training;
use crate::optimise::selection::Asked;
use crate::optimise::{Clip, Group, Optimiser, OptimiserError, Selection};
use crate::supernet::Supernet;
use crate::torch::{Tensor, TorchError};

/// The optimiser of a stage, and its number of every tensor of the store; none for buffers and for what is not trained.
///
/// What is not trained asks for no gradient from here on, what is trained does.
///
/// # Errors
/// Settings that mean nothing, or a selection without a tensor.
pub(super) fn optimiser(
    supernet: &Supernet,
    settings: &Training,
) -> Result<(Optimiser, Vec<Option<usize>>), OptimiserError> {
    let store = supernet.store();
    let last = last_norm_params(supernet);
    let all: Vec<(ParamId, Asked<'_>, &Tensor)> = store
        .trainable()
        .map(|(id, entry, tensor)| {
            let is_last_norm = last.contains(&id);
            (id, Asked { path: &entry.path, role: entry.role, is_last_norm }, tensor)
        })
        .collect();
    let asked: Vec<Asked<'_>> = all.iter().map(|(_, asked, _)| *asked).collect();
    let exceptions = settings.clip.iter().filter_map(|clip| match clip {
        Clip::Adaptive { except, .. } => Some(Selection::Paths(except.clone())),
        Clip::Norm(_) | Clip::Value(_) => None,
    });
    let said = settings.groups.iter().map(|rule| &rule.of).chain([&settings.trains]);
    let mut selections = said.cloned().chain(exceptions);
    if let Some(idle) = selections.find_map(|selection| selection.idle(&asked)) {
        return Err(OptimiserError::Idle(idle));
    }
    let mut numbers = vec![None; store.entries().len()];
    let mut trained = Vec::new();
    for (id, asked, tensor) in all {
        let trains = settings.trains.has(asked);
        let _same = tensor.f_set_requires_grad(trains).map_err(TorchError::from)?;
        if trains {
            numbers[id.index()] = Some(trained.len());
            trained.push((asked.path.to_owned(), tensor.shallow_clone(), group(asked, settings)));
        }
    }
    Ok((Optimiser::new(settings.optimiser, trained)?, numbers))
}

/// What holds for a parameter: weights of convolutions and linear layers decay, and later rules go over earlier ones.
fn group(asked: Asked<'_>, settings: &Training) -> Group {
    let decays = Selection::Several(vec![Selection::ConvWeights, Selection::LinearWeights]);
    let weight_decay = if decays.has(asked) { settings.weight_decay } else { 0.0 };
    let mut group = Group { weight_decay, ..Group::default() };
    for rule in settings.groups.iter().filter(|rule| rule.of.has(asked)) {
        group.lr_scale = rule.lr_scale.unwrap_or(group.lr_scale);
        group.weight_decay = rule.weight_decay.unwrap_or(group.weight_decay);
    }
    group
}

fn last_norm_params(supernet: &Supernet) -> BTreeSet<ParamId> {
    let space = supernet.space();
    let nodes = last_norms(space).into_values().flatten();
    let params = nodes.flat_map(|id| space.node(id).params.iter().copied());
    params.filter(|id| matches!(space.param(*id).role, Role::NormWeight | Role::NormBias)).collect()
}

#[cfg(test)]
mod tests;
