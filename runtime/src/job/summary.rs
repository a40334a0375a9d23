//! The figures of a finished run.

use std::collections::BTreeMap;

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table};
use serde::{Deserialize, Serialize};

use super::{Job, JobError, Searched};
use crate::run::atomic;
use crate::run::event::{Event, Record};
use crate::run::log::Reader;
use crate::run::recipe::Strategy;
use crate::search::Found;
use crate::supernet::Counts;

/// What a run came to. Accuracies are fractions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The space's name.
    pub space: String,
    /// The space's hash.
    pub space_hash: String,
    /// The seed of every random stream.
    pub seed: u64,
    /// The network whose weights the supernet and the found network began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapted_from: Option<String>,
    /// Training steps of the supernet.
    pub supernet_steps: u64,
    /// The mean accuracy on the held-out images of the random networks that the search began with:
    /// how good the supernet's weights are.
    pub supernet_accuracy: f64,
    /// How many networks the search evaluated.
    pub evaluated: u64,
    /// The network that the search found.
    pub found: Entry,
    /// The best of equally many random networks.
    pub baseline: Option<Entry>,
    /// Training steps of the found network.
    pub retrain_steps: u64,
    /// Whether it began with the supernet's weights.
    pub inherited: bool,
    /// Its accuracy on the test images after retraining.
    pub test_accuracy: f64,
    /// The share of test images whose class is among its five best.
    pub test_top5_accuracy: f64,
    /// Test images.
    pub test_images: u64,
    /// Wall-clock seconds of each stage, in order, over all processes that worked on it.
    pub seconds: Vec<(String, f64)>,
}

/// A network in a summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The architecture as compact text.
    pub arch: String,
    /// Multiply-adds of one image.
    pub macs: u64,
    /// Trainable scalars.
    pub params: u64,
    /// Trainable scalars outside normalisations.
    pub params_without_bn: u64,
    /// Accuracy on the held-out images with the supernet's weights.
    pub accuracy: f64,
}

/// What the stages gave, to be summed up.
#[derive(Debug, Clone, Copy)]
pub struct Figures<'a> {
    /// Steps of the supernet.
    pub supernet_steps: u64,
    /// What was found.
    pub searched: &'a Searched,
    /// Steps of the retraining.
    pub retrain_steps: u64,
    /// How the retrained network does on the test images.
    pub test: Counts,
}

/// Sums a run up and writes `summary.json`, which marks it as finished.
///
/// # Errors
/// The log cannot be read, or the file not be written.
pub fn summary(job: &Job<'_>, figures: &Figures<'_>) -> Result<Summary, JobError> {
    let Figures { supernet_steps, searched, retrain_steps, test } = *figures;
    let space = &job.spaces.retrain;
    let cost = |measure: Measure| {
        Table::new(space, measure, None).map_err(|source| crate::search::LimitError::TooLarge {
            measure: measure.name(),
            source,
        })
    };
    let tables = [cost(Measure::Macs)?, cost(Measure::Params)?, cost(Measure::ParamsWithoutBn)?];
    let entry = |found: &Found| {
        let best = found.best();
        let [macs, params, params_without_bn] = &tables;
        let arch: &Arch = &best.arch;
        Entry {
            arch: job.text(arch),
            macs: macs.cost(arch),
            params: params.cost(arch),
            params_without_bn: params_without_bn.cost(arch),
            accuracy: best.fitness.accuracy,
        }
    };
    let tag = job.supernet_tag();
    // Where one network was given, nothing but the random search has random ones.
    let random = match (job.recipe.search.strategy, &searched.baseline) {
        (Strategy::Learned, Some(baseline)) => baseline,
        _ => &searched.found,
    };
    let first = random.evaluated.iter().filter(|evaluated| evaluated.generation == 0);
    let first: Vec<f64> = first.map(|evaluated| evaluated.fitness.accuracy).collect();
    let adapted_from = job.spaces.seed.as_ref().map(|seed| seed.graph.name.clone());
    let summary = Summary {
        space: tag.name,
        space_hash: tag.hash,
        seed: job.recipe.seed,
        adapted_from: job.recipe.adapt.as_ref().and(adapted_from),
        supernet_steps,
        supernet_accuracy: first.iter().sum::<f64>() / first.len().max(1) as f64,
        evaluated: searched.found.evaluated.len() as u64,
        found: entry(&searched.found),
        baseline: searched.baseline.as_ref().map(entry),
        retrain_steps,
        inherited: job.recipe.retrain.inherit,
        test_accuracy: test.accuracy(),
        test_top5_accuracy: test.top5_accuracy(),
        test_images: test.images,
        seconds: seconds(Reader::open(&job.paths.root)?.filter_map(Result::ok)),
    };
    #[expect(clippy::expect_used, reason = "a summary is a struct of numbers and strings")]
    let text = serde_json::to_string_pretty(&summary).expect("a summary is always valid JSON");
    atomic::write(&job.paths.summary(), format!("{text}\n").as_bytes())?;
    Ok(summary)
}

/// How long each stage took, in the order in which they began. A stage that was taken up again
/// counts from where each process began it to the last event of that process.
fn seconds(records: impl Iterator<Item = Record>) -> Vec<(String, f64)> {
    let mut order: Vec<String> = Vec::new();
    let mut spent: BTreeMap<String, u64> = BTreeMap::new();
    // The stage under way, and when it was last heard of.
    let mut open: Option<(String, u64)> = None;
    for Record { at_ms, event, .. } in records {
        if let Event::StageStarted { stage, .. } = event {
            if !order.contains(&stage) {
                order.push(stage.clone());
            }
            open = Some((stage, at_ms));
            continue;
        }
        if matches!(event, Event::RunStarted { .. }) {
            open = None;
        }
        if let Some((stage, last)) = &mut open {
            *spent.entry(stage.clone()).or_default() += at_ms.saturating_sub(*last);
            *last = at_ms;
        }
        if matches!(event, Event::StageFinished { .. } | Event::Interrupted { .. }) {
            open = None;
        }
    }
    let seconds = |stage: String| {
        let spent = spent.get(&stage).copied().unwrap_or(0);
        (stage, spent as f64 / 1000.0)
    };
    order.into_iter().map(seconds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_between_two_processes_is_nobodys() {
        let started = || Event::StageStarted { stage: "supernet".into(), total: 1 };
        let epoch =
            || Event::Epoch { stage: "supernet".into(), epoch: 1, loss: 0.0, accuracy: None };
        let finished =
            || Event::StageFinished { stage: "supernet".into(), seconds: 0.0, accuracy: None };
        let search = || Event::StageStarted { stage: "search".into(), total: 1 };
        let events = [
            (0, started()),
            (1000, epoch()),
            (60_000, started()),
            (60_500, finished()),
            (70_000, search()),
        ];
        let records = events.into_iter().enumerate().map(|(seq, (at_ms, event))| Record {
            seq: seq as u64,
            at_ms,
            event,
        });
        assert_eq!(seconds(records), [("supernet".to_owned(), 1.5), ("search".to_owned(), 0.0)]);
    }
}
