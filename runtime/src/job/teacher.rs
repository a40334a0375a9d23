//! The network that a training learns from.

use std::rc::Rc;
use std::sync::Arc;

use super::context::fixed_shape;
use super::{Job, JobError};
use crate::run::recipe;
use crate::run::weights::load_weights;
use crate::supernet::Supernet;
use crate::train::{Teacher, state};

/// The teacher that a training asks for, whose images have this side.
///
/// # Errors
/// It was not compiled, is no network for these images and classes, or the weights are not its own.
pub(super) fn teacher(
    job: &Job<'_>,
    training: &recipe::Training,
    side: u32,
) -> Result<Option<Rc<Teacher>>, JobError> {
    let Some(asked) = &training.teacher else { return Ok(None) };
    let wrong = |reason: String| JobError::Teacher { path: asked.space.clone(), reason };
    let Some(space) = job.spaces.teachers.get(&asked.space) else {
        return Err(wrong("it was not there when the run began".to_owned()));
    };
    if let Some(decision) = space.decisions.first() {
        let (name, path) = (&space.name, &decision.path);
        return Err(wrong(format!("`{name}` is a space, in which `{path}` is to be decided")));
    }
    let (inputs, outputs) = (space.inputs(), space.outputs());
    let ([input], [output]) = (&inputs[..], &outputs[..]) else {
        let counts = format!("{} inputs and {} outputs", inputs.len(), outputs.len());
        return Err(wrong(format!("it has {counts}; one of each is needed")));
    };
    let images = [3, i64::from(side), i64::from(side)];
    if let Some(takes) = fixed_shape(space, *input)
        && takes != images
    {
        return Err(wrong(format!("it takes images {takes:?}, and the training has {images:?}")));
    }
    let classes = job.images.train.dataset.classes().len() as i64;
    if let Some(gives) = fixed_shape(space, *output)
        && gives != [classes]
    {
        return Err(wrong(format!(
            "it gives {gives:?} numbers, and the data has {classes} classes"
        )));
    }
    let mut network = Supernet::new(Arc::clone(space), job.place(training))?;
    let (tensors, _) = load_weights(&asked.weights)?;
    state::from_tensors(network.store_mut(), &tensors)?;
    Ok(Some(Rc::new(Teacher::new(network, asked)?)))
}
