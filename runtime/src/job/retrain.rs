//! The fourth stage: a network on its own.

use std::sync::Arc;

use nasc_compiler::arch::{Arch, derive_text};
use nasc_compiler::pass::fix;

use super::adapt::seeded;
use super::alone::{Alone, train_alone};
use super::derive::save_network;
use super::{Job, JobError};
use crate::run::atomic;
use crate::supernet::Network;
use crate::train::{Trained, state};

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

/// Trains the found network: if `inherited` is given, from that network's weights wherever it has a tensor of
/// the same path and shape; else from what it can take from the run's seed network, if it has one, and from
/// first values. Its weights replace those of `best.safetensors`.
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
    let seed = if inherited.is_some() { None } else { seeded(job)? };
    let space = Arc::new(fix(&job.spaces.retrain, arch));
    let alone = Alone {
        stage,
        space: Arc::clone(&space),
        tag: job.network_tag(arch),
        text: Some(job.text(arch)),
        training: &job.recipe.retrain,
    };
    let start = |network: &mut Network| match (inherited, &seed) {
        (Some(inherited), _) => inherit(network, inherited),
        (None, Some(seed)) => seed.fill(network.store_mut(), &space, Some(&job.spaces.retrain)),
        (None, None) => Ok(()),
    };
    let (network, trained) = train_alone(job, &alone, start, |network| {
        save(network)?;
        Ok(None)
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
