//! Drawing, mutating and crossing architectures.
//!
//! All results are canonical and valid. A draw takes every existing decision's option uniformly; a
//! draw under limits is uniform over networks where the space is not too large, which for chains of
//! choices is the same distribution. Numbers come from the caller's [`Stream`].

use std::sync::Arc;

use crate::analysis::{Allowed, Census};
use crate::arch::Arch;
use crate::cost::memory::{Peaks, Phase};
use crate::cost::{Measure, Table, TooLarge};
use crate::ir::{Graph, Limit};
use crate::pass::Checked;
use crate::random::Stream;
use crate::vary::TRUE;

/// How often a forbidden draw is repeated.
const REDRAWS: usize = 10_000;

/// A network with every existing decision drawn uniformly, conditioned on no `forbid` holding. Where
/// nearly everything is forbidden it is drawn uniformly over the networks instead. `None` if there
/// is no valid network, or none was found.
pub fn uniform(space: &Checked, stream: &mut Stream) -> Option<Arch> {
    if let Some(found) = until_valid(space, || options(space, stream)) {
        return Some(found);
    }
    Census::take(space, None, None)?.draw(None, None, stream)
}

/// The network after each existing decision was drawn anew with that probability (the new option
/// may be the old one). Decisions that come into existence are drawn. `None` if no valid one was
/// found.
pub fn mutate(space: &Checked, arch: &Arch, probability: f64, stream: &mut Stream) -> Option<Arch> {
    until_valid(space, || {
        let mut child = filled(space, arch, stream);
        for (id, decision) in space.decision_ids() {
            if stream.chance(probability) {
                child.set(id, stream.below(decision.options.len() as u64) as u32);
            }
        }
        child
    })
}

/// A network with each decision from either parent, as likely from one as from the other; one that
/// exists in a single parent is that parent's, one that exists in neither is drawn. `None` if no
/// valid one was found.
pub fn crossover(space: &Checked, a: &Arch, b: &Arch, stream: &mut Stream) -> Option<Arch> {
    until_valid(space, || {
        let mut child = options(space, stream);
        for (id, _) in space.decision_ids() {
            let first = stream.chance(0.5);
            let from = match (space.decision_exists(id, a), space.decision_exists(id, b)) {
                (true, true) => Some(if first { a } else { b }),
                (true, false) => Some(a),
                (false, true) => Some(b),
                (false, false) => None,
            };
            if let Some(parent) = from {
                child.set(id, parent.option(id));
            }
        }
        child
    })
}

/// An option for every decision, existing or not.
fn options(space: &Graph, stream: &mut Stream) -> Arch {
    let draw = |options: usize| stream.below(options as u64) as u16;
    Arch(space.decisions.iter().map(|decision| decision.options.len()).map(draw).collect())
}

/// The architecture with options drawn for what does not exist in it.
fn filled(space: &Graph, arch: &Arch, stream: &mut Stream) -> Arch {
    let mut filled = options(space, stream);
    for (id, _) in space.decision_ids() {
        if space.decision_exists(id, arch) {
            filled.set(id, arch.option(id));
        }
    }
    filled
}

fn until_valid(space: &Graph, mut draw: impl FnMut() -> Arch) -> Option<Arch> {
    let tries = if space.valid == TRUE { 1 } else { REDRAWS };
    (0..tries).map(|_| space.canonical(&draw())).find(|arch| space.is_valid(arch))
}

/// Most nodes of the automaton that draws come from.
const NODES: usize = 500_000;

/// Limits, ready to judge architectures and to draw under them.
#[derive(Debug)]
pub struct Limits {
    bounds: Vec<Bound>,
    /// The networks that keep them, where the space is not too large; perhaps without those on memory.
    networks: Option<Allowed>,
}

/// Why a limit cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uncounted {
    /// A latency needs a table that is not attached.
    NoTable(Arc<str>),
    /// A cost outgrows its counter.
    TooLarge(TooLarge),
}

