//! Evolution as Single Path One-Shot runs it (Guo et al., ECCV 2020, section 3.4 and its code).
//!
//! A first population is drawn at random. Each generation keeps the best networks of all time as
//! parents, proposes mutants and crossovers of them that were never proposed before and are within
//! the limits, and fills what is missing with random networks. The last generation is evaluated and
//! has no children, so the winner is the best of all networks evaluated.

use nasc_compiler::arch::Arch;
use nasc_compiler::random::Stream;
use serde::{Deserialize, Serialize};

use super::judge::best_of;
use super::offspring::{cross, mutate};
use super::survey::{Met, draw_new};
use super::{Evaluated, Found, Judge, SearchError, Shortage, Space};

/// The size of an evolution; the default is the paper's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Evolution {
    /// Networks per generation.
    pub population: usize,
    /// Generations after the first population.
    pub generations: u64,
    /// The best networks of all time, from which children come.
    pub parents: usize,
    /// Crossovers per generation.
    pub crossovers: usize,
    /// Mutants per generation.
    pub mutants: usize,
    /// The probability that a mutant draws a decision anew.
    pub mutation_probability: f64,
    /// Attempts per wanted mutant or crossover, before random networks take the place of those
    /// that are missing.
    pub attempts: u64,
}

impl Default for Evolution {
    fn default() -> Self {
        Self {
            population: 50,
            generations: 20,
            parents: 10,
            crossovers: 25,
            mutants: 25,
            mutation_probability: 0.1,
            attempts: 10,
        }
    }
}

impl Evolution {
    /// How many distinct networks are evaluated in all.
    pub fn evaluations(&self) -> u64 {
        self.population as u64 * (self.generations + 1)
    }
}

/// Runs an evolution.
///
/// # Errors
/// No network is within the limits, or the judge failed.
pub fn evolve<S: Space + ?Sized, J: Judge>(
    space: &S,
    evolution: &Evolution,
    seed: u64,
    judge: &mut J,
) -> Result<Found, SearchError<J::Error>> {
    let mut met = Met::default();
    let mut evaluated: Vec<Evaluated> = Vec::new();
    let mut shortage = None;
    for generation in 0..=evolution.generations {
        let mut batch = if generation == 0 {
            Vec::new()
        } else {
            children(
                space,
                evolution,
                seed,
                generation,
                &best(&evaluated, evolution.parents),
                &mut met,
            )
        };
        // Evolutions whose children already exceed the population keep them all.
        let missing = evolution.population.saturating_sub(batch.len());
        batch.extend(draw_new(space, missing, &mut met, |item, attempt| {
            Stream::new(seed, "search.random", &[generation, item, attempt])
        }));
        if batch.len() < evolution.population {
            let found = (evaluated.len() + batch.len()) as u64;
            shortage = Some(Shortage { wanted: evolution.evaluations(), found });
        }
        let fitness = judge.judge(generation, &batch).map_err(SearchError::Judge)?;
        let judged = batch.into_iter().zip(fitness);
        evaluated.extend(judged.map(|(arch, fitness)| Evaluated { arch, fitness, generation }));
        judge.generation_done(generation, &evaluated).map_err(SearchError::Judge)?;
        if shortage.is_some() {
            break;
        }
    }
    let best = best_of(&evaluated).ok_or(SearchError::NoNetwork)?;
    Ok(Found { evaluated, best, shortage })
}

/// The best `count` networks, best first; of equal ones the earlier first.
fn best(evaluated: &[Evaluated], count: usize) -> Vec<&Arch> {
    let mut order: Vec<&Evaluated> = evaluated.iter().collect();
    order.sort_by(|a, b| a.fitness.better_first(&b.fitness));
    order.into_iter().take(count).map(|evaluated| &evaluated.arch).collect()
}

/// A way to make a child of the parents.
type Proposer<'a> = &'a dyn Fn(&mut Stream) -> Arch;

/// Mutants, then crossovers, of the parents.
fn children<S: Space + ?Sized>(
    space: &S,
    evolution: &Evolution,
    seed: u64,
    generation: u64,
    parents: &[&Arch],
    met: &mut Met,
) -> Vec<Arch> {
    let mut children = Vec::with_capacity(evolution.population);
    if parents.is_empty() {
        return children;
    }
    let any = |stream: &mut Stream| parents[stream.below(parents.len() as u64) as usize];
    let mutant = |stream: &mut Stream| {
        let parent = any(stream);
        mutate(space, parent, evolution.mutation_probability, stream)
    };
    let crossover = |stream: &mut Stream| {
        let parents = [any(stream), any(stream)];
        cross(space, parents, stream)
    };
    let ways: [(&str, usize, Proposer); 2] = [
        ("search.mutation", evolution.mutants, &mutant),
        ("search.crossover", evolution.crossovers, &crossover),
    ];
    for (purpose, wanted, propose) in ways {
        let mut missing = wanted;
        for attempt in 0..evolution.attempts * wanted as u64 {
            if missing == 0 {
                break;
            }
            let arch = propose(&mut Stream::new(seed, purpose, &[generation, attempt]));
            if space.allows(&arch) && met.insert(arch.clone()) {
                children.push(arch);
                missing -= 1;
            }
        }
    }
    children
}

#[cfg(test)]
mod tests;
