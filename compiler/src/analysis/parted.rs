//! The ways that keep limits where costs multiply ([`Parting`]).
//!
//! One side is walked like any automaton. A node there is a state with what was spent on each sum, and how
//! often each product counts so far. At the end the other side says how many of its assignments keep the limits
//! with that. Where there are too many nodes they are joined, as in [`super::restrict`].

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigUint;
use rustc_hash::FxHashMap;

use super::extreme::path;
use super::ground::{Bounds, Ground, Unanswered};
use super::join::{Node, Tilt, Tilts, groups};
use super::numbers::Numbers;
use super::outlook::{Outlook, chance};
use super::part::Parting;
use super::profile::Profiles;
use super::restrict::{ROOM, SHARE, Side, kept, pruned};
use super::ways::{Layer, NOWHERE, Ways, start};
use crate::arch::Arch;
use crate::random::Stream;
use crate::vary::{DecisionId, Vary};

/// What stands for a spending that keeps a smallest value anyway.
const PLENTY: u64 = 1 << 62;

/// A parted space, ready to be asked.
#[derive(Debug)]
pub(super) struct Parts {
    rest: Ways,
    profiles: Profiles,
    decisions: BTreeSet<DecisionId>,
    limits: Vec<Joint>,
    /// The least, the most and the mean that each product costs; 1 for what is no product.
    unit: Vec<[f64; 3]>,
    /// How the costs of two products vary together.
    spread: Vec<Vec<f64>>,
}

/// A limit on a sum of products.
#[derive(Clone, Debug)]
struct Joint {
    /// The place of what is no product among the sums of the rest; the products follow.
    own: usize,
    products: usize,
    /// The place of the first product among the costs of profiles.
    first: usize,
    bounds: Bounds,
}

impl Parts {
    /// Parts a ground; `None` if it has no such parts.
    ///
    /// # Errors
    /// If a side has too many states, or there are more than sixteen sums.
    pub fn of(ground: &Ground, scores: &[Vary], states: usize) -> Result<Option<Self>, Unanswered> {
        let Some(parting) = Parting::of(ground, scores)? else { return Ok(None) };
        let Parting { rest, apart, decisions, products, scores: [own_scores, other_scores] } =
            parting;
        if products.iter().all(|&products| products == 0) {
            return Ok(None);
        }
        let profiles = Profiles::of(apart.ways(&other_scores, states)?)?;
        let rest = rest.ways(&own_scores, states)?;
        let (mut own, mut first) = (0, 0);
        let mut limits = Vec::new();
        for (bounds, products) in ground.bounds().into_iter().zip(products) {
            limits.push(Joint { own, products, first, bounds });
            own += 1 + products;
            first += products;
        }
        let (mean, cost) = mean(&profiles, first);
        let mut unit = vec![[1.0; 3]; own];
        for joint in &limits {
            for product in 0..joint.products {
                unit[joint.own + 1 + product] = cost[joint.first + product];
            }
        }
        Ok(Some(Self { rest, profiles, decisions, limits, unit, spread: mean }))
    }

    /// The ways that keep the limits, with about `most` nodes.
    ///
    /// # Errors
    /// If there are more states than nodes allowed.
    pub fn within(&self, most: usize, side: Side) -> Result<Parted, Unanswered> {
        match self.rest.sums() {
            0..=2 => Walk::<2>::new(self, most, side).run(),
            3 | 4 => Walk::<4>::new(self, most, side).run(),
            5 | 6 => Walk::<6>::new(self, most, side).run(),
            7 | 8 => Walk::<8>::new(self, most, side).run(),
            9..=16 => Walk::<16>::new(self, most, side).run(),
            _ => Err(Unanswered::Limits),
        }
    }

    /// The spending that limits look at.
    fn rounded(&self) -> Vec<usize> {
        let mut numbers = Vec::new();
        for joint in &self.limits {
            for place in joint.own..=joint.own + joint.products {
                numbers.extend(joint.bounds.max.map(|_| 2 * place));
                numbers.extend(joint.bounds.min.map(|_| 2 * place + 1));
            }
        }
        numbers
    }

