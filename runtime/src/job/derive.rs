//! The third stage: the found network as files of its own.

use std::path::Path;

use nasc_compiler::arch::{Arch, derive_text};

use super::{Job, JobError};
use crate::run::atomic;
use crate::run::tensors::Facts;
use crate::run::weights::save_weights;
use crate::supernet::{Network, Supernet, extract};
use crate::train::{recalibrate, state};

/// The stage's name.
pub(super) const STAGE: &str = "derive";

/// Writes `best.nas` and `best.safetensors`: the network with the supernet's weights, really cut,
/// and its own recalibrated statistics. A retraining later replaces the weights.
///
/// # Errors
/// Files, memory or libtorch gave out.
pub fn derive(job: &Job<'_>, supernet: &Supernet, arch: &Arch) -> Result<Network, JobError> {
    job.within_stage(STAGE, 1, |speaks| {
        let network = cut(job, supernet, arch)?;
        if speaks {
            let text = derive_text(&job.spaces.supernet, arch, "best", &job.spaces.file);
            save_network(job, &network, arch, "supernet", &job.paths.best_weights())?;
            atomic::write(&job.paths.best_space(), text.as_bytes())?;
        }
        Ok((network, None))
    })
}

/// The network of an architecture with the supernet's weights and its own recalibrated statistics.
///
/// # Errors
/// Images, memory or libtorch gave out.
pub fn cut(job: &Job<'_>, supernet: &Supernet, arch: &Arch) -> Result<Network, JobError> {
    let how = job.recalibration();
    let statistics = recalibrate(supernet, arch, &job.images.train, &how, job.recipe.seed)?;
    Ok(extract(supernet, arch, statistics.as_ref())?)
}

/// Writes a network's weights; `origin` says where they come from.
pub(super) fn save_network(
    job: &Job<'_>,
    network: &Network,
    arch: &Arch,
    origin: &str,
    path: &Path,
) -> Result<(), JobError> {
    let facts = Facts::from([
        ("nasc.space".to_owned(), job.spaces.supernet.name.clone()),
        ("nasc.arch".to_owned(), job.text(arch)),
        ("nasc.weights".to_owned(), origin.to_owned()),
    ]);
    Ok(save_weights(path, &state::to_tensors(network.store())?, &facts)?)
}
