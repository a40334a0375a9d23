//! A stage of training, from wherever it stands to its end.

use std::time::Instant;

use nasc_compiler::arch::Arch;

use super::probe::{Probe, agreement};
use super::state::{self, Progress};
use super::step::{Batches, Stepper};
use super::{Feed, TrainError, Training, feed};
use crate::data::Loader;
use crate::run::checkpoint::{self, CheckpointError, Shelf, SpaceTag};
use crate::run::event::Event;
use crate::run::fault;
use crate::run::interrupt::Interrupt;
use crate::run::log::Log;
use crate::sampler::{DataStream, Sampler, State, Step};
use crate::supernet::{Batch, Supernet};

/// Where a stage reports to and saves, and under which name.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// The name: lower-case letters, digits and `_`.
    pub name: &'a str,
    /// The seed of all its random streams.
    pub seed: u64,
    /// What the weights belong to.
    pub space: &'a SpaceTag,
    /// The architecture as text, when one network is trained.
    pub arch: Option<&'a str>,
    /// Where events go.
    pub log: &'a Log,
    /// Where checkpoints go.
    pub shelf: &'a Shelf,
    /// Who may ask it to stop.
    pub interrupt: &'a Interrupt,
    /// Networks whose order is looked at between epochs.
    pub probe: Option<&'a Probe<'a>>,
    /// Their accuracies at the last look of the part before, if there was one.
    pub looked: &'a [f64],
}

/// What a stage of training came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// How many steps were made in all.
    pub steps: u64,
    /// The mean loss of the last epoch.
    pub loss: f64,
    /// The network that the sampler has settled on, if it learns.
    pub settled: Option<Arch>,
    /// How probable it holds every option of every decision.
    pub probabilities: Option<Vec<Vec<f64>>>,
    /// What the sampler keeps.
    pub state: State,
    /// The accuracies of the probe at its last look.
    pub looked: Vec<f64>,
}

/// Trains a supernet, which holds its first weights, to the end of the stage. A checkpoint of the
/// stage is gone on from; at the end there is one, and training again only loads it.
///
/// # Errors
/// The loss became no number, the run was asked to stop, or files, memory or libtorch gave out. What
/// was saved stays.
pub fn train(
    stage: Stage<'_>,
    supernet: &mut Supernet,
    sampler: Box<dyn Sampler>,
    images: &Images<'_>,
    settings: &Training,
) -> Result<Trained, TrainError> {
    let Images { weights: images, arch } = *images;
    let per_epoch = images.steps(settings.batch);
    if images.indices.is_empty() {
        return Err(TrainError::NoImages);
    }
    let total = per_epoch * settings.epochs;
    let seal = seal(images, arch, settings);
    let mut step = 0;
    let probe = stage.looked.to_vec();
    let mut progress = Progress { settings: seal.clone(), probe, ..Progress::default() };
    let mut saved = None;
    match checkpoint::load(stage.shelf, stage.name, stage.space) {
        Ok(loaded) => {
            for skipped in &loaded.skipped {
                let message = format!("{skipped}; an older checkpoint stands in");
                stage.log.append(Event::Warning { message })?;
            }
            let checkpoint = loaded.checkpoint;
            progress = read_progress(&checkpoint.progress, &loaded.manifest)?;
            if progress.settings != seal {
                let what = difference(&progress.settings, &seal);
                return Err(TrainError::OtherSettings { stage: stage.name.to_owned(), what });
            }
            step = checkpoint.step;
            state::load_weights(supernet.store_mut(), &checkpoint.groups)?;
            saved = Some(checkpoint);
        }
        Err(CheckpointError::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let mut stepper = Stepper::new(supernet, sampler, settings, stage.name, stage.seed)?;
    if let Some(saved) = saved {
        state::restore(&mut stepper, &saved.groups)?;
        if progress.visits.len() == stepper.visits.len() {
            stepper.visits.clone_from(&progress.visits);
        }
        if step < total {
            stage.log.append(Event::Resumed { stage: stage.name.to_owned(), step })?;
        }
    }
    let arch = arch.map(|feed| Stream { feed, loader: None });
    let speed = Speed::start(step);
    let mut run = Run { stage, stepper, progress, images, arch, per_epoch, total, step, speed };
    while run.step < total {
        let epoch = run.step / per_epoch;
        let mut loader = images.epoch(stage.seed, epoch, settings.batch, run.step % per_epoch)?;
        run.epoch(epoch, &mut loader, settings)?;
    }
    if let Some(averages) = &mut run.stepper.averages {
        averages.settle()?;
    }
    let loss = run.progress.last_epoch.unwrap_or(f64::NAN);
    let sampler = &run.stepper.sampler;
    let probabilities = sampler.health().map(|health| health.probabilities);
    let (settled, state) = (sampler.discretise(), sampler.state());
    let looked = std::mem::take(&mut run.progress.probe);
    Ok(Trained { steps: total, loss, settled, probabilities, state, looked })
}

/// The images of a stage.
#[derive(Debug, Clone, Copy)]
pub struct Images<'a> {
    /// Those that weights are trained on.
    pub weights: &'a Feed,
    /// Those that architecture parameters are trained on, if the sampler has any.
    pub arch: Option<&'a Feed>,
}

/// Images of a stream, epoch after epoch.
struct Stream<'a> {
    feed: &'a Feed,
    loader: Option<Loader>,
}