    /// Bounds a sum.
    pub fn bound(&mut self, sum: usize, bounds: Bounds) {
        if let Some(joint) = self.limits.get_mut(sum) {
            joint.bounds = bounds;
        }
    }

    /// The networks with the least and the most of a sum, and how much; `None` if there is none or
    /// a cost passes 64 bits.
    pub fn extremes(&self, sum: usize) -> Option<[(u64, Arch); 2]> {
        let joint = self.limits.get(sum)?;
        Some([self.extreme(joint, false)?, self.extreme(joint, true)?])
    }

    fn extreme(&self, joint: &Joint, most: bool) -> Option<(u64, Arch)> {
        // Another profile that costs no less of anything cannot give less.
        let no_worse =
            |a: &[u64], b: &[u64]| a.iter().zip(b).all(|(a, b)| if most { a >= b } else { a <= b });
        let mut front: Vec<(usize, &[u64])> = Vec::new();
        for (place, (costs, _)) in self.profiles.all().enumerate() {
            if !front.iter().any(|(_, known)| no_worse(known, costs)) {
                front.retain(|(_, known)| !no_worse(costs, known));
                front.push((place, costs));
            }
        }
        let sums = self.rest.sums();
        let mut best: Option<(u64, Arch)> = None;
        for (place, costs) in front {
            let cost = |counts: &[u64]| -> Option<u64> {
                let total = joint.total(counts, costs);
                u64::try_from(total).ok()
            };
            let base = cost(&self.rest.base)?;
            let layers = self.rest.layers.iter().map(|layer| {
                let costs: Option<Vec<u64>> = layer.costs.chunks(sums).map(cost).collect();
                Some(Layer { next: layer.next.clone(), costs: costs?, scores: Vec::new() })
            });
            let ways = Ways {
                layers: layers.collect::<Option<_>>()?,
                order: self.rest.order.clone(),
                arities: self.rest.arities.clone(),
                base: vec![base],
                base_score: 0.0,
                some: self.rest.some,
            };
            let (cost, mut arch) =
                path(&ways, 0, |new, old| if most { new > old } else { new < old })?;
            if best
                .as_ref()
                .is_none_or(|(known, _)| if most { cost > *known } else { cost < *known })
            {
                let own = |decision: usize| self.decisions.contains(&DecisionId(decision as u32));
                self.profiles.choose(place, &mut arch, own);
                best = Some((cost, arch));
            }
        }
        best
    }

    /// The places of the profiles that keep the limits at an end.
    fn kept<'a>(&'a self, end: &'a End) -> impl Iterator<Item = (usize, u128)> + 'a {
        let keeps = move |costs: &[u64]| {
            self.limits.iter().all(|joint| {
                joint.bounds.max.is_none_or(|max| joint.total(&end.high, costs) <= max.into())
                    && joint.bounds.min.is_none_or(|min| joint.total(&end.low, costs) >= min.into())
            })
        };
        let all = self.profiles.all().enumerate();
        all.filter(move |(_, (costs, _))| keeps(costs)).map(|(place, (_, count))| (place, count))
    }

    /// How many assignments of the other side keep the limits at each end.
    fn counted(&self, ends: &[End]) -> Vec<u128> {
        let counts: Vec<u128> = self.profiles.all().map(|(_, count)| count).collect();
        self.folded(ends, 0, |sum, place| sum + counts[place])
    }

    /// The highest score of those.
    fn scored(&self, ends: &[End]) -> Vec<f64> {
        self.folded(ends, f64::NEG_INFINITY, |best: f64, place| {
            best.max(self.profiles.score(place))
        })
    }

