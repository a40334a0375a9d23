//! The second stage: candidates, and a random search at equal cost.

use std::sync::Arc;

use nasc_compiler::analysis::{Score, best};
use nasc_compiler::arch::Arch;
use nasc_compiler::ir::Limit;

use super::candidates::{Candidates, Facts};
use super::{Job, JobError, TrainedSupernet};
use crate::run::event::Event;
use crate::run::recipe::Strategy;
use crate::run::results::Store;
use crate::search::{Evaluated, Found, Judge, Networks, SearchError, Space, evolve, random_search};
use crate::supernet::Supernet;

/// The stages' names.
pub(super) const STAGE: &str = "search";
pub(super) const BASELINE: &str = "baseline";

/// Most ways that the search for the most probable network follows.
const MOST_WAYS: usize = 1_000_000;

/// What a search found.
#[derive(Debug)]
pub struct Searched {
    /// The networks that could be found.
    pub networks: Networks,
    /// What was found.
    pub found: Found,
    /// The best of as many random networks, if the recipe asks for it.
    pub baseline: Option<Found>,
}

/// Searches the supernet, and at random besides; the network of a space without decisions is evaluated. Every
/// evaluation goes to the run's result store and is never made again.
///
/// # Errors
/// No network meets the limits, the run was asked to stop, or files, memory or libtorch gave out.
pub fn search(job: &Job<'_>, trained: &TrainedSupernet) -> Result<Searched, JobError> {
    let supernet = &trained.supernet;
    job.check()?;
    let networks = Networks::new(Arc::clone(&job.spaces.supernet), job.limits)?;
    let mut store = Store::open(&job.paths.results())?;
    let facts = Facts::of(job, supernet)?;
    let is_network = job.spaces.supernet.decisions.is_empty();
    let how = match job.recipe.search.strategy {
        _ if is_network => How::Given(only(job, &networks)?),
        Strategy::Evolution => How::Evolution,
        Strategy::Random => How::Random,
        Strategy::Learned => How::Given(learned(job, &networks, trained)?),
    };
    let found = one(job, STAGE, &networks, supernet, &mut store, &facts, how)?;
    let baseline = if job.recipe.search.random_baseline && !is_network {
        Some(one(job, BASELINE, &networks, supernet, &mut store, &facts, How::Random)?)
    } else {
        None
    };
    store.sync()?;
    Ok(Searched { networks, found, baseline })
}

/// How candidates come about.
enum How {
    Evolution,
    Random,
    /// One network.
    Given(Arch),
}

/// The network of a space without decisions.
fn only(job: &Job<'_>, networks: &Networks) -> Result<Arch, JobError> {
    let arch = Arch::default();
    let name = &job.spaces.supernet.name;
    let error = || JobError::of_search(SearchError::NoNetwork, name, hint(job.limits));
    networks.allows(&arch).then_some(arch).ok_or_else(error)
}

/// The network that the sampler has settled on; where it breaks a limit, the most probable one that breaks none.
fn learned(
    job: &Job<'_>,
    networks: &Networks,
    trained: &TrainedSupernet,
) -> Result<Arch, JobError> {
    let Some(settled) = &trained.trained.settled else {
        return Err(JobError::NothingLearned(job.recipe.sampler.clone()));
    };
    if networks.allows(settled) {
        return Ok(settled.clone());
    }
    let rows = trained.trained.probabilities.clone().unwrap_or_default();
    // An option that is out is worse than all others together.
    let score = |p: &f64| p.max(1e-300).ln();
    let scores = rows.iter().map(|row| row.iter().map(score).collect()).collect();
    let space = &job.spaces.supernet;
    let found = best(space, &Score::Options(scores), job.limits, 1, MOST_WAYS)
        .map_err(|error| JobError::Unanswered(error.to_string()))?;
    let error = || JobError::of_search(SearchError::NoNetwork, &space.name, hint(job.limits));
    found.networks.into_iter().next().map(|(_, arch)| arch).ok_or_else(error)
}

fn judge_one(arch: Arch, judge: &mut Candidates<'_>) -> Result<Found, SearchError<JobError>> {
    let fitness = judge.judge(0, std::slice::from_ref(&arch)).map_err(SearchError::Judge)?;
    let evaluated: Vec<Evaluated> = fitness
        .into_iter()
        .map(|fitness| Evaluated { arch: arch.clone(), fitness, generation: 0 })
        .collect();
    judge.generation_done(0, &evaluated).map_err(SearchError::Judge)?;
    Ok(Found { evaluated, best: 0, shortage: None })
}

fn one(
    job: &Job<'_>,
    stage: &str,
    networks: &Networks,
    supernet: &Supernet,
    store: &mut Store,
    facts: &Facts,
    how: How,
) -> Result<Found, JobError> {
    let recipe = &job.recipe.search;
    let (evolution, seed) = (recipe.evolution(), job.recipe.seed);
    let total = if matches!(how, How::Given(_)) { 1 } else { evolution.evaluations() };
    job.within_stage(stage, total, |speaks| {
        let facts = facts.clone();
        let mut judge =
            Candidates { job: *job, stage, networks, supernet, store, facts, speaks, judged: 0 };
        let found = match how {
            How::Evolution => evolve(networks, &evolution, seed, &mut judge),
            How::Random => random_search(networks, total, evolution.population, seed, &mut judge),
            How::Given(arch) => judge_one(arch, &mut judge),
        };
        let name = &job.spaces.supernet.name;
        let found = found.map_err(|error| JobError::of_search(error, name, hint(job.limits)))?;
        if let Some(shortage) = found.shortage.filter(|_| speaks) {
            let message = format!("{shortage}; the {stage} ended with all of them evaluated");
            job.log.append(Event::Warning { message })?;
        }
        let accuracy = found.best().fitness.accuracy;
        Ok((found, Some(accuracy)))
    })
}

/// The limits, as a message names them.
fn hint(limits: &[Limit]) -> String {
    let limits: Vec<String> = limits
        .iter()
        .map(|Limit { metric, scope, min, max, origin: _ }| {
            let scope = scope.as_ref().map_or(String::new(), |scope| format!("({scope})"));
            let least = min.map_or(String::new(), |min| format!("{min} <= "));
            let most = max.map_or(String::new(), |max| format!(" <= {max}"));
            format!("`{least}{metric}{scope}{most}`")
        })
        .collect();
    if limits.is_empty() { String::new() } else { format!(": {}", limits.join(", ")) }
}
