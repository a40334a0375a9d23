//! The fourth stage: a network on its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use nasc_compiler::arch::{Arch, derive_text};
use nasc_compiler::pass::fix;

use super::context::scheme;
use super::derive::save_network;
use super::{Job, JobError};
use crate::run::atomic;
use crate::sampler;
use crate::supernet::{Network, Supernet};
use crate::train::{Images, Trained, Training, state, train};

/// The stage's name for the found network.
pub(super) const STAGE: &str = "retrain";

/// A network with weights of its own.
#[derive(Debug)]
pub struct Retrained {
    /// The network.
    pub network: Network,
    /// How it was trained.
    pub trained: Trained,
}

/// Trains the found network, from first values or, if `inherited` is given, from that network's
/// weights wherever it has a tensor of the same path and shape. Its weights replace those of
/// `best.safetensors`.
///
/// # Errors
/// As [`train_supernet`](super::train_supernet).
pub fn retrain(
    job: &Job<'_>,
    arch: &Arch,
    inherited: Option<&Network>,
) -> Result<Retrained, JobError> {
    let weights = job.paths.best_weights();
    trained(job, STAGE, arch, inherited, |network| {
        save_network(job, network, arch, STAGE, &weights)
    })
}

/// Trains any network of the space as [`retrain`] trains the found one, for comparison. It is written
/// down as `networks/HASH.nas` and `networks/HASH.safetensors`.
///
/// # Errors
/// As [`retrain`].
pub fn retrain_other(
    job: &Job<'_>,
    arch: &Arch,
    inherited: Option<&Network>,
) -> Result<Retrained, JobError> {
    let hash = job.network_tag(arch).hash;
    let short = &hash[..8];
    let (space, weights) = job.paths.network(short);
    trained(job, &format!("{STAGE}_{short}"), arch, inherited, |network| {
        // One folder deeper than `best.nas`, for which the file was named.
        let file = format!("../{}", job.spaces.file);
        let name = format!("network_{short}");
        let text = derive_text(&job.spaces.supernet, arch, &name, &file);
        atomic::make_folder(&job.paths.networks())?;
        atomic::write(&space, text.as_bytes())?;
        save_network(job, network, arch, STAGE, &weights)
    })
}

fn trained(
    job: &Job<'_>,
    stage: &str,
    arch: &Arch,
    inherited: Option<&Network>,
    save: impl FnOnce(&Network) -> Result<(), JobError>,
) -> Result<Retrained, JobError> {
    job.check()?;
    let recipe = &job.recipe.retrain;
    let images = Images { weights: &job.images.train, arch: None };
    let steps = images.weights.steps(recipe.batch);
    let settings = Training::of(recipe, job.recipe.checkpoint_every, steps);
    let space = Arc::new(fix(&job.spaces.retrain, arch));
    let mut network = Supernet::new(Arc::clone(&space), job.place(recipe))?;
    let trained = job.within_stage(stage, steps * settings.epochs, |speaks| {
        network.initialise(scheme(recipe.init), job.recipe.seed)?;
        if let Some(inherited) = inherited {
            inherit(&mut network, inherited)?;
        }
        let Some(entry) = sampler::named("uniform") else {
            return Err(JobError::NoSampler("uniform".to_owned()));
        };
        let sampler = entry.make(&space, job.recipe.seed, &[], &BTreeMap::new())?;
        let (tag, shelf) = (job.network_tag(arch), job.shelf());
        let text = job.text(arch);
        let at = job.stage(stage, &tag, Some(&text), &shelf);
        let trained = train(at, &mut network, sampler, &images, &settings)?;
        if speaks {
            save(&network)?;
        }
        Ok((trained, None))
    })?;
    Ok(Retrained { network, trained })
}

/// Takes over every tensor of the same path and shape.
fn inherit(network: &mut Network, from: &Network) -> Result<(), JobError> {
    let mut tensors = state::to_tensors(network.store())?;
    for (path, tensor) in state::to_tensors(from.store())? {
        if let Some(own) = tensors.get_mut(&path).filter(|own| own.shape == tensor.shape) {
            *own = tensor;
        }
    }
    Ok(state::from_tensors(network.store_mut(), &tensors)?)
}
