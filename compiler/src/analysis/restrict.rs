//! The ways that keep limits, as an automaton of their own.
//!
//! A node is a state together with what was spent on every limited sum before it. What was spent
//! matters only by what may still follow: a sum that every way on keeps within its bounds is let go,
//! and two amounts that leave the same ways open are one. Everything else asks the result, which
//! knows of no limits.
//!
//! Where there are too many nodes, those of a state that have spent about the same are joined
//! ([`groups`]). What they are held to have spent is rounded, for the [`Side::Outer`] ways in favour of
//! the limits, so that none is lost, and for the [`Side::Inner`] ways against them, so that none is wrong.

use rustc_hash::FxHashMap;

use super::ground::{Bounds, Unanswered};
use super::join::{Node, groups, rounded as rounded_of};
use super::outlook::Outlook;
use super::ways::{Layer, NOWHERE, Options, Ways, start};

/// Most amounts that the ways on from all states are known to cost, per sum.
const SET_LIMIT: usize = 2_000_000;
/// Most edges for every node that is allowed.
const EDGES_PER_NODE: usize = 8;
/// How many times its share of nodes a layer may have before they are joined.
pub(super) const ROOM: usize = 8;
/// What part of an equal share of the nodes that are left a layer may have: the last layers need fewer.
pub(super) const SHARE: f64 = 1.5;

/// Which ways there are where they are not those within the limits exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// All within the limits, and some beyond.
    Outer,
    /// None beyond the limits, but not all within.
    Inner,
}

/// The ways that keep limits.
#[derive(Debug)]
pub(super) struct Restricted {
    /// The ways, with the sums that are not limited.
    pub ways: Ways,
    /// Whether nothing was rounded.
    pub exact: bool,
}

/// The ways on which the first sums keep the `bounds`, exactly.
///
/// # Errors
/// Past `most` nodes.
pub(super) fn restricted(ways: &Ways, bounds: &[Bounds], most: usize) -> Result<Ways, Unanswered> {
    Ok(dispatch(ways, bounds, Cap::Whole(most), Side::Outer)?.ways)
}

/// The same with no more than about `most` nodes, rounded where there would be more.
///
/// # Errors
/// If there are more states than nodes allowed.
pub(super) fn rounded(
    ways: &Ways,
    bounds: &[Bounds],
    most: usize,
    side: Side,
) -> Result<Restricted, Unanswered> {
    dispatch(ways, bounds, Cap::About(most), side)
}

/// How many nodes there may be.
#[derive(Clone, Copy)]
enum Cap {
    /// In all.
    Whole(usize),
    /// In all; those of a layer are joined so that all layers have their share.
    About(usize),
}

fn dispatch(
    ways: &Ways,
    bounds: &[Bounds],
    cap: Cap,
    side: Side,
) -> Result<Restricted, Unanswered> {
    let mut limited = Vec::new();
    let nothing = || Restricted { ways: kept(ways, bounds.len(), &[], Vec::new()), exact: true };
    for (sum, bounds) in bounds.iter().enumerate() {
        let Some(bounds) = bounds.without(ways.base[sum]) else { return Ok(nothing()) };
        let ends = ways.ends(sum);
        let Some(&(least, most)) = start(&ends) else { return Ok(nothing()) };
        let misses =
            bounds.max.is_some_and(|max| least > max) || bounds.min.is_some_and(|min| most < min);
        if misses {
            return Ok(nothing());
        }
        if !(bounds.hold(least) && bounds.hold(most)) {
            limited.push(Limited { sum, bounds, ends, sets: sets(ways, sum) });
        }
    }
    if !ways.some {
        return Ok(nothing());
    }
    let first = bounds.len();
    let sums: Vec<usize> = limited.iter().map(|limited| limited.sum).collect();
    match limited.len() {
        0 | 1 => Walk::<1>::new(ways, &limited, &sums, first, cap, side).run(),
        2 => Walk::<2>::new(ways, &limited, &sums, first, cap, side).run(),
        3 | 4 => Walk::<4>::new(ways, &limited, &sums, first, cap, side).run(),
        5..=8 => Walk::<8>::new(ways, &limited, &sums, first, cap, side).run(),
        _ => Err(Unanswered::Limits),
    }
}

