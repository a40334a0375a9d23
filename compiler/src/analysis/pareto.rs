//! What can be had for what it costs: the networks than which none is better and no dearer.

use super::Score;
use super::best::scored;
use super::ground::{Bounds, Ground, Unanswered};
use super::restrict::restricted;
use super::ways::{STATE_LIMIT, start};
use crate::arch::Arch;
use crate::cost::Measure;
use crate::ir::Limit;
use crate::pass::Checked;

/// Most points that all states may have together.
const POINT_LIMIT: usize = 20_000_000;

/// A network of a front.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What it costs.
    pub cost: u64,
    /// What it scores: more than any that costs no more.
    pub score: f64,
    /// The network, in canonical form; of those that cost and score alike, one.
    pub arch: Arch,
}

/// What can follow a state: a cost, a score, and the edge and the place by which it goes on.
#[derive(Clone, Copy)]
struct Rest {
    cost: u64,
    score: f64,
    edge: u32,
    place: u32,
}

/// The front of a measure and a score over the networks within limits, the cheapest first: no network
/// that costs at most as much as a point scores more, and none that scores at least as much costs less.
/// Scores are sums of numbers that are rounded like all sums of numbers; nothing else is.
///
/// # Errors
/// If the space is too large, a limit cannot be counted, or a score is not finite.
pub fn pareto(
    space: &Checked,
    measure: Measure,
    scope: Option<&str>,
    score: &Score,
    limits: &[Limit],
    nodes: usize,
) -> Result<Vec<Point>, Unanswered> {
    let mut ground = Ground::new(space, limits)?;
    let bounds = ground.bounds();
    ground.count(space, measure, scope, Bounds::default())?;
    let scores = scored(space, &mut ground, score)?;
    let ways = restricted(&ground.ways(&scores, STATE_LIMIT)?, &bounds, nodes)?;
    let mut fronts: Vec<Vec<Vec<Rest>>> =
        vec![vec![vec![Rest { cost: 0, score: 0.0, edge: 0, place: 0 }]]];
    let mut total = 0;
    for (layer, arity) in ways.options().rev() {
        let next = fronts.last().map_or(&[][..], Vec::as_slice);
        let mut states = Vec::with_capacity(layer.next.len() / arity);
        let mut all: Vec<Rest> = Vec::new();
        for first in (0..layer.next.len()).step_by(arity) {
            all.clear();
            for edge in first..first + arity {
                let Some(rests) = next.get(layer.next[edge] as usize) else { continue };
                let (cost, score) = (layer.costs[edge], layer.score(edge));
                for (place, rest) in rests.iter().enumerate() {
                    all.push(Rest {
                        cost: rest.cost.checked_add(cost).ok_or(Unanswered::Cost)?,
                        score: rest.score + score,
                        edge: edge as u32,
                        place: place as u32,
                    });
                }
            }
            let front = undominated(&mut all);
            total += front.len();
            if total > POINT_LIMIT {
                return Err(Unanswered::States);
            }
            states.push(front);
        }
        fronts.push(states);
    }
    fronts.reverse();
    if !ways.some {
        return Ok(Vec::new());
    }
    let arities: Vec<usize> = ways.options().map(|(_, arity)| arity).collect();
    let arch = |place: usize| {
        let mut arch = Arch(vec![0; arities.len()]);
        let (mut state, mut place) = (0, place);
        for (level, &arity) in arities.iter().enumerate() {
            let rest = fronts[level][state][place];
            let edge = rest.edge as usize;
            arch.set(ways.order[level], (edge - state * arity) as u32);
            state = ways.layers[level].next[edge] as usize;
            place = rest.place as usize;
        }
        arch
    };
    let points = start(&fronts).map_or(&[][..], Vec::as_slice).iter().enumerate();
    let made = points.map(|(place, rest)| Point {
        cost: ways.base[0] + rest.cost,
        score: ways.base_score + rest.score,
        arch: arch(place),
    });
    Ok(made.collect())
}

/// Of all, the cheapest, and each that scores more than all cheaper ones.
fn undominated(all: &mut [Rest]) -> Vec<Rest> {
    // The order is total, so that it does not depend on how they came.
    all.sort_unstable_by(|a, b| {
        let score = b.score.total_cmp(&a.score);
        a.cost.cmp(&b.cost).then(score).then((a.edge, a.place).cmp(&(b.edge, b.place)))
    });
    let mut front: Vec<Rest> = Vec::new();
    for rest in all.iter() {
        if front.last().is_none_or(|last| rest.score > last.score) {
            front.push(*rest);
        }
    }
    front
}