impl std::fmt::Display for Uncounted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoTable(metric) => {
                write!(f, "the limit on `{metric}` needs its table of latencies, and there is none")
            }
            Self::TooLarge(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Uncounted {}

#[derive(Debug)]
struct Bound {
    cost: Cost,
    min: Option<u64>,
    max: Option<u64>,
}

#[derive(Debug)]
enum Cost {
    Sum(Box<Table>),
    Peak(Peaks),
}

impl Limits {
    /// Compiles limits.
    ///
    /// # Errors
    /// If a cost does not fit 63 bits, or a limit is on a latency whose table is not attached.
    pub fn new(space: &Checked, limits: &[Limit]) -> Result<Self, Uncounted> {
        let (mut bounds, mut counted, mut sums) = (Vec::new(), Vec::new(), Vec::new());
        for limit in limits {
            if let Some(phase) = Phase::of(&limit.metric) {
                let cost = Cost::Peak(Peaks::new(space, phase));
                bounds.push(Bound { cost, min: limit.min, max: limit.max });
                counted.push(limit.clone());
                continue;
            }
            let Some(measure) = Measure::of(space, &limit.metric) else {
                return Err(Uncounted::NoTable(limit.metric.to_string().into()));
            };
            let table = Table::new(space, measure, limit.scope.as_deref());
            let table = table.map_err(Uncounted::TooLarge)?;
            bounds.push(Bound { cost: Cost::Sum(Box::new(table)), min: limit.min, max: limit.max });
            sums.push(limit.clone());
            counted.push(limit.clone());
        }
        // Memory may be too much for a condition: then it is left to rejection.
        let networks = Allowed::new(space, &counted, NODES);
        let networks = networks.or_else(|_| Allowed::new(space, &sums, NODES)).ok();
        Ok(Self { bounds, networks })
    }

    /// Whether an architecture keeps all limits.
    pub fn allow(&self, arch: &Arch) -> bool {
        self.bounds.iter().all(|Bound { cost, min, max }| {
            let cost = match cost {
                Cost::Sum(table) => table.cost(arch),
                Cost::Peak(peaks) => peaks.of(arch),
            };
            min.is_none_or(|min| cost >= min) && max.is_none_or(|max| cost <= max)
        })
    }

    /// A network that keeps all limits: exactly uniform over those networks where the space is not
    /// too large, else [`uniform`] with rejection. `None` if there is none, or none was found.
    pub fn draw(&self, space: &Checked, stream: &mut Stream) -> Option<Arch> {
        let mut one = || match &self.networks {
            Some(networks) => networks.draw(stream),
            None => uniform(space, stream),
        };
        for _ in 0..REDRAWS {
            let found = one()?;
            if self.allow(&found) {
                return Some(found);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::BTreeMap;

    use super::*;
    use crate::ir::{DecisionId, Metric, Origin};
    use crate::sketch::{assignments, chain, drawn};

    #[test]
    fn draws_are_canonical_and_valid() {
        let mut stream = Stream::new(0, "draws", &[]);
        for _ in 0..20 {
            let space = drawn(&mut stream);
            let good = |arch: &Arch| space.canonical(arch) == *arch && space.is_valid(arch);
            let mut parents = vec![uniform(&space, &mut stream).unwrap()];
            for _ in 0..100 {
                let a = stream.choose(&parents).unwrap().clone();
                let b = stream.choose(&parents).unwrap().clone();
                let child = mutate(&space, &a, 0.3, &mut stream).unwrap();
                let cross = crossover(&space, &a, &b, &mut stream).unwrap();
                let fresh = uniform(&space, &mut stream).unwrap();
                assert!(good(&child) && good(&cross) && good(&fresh));
                parents.extend([child, cross, fresh]);
            }
        }
    }

    #[test]
    fn every_option_of_an_existing_decision_is_as_likely() {
        let space = chain(3);
        let mut stream = Stream::new(0, "options", &[]);
        let mut seen = [[0_u32; 4]; 3];
        for _ in 0..40_000 {
            let arch = uniform(&space, &mut stream).unwrap();
            for (place, &option) in arch.0.iter().enumerate() {
                seen[place][usize::from(option)] += 1;
            }
        }
        // Six standard deviations of a binomial count of mean 10,000.
        assert!(seen.iter().flatten().all(|count| count.abs_diff(10_000) < 520), "{seen:?}");
    }

    #[test]
    fn a_mutation_changes_as_many_decisions_as_it_should() {
        let space = chain(20);
        let mut stream = Stream::new(0, "mutations", &[]);
        let arch = uniform(&space, &mut stream).unwrap();
        let mut changed = 0;
        for _ in 0..5000 {
            let child = mutate(&space, &arch, 0.1, &mut stream).unwrap();
            changed += arch.0.iter().zip(&child.0).filter(|(a, b)| a != b).count();
        }
        // A new option equals the old one in a quarter of the cases: 20 * 0.1 * 0.75 per child.
        assert!((changed as f64 / 5000.0 - 1.5).abs() < 0.1, "{changed}");
        assert_eq!(mutate(&space, &arch, 0.0, &mut stream), Some(arch));
    }

    #[test]
    fn a_child_has_every_decision_from_a_parent() {
        let space = chain(20);
        let mut stream = Stream::new(0, "children", &[]);
        let a = uniform(&space, &mut stream).unwrap();
        let b = uniform(&space, &mut stream).unwrap();
        let mut from_a = 0;
        for _ in 0..500 {
            let child = crossover(&space, &a, &b, &mut stream).unwrap();
            for place in 0..20 {
                assert!([a.0[place], b.0[place]].contains(&child.0[place]));
            }
            from_a += child.0.iter().zip(&a.0).filter(|(child, a)| child == a).count();
        }
        let equal = a.0.iter().zip(&b.0).filter(|(a, b)| a == b).count();
        let expected = 500.0 * (equal as f64 + (20 - equal) as f64 / 2.0);
        assert!((from_a as f64 - expected).abs() < 0.05 * expected);
    }

    /// Of 4^8 assignments one is allowed.
    #[test]
    fn a_needle_is_found() {
        let mut graph = chain(8).into_graph();
        let mut valid = TRUE;
        for decision in 0..8 {
            let here = graph.diagrams.is(DecisionId(decision), decision % 4);
            valid = graph.diagrams.and(valid, here);
        }
        graph.valid = valid;
        let space = Checked::seal(graph);
        let mut stream = Stream::new(0, "needle", &[]);
        assert_eq!(uniform(&space, &mut stream), Some(Arch(vec![0, 1, 2, 3, 0, 1, 2, 3])));
    }

    #[test]
    fn limits_are_kept_together() {
        let space = chain(6);
        let macs = Table::new(&space, Measure::Macs, None).unwrap();
        let params = Table::new(&space, Measure::Params, Some("s")).unwrap();
        let all = assignments(&space);
        let middle = |table: &Table| {
            let mut costs: Vec<u64> = all.iter().map(|arch| table.cost(arch)).collect();
            costs.sort_unstable();
            costs[costs.len() / 3]
        };
        let limit = |metric, scope: Option<&str>, max| Limit {
            metric,
            scope: scope.map(Into::into),
            min: None,
            max: Some(max),
            origin: Origin::default(),
        };
        let limits = [
            limit(Metric::Macs, None, middle(&macs)),
            limit(Metric::Params, Some("s"), middle(&params)),
        ];
        let latency = limit(Metric::Latency("phone".into()), None, 0);
        let named = Uncounted::NoTable("latency(\"phone\")".into());
        assert_eq!(Limits::new(&space, &[latency]).unwrap_err(), named);
        let limits = Limits::new(&space, &limits).unwrap();
        let allowed = all.iter().filter(|arch| limits.allow(arch)).count();
        assert!(allowed > 0 && allowed < all.len());
        let mut stream = Stream::new(0, "limits", &[]);
        let mut seen: BTreeMap<Arch, u32> = BTreeMap::new();
        for _ in 0..20 * allowed {
            let arch = limits.draw(&space, &mut stream).unwrap();
            assert!(limits.allow(&arch));
            *seen.entry(arch).or_default() += 1;
        }
        assert!(seen.len() * 100 > allowed * 99);
    }
}