/// An automaton without the first sums.
pub(super) fn kept(ways: &Ways, first: usize, alive: &[Vec<u32>], mut layers: Vec<Layer>) -> Ways {
    let some = alive.first().is_some_and(|layer| layer.first().is_some_and(|&n| n != NOWHERE));
    if layers.is_empty() {
        layers.extend(ways.layers.iter().map(|_| Layer::default()));
    }
    Ways {
        layers,
        order: ways.order.clone(),
        arities: ways.arities.clone(),
        base: ways.base[first..].to_vec(),
        base_score: ways.base_score,
        some,
    }
}

/// A sum that some ways keep within its bounds and others do not.
struct Limited {
    sum: usize,
    bounds: Bounds,
    /// The least and the most that the ways on from each state cost.
    ends: Vec<Vec<(u64, u64)>>,
    /// All that they cost, ascending; empty for layers where that is too much.
    sets: Vec<Vec<Vec<u64>>>,
}

/// What the ways on from each state cost, from the last layer as far as it can be kept.
fn sets(ways: &Ways, sum: usize) -> Vec<Vec<Vec<u64>>> {
    let mut made: Vec<Vec<Vec<u64>>> = vec![vec![vec![0]]];
    let mut left = SET_LIMIT;
    for options in ways.options().rev() {
        let next = made.last().map_or(&[][..], Vec::as_slice);
        let Some(states) = before(options, ways.sums(), sum, next, &mut left) else { break };
        made.push(states);
    }
    made.resize(ways.layers.len() + 1, Vec::new());
    made.reverse();
    made
}

/// The sets of a layer from those of the next; `None` where they are more than what is `left`.
fn before(
    (layer, arity): Options<'_>,
    sums: usize,
    sum: usize,
    next: &[Vec<u64>],
    left: &mut usize,
) -> Option<Vec<Vec<u64>>> {
    let mut states: Vec<Vec<u64>> = Vec::with_capacity(layer.next.len() / arity);
    for edges in (0..layer.next.len()).step_by(arity) {
        let mut set: Vec<u64> = Vec::new();
        for edge in edges..edges + arity {
            let Some(rest) = next.get(layer.next[edge] as usize) else { continue };
            let cost = layer.costs[edge * sums + sum];
            set.extend(rest.iter().map(|rest| rest.saturating_add(cost)));
            if set.len() > ROOM * SET_LIMIT {
                return None;
            }
        }
        set.sort_unstable();
        set.dedup();
        *left = left.checked_sub(set.len())?;
        states.push(set);
    }
    Some(states)
}

/// What tells the nodes of a state apart.
type Key<const N: usize> = (u32, [u64; N]);

/// The mark of a sum that can no longer break its bounds.
const FREE: u64 = u64::MAX;

struct Walk<'a, const N: usize> {
    ways: &'a Ways,
    limited: &'a [Limited],
    /// The first sum that is kept.
    first: usize,
    cap: Cap,
    side: Side,
    exact: bool,
    /// From every layer; empty where nothing is joined.
    outlooks: Vec<Outlook<N>>,
    bounds: Vec<Bounds>,
}

/// The nodes of a layer while it is made.
struct Front<const N: usize> {
    nodes: Vec<Node<N>>,
    keys: Vec<Key<N>>,
    numbers: FxHashMap<Key<N>, u32>,
    /// How much is joined, once something is.
    quanta: Option<[u64; N]>,
}