    /// What the profiles that keep the limits at each end give together, whatever their order.
    fn folded<T: Copy>(&self, ends: &[End], none: T, join: impl Fn(T, usize) -> T) -> Vec<T> {
        let one_by_one = || {
            let of = |end: &End| self.kept(end).fold(none, |made, (place, _)| join(made, place));
            ends.iter().map(of).collect()
        };
        let [joint] = self.limits.as_slice() else { return one_by_one() };
        let Bounds { min, max } = joint.bounds;
        if min.is_some() && max.is_some() {
            return one_by_one();
        }
        // Where the products count alike, the profiles are in one order.
        let mut alike: BTreeMap<Vec<u64>, Vec<(usize, u64)>> = BTreeMap::new();
        for (place, end) in ends.iter().enumerate() {
            let mut spent = if min.is_some() { end.low.clone() } else { end.high.clone() };
            let own = std::mem::take(&mut spent[joint.own]);
            alike.entry(spent).or_default().push((place, own));
        }
        let mut made = vec![none; ends.len()];
        for (spent, members) in alike {
            let all = self.profiles.all().enumerate();
            let mut totals: Vec<(u128, usize)> =
                all.map(|(place, (costs, _))| (joint.total(&spent, costs), place)).collect();
            totals.sort_unstable();
            if min.is_some() {
                totals.reverse();
            }
            let mut folded = Vec::with_capacity(totals.len() + 1);
            folded.push(none);
            for &(_, place) in &totals {
                folded.push(join(folded[folded.len() - 1], place));
            }
            for (place, own) in members {
                let kept = |&(total, _): &(u128, usize)| {
                    let total = total + u128::from(own);
                    max.is_none_or(|max| total <= max.into())
                        && min.is_none_or(|min| total >= min.into())
                };
                made[place] = folded[totals.partition_point(kept)];
            }
        }
        made
    }
}

impl Parts {
    /// How many ways there are with each profile, from how many lead to each end.
    fn shared(&self, ends: &[End], ways: &[BigUint]) -> Vec<BigUint> {
        let mut sums = vec![BigUint::ZERO; self.profiles.all().count()];
        for (end, ways) in ends.iter().zip(ways).filter(|(_, ways)| **ways != BigUint::ZERO) {
            for (place, _) in self.kept(end) {
                sums[place] += ways;
            }
        }
        sums
    }
}

impl Joint {
    /// What is spent with some costs of the products.
    fn total(&self, spent: &[u64], costs: &[u64]) -> u128 {
        let products = spent[self.own + 1..][..self.products].iter().zip(&costs[self.first..]);
        let products = products.map(|(&count, &cost)| u128::from(count) * u128::from(cost));
        products.fold(u128::from(spent[self.own]), u128::saturating_add)
    }
}

/// Per product the least, the most and the mean cost, and the covariances.
fn mean(profiles: &Profiles, products: usize) -> (Vec<Vec<f64>>, Vec<[f64; 3]>) {
    let mut made = vec![[f64::INFINITY, 0.0, 0.0]; products];
    let mut spread = vec![vec![0.0; products]; products];
    let mut all = 0.0;
    for (costs, count) in profiles.all() {
        all += count as f64;
        for (made, &cost) in made.iter_mut().zip(costs) {
            let cost = cost as f64;
            *made = [made[0].min(cost), made[1].max(cost), made[2] + cost * count as f64];
        }
    }
    for made in &mut made {
        made[2] /= f64::max(all, 1.0);
    }
    for (costs, count) in profiles.all() {
        for a in 0..products {
            for b in 0..products {
                let apart = (costs[a] as f64 - made[a][2]) * (costs[b] as f64 - made[b][2]);
                spread[a][b] += apart * count as f64 / f64::max(all, 1.0);
            }
        }
    }
    (spread, made)
}

/// What was spent at an end, in favour of the limits or against them.
#[derive(Clone, Debug)]
struct End {
    high: Vec<u64>,
    low: Vec<u64>,
}

/// Ways of one side that end where the other side goes on.
#[derive(Debug)]
pub(super) struct Parted {
    ways: Ways,
    numbers: Numbers,
    ends: Vec<End>,
    /// Whether nothing was rounded.
    pub exact: bool,
}

