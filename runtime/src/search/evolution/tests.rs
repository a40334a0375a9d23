//! The evolution on a space of known behaviour, against the numbers of the original code.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::search::{Fitness, random_search};

const BEHAVIOUR: &str = include_str!("../../../../tests/vectors/spos_evolution_behaviour.json");
const ARCHITECTURES: &str = include_str!("../../../../tests/vectors/spos_architectures.json");

/// The single-path space by its table of multiply-adds.
struct Table {
    macs: Vec<Vec<u64>>,
    fixed: u64,
    limit: u64,
}

impl Table {
    fn read() -> Self {
        let json: serde_json::Value = serde_json::from_str(ARCHITECTURES).unwrap();
        let number = |key: &str| json[key].as_u64().unwrap();
        Self {
            macs: serde_json::from_value(json["mac_table"].clone()).unwrap(),
            fixed: number("stem_macs") + number("conv_last_macs") + number("fc_macs_spos"),
            limit: 330_000_000,
        }
    }

    fn cost(&self, arch: &Arch) -> u64 {
        let layers = self.macs.iter().zip(&arch.0);
        self.fixed + layers.map(|(row, &option)| row[usize::from(option)]).sum::<u64>()
    }

    /// The same layers, of which only the first few are there.
    fn cut(mut self, layers: usize) -> Self {
        self.macs.truncate(layers);
        self
    }
}

impl Space for Table {
    fn decisions(&self) -> usize {
        self.macs.len()
    }

    fn options(&self, decision: usize) -> u16 {
        self.macs[decision].len() as u16
    }

    fn exists(&self, _: &Arch, _: usize) -> bool {
        true
    }

    fn canonical(&self, arch: &Arch) -> Arch {
        arch.clone()
    }

    fn allows(&self, arch: &Arch) -> bool {
        self.cost(arch) <= self.limit
    }

    fn draw(&self, stream: &mut Stream) -> Option<Arch> {
        (0..1000).find_map(|_| {
            let options = self.macs.iter().map(|row| stream.below(row.len() as u64) as u16);
            let arch = Arch(options.collect());
            self.allows(&arch).then_some(arch)
        })
    }
}

/// Counts the layers that differ from a target.
struct Distance {
    target: Vec<u16>,
    best_after: Vec<u64>,
}

impl Distance {
    fn mismatches(&self, arch: &Arch) -> u64 {
        arch.0.iter().zip(&self.target).filter(|(a, b)| a != b).count() as u64
    }
}

impl Judge for Distance {
    type Error = std::convert::Infallible;

    fn judge(&mut self, _: u64, batch: &[Arch]) -> Result<Vec<Fitness>, Self::Error> {
        let fitness =
            |arch| Fitness { accuracy: 1.0 - self.mismatches(arch) as f64 / 20.0, loss: 0.0 };
        Ok(batch.iter().map(fitness).collect())
    }

    fn generation_done(&mut self, _: u64, all: &[Evaluated]) -> Result<(), Self::Error> {
        let best = all.iter().map(|evaluated| self.mismatches(&evaluated.arch)).min();
        self.best_after.extend(best);
        Ok(())
    }
}

fn behaviour() -> (Vec<u16>, Vec<f64>) {
    let json: serde_json::Value = serde_json::from_str(BEHAVIOUR).unwrap();
    let curve = json["mean_best_mismatches_after_generation_1_to_20"].clone();
    (
        serde_json::from_value(json["target"].clone()).unwrap(),
        serde_json::from_value(curve).unwrap(),
    )
}

fn judge() -> Distance {
    Distance { target: behaviour().0, best_after: Vec::new() }
}

fn distinct(found: &Found) -> BTreeSet<&Arch> {
    found.evaluated.iter().map(|evaluated| &evaluated.arch).collect()
}

