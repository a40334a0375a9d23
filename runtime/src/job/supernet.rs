//! The first stage: the weights of the supernet.

use std::sync::Arc;

use super::context::scheme;
use super::{Job, JobError};
use crate::sampler;
use crate::supernet::Supernet;
use crate::train::{Images, Trained, Training, train};

/// The stage's name.
pub(super) const STAGE: &str = "supernet";

/// A supernet with trained weights.
#[derive(Debug)]
pub struct TrainedSupernet {
    /// The supernet.
    pub supernet: Supernet,
    /// How it was trained.
    pub trained: Trained,
}

/// Trains the supernet, or takes it up from its last checkpoint.
///
/// # Errors
/// The space does not fit the images, the loss became no number, the run was asked to stop, or
/// files, memory or libtorch gave out.
pub fn train_supernet(job: &Job<'_>) -> Result<TrainedSupernet, JobError> {
    job.check()?;
    let recipe = &job.recipe.supernet;
    let space = &job.spaces.supernet;
    let entry = sampler::named(&job.recipe.sampler)
        .ok_or_else(|| JobError::NoSampler(job.recipe.sampler.clone()))?;
    let (weights, arch) = if entry.uses_arch_images {
        let (weights, arch) = job.images.train.apart(job.recipe.arch_share, job.recipe.seed)?;
        (weights, Some(arch))
    } else {
        (job.images.train.clone(), None)
    };
    let steps = weights.steps(recipe.batch);
    let given = &job.recipe.sampler_options;
    let named = if given.is_empty() { String::new() } else { format!(" {given:?}") };
    let settings = Training {
        sampler: format!("{}{named}", entry.name),
        ..Training::of(recipe, job.recipe.checkpoint_every, steps)
    };
    let mut supernet = Supernet::new(Arc::clone(space), job.place(recipe))?;
    job.within_stage(STAGE, steps * settings.epochs, |_| {
        supernet.initialise(scheme(recipe.init), job.recipe.seed)?;
        let sampler = entry.make(space, job.recipe.seed, job.limits, given)?;
        let (tag, shelf) = (job.supernet_tag(), job.shelf());
        let stage = job.stage(STAGE, &tag, None, &shelf);
        let images = Images { weights: &weights, arch: arch.as_ref() };
        let trained = train(stage, &mut supernet, sampler, &images, &settings)?;
        Ok((trained, None))
    })
    .map(|trained| TrainedSupernet { supernet, trained })
}
