//! The fifth stage: the test images, which nothing before has seen.

use nasc_compiler::arch::Arch;

use super::images::open_test;
use super::{Job, JobError};
use crate::supernet::{Counts, Network, Supernet};
use crate::train::{evaluate, recalibrate};

/// The stage's name.
pub(super) const STAGE: &str = "eval";

/// How the search judges a network: on the held-out images, with the supernet's weights and its own
/// recalibrated statistics.
///
/// # Errors
/// Images, memory or libtorch gave out.
pub fn judge(job: &Job<'_>, supernet: &Supernet, arch: &Arch) -> Result<Counts, JobError> {
    let (how, seed) = (job.recalibration(), job.recipe.seed);
    let statistics = recalibrate(supernet, arch, &job.images.train, &how, seed)?;
    let batch = job.recipe.search.batch;
    Ok(evaluate(supernet, arch, statistics.as_ref(), &job.images.search, batch)?)
}

/// Evaluates a network on the test images.
///
/// # Errors
/// Images, memory or libtorch gave out.
pub fn eval(job: &Job<'_>, network: &Network) -> Result<Counts, JobError> {
    job.within_stage(STAGE, 1, |_| {
        let counts = eval_network(job, network)?;
        Ok((counts, Some(counts.accuracy())))
    })
}

/// Evaluates a network on the test images, without a word in the log.
///
/// # Errors
/// Images, memory or libtorch gave out.
pub fn eval_network(job: &Job<'_>, network: &Network) -> Result<Counts, JobError> {
    let images = open_test(&job.recipe.data, job.recipe.threads)?;
    let nothing_to_choose = Arch(Vec::new());
    Ok(evaluate(network, &nothing_to_choose, None, &images, job.recipe.search.batch)?)
}
