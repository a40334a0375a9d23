//! Candidates of a search: evaluated once, remembered for ever.

use nasc_compiler::arch::Arch;

use super::{Job, JobError};
use crate::run::event::Event;
use crate::run::fault;
use crate::run::results::{Key, Outcome, Question, Store};
use crate::search::{Evaluated, Fitness, Judge, Networks};
use crate::supernet::{Counts, Supernet};
use crate::train::{Recalibration, TrainError, evaluate_many};

/// Candidates that are evaluated together, at most: a search can stop between two such groups.
const TOGETHER: usize = 50;

/// Evaluates candidates with the supernet's weights on the held-out training images.
pub(super) struct Candidates<'a> {
    pub job: Job<'a>,
    pub stage: &'a str,
    pub networks: &'a Networks,
    pub supernet: &'a Supernet,
    pub store: &'a mut Store,
    /// Everything a result depends on besides the network.
    pub facts: Facts,
    /// Whether events are written.
    pub speaks: bool,
    /// How many candidates were judged so far.
    pub judged: u64,
}

/// Everything a result depends on besides the network.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    space_hash: String,
    weights_hash: String,
    data_hash: String,
    settings: String,
    recalibration: Recalibration,
}

impl Facts {
    pub fn of(job: &Job<'_>, supernet: &Supernet) -> Result<Self, JobError> {
        let recipe = &job.recipe;
        let recalibration = job.recalibration();
        let (train, search) = (&job.images.train, &job.images.search);
        Ok(Self {
            space_hash: job.supernet_tag().hash,
            weights_hash: supernet.store().hash()?,
            data_hash: format!("{} {:?}", search.dataset.hash(), search.indices),
            settings: format!(
                "{recalibration:?} seed {} of {:?}; batch {}; {:?}",
                recipe.seed, train.indices, recipe.search.batch, search.transform,
            ),
            recalibration,
        })
    }

    fn key(&self, arch: &Arch) -> Key {
        let bytes: Vec<u8> = arch.0.iter().flat_map(|option| option.to_le_bytes()).collect();
        let Self { space_hash, weights_hash, data_hash, settings, recalibration: _ } = self;
        let question = Question {
            space_hash,
            arch: &bytes,
            weights_hash,
            data_hash,
            precision: "f32",
            settings,
        };
        question.key()
    }
}

impl Candidates<'_> {
    /// Evaluates those that are not known yet.
    fn evaluate(&mut self, unknown: &[&Arch]) -> Result<(), JobError> {
        let images = self.job.images;
        for group in unknown.chunks(TOGETHER) {
            self.stop_if_asked()?;
            let archs: Vec<Arch> = group.iter().map(|&arch| arch.clone()).collect();
            let counts = evaluate_many(
                self.supernet,
                &archs,
                (&images.train, &self.facts.recalibration, self.job.recipe.seed),
                (&images.search, self.job.recipe.search.batch),
            )?;
            for (arch, counts) in archs.iter().zip(counts) {
                let outcome = self.outcome(arch, &counts);
                self.store.insert(self.facts.key(arch), outcome)?;
                fault::point("evaluate.candidate");
            }
        }
        Ok(())
    }

    fn outcome(&self, arch: &Arch, counts: &Counts) -> Outcome {
        Outcome {
            arch: self.job.text(arch),
            correct: counts.top1,
            images: counts.images,
            loss: counts.mean_loss(),
            macs: self.networks.macs(arch),
            params: self.networks.params(arch),
        }
    }

    fn stop_if_asked(&self) -> Result<(), JobError> {
        if !self.job.interrupt.is_set() {
            return Ok(());
        }
        let (stage, step) = (self.stage.to_owned(), self.judged);
        self.job.log.append(Event::Interrupted { stage: stage.clone(), step })?;
        Err(TrainError::Interrupted { stage, step }.into())
    }
}

impl Judge for Candidates<'_> {
    type Error = JobError;

    fn judge(&mut self, generation: u64, batch: &[Arch]) -> Result<Vec<Fitness>, JobError> {
        let unknown: Vec<&Arch> =
            batch.iter().filter(|arch| self.store.get(&self.facts.key(arch)).is_none()).collect();
        self.evaluate(&unknown)?;
        let mut fitness = Vec::with_capacity(batch.len());
        for arch in batch {
            let Some(outcome) = self.store.get(&self.facts.key(arch)).cloned() else {
                unreachable!("every candidate was just evaluated")
            };
            self.judged += 1;
            let (accuracy, loss) = (outcome.accuracy(), outcome.loss);
            if self.speaks {
                let Outcome { arch, macs, params, .. } = outcome;
                let (stage, index) = (self.stage.to_owned(), self.judged);
                let generation = Some(generation);
                let event =
                    Event::Candidate { stage, index, arch, macs, params, accuracy, generation };
                self.job.log.append(event)?;
            }
            fitness.push(Fitness { accuracy, loss });
        }
        Ok(fitness)
    }

    fn generation_done(&mut self, generation: u64, all: &[Evaluated]) -> Result<(), JobError> {
        let best = all.iter().min_by(|a, b| a.fitness.better_first(&b.fitness));
        if let Some(best) = best
            && self.speaks
        {
            let own = all.iter().filter(|evaluated| evaluated.generation == generation);
            let accuracies: Vec<f64> = own.map(|evaluated| evaluated.fitness.accuracy).collect();
            let mean_accuracy = accuracies.iter().sum::<f64>() / accuracies.len().max(1) as f64;
            self.job.log.append(Event::Generation {
                stage: self.stage.to_owned(),
                generation,
                evaluated: all.len() as u64,
                best_arch: self.job.text(&best.arch),
                best_accuracy: best.fitness.accuracy,
                best_macs: self.networks.macs(&best.arch),
                mean_accuracy,
            })?;
        }
        fault::point("search.generation");
        Ok(())
    }
}