impl<'a, const N: usize> Walk<'a, N> {
    fn new(
        ways: &'a Ways,
        limited: &'a [Limited],
        sums: &[usize],
        first: usize,
        cap: Cap,
        side: Side,
    ) -> Self {
        let outlooks = match cap {
            Cap::Whole(_) => Vec::new(),
            Cap::About(_) => Outlook::of(ways, sums),
        };
        let bounds = limited.iter().map(|limited| limited.bounds).collect();
        Self { ways, limited, first, cap, side, exact: true, outlooks, bounds }
    }

    fn run(mut self) -> Result<Restricted, Unanswered> {
        let sums = self.ways.sums();
        let mut layers: Vec<Layer> = Vec::with_capacity(self.ways.layers.len());
        let mut nodes = vec![Node { state: 0, high: [0; N], low: [0; N], ways: 1.0 }];
        let (mut total, mut edges) = (0_usize, 0_usize);
        for (level, (layer, arity)) in self.ways.options().enumerate() {
            let mut made = Layer::default();
            let mut front = Front {
                nodes: Vec::new(),
                keys: Vec::new(),
                numbers: FxHashMap::default(),
                quanta: None,
            };
            edges += nodes.len() * arity;
            if let Cap::Whole(most) = self.cap
                && edges > most.saturating_mul(EDGES_PER_NODE)
            {
                return Err(Unanswered::States);
            }
            let share = match self.cap {
                Cap::Whole(_) => usize::MAX,
                Cap::About(most) => {
                    let left = most.saturating_sub(total) as f64;
                    let layers = (self.ways.layers.len() - level) as f64;
                    (left * (SHARE / layers).min(1.0)) as usize
                }
            };
            made.next.reserve_exact(nodes.len() * arity);
            for node in &nodes {
                let begin = node.state as usize * arity;
                for edge in begin..begin + arity {
                    made.costs.extend_from_slice(
                        &layer.costs[edge * sums + self.first..(edge + 1) * sums],
                    );
                    if !layer.scores.is_empty() {
                        made.scores.push(layer.scores[edge]);
                    }
                    let number = self.reach(*node, level, edge, &mut front);
                    made.next.push(number);
                    if front.nodes.len() > share.max(1).saturating_mul(ROOM) {
                        // Not as far as it will have to be: what is to come is not known yet.
                        self.coarsen(&mut front, &mut made.next, ROOM / 2 * share)?;
                    }
                }
            }
            if front.nodes.len() > share {
                self.join(&mut front, &mut made.next, level + 1, share)?;
            }
            total += front.nodes.len();
            if let Cap::Whole(most) = self.cap
                && total > most
            {
                return Err(Unanswered::States);
            }
            nodes = front.nodes;
            // Only proportions matter.
            let largest = nodes.iter().map(|node| node.ways).fold(f64::MIN_POSITIVE, f64::max);
            for node in &mut nodes {
                node.ways /= largest;
            }
            layers.push(made);
        }
        let alive = pruned(self.ways, &mut layers, nodes.len());
        let ways = kept(self.ways, self.first, &alive, layers);
        Ok(Restricted { ways, exact: self.exact })
    }

    /// The number of the node that an edge leads to; [`NOWHERE`] if no way on from there keeps the
    /// limits.
    fn reach(&mut self, node: Node<N>, level: usize, edge: usize, front: &mut Front<N>) -> u32 {
        let layer = &self.ways.layers[level];
        let state = layer.next[edge];
        if state == NOWHERE {
            return NOWHERE;
        }
        let sums = self.ways.sums();
        let mut next = Node { state, ..node };
        let mut marks = [FREE; N];
        for (place, limited) in self.limited.iter().enumerate() {
            let cost = layer.costs[edge * sums + limited.sum];
            next.high[place] = node.high[place].saturating_add(cost);
            next.low[place] = node.low[place].saturating_add(cost);
            let quantum = front.quanta.map(|quanta| quanta[place]);
            let spent = (next.high[place], next.low[place]);
            match limited.mark(level + 1, state as usize, spent, quantum) {
                Some(mark) => marks[place] = mark,
                None => return NOWHERE,
            }
        }
        let key = (state, marks);
        if let Some(&known) = front.numbers.get(&key) {
            let old = &mut front.nodes[known as usize];
            if front.quanta.is_some() || !self.exact {
                self.exact &= old.join(&next, self.side);
            } else {
                old.ways += next.ways;
            }
            return known;
        }
        let number = front.nodes.len() as u32;
        front.numbers.insert(key, number);
        front.nodes.push(next);
        front.keys.push(key);
        number
    }