/// What a step takes its images from.
struct Streams<'r, 'a> {
    weights: Option<Batch>,
    arch: Option<&'r mut Stream<'a>>,
    seed: u64,
    batch: usize,
    /// How many batches of the architecture's images were taken in all.
    taken: &'r mut u64,
}

impl Batches for Streams<'_, '_> {
    fn next(&mut self, stream: DataStream) -> Result<Batch, TrainError> {
        if stream == DataStream::WEIGHTS {
            return self.weights.take().ok_or(TrainError::NoStream(stream.0));
        }
        let Some(own) = self.arch.as_mut().filter(|_| stream == DataStream::ARCH) else {
            return Err(TrainError::NoStream(stream.0));
        };
        let per_epoch = own.feed.steps(self.batch).max(1);
        let (epoch, skip) = (*self.taken / per_epoch, *self.taken % per_epoch);
        if own.loader.is_none() || skip == 0 {
            // Another seed than the weights': the two streams have nothing in common.
            let seed = nasc_compiler::random::Stream::new(self.seed, "arch images", &[]).next_u64();
            own.loader = Some(own.feed.epoch(seed, epoch, self.batch, skip)?);
        }
        let batch = own.loader.as_mut().and_then(Iterator::next);
        let Some(batch) = batch else { unreachable!("an epoch has all its batches") };
        *self.taken += 1;
        Ok(feed::to_tensors(&batch?)?)
    }
}

struct Run<'a> {
    stage: Stage<'a>,
    stepper: Stepper<'a>,
    progress: Progress,
    images: &'a Feed,
    arch: Option<Stream<'a>>,
    per_epoch: u64,
    total: u64,
    /// How many steps are done.
    step: u64,
    speed: Speed,
}