impl Parted {
    /// How many networks there are.
    pub fn total(&self) -> BigUint {
        self.numbers.total()
    }

    /// A network, each as likely; `None` if there is none.
    pub fn draw(&self, parts: &Parts, stream: &mut Stream) -> Option<Arch> {
        let (mut arch, end) = self.numbers.draw_to_end(&self.ways, stream)?;
        let kept: Vec<(usize, u128)> = parts.kept(&self.ends[end]).collect();
        let all: u128 = kept.iter().map(|(_, count)| count).sum();
        if all == 0 {
            return None;
        }
        let mut number = super::tally::Tally::below(&all, stream);
        for (place, count) in kept {
            if number < count {
                let own = |decision: usize| parts.decisions.contains(&DecisionId(decision as u32));
                parts.profiles.draw(place, &mut arch, stream, own);
                return Some(arch);
            }
            number -= count;
        }
        None
    }

    /// The network of the highest score, with that; `None` if there is none.
    pub fn best(&self, parts: &Parts) -> Option<(f64, Arch)> {
        let none = f64::NEG_INFINITY;
        let ends = parts.scored(&self.ends);
        let best = self.ways.backward_from(ends, &none, |layer, edge, rest: &f64, best| {
            *best = best.max(layer.score(edge) + rest);
        });
        let score = *start(&best)?;
        if score == none {
            return None;
        }
        let mut arch = Arch(vec![0; self.ways.layers.len()]);
        let mut state = 0;
        for (level, (layer, arity)) in self.ways.options().enumerate() {
            let after = |edge: usize| {
                let rest = best[level + 1].get(layer.next[edge] as usize).copied();
                layer.score(edge) + rest.unwrap_or(none)
            };
            let edges = state * arity..(state + 1) * arity;
            let edge = edges.max_by(|&a, &b| after(a).total_cmp(&after(b)))?;
            arch.set(self.ways.order[level], (edge - state * arity) as u32);
            state = layer.next[edge] as usize;
        }
        let kept = parts.kept(&self.ends[state]).map(|(place, _)| place);
        let place =
            kept.max_by(|&a, &b| parts.profiles.score(a).total_cmp(&parts.profiles.score(b)))?;
        let own = |decision: usize| parts.decisions.contains(&DecisionId(decision as u32));
        parts.profiles.choose(place, &mut arch, own);
        Some((self.ways.base_score + score, arch))
    }

    /// Per decision and option, how many networks take it.
    pub fn options(&self, parts: &Parts) -> Vec<Vec<BigUint>> {
        let mut made = self.numbers.options(&self.ways);
        let mut before = vec![BigUint::from(1_u32)];
        let layers = self.ways.layers.iter().zip(&self.ways.arities);
        for (place, (layer, &arity)) in layers.enumerate() {
            let next = self.ways.layers.get(place + 1).zip(self.ways.arities.get(place + 1));
            let count =
                next.map_or(self.ends.len(), |(next, &a)| next.next.len() / a.max(1) as usize);
            let mut reached = vec![BigUint::ZERO; count];
            for (edge, &target) in layer.next.iter().enumerate() {
                if let Some(sum) = reached.get_mut(target as usize) {
                    *sum += &before[edge / arity.max(1) as usize];
                }
            }
            before = reached;
        }
        let by_profile = parts.shared(&self.ends, &before);
        for (decision, options) in parts.profiles.options(&by_profile) {
            if parts.decisions.contains(&decision) {
                made[decision.index()] = options;
            }
        }
        made
    }
}

type Key<const N: usize> = (u32, [u64; N], [u64; N]);

struct Walk<'a, const N: usize> {
    parts: &'a Parts,
    most: usize,
    side: Side,
    exact: bool,
    outlooks: Vec<Outlook<N>>,
    /// Per sum, the least and the most that is still to come.
    ends: Vec<Vec<Vec<(u64, u64)>>>,
}