    /// Joins the nodes of a layer until about `most` are left.
    fn join(
        &mut self,
        front: &mut Front<N>,
        next: &mut [u32],
        level: usize,
        most: usize,
    ) -> Result<(), Unanswered> {
        let old = std::mem::take(&mut front.nodes);
        let outlook = &self.outlooks[level];
        let tilts = |node: &Node<N>| node.tilts(outlook, &self.bounds);
        let (groups, count) = groups(&old, tilts, &rounded_of(&self.bounds), self.side, most)?;
        let mut made: Vec<Option<Node<N>>> = vec![None; count];
        for (node, &group) in old.iter().zip(&groups) {
            match &mut made[group as usize] {
                Some(known) => self.exact &= known.join(node, self.side),
                place @ None => *place = Some(*node),
            }
        }
        front.nodes = made.into_iter().flatten().collect();
        for target in next.iter_mut().filter(|target| **target != NOWHERE) {
            *target = groups[*target as usize];
        }
        Ok(())
    }

    /// Joins nodes of a layer that is not finished until about `most` are left, whatever follows them.
    fn coarsen(
        &mut self,
        front: &mut Front<N>,
        next: &mut [u32],
        most: usize,
    ) -> Result<(), Unanswered> {
        let quanta = quanta(front, most)?;
        let old = std::mem::take(&mut front.nodes);
        let keys = std::mem::take(&mut front.keys);
        front.numbers.clear();
        front.quanta = Some(quanta);
        let mut moved = Vec::with_capacity(old.len());
        for (node, (state, mut marks)) in old.iter().zip(keys) {
            for (place, mark) in marks.iter_mut().enumerate().take(self.limited.len()) {
                if *mark != FREE {
                    *mark = node.high[place] / quanta[place];
                }
            }
            let key = (state, marks);
            let number = match front.numbers.get(&key) {
                Some(&known) => {
                    self.exact &= front.nodes[known as usize].join(node, self.side);
                    known
                }
                None => {
                    let number = front.nodes.len() as u32;
                    front.numbers.insert(key, number);
                    front.nodes.push(*node);
                    front.keys.push(key);
                    number
                }
            };
            moved.push(number);
        }
        for target in next.iter_mut().filter(|target| **target != NOWHERE) {
            *target = moved[*target as usize];
        }
        Ok(())
    }
}

impl Limited {
    /// What tells a spending apart from others at a state, which is at most a quantum where one is
    /// given; `None` if no way on keeps the bounds.
    fn mark(
        &self,
        layer: usize,
        state: usize,
        (high, low): (u64, u64),
        quantum: Option<u64>,
    ) -> Option<u64> {
        let room = self.bounds.max.map_or(Some(u64::MAX), |max| max.checked_sub(high))?;
        let need = self.bounds.min.unwrap_or(0).saturating_sub(low);
        let (least, most) = self.ends[layer][state];
        if least > room || most < need {
            return None;
        }
        if most <= room && least >= need {
            return Some(FREE);
        }
        if let Some(quantum) = quantum {
            return Some(high / quantum);
        }
        let Some(set) = self.sets[layer].get(state) else { return Some(high) };
        let end = set.partition_point(|&cost| cost <= room);
        let start = set.partition_point(|&cost| cost < need);
        (start < end).then_some((end as u64) << 32 | start as u64)
    }
}

