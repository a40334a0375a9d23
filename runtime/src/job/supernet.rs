//! The first stage: the weights of the supernet.

use std::sync::Arc;

use nasc_compiler::remap::sorts;

use super::adapt::seeded;
use super::context::{scheme, tag};
use super::phases::{open_options, parts};
use super::probe::probe;
use super::teacher::teacher;
use super::{Job, JobError};
use crate::supernet::{Supernet, sort_channels};
use crate::train::{Images, Stage, Trained, Training, train};

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
    let mut supernet = Supernet::new(Arc::clone(&job.spaces.supernet), job.place(recipe))?;
    let seed = seeded(job)?;
    let probe = probe(job)?;
    let (mut steps, mut before, mut looked) = (0, None, Vec::new());
    // What the parts so far could train.
    let mut trained_options: Vec<Vec<bool>> = Vec::new();
    for (number, part) in parts(job.recipe, STAGE)?.iter().enumerate() {
        let images = part.images(&job.images.train)?;
        let (weights, arch) = if part.entry.uses_arch_images {
            let (weights, arch) = images.apart(job.recipe.arch_share, job.recipe.seed)?;
            (weights, Some(arch))
        } else {
            (images, None)
        };
        let per_epoch = weights.steps(part.training.batch);
        let settings = Training {
            sampler: part.seal(),
            teacher: teacher(job, &part.training, weights.transform.size)?,
            ..Training::of(&part.training, job.recipe.checkpoint_every, per_epoch)
        };
        let variant = part.variant(job.spaces)?;
        if let Some(variant) = &variant {
            job.check_space(variant)?;
        }
        let space = part.space(variant.as_ref().unwrap_or(&job.spaces.supernet))?;
        let mut sampler = part.entry.make(&space, job.recipe.seed, job.limits, &part.options)?;
        if let Some((name, state)) = before.take()
            && name == part.entry.name
        {
            sampler.restore(state)?;
        }
        let trained = job.within_stage(&part.stage, per_epoch * settings.epochs, |_| {
            if number == 0 {
                supernet.initialise(scheme(recipe.init), job.recipe.seed)?;
                if let Some(seed) = &seed {
                    seed.fill(supernet.store_mut(), &job.spaces.supernet, None)?;
                }
            }
            if part.sorts_channels() {
                // A checkpoint of the part takes the place of what is sorted here: it comes after that.
                let sorts = sorts(&job.spaces.supernet, &trained_options);
                if sorts.is_empty() {
                    return Err(JobError::NothingToSort(job.spaces.supernet.name.clone()));
                }
                sort_channels(supernet.store_mut(), &sorts)?;
            }
            let mut other = match &variant {
                Some(variant) => {
                    let mut other = Supernet::new(Arc::clone(variant), job.place(recipe))?;
                    if number == 0 && seed.is_none() {
                        other.initialise(scheme(recipe.init), job.recipe.seed)?;
                    } else {
                        other.store_mut().copy_shared(supernet.store())?;
                    }
                    Some(other)
                }
                None => None,
            };
            let net = other.as_mut().unwrap_or(&mut supernet);
            let (tag, shelf) = (tag(net.space()), job.shelf());
            let (stage, looked) = (job.stage(&part.stage, &tag, None, &shelf), &*looked);
            let stage = Stage { probe: probe.as_ref(), looked, ..stage };
            let images = Images { weights: &weights, arch: arch.as_ref() };
            let trained = train(stage, net, sampler, &images, &settings)?;
            if let Some(other) = &other {
                supernet.store_mut().copy_shared(other.store())?;
            }
            Ok((trained, None))
        })?;
        steps += trained.steps;
        let open = open_options(&space);
        if trained_options.is_empty() {
            trained_options = open;
        } else {
            for (known, open) in trained_options.iter_mut().flatten().zip(open.concat()) {
                *known |= open;
            }
        }
        before = Some((part.entry.name, trained.state.clone()));
        looked.clone_from(&trained.looked);
        if part.stage == STAGE {
            return Ok(TrainedSupernet { supernet, trained: Trained { steps, ..trained } });
        }
    }
    unreachable!("the last part has the name of the stage")
}