#[test]
fn it_behaves_as_the_original() {
    let (space, (_, expected)) = (Table::read(), behaviour());
    let seeds = 20;
    let mut mean = [0.0; 20];
    for seed in 0..seeds {
        let mut judge = judge();
        let found = evolve(&space, &Evolution::default(), seed, &mut judge).unwrap();
        assert_eq!((found.evaluated.len(), distinct(&found).len()), (1050, 1050));
        assert!(found.evaluated.iter().all(|evaluated| space.allows(&evaluated.arch)));
        assert_eq!(found.shortage, None);
        let least = judge.best_after.last().copied().unwrap();
        assert_eq!(judge.mismatches(&found.best().arch), least);
        for (sum, best) in mean.iter_mut().zip(&judge.best_after) {
            *sum += *best as f64 / seeds as f64;
        }
    }
    assert!(mean[9] < 1.5, "after generation 10: {}", mean[9]);
    assert!(mean[19] < 0.4, "after generation 20: {}", mean[19]);
    // Bests of single runs scatter by about one layer, means of twenty by a quarter of one, and
    // those of the thirty reference runs by a fifth.
    for (generation, (found, expected)) in mean.iter().zip(&expected).enumerate() {
        assert!((found - expected).abs() < 1.2, "generation {generation}: {found} {expected}");
    }
}

#[test]
fn random_search_finds_what_the_original_found() {
    let space = Table::read();
    for seed in 0..5 {
        let mut judge = judge();
        let found = random_search(&space, 1050, 50, seed, &mut judge).unwrap();
        assert_eq!((found.evaluated.len(), distinct(&found).len()), (1050, 1050));
        assert!(found.evaluated.iter().all(|evaluated| space.allows(&evaluated.arch)));
        let least = judge.mismatches(&found.best().arch);
        assert!((5..=9).contains(&least), "{least}");
    }
}

#[test]
fn a_seed_fixes_the_whole_search() {
    let space = Table::read();
    let run = |seed| evolve(&space, &Evolution::default(), seed, &mut judge()).unwrap();
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn a_small_space_is_evaluated_whole_and_the_search_says_so() {
    let space = Table { limit: u64::MAX, ..Table::read() }.cut(3);
    let found = evolve(&space, &Evolution::default(), 0, &mut judge()).unwrap();
    assert_eq!(distinct(&found).len(), 64);
    assert_eq!(found.shortage, Some(Shortage { wanted: 1050, found: 64 }));
    assert_eq!(found.best().arch.0, [2, 1, 0]);
    let found = random_search(&space, 1050, 50, 0, &mut judge()).unwrap();
    assert_eq!(distinct(&found).len(), 64);
    assert_eq!(found.shortage, Some(Shortage { wanted: 1050, found: 64 }));
}

#[test]
fn limits_that_no_network_meets_are_an_error() {
    let space = Table { limit: 1, ..Table::read() };
    let error = evolve(&space, &Evolution::default(), 0, &mut judge()).unwrap_err();
    assert!(matches!(error, SearchError::NoNetwork));
    let error = random_search(&space, 9, 3, 0, &mut judge()).unwrap_err();
    assert!(matches!(error, SearchError::NoNetwork));
}

#[test]
fn a_judge_that_remembers_resumes_where_another_stopped() {
    /// Remembers what it evaluated, and stops before so many evaluations are made.
    struct Remembering {
        inner: Distance,
        known: BTreeMap<Arch, Fitness>,
        stop_at: usize,
    }

    impl Judge for Remembering {
        type Error = ();

        fn judge(&mut self, generation: u64, batch: &[Arch]) -> Result<Vec<Fitness>, ()> {
            for arch in batch {
                if self.known.contains_key(arch) {
                    continue;
                }
                if self.known.len() == self.stop_at {
                    return Err(());
                }
                let Ok(fitness) = self.inner.judge(generation, std::slice::from_ref(arch));
                self.known.insert(arch.clone(), fitness[0]);
            }
            Ok(batch.iter().map(|arch| self.known[arch]).collect())
        }
    }

    let space = Table::read();
    let whole = evolve(&space, &Evolution::default(), 1, &mut judge()).unwrap();
    let mut judge = Remembering { inner: judge(), known: BTreeMap::new(), stop_at: 372 };
    let stopped = evolve(&space, &Evolution::default(), 1, &mut judge);
    assert!(matches!(stopped, Err(SearchError::Judge(()))));
    judge.stop_at = usize::MAX;
    assert_eq!(evolve(&space, &Evolution::default(), 1, &mut judge).unwrap(), whole);
    assert_eq!(judge.known.len(), 1050, "nothing is evaluated twice");
}