impl<'a, const N: usize> Walk<'a, N> {
    fn new(parts: &'a Parts, most: usize, side: Side) -> Self {
        let sums = parts.rest.sums();
        let outlooks = Outlook::of(&parts.rest, &(0..sums).collect::<Vec<_>>());
        let ends = (0..sums).map(|sum| parts.rest.ends(sum)).collect();
        Self { parts, most, side, exact: true, outlooks, ends }
    }

    fn run(mut self) -> Result<Parted, Unanswered> {
        let rest = &self.parts.rest;
        let sums = rest.sums();
        let mut spent = [0; N];
        spent[..sums].copy_from_slice(&rest.base);
        let mut nodes = vec![Node { state: 0, high: spent, low: spent, ways: 1.0 }];
        let mut layers = Vec::with_capacity(rest.layers.len());
        let mut total = 0_usize;
        for (level, (layer, arity)) in rest.options().enumerate() {
            let mut made = Layer::default();
            let mut front: Vec<Node<N>> = Vec::new();
            let mut numbers: FxHashMap<Key<N>, u32> = FxHashMap::default();
            let left = self.most.saturating_sub(total) as f64;
            let share = (left * (SHARE / (rest.layers.len() - level) as f64).min(1.0)) as usize;
            for node in &nodes {
                let begin = node.state as usize * arity;
                for edge in begin..begin + arity {
                    if !layer.scores.is_empty() {
                        made.scores.push(layer.scores[edge]);
                    }
                    let Some(next) = self.reach(node, level, layer, edge) else {
                        made.next.push(NOWHERE);
                        continue;
                    };
                    let key = (next.state, next.high, next.low);
                    let number = *numbers.entry(key).or_insert_with(|| {
                        front.push(Node { ways: 0.0, ..next });
                        front.len() as u32 - 1
                    });
                    front[number as usize].ways += next.ways;
                    made.next.push(number);
                    if front.len() > share.max(1).saturating_mul(ROOM) {
                        self.join(&mut front, &mut made.next, level + 1, ROOM / 2 * share)?;
                        numbers = front
                            .iter()
                            .enumerate()
                            .map(|(number, n)| ((n.state, n.high, n.low), number as u32))
                            .collect();
                    }
                }
            }
            if front.len() > share {
                self.join(&mut front, &mut made.next, level + 1, share)?;
            }
            total += front.len();
            nodes = front;
            let largest = nodes.iter().map(|node| node.ways).fold(f64::MIN_POSITIVE, f64::max);
            for node in &mut nodes {
                node.ways /= largest;
            }
            layers.push(made);
        }
        let alive = pruned(rest, &mut layers, nodes.len());
        let ways = kept(rest, sums, &alive, layers);
        let ends: Vec<End> = nodes
            .iter()
            .map(|node| End { high: node.high[..sums].to_vec(), low: node.low[..sums].to_vec() })
            .collect();
        let counts: Vec<BigUint> =
            self.parts.counted(&ends).into_iter().map(BigUint::from).collect();
        // The decisions of both sides are among the layers.
        let numbers = Numbers::ending(&ways, &counts, rest.bits());
        Ok(Parted { ways, numbers, ends, exact: self.exact })
    }

