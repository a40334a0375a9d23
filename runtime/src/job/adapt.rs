//! Before all other stages: the weights of the seed network that the others begin with.
//!
//! They are read from a file that the recipe names, or trained; either way `seed.safetensors` of the run
//! has them afterwards, and every later stage is filled from that, the found network as well as the
//! supernet. Where a tensor goes is the compiler's plan.

use std::path::Path;
use std::sync::Arc;

use nasc_compiler::arch::{Arch, space_hash};
use nasc_compiler::pass::Checked;
use nasc_compiler::remap::Seed;

use super::alone::{Alone, train_alone};
use super::{Job, JobError};
use crate::remap::fill;
use crate::run::checkpoint::SpaceTag;
use crate::run::recipe::Adapt;
use crate::run::tensors::{Facts, Tensors};
use crate::run::weights::{load_weights, save_weights};
use crate::supernet::ParamStore;
use crate::train::{evaluate, state};

/// The stage's name.
pub(super) const STAGE: &str = "seed";

/// A seed network with its weights.
#[derive(Debug)]
pub(super) struct Seeded<'a> {
    network: &'a Seed,
    weights: Tensors,
}

impl Seeded<'_> {
    /// Fills a store, which has its initial values, with what it can take. `found_in` is the space that
    /// the target was found in, if it is a network of one.
    ///
    /// # Errors
    /// The weights are not those of the seed, or libtorch gave out.
    pub fn fill(
        &self,
        store: &mut ParamStore,
        target: &Checked,
        found_in: Option<&Checked>,
    ) -> Result<(), JobError> {
        let plan = self.network.plan(target, found_in);
        Ok(fill(store, &plan, &self.weights)?)
    }
}

/// The weights that the run begins with, trained or read in if they are not there yet; nothing if the
/// recipe does not ask for any.
///
/// # Errors
/// The space names no seed, the file is not one of its weights, or as
/// [`train_supernet`](super::train_supernet).
pub(super) fn seeded<'a>(job: &Job<'a>) -> Result<Option<Seeded<'a>>, JobError> {
    let Some(adapt) = &job.recipe.adapt else { return Ok(None) };
    let Some(network) = &job.spaces.seed else {
        return Err(JobError::NoSeed(job.spaces.supernet.name.clone()));
    };
    let path = job.paths.seed_weights();
    if !job.is_finished(STAGE)? {
        match &adapt.weights {
            Some(from) => job.within_stage(STAGE, 1, |_| {
                take_in(network, from, &path)?;
                Ok(((), None))
            })?,
            None => trained(job, network, adapt, &path)?,
        }
    }
    let (weights, _) = load_weights(&path)?;
    Ok(Some(Seeded { network, weights }))
}

/// Copies weights into the run, if they are those of the seed.
fn take_in(seed: &Seed, from: &Path, to: &Path) -> Result<(), JobError> {
    let (weights, mut facts) = load_weights(from)?;
    for param in &seed.graph.params {
        let shape = param.full.iter().map(|&length| length as usize);
        let reason = match weights.get(&*param.path) {
            Some(found) if found.shape.iter().copied().eq(shape) => continue,
            Some(found) => format!("has the shape {:?}, not {:?}", found.shape, param.full),
            None => "is missing".to_owned(),
        };
        let (path, name) = (from.to_owned(), seed.graph.name.clone());
        let tensor = param.path.to_string();
        return Err(JobError::SeedWeights { path, seed: name, tensor, reason });
    }
    facts.insert("nasc.seed".to_owned(), seed.graph.name.clone());
    Ok(save_weights(to, &weights, &facts)?)
}

/// Trains the seed on the images that the supernet's weights learn from.
fn trained(job: &Job<'_>, seed: &Seed, adapt: &Adapt, to: &Path) -> Result<(), JobError> {
    job.check_space(&seed.graph)?;
    let alone = Alone {
        stage: STAGE,
        space: Arc::new(seed.graph.clone()),
        tag: SpaceTag { name: seed.graph.name.clone(), hash: space_hash(&seed.graph) },
        text: None,
        training: &adapt.training,
    };
    train_alone(
        job,
        &alone,
        |_| Ok(()),
        |network| {
            let facts = Facts::from([
                ("nasc.seed".to_owned(), seed.graph.name.clone()),
                ("nasc.weights".to_owned(), STAGE.to_owned()),
            ]);
            save_weights(to, &state::to_tensors(network.store())?, &facts)?;
            let nothing = Arch(Vec::new());
            let batch = job.recipe.search.batch;
            let counts = evaluate(network, &nothing, None, &job.images.search, batch)?;
            Ok(Some(counts.accuracy()))
        },
    )?;
    Ok(())
}