impl Run<'_> {
    /// The rest of an epoch, numbered from 0.
    fn epoch(
        &mut self,
        epoch: u64,
        loader: &mut Loader,
        settings: &Training,
    ) -> Result<(), TrainError> {
        let name = || self.stage.name.to_owned();
        let end = (epoch + 1) * self.per_epoch;
        let mut looked = None;
        while self.step < end {
            if self.stage.interrupt.is_set() {
                self.save(epoch)?;
                let (stage, step) = (name(), self.step);
                self.stage.log.append(Event::Interrupted { stage: stage.clone(), step })?;
                return Err(TrainError::Interrupted { stage, step });
            }
            let number = self.step + 1;
            let lr = settings.schedule.rate(number, self.total);
            let step = Step {
                number,
                total: self.total,
                per_epoch: self.per_epoch,
                images: self.images.batch(settings.batch),
            };
            // The loader has a batch for every step of the epoch, or an error.
            let Some(batch) = loader.next() else { unreachable!("an epoch has all its batches") };
            let mut images = Streams {
                weights: Some(feed::to_tensors(&batch?)?),
                arch: self.arch.as_mut(),
                seed: self.stage.seed,
                batch: settings.batch,
                taken: &mut self.progress.arch_batches,
            };
            let loss = self.stepper.step(&step, &mut images, lr)?;
            self.step = number;
            self.progress.visits.clone_from(&self.stepper.visits);
            self.progress.loss += loss;
            self.progress.losses += 1;
            if number == end {
                self.progress.last_epoch = Some(self.progress.loss / self.progress.losses as f64);
                (self.progress.loss, self.progress.losses) = (0.0, 0);
            }
            if number.is_multiple_of(settings.log_steps.max(1)) || number == end {
                let images_per_second = self.speed.since(number, step.images);
                let (stage, step, epoch) = (name(), number, epoch + 1);
                self.stage.log.append(Event::Step {
                    stage,
                    step,
                    epoch,
                    loss,
                    lr,
                    images_per_second,
                })?;
            }
            fault::point("train.step");
            if number == end {
                looked = self.look(epoch + 1)?;
            }
            if number == end || number.is_multiple_of(settings.checkpoint_steps.max(1)) {
                self.save(epoch)?;
            }
        }
        if let Some(loss) = self.progress.last_epoch {
            let (stage, epoch) = (name(), epoch + 1);
            self.stage.log.append(Event::Epoch { stage, epoch, loss, accuracy: None })?;
            self.tell_of_sampler(epoch)?;
            if let Some(event) = looked {
                self.stage.log.append(event)?;
            }
        }
        Ok(())
    }

    /// Looks at the probe after an epoch, if there is one and it is time; gives what there is to tell.
    fn look(&mut self, epoch: u64) -> Result<Option<Event>, TrainError> {
        let last = self.total / self.per_epoch.max(1);
        let Some(probe) = self.stage.probe.filter(|probe| probe.is_due(epoch, last)) else {
            return Ok(None);
        };
        let accuracies = probe.look(self.stepper.supernet)?;
        let stability = agreement(&self.progress.probe, &accuracies);
        let alone = probe.alone.as_ref().and_then(|alone| agreement(alone, &accuracies));
        self.progress.probe.clone_from(&accuracies);
        let stage = self.stage.name.to_owned();
        Ok(Some(Event::Probe { stage, epoch, accuracies, stability, alone }))
    }

    /// Writes down how the sampler stands, for a space with decisions.
    fn tell_of_sampler(&self, epoch: u64) -> Result<(), TrainError> {
        let Stepper { visits, sampler, .. } = &self.stepper;
        if visits.is_empty() {
            return Ok(());
        }
        let even = |row: &Vec<u64>| {
            let (least, most) = (row.iter().min(), row.iter().max());
            least.copied().unwrap_or(0) as f64 / most.copied().unwrap_or(0).max(1) as f64
        };
        let stage = self.stage.name.to_owned();
        let health = sampler.health();
        for message in health.iter().flat_map(|health| &health.warnings) {
            let message = format!("`{stage}`, epoch {epoch}: {message}");
            self.stage.log.append(Event::Warning { message })?;
        }
        self.stage.log.append(Event::Sampler {
            stage,
            epoch,
            visits: visits.clone(),
            fairness: visits.iter().map(even).fold(1.0, f64::min),
            entropy: health.as_ref().map(|health| health.entropy),
            most_entropy: health.as_ref().map(|health| health.most_entropy),
            effective_samples: health.as_ref().and_then(|health| health.effective_samples),
            skip: health.as_ref().and_then(|health| health.skip),
            probabilities: health.map(|health| health.probabilities).unwrap_or_default(),
        })?;
        Ok(())
    }

    /// Saves the state, but never one that holds something other than numbers.
    fn save(&self, epoch: u64) -> Result<(), TrainError> {
        let Stage { name, space, arch, log, shelf, .. } = self.stage;
        if let Some(path) = self.stepper.find_not_finite()? {
            return Err(TrainError::Diverged {
                what: format!("the tensor `{path}`"),
                value: f64::NAN,
                stage: name.to_owned(),
                step: self.step,
                path: arch.unwrap_or("of a step since the last checkpoint").to_owned(),
            });
        }
        let at = (self.step, epoch + 1);
        let checkpoint = state::checkpoint(&self.stepper, space, arch, at, &self.progress)?;
        let manifest = checkpoint::save(shelf, &checkpoint)?;
        let root = shelf.folder.parent().unwrap_or(&shelf.folder);
        let path = manifest.strip_prefix(root).unwrap_or(&manifest).display().to_string();
        let (stage, step) = (name.to_owned(), self.step);
        log.append(Event::CheckpointSaved { stage, step, path })?;
        Ok(())
    }
}

/// Steps per second, for the log alone.
struct Speed {
    since: Instant,
    step: u64,
}

impl Speed {
    fn start(step: u64) -> Self {
        Self { since: Instant::now(), step }
    }

    fn since(&mut self, step: u64, batch: usize) -> Option<f64> {
        let seconds = self.since.elapsed().as_secs_f64();
        let images = (step - self.step) * batch as u64;
        *self = Self::start(step);
        (seconds > 0.0).then(|| images as f64 / seconds)
    }
}

/// Everything that steps depend on besides the weights, one setting per line.
fn seal(images: &Feed, arch: Option<&Feed>, settings: &Training) -> String {
    // Neither how often it saves nor how often it speaks moves a weight.
    let settings = Training { checkpoint_steps: 0, log_steps: 0, ..settings.clone() };
    let apart = arch.map_or(String::new(), |arch| {
        format!("\nimages for the architecture: {}", arch.indices.len())
    });
    format!(
        "images: {} of {}\ntransform: {:?}\nsettings: {settings:?}{apart}",
        images.indices.len(),
        images.dataset.hash(),
        images.transform,
    )
}

fn difference(saved: &str, present: &str) -> String {
    let lines = saved.lines().zip(present.lines()).find(|(saved, present)| saved != present);
    let (saved, present) = lines.unwrap_or((saved, present));
    format!("`{saved}` instead of `{present}`")
}

fn read_progress(text: &str, manifest: &std::path::Path) -> Result<Progress, CheckpointError> {
    ron::from_str(text).map_err(|error| CheckpointError::Manifest {
        path: manifest.to_owned(),
        reason: error.to_string(),
    })
}
