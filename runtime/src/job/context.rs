//! What the stages of a run share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use nasc_compiler::arch::text::compact;
use nasc_compiler::arch::{Arch, arch_hash, space_hash};
use nasc_compiler::ir::{Graph, Limit, NodeId};
use nasc_compiler::pass::Checked;
use nasc_compiler::remap::Seed;

use super::{Images, JobError};
use crate::run::checkpoint::{Shelf, SpaceTag};
use crate::run::event::Event;
use crate::run::folder::Paths;
use crate::run::interrupt::Interrupt;
use crate::run::log::{Log, Reader};
use crate::run::recipe::{self, ChannelsLast, Init, Recipe};
use crate::supernet::{Place, Scheme};
use crate::torch::{Device, Kind};
use crate::train::{Recalibration, Stage};

/// The space of a run.
#[derive(Debug, Clone)]
pub struct Spaces {
    /// As it is trained and searched.
    pub supernet: Arc<Checked>,
    /// The same decisions, with the normalisations that the found network is to have.
    pub retrain: Arc<Checked>,
    /// The network that the space's `remap` names, if there is one.
    pub seed: Option<Seed>,
    /// The space with the parameters that parts of the supernet's training set, by what they set.
    pub variants: BTreeMap<BTreeMap<String, String>, Arc<Checked>>,
    /// The networks that trainings of the recipe learn from, by the files that it names.
    pub teachers: BTreeMap<PathBuf, Arc<Checked>>,
    /// How `best.nas` names the file of the space.
    pub file: String,
}

/// A run: what was asked for, and where it is done.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// What was asked for.
    pub recipe: &'a Recipe,
    /// What is searched.
    pub spaces: &'a Spaces,
    /// What a found network must keep to.
    pub limits: &'a [Limit],
    /// What is learned from.
    pub images: &'a Images,
    /// Where the files lie. The caller holds the folder's lock.
    pub paths: &'a Paths,
    /// Where events go.
    pub log: &'a Log,
    /// Who may ask the run to stop.
    pub interrupt: &'a Interrupt,
    /// Where tensors lie.
    pub device: Device,
}

impl Job<'_> {
    /// Whether the space takes the recipe's images and gives the data's classes.
    ///
    /// # Errors
    /// The first disagreement, with what may mend it.
    pub fn check(&self) -> Result<(), JobError> {
        self.check_space(&self.spaces.supernet)
    }

    /// The same of another space, or a network.
    pub(super) fn check_space(&self, space: &Graph) -> Result<(), JobError> {
        let (inputs, outputs) = (space.inputs(), space.outputs());
        let name = || space.name.clone();
        if space.apart {
            return Err(JobError::Apart(name()));
        }
        let ([input], [output]) = (&inputs[..], &outputs[..]) else {
            let (inputs, outputs) = (inputs.len(), outputs.len());
            return Err(JobError::Arity { space: name(), inputs, outputs });
        };
        let classes = self.images.train.dataset.classes().len();
        let shape = fixed_shape(space, *output);
        if let Some(&[given]) = shape.as_deref()
            && given != classes as i64
        {
            return Err(JobError::Classes { space: name(), classes, outputs: given });
        }
        let side = i64::from(self.images.train.transform.size);
        let found = vec![3, side, side];
        match fixed_shape(space, *input) {
            Some(expected) if expected != found => {
                Err(JobError::Input { space: name(), found, expected })
            }
            _ => Ok(()),
        }
    }

    /// Where checkpoints lie.
    pub(super) fn shelf(&self) -> Shelf {
        Shelf::new(self.paths.checkpoints())
    }

    /// What the supernet's weights belong to.
    pub(super) fn supernet_tag(&self) -> SpaceTag {
        tag(&self.spaces.supernet)
    }

    /// What a network's own weights belong to.
    pub(super) fn network_tag(&self, arch: &Arch) -> SpaceTag {
        let space = &self.spaces.retrain;
        let hash = arch_hash(space, &space_hash(space), arch);
        SpaceTag { name: space.name.clone(), hash }
    }

    /// The text of an architecture.
    pub(super) fn text(&self, arch: &Arch) -> String {
        compact(&self.spaces.supernet, arch)
    }

    pub(super) fn place(&self, training: &recipe::Training) -> Place {
        let channels_last = match training.channels_last {
            // Faster on processors, no slower than a coin toss on graphics cards.
            ChannelsLast::Auto => self.device == Device::Cpu,
            ChannelsLast::On => true,
            ChannelsLast::Off => false,
        };
        Place { kind: Kind::Float, device: self.device, channels_last }
    }

    /// How a network's statistics are measured anew before it is judged.
    pub(super) fn recalibration(&self) -> Recalibration {
        let momentum = self.recipe.supernet.norm.momentum.unwrap_or(0.1);
        Recalibration::of(&self.recipe.search.recalibration, momentum)
    }

    /// How a stage of training reports and saves.
    pub(super) fn stage<'a>(
        &'a self,
        name: &'a str,
        space: &'a SpaceTag,
        arch: Option<&'a str>,
        shelf: &'a Shelf,
    ) -> Stage<'a> {
        let (seed, log, interrupt) = (self.recipe.seed, self.log, self.interrupt);
        Stage { name, seed, space, arch, log, shelf, interrupt, probe: None, looked: &[] }
    }

    /// Whether the log says that a stage came to its end.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn is_finished(&self, stage: &str) -> Result<bool, JobError> {
        for record in Reader::open(&self.paths.root)? {
            if matches!(record?.event, Event::StageFinished { stage: found, .. } if found == stage)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Runs a stage between its first and its last event; one that is finished runs without events
    /// of its own. `work` is told whether it may speak, and gives the stage's closing accuracy.
    pub(super) fn within_stage<T>(
        &self,
        stage: &str,
        total: u64,
        work: impl FnOnce(bool) -> Result<(T, Option<f64>), JobError>,
    ) -> Result<T, JobError> {
        if self.is_finished(stage)? {
            return Ok(work(false)?.0);
        }
        let begun = Instant::now();
        self.log.append(Event::StageStarted { stage: stage.to_owned(), total })?;
        let (result, accuracy) = work(true).inspect_err(|error| self.report(stage, error))?;
        let seconds = begun.elapsed().as_secs_f64();
        self.log.append(Event::StageFinished { stage: stage.to_owned(), seconds, accuracy })?;
        Ok(result)
    }

    /// Notes a failure in the log; an interruption was noted where it happened.
    fn report(&self, stage: &str, error: &JobError) {
        if error.is_interruption() {
            return;
        }
        let (step, arch) = match error {
            JobError::Train(crate::train::TrainError::Diverged { step, path, .. }) => {
                (Some(*step), Some(path.clone()))
            }
            _ => (None, None),
        };
        let (reason, stage) = (error.to_string(), Some(stage.to_owned()));
        // The failure itself is what the caller hears of; a log that fails too adds nothing.
        let _ = self.log.append(Event::Failed { reason, stage, step, arch });
    }
}

/// What the weights of a space belong to.
pub(super) fn tag(space: &Graph) -> SpaceTag {
    SpaceTag { name: space.name.clone(), hash: space_hash(space) }
}

pub(super) fn scheme(init: Init) -> Scheme {
    match init {
        Init::Kaiming => Scheme::Kaiming,
        Init::Spos => Scheme::Spos,
    }
}

/// A node's shape, if it is the same in all networks.
pub(super) fn fixed_shape(space: &Graph, node: NodeId) -> Option<Vec<i64>> {
    let axes = space.node(node).shape.axes.iter();
    axes.map(|&axis| space.diagrams.constant_int(axis)).collect()
}
