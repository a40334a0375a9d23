//! One network that is trained by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use nasc_compiler::pass::Checked;

use super::context::scheme;
use super::teacher::teacher;
use super::{Job, JobError};
use crate::run::checkpoint::SpaceTag;
use crate::run::recipe;
use crate::sampler;
use crate::supernet::{Network, Supernet};
use crate::train::{Images, Trained, Training, train};

/// A network that is to be trained.
pub(super) struct Alone<'a> {
    /// The name of the stage.
    pub stage: &'a str,
    /// The network.
    pub space: Arc<Checked>,
    /// What its weights belong to.
    pub tag: SpaceTag,
    /// What it is in the space of the run.
    pub text: Option<String>,
    /// How it is trained.
    pub training: &'a recipe::Training,
}

/// Trains a network, or takes it up from its last checkpoint. `start` changes its first weights; `end` is
/// called when it is trained, the first time, and gives the accuracy that the stage closes with.
///
/// # Errors
/// The network does not fit the images, the loss became no number, the run was asked to stop, or files,
/// memory or libtorch gave out.
pub(super) fn train_alone(
    job: &Job<'_>,
    alone: &Alone<'_>,
    start: impl FnOnce(&mut Network) -> Result<(), JobError>,
    end: impl FnOnce(&Network) -> Result<Option<f64>, JobError>,
) -> Result<(Network, Trained), JobError> {
    let Alone { stage, space, tag, text, training } = alone;
    let images = Images { weights: &job.images.train, arch: None };
    let steps = images.weights.steps(training.batch);
    let settings = Training {
        teacher: teacher(job, training, images.weights.transform.size)?,
        ..Training::of(training, job.recipe.checkpoint_every, steps)
    };
    let mut network = Supernet::new(Arc::clone(space), job.place(training))?;
    let trained = job.within_stage(stage, steps * settings.epochs, |speaks| {
        network.initialise(scheme(training.init), job.recipe.seed)?;
        start(&mut network)?;
        let Some(entry) = sampler::named("uniform") else {
            return Err(JobError::NoSampler("uniform".to_owned()));
        };
        let sampler = entry.make(space, job.recipe.seed, &[], &BTreeMap::new())?;
        let shelf = job.shelf();
        let at = job.stage(stage, tag, text.as_deref(), &shelf);
        let trained = train(at, &mut network, sampler, &images, &settings)?;
        let accuracy = if speaks { end(&network)? } else { None };
        Ok((trained, accuracy))
    })?;
    Ok((network, trained))
}