/// How much may be joined so that no more than about `most` nodes are left: of each sum the same part
/// of what the nodes of a state differ by at most.
fn quanta<const N: usize>(front: &Front<N>, most: usize) -> Result<[u64; N], Unanswered> {
    let mut spans: FxHashMap<u32, [(u64, u64); N]> = FxHashMap::default();
    let mut widest = [0_u64; N];
    for (node, (_, marks)) in front.nodes.iter().zip(&front.keys) {
        let spans = spans.entry(node.state).or_insert([(u64::MAX, 0); N]);
        for place in (0..N).filter(|&place| marks[place] != FREE) {
            let (low, high) = &mut spans[place];
            *low = (*low).min(node.high[place]);
            *high = (*high).max(node.high[place]);
            widest[place] = widest[place].max(*high - *low);
        }
    }
    if most / 2 < spans.len() {
        return Err(Unanswered::States);
    }
    // Per state, what part of the widest span its own is; the sum does not depend on the order
    // in which a map gives them.
    let mut parts: Vec<(u32, [f64; N])> = spans
        .iter()
        .map(|(&state, spans)| {
            let mut part = [0.0; N];
            for (part, ((low, high), widest)) in part.iter_mut().zip(spans.iter().zip(widest)) {
                *part = high.saturating_sub(*low) as f64 / widest.max(1) as f64;
            }
            (state, part)
        })
        .collect();
    parts.sort_unstable_by_key(|(state, _)| *state);
    let nodes = |cuts: f64| -> f64 {
        let of = |part: &[f64; N]| part.iter().map(|part| (part * cuts).max(1.0)).product();
        parts.iter().map(|(_, part)| -> f64 { of(part) }).sum()
    };
    let (mut low, mut high) = (1.0, most as f64);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if nodes(middle) <= most as f64 { low = middle } else { high = middle }
    }
    let mut quanta = [1; N];
    for (place, quantum) in quanta.iter_mut().enumerate() {
        let before = front.quanta.map_or(1, |quanta| quanta[place]);
        *quantum = ((widest[place] as f64 / low) as u64 + 1).max(before);
    }
    Ok(quanta)
}

/// Cuts off the nodes from which no way leads to the end, and numbers the others anew. Gives the new
/// numbers.
pub(super) fn pruned(ways: &Ways, layers: &mut [Layer], ends: usize) -> Vec<Vec<u32>> {
    let mut alive: Vec<Vec<u32>> = vec![(0..ends as u32).collect()];
    for (layer, &arity) in layers.iter_mut().zip(&ways.arities).rev() {
        let arity = arity.max(1) as usize;
        let next = alive.last().map_or(&[][..], Vec::as_slice);
        for target in &mut layer.next {
            *target = next.get(*target as usize).copied().unwrap_or(NOWHERE);
        }
        let nodes = layer.next.len() / arity;
        let mut numbers = Vec::with_capacity(nodes);
        let (kept, scored) =
            (layer.costs.len() / layer.next.len().max(1), !layer.scores.is_empty());
        let mut count = 0;
        for node in 0..nodes {
            let edges = node * arity..(node + 1) * arity;
            if layer.next[edges.clone()].iter().all(|&target| target == NOWHERE) {
                numbers.push(NOWHERE);
                continue;
            }
            let place = count * arity;
            layer.next.copy_within(edges.clone(), place);
            layer.costs.copy_within(edges.start * kept..edges.end * kept, place * kept);
            if scored {
                layer.scores.copy_within(edges, place);
            }
            numbers.push(count as u32);
            count += 1;
        }
        layer.next.truncate(count * arity);
        layer.costs.truncate(count * arity * kept);
        if scored {
            layer.scores.truncate(count * arity);
        }
        alive.push(numbers);
    }
    alive.reverse();
    alive
}
