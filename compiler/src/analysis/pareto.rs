//! What can be had for what it costs: the networks than which none is better and no dearer.

use super::Score;
use super::best::scored;
use super::ground::{Bounds, Ground, Unanswered};
use super::restrict::restricted;
use super::ways::{STATE_LIMIT, Ways, start};
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
    /// What it scores.
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

/// A front, or one of fewer points that lies close to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Front {
    /// Its points, the cheapest first. Each is a network.
    pub points: Vec<Point>,
    /// How much a point may cost more than a network that scores no more; zero if the front is whole: then no
    /// network that costs at most as much as a point scores more, and none that scores at least as much costs less.
    pub slack: u64,
}

/// The front of a measure and a score over the networks within limits. Where it, or what leads to it, has too many
/// points, those that cost nearly the same become one, and the front says how much that can be
/// ([`Front::slack`]). Scores are sums of numbers that are rounded like all sums of numbers; nothing else is.
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
) -> Result<Front, Unanswered> {
    let mut ground = Ground::new(space, limits)?;
    let bounds = ground.bounds();
    ground.count(space, measure, scope, Bounds::default())?;
    let scores = scored(space, &mut ground, score)?;
    let ways = restricted(&ground.ways(&scores, STATE_LIMIT)?, &bounds, nodes)?;
    front_of(&ways, POINT_LIMIT)
}

/// The front of ways, from at most so many points, or about so many where the states alone are more.
fn front_of(ways: &Ways, most: usize) -> Result<Front, Unanswered> {
    let whole = fronts(ways, most, usize::MAX)?;
    let (fronts, slack) = match whole {
        Some(whole) => whole,
        None => {
            let each = most / ways.layers.len().max(1);
            fronts(ways, usize::MAX, each)?.ok_or(Unanswered::States)?
        }
    };
    let points = if ways.some { points(ways, &fronts) } else { Vec::new() };
    Ok(Front { points, slack })
}

/// Of every layer, and of the end, the fronts of what follows each state; and how much what is left of them may
/// cost more than what was left out.
type Fronts = Vec<Vec<Vec<Rest>>>;

/// All fronts; `None` if they have more than `most` points together. A layer that has more than `each` is thinned.
fn fronts(ways: &Ways, most: usize, each: usize) -> Result<Option<(Fronts, u64)>, Unanswered> {
    let mut fronts: Fronts = vec![vec![vec![Rest { cost: 0, score: 0.0, edge: 0, place: 0 }]]];
    let (mut total, mut slack) = (0, 0_u64);
    for (layer, arity) in ways.options().rev() {
        let next = fronts.last().map_or(&[][..], Vec::as_slice);
        let mut states = Vec::with_capacity(layer.next.len() / arity);
        let mut all: Vec<Rest> = Vec::new();
        // What every state of the layer was thinned by so far.
        let mut width = 0;
        let mut here = 0;
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
            let mut front = undominated(&mut all);
            thin(&mut front, width);
            here += front.len();
            states.push(front);
            while here > each && here > states.len() {
                width = (2 * width).max(1);
                for front in &mut states {
                    thin(front, width);
                }
                here = states.iter().map(Vec::len).sum();
            }
            if total + here > most {
                return Ok(None);
            }
        }
        total += here;
        // Thinned by 1, 2, 4, … in a row, a point may have gone on by one less than twice the last.
        slack = slack.checked_add((2 * width).saturating_sub(1)).ok_or(Unanswered::Cost)?;
        fronts.push(states);
    }
    fronts.reverse();
    Ok(Some((fronts, slack)))
}

/// Leaves the last of all points that cost at most `width` more than the first of them.
fn thin(front: &mut Vec<Rest>, width: u64) {
    if width == 0 {
        return;
    }
    let mut kept: Vec<Rest> = Vec::with_capacity(front.len());
    let mut first = None;
    for rest in front.drain(..) {
        match (first, kept.last_mut()) {
            (Some(first), Some(last)) if rest.cost - first <= width => *last = rest,
            _ => {
                first = Some(rest.cost);
                kept.push(rest);
            }
        }
    }
    *front = kept;
}

/// The networks of the front of the first state.
fn points(ways: &Ways, fronts: &Fronts) -> Vec<Point> {
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
    let points = start(fronts).map_or(&[][..], Vec::as_slice).iter().enumerate();
    let made = points.map(|(place, rest)| Point {
        cost: ways.base[0] + rest.cost,
        score: ways.base_score + rest.score,
        arch: arch(place),
    });
    made.collect()
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::cost::Table;
    use crate::sketch::chain;

    /// A chain whose options score nearly what they cost: most sums of costs are on the front.
    fn ways() -> Ways {
        let space = chain(6);
        let table = Table::new(&space, Measure::Macs, None).unwrap();
        let score = |layer: usize, option: usize| {
            let mut arch = Arch(vec![0; 6]);
            arch.0[layer] = option as u16;
            table.cost(&arch) as f64 + ((layer * 7 + option * 3) % 5) as f64 / 8.0
        };
        let rows = (0..6).map(|layer| (0..4).map(|option| score(layer, option)).collect());
        let mut ground = Ground::new(&space, &[]).unwrap();
        ground.count(&space, Measure::Macs, None, Bounds::default()).unwrap();
        let scores = scored(&space, &mut ground, &Score::Options(rows.collect())).unwrap();
        ground.ways(&scores, STATE_LIMIT).unwrap()
    }

    #[test]
    fn a_thinned_front_is_as_close_as_it_says() {
        let ways = ways();
        let whole = front_of(&ways, POINT_LIMIT).unwrap();
        assert_eq!(whole.slack, 0);
        assert!(whole.points.is_sorted_by(|a, b| a.cost < b.cost && a.score < b.score));
        let count = whole.points.len();
        assert!(count > 40, "{count}");
        let mut sizes = Vec::new();
        for most in [count, count / 2, count / 4, 4] {
            let near = front_of(&ways, most).unwrap();
            assert!(near.slack > 0 && near.points.len() < whole.points.len());
            for point in &whole.points {
                let covers = |kept: &&Point| {
                    kept.score >= point.score - 1e-9 && kept.cost <= point.cost + near.slack
                };
                assert!(near.points.iter().any(|kept| covers(&kept)), "{point:?} of {most}");
            }
            for kept in &near.points {
                // A network of the front, or one that it beats.
                let beaten =
                    |point: &&Point| point.cost <= kept.cost && point.score >= kept.score - 1e-9;
                assert!(whole.points.iter().any(|point| beaten(&point)), "{kept:?} of {most}");
            }
            sizes.push(near.points.len());
        }
        assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    }
}