    /// Where an edge leads; `None` if no way on from there keeps the limits.
    fn reach(&self, node: &Node<N>, level: usize, layer: &Layer, edge: usize) -> Option<Node<N>> {
        let state = layer.next[edge];
        if state == NOWHERE {
            return None;
        }
        let sums = self.parts.rest.sums();
        let mut next = Node { state, ..*node };
        for (place, &cost) in layer.costs[edge * sums..][..sums].iter().enumerate() {
            next.high[place] = next.high[place].saturating_add(cost);
            next.low[place] = next.low[place].saturating_add(cost);
        }
        for joint in &self.parts.limits {
            let total = |spent: &[u64; N], most: bool| -> f64 {
                (joint.own..=joint.own + joint.products)
                    .map(|place| {
                        let (least, largest) = self.ends[place][level + 1][state as usize];
                        let rest = if most { largest } else { least };
                        let unit = self.parts.unit[place][usize::from(most)];
                        spent[place].saturating_add(rest) as f64 * unit
                    })
                    .sum()
            };
            // Sums of large numbers are rounded.
            let above = |max: u64| max as f64 * (1.0 + 1e-9) + 1.0;
            let below = |min: u64| min as f64 * (1.0 - 1e-9) - 1.0;
            let Bounds { min, max } = joint.bounds;
            if max.is_some_and(|max| total(&next.high, false) > above(max))
                || min.is_some_and(|min| total(&next.low, true) < below(min))
            {
                return None;
            }
            if max.is_none_or(|max| total(&next.high, true) < below(max))
                && min.is_none_or(|min| total(&next.low, false) > above(min))
            {
                for place in joint.own..=joint.own + joint.products {
                    next.high[place] = 0;
                    next.low[place] = if place == joint.own { PLENTY } else { 0 };
                }
            }
        }
        Some(next)
    }

    fn join(
        &mut self,
        front: &mut Vec<Node<N>>,
        next: &mut [u32],
        level: usize,
        most: usize,
    ) -> Result<(), Unanswered> {
        let old = std::mem::take(front);
        let numbers = self.parts.rounded();
        let tilts = |node: &Node<N>| self.tilts(node, level);
        let (groups, count) = groups(&old, tilts, &numbers, self.side, most)?;
        let mut made: Vec<Option<Node<N>>> = vec![None; count];
        for (node, &group) in old.iter().zip(&groups) {
            match &mut made[group as usize] {
                Some(known) => self.exact &= known.join(node, self.side),
                place @ None => *place = Some(*node),
            }
        }
        *front = made.into_iter().flatten().collect();
        for target in next.iter_mut().filter(|target| **target != NOWHERE) {
            *target = groups[*target as usize];
        }
        Ok(())
    }

    /// How near each spending is to where the limits cut.
    fn tilts(&self, node: &Node<N>, level: usize) -> Tilts<N> {
        let state = node.state as usize;
        let outlook = &self.outlooks[level];
        let (unit, spread) = (&self.parts.unit, &self.parts.spread);
        let mut made = [[Tilt::default(); 2]; N];
        let mut within = vec![1.0; self.parts.limits.len()];
        for (within, joint) in within.iter_mut().zip(&self.parts.limits) {
            for (side, bound) in [joint.bounds.max, joint.bounds.min].into_iter().enumerate() {
                let Some(bound) = bound else { continue };
                let spent = if side == 0 { &node.high } else { &node.low };
                let (mut mean, mut square) = (0.0, 0.0);
                let mut counts = vec![0.0; joint.products];
                for place in joint.own..=joint.own + joint.products {
                    let (ahead, deviation) = outlook.rest(state, place);
                    let count = spent[place] as f64 + ahead;
                    mean += count * unit[place][2];
                    square += (deviation * unit[place][2]) * (deviation * unit[place][2]);
                    if place > joint.own {
                        counts[place - joint.own - 1] = count;
                    }
                }
                for (a, x) in counts.iter().enumerate() {
                    for (b, y) in counts.iter().enumerate() {
                        square += x * y * spread[joint.first + a][joint.first + b];
                    }
                }
                let deviation = square.max(1.0).sqrt();
                let room = (bound as f64 - mean) / deviation;
                let room = if side == 0 { room } else { -room };
                *within *= chance(room);
                for place in joint.own..=joint.own + joint.products {
                    made[place][side] = Tilt { room, step: unit[place][2] / deviation, ways: 1.0 };
                }
            }
        }
        let ways = node.ways * outlook.ways(state);
        for (number, joint) in self.parts.limits.iter().enumerate() {
            let others: f64 =
                within.iter().enumerate().filter(|(o, _)| *o != number).map(|(_, w)| w).product();
            for tilt in made[joint.own..=joint.own + joint.products].iter_mut().flatten() {
                tilt.ways *= ways * others;
            }
        }
        made
    }
}
