//! The second stage: candidates, and a random search at equal cost.

use std::sync::Arc;

use nasc_compiler::ir::Limit;

use super::candidates::{Candidates, Facts};
use super::{Job, JobError};
use crate::run::event::Event;
use crate::run::recipe::Strategy;
use crate::run::results::Store;
use crate::search::{Found, Networks, evolve, random_search};
use crate::supernet::Supernet;

/// The stages' names.
pub(super) const STAGE: &str = "search";
pub(super) const BASELINE: &str = "baseline";

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

/// Searches the supernet, and at random besides. Every evaluation goes to the run's result store and
/// is never made again.
///
/// # Errors
/// No network meets the limits, the run was asked to stop, or files, memory or libtorch gave out.
pub fn search(job: &Job<'_>, supernet: &Supernet) -> Result<Searched, JobError> {
    job.check()?;
    let networks = Networks::new(Arc::clone(&job.spaces.supernet), job.limits)?;
    let mut store = Store::open(&job.paths.results())?;
    let facts = Facts::of(job, supernet)?;
    let found = one(job, STAGE, &networks, supernet, &mut store, &facts, false)?;
    let baseline = if job.recipe.search.random_baseline {
        Some(one(job, BASELINE, &networks, supernet, &mut store, &facts, true)?)
    } else {
        None
    };
    store.sync()?;
    Ok(Searched { networks, found, baseline })
}

fn one(
    job: &Job<'_>,
    stage: &str,
    networks: &Networks,
    supernet: &Supernet,
    store: &mut Store,
    facts: &Facts,
    at_random: bool,
) -> Result<Found, JobError> {
    let recipe = &job.recipe.search;
    let (evolution, seed) = (recipe.evolution(), job.recipe.seed);
    let total = evolution.evaluations();
    job.within_stage(stage, total, |speaks| {
        let facts = facts.clone();
        let mut judge =
            Candidates { job: *job, stage, networks, supernet, store, facts, speaks, judged: 0 };
        let found = if at_random || recipe.strategy == Strategy::Random {
            random_search(networks, total, evolution.population, seed, &mut judge)
        } else {
            evolve(networks, &evolution, seed, &mut judge)
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
