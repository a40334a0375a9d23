//! The first stage: the weights of the supernet.

use std::sync::Arc;

use super::context::scheme;
use super::{Job, JobError};
use crate::sampler;
use crate::supernet::Supernet;
use crate::train::{Trained, Training, train};

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
    let images = &job.images.train;
    let steps = images.steps(recipe.batch);
    let entry = sampler::named(&job.recipe.sampler)
        .ok_or_else(|| JobError::NoSampler(job.recipe.sampler.clone()))?;
    let settings = Training {
        sampler: entry.name.to_owned(),
        ..Training::of(recipe, job.recipe.checkpoint_every, steps)
    };
    let mut supernet = Supernet::new(Arc::clone(space), job.place(recipe))?;
    job.within_stage(STAGE, steps * settings.epochs, |_| {
        supernet.initialise(scheme(recipe.init), job.recipe.seed)?;
        let sampler = (entry.make)(space, job.recipe.seed);
        let (tag, shelf) = (job.supernet_tag(), job.shelf());
        let stage = job.stage(STAGE, &tag, None, &shelf);
        let trained = train(stage, &mut supernet, sampler, images, &settings)?;
        Ok((trained, None))
    })
    .map(|trained| TrainedSupernet { supernet, trained })
}
