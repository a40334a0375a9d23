//! Which nodes of a layer become one where there are too many.
//!
//! Nodes of a state that have spent about the same can be held to have spent the same. What that costs is
//! how many ways change sides: those that lead to the node, times how densely those that lead on lie where
//! the limits cut. Nodes are joined so that every group loses about as much, which loses the least in all.

use std::collections::BinaryHeap;

use super::ground::{Bounds, Unanswered};
use super::outlook::{Outlook, chance, density};
use super::restrict::Side;

/// Steps towards how much a group may lose.
const STEPS: usize = 24;
/// What part of all that could be lost a group may always lose.
const NEGLIGIBLE: f64 = 1e-18;

/// What a state's way there has spent on each limited sum: as it is held against the largest allowed
/// value, and against the smallest. They differ where spendings were joined.
#[derive(Clone, Copy)]
pub(super) struct Node<const N: usize> {
    pub state: u32,
    pub high: [u64; N],
    pub low: [u64; N],
    /// About how many ways lead here, in proportion to other nodes of the layer.
    pub ways: f64,
}

impl<const N: usize> Node<N> {
    /// Makes one node of two. Whether they were alike.
    pub fn join(&mut self, other: &Self, side: Side) -> bool {
        let alike = self.high == other.high && self.low == other.low;
        self.ways += other.ways;
        for place in 0..N {
            let (high, low) = (&mut self.high[place], &mut self.low[place]);
            (*high, *low) = match side {
                Side::Outer => ((*high).min(other.high[place]), (*low).max(other.low[place])),
                Side::Inner => ((*high).max(other.high[place]), (*low).min(other.low[place])),
            };
        }
        alike
    }

    /// How near each spending is to where the limits cut.
    pub fn tilts(&self, outlook: &Outlook<N>, bounds: &[Bounds]) -> Tilts<N> {
        let state = self.state as usize;
        let mut tilts = [[Tilt::default(); 2]; N];
        let mut within = [1.0; N];
        for (place, bounds) in bounds.iter().enumerate() {
            let (mean, deviation) = outlook.rest(state, place);
            let step = 1.0 / deviation;
            if let Some(max) = bounds.max {
                let room = (max.saturating_sub(self.high[place]) as f64 - mean) * step;
                tilts[place][0] = Tilt { room, step, ways: 1.0 };
                within[place] *= chance(room);
            }
            if let Some(min) = bounds.min {
                let room = (self.low[place] as f64 + mean - min as f64) * step;
                tilts[place][1] = Tilt { room, step, ways: 1.0 };
                within[place] *= chance(room);
            }
        }
        let ways = self.ways * outlook.ways(state);
        for (place, tilts) in tilts.iter_mut().enumerate().take(bounds.len()) {
            let others: f64 =
                (0..bounds.len()).filter(|&o| o != place).map(|o| within[o]).product();
            for tilt in tilts {
                tilt.ways *= ways * others;
            }
        }
        tilts
    }
}

/// How near a spending is to where a limit cuts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tilt {
    /// How many deviations are left above the mean of what is to come.
    pub room: f64,
    /// How many deviations a unit is.
    pub step: f64,
    /// How many ways there are; zero for what does not matter.
    pub ways: f64,
}

impl Tilt {
    /// About how many ways change sides where the spending is rounded so far.
    fn loss(self, units: f64) -> f64 {
        self.ways * (chance(self.room + units * self.step) - chance(self.room))
    }

    /// The same for a unit.
    fn slope(self) -> f64 {
        self.ways * density(self.room) * self.step
    }
}

/// Of every spending, as it is held against the largest allowed value, and against the smallest.
pub(super) type Tilts<const N: usize> = [[Tilt; 2]; N];

/// Which spendings matter, each as twice its place, and one more where it is held against the smallest
/// allowed value.
pub(super) fn rounded(bounds: &[Bounds]) -> Vec<usize> {
    let of = |(place, bounds): (usize, &Bounds)| {
        let high = bounds.max.map(|_| 2 * place);
        high.into_iter().chain(bounds.min.map(|_| 2 * place + 1))
    };
    bounds.iter().enumerate().flat_map(of).collect()
}

/// The group of every node, with how many there are: about `most`. The spendings that matter are
/// [`rounded`].
///
/// # Errors
/// If there are half as many states as groups.
pub(super) fn groups<const N: usize>(
    nodes: &[Node<N>],
    tilts: impl Fn(&Node<N>) -> Tilts<N>,
    rounded: &[usize],
    side: Side,
    most: usize,
) -> Result<(Vec<u32>, usize), Unanswered> {
    let point = |(number, node): (usize, &Node<N>)| {
        let mut spent = [[0; 2]; N];
        for (spent, (high, low)) in spent.iter_mut().zip(node.high.iter().zip(node.low)) {
            *spent = [*high, low];
        }
        Point { state: node.state, node: number as u32, spent, tilts: tilts(node) }
    };
    let mut points = Points { points: nodes.iter().enumerate().map(point).collect(), side };
    match rounded {
        &[number] => points.along(number, most),
        numbers => points.among(numbers, most),
    }
}

/// A node, and what it costs to round it.
struct Point<const N: usize> {
    state: u32,
    node: u32,
    spent: [[u64; 2]; N],
    tilts: Tilts<N>,
}

struct Points<const N: usize> {
    /// Nodes of one state, and later of one group, are side by side.
    points: Vec<Point<N>>,
    side: Side,
}

/// Some nodes of one state: a part of the order, with what is lost if they are one.
#[derive(Clone, Copy, PartialEq)]
struct Part {
    loss: f64,
    begin: u32,
    end: u32,
}

impl Eq for Part {}

impl Ord for Part {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.loss.total_cmp(&other.loss).then(other.begin.cmp(&self.begin))
    }
}

impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Points<N> {
    /// Whether the smallest of a spending stands for all of a group; else the largest does.
    fn is_least(&self, number: usize) -> bool {
        (self.side == Side::Outer) == number.is_multiple_of(2)
    }

    /// Brings a part into the order of a spending, from the one that stands for all.
    fn sort(&mut self, number: usize, begin: usize, end: usize) {
        let least = self.is_least(number);
        self.points[begin..end].sort_unstable_by_key(|point| {
            let spent = point.spent[number / 2][number % 2];
            (if least { spent } else { u64::MAX - spent }, point.node)
        });
    }

    fn spent(&self, place: usize, number: usize) -> u64 {
        self.points[place].spent[number / 2][number % 2]
    }

    fn tilt(&self, place: usize, number: usize) -> Tilt {
        self.points[place].tilts[number / 2][number % 2]
    }

    /// The parts of the points that are states.
    fn states(&mut self) -> Vec<(usize, usize)> {
        self.points.sort_unstable_by_key(|point| (point.state, point.node));
        let mut states = Vec::new();
        let mut begin = 0;
        for part in self.points.chunk_by(|a, b| a.state == b.state) {
            states.push((begin, begin + part.len()));
            begin += part.len();
        }
        states
    }

    /// Groups where one spending matters: neighbours, as many as lose no more than all other groups.
    fn along(&mut self, number: usize, most: usize) -> Result<(Vec<u32>, usize), Unanswered> {
        let states = self.states();
        if most / 2 < states.len() {
            return Err(Unanswered::States);
        }
        for &(begin, end) in &states {
            self.sort(number, begin, end);
        }
        // How likely a way on keeps the limit, and how many ways there are.
        let likely: Vec<(f64, f64)> = (0..self.points.len())
            .map(|place| self.tilt(place, number))
            .map(|tilt| (chance(tilt.room), tilt.ways))
            .collect();
        let walk = |allowed: f64, begin_group: &mut dyn FnMut(usize)| {
            for &(begin, end) in &states {
                begin_group(begin);
                let (mut first, mut loss) = (likely[begin].0, 0.0);
                for (place, &(here, ways)) in likely[begin..end].iter().enumerate().skip(1) {
                    loss += ways * (first - here).abs();
                    if loss > allowed {
                        begin_group(begin + place);
                        (first, loss) = (here, 0.0);
                    }
                }
            }
        };
        let count = |allowed: f64| {
            let mut count = 0_usize;
            walk(allowed, &mut |_| count += 1);
            count
        };
        let mut high: f64 = likely.iter().map(|(_, ways)| ways).sum();
        let mut low = high * NEGLIGIBLE;
        for _ in 0..STEPS {
            let middle = (low * high).sqrt();
            if count(middle) > most { low = middle } else { high = middle }
        }
        let mut groups = vec![0_u32; self.points.len()];
        let mut starts = Vec::new();
        walk(high, &mut |place| starts.push(place));
        starts.push(self.points.len());
        for (group, bounds) in starts.windows(2).enumerate() {
            for point in &self.points[bounds[0]..bounds[1]] {
                groups[point.node as usize] = group as u32;
            }
        }
        Ok((groups, starts.len() - 1))
    }

    /// Groups where several spendings matter: whichever loses most is parted, by the spending and about
    /// at the place that saves most.
    fn among(&mut self, numbers: &[usize], most: usize) -> Result<(Vec<u32>, usize), Unanswered> {
        let states = self.states();
        if most / 2 < states.len() {
            return Err(Unanswered::States);
        }
        let mut open: BinaryHeap<Part> =
            states.iter().map(|&(begin, end)| self.part(numbers, begin, end)).collect();
        while open.len() < most {
            let Some(part) = open.pop() else { break };
            let (begin, end) = (part.begin as usize, part.end as usize);
            let Some(middle) = (part.loss > 0.0).then(|| self.cut(numbers, begin, end)).flatten()
            else {
                open.push(part);
                break;
            };
            open.push(self.part(numbers, begin, middle));
            open.push(self.part(numbers, middle, end));
        }
        let mut parts: Vec<Part> = open.into_vec();
        parts.sort_unstable_by_key(|part| part.begin);
        let mut groups = vec![0_u32; self.points.len()];
        for (group, part) in parts.iter().enumerate() {
            for point in &self.points[part.begin as usize..part.end as usize] {
                groups[point.node as usize] = group as u32;
            }
        }
        Ok((groups, parts.len()))
    }

    /// What is lost by a spending if a part is one.
    fn loss(&self, number: usize, begin: usize, end: usize) -> f64 {
        let spent = || (begin..end).map(|place| self.spent(place, number));
        let corner = if self.is_least(number) { spent().min() } else { spent().max() };
        let corner = corner.unwrap_or(0);
        let lost = |place| {
            let units = corner.abs_diff(self.spent(place, number)) as f64;
            let away = if self.side == Side::Outer { units } else { -units };
            self.tilt(place, number).loss(away).abs()
        };
        (begin..end).map(lost).sum()
    }

    fn part(&self, numbers: &[usize], begin: usize, end: usize) -> Part {
        let loss = numbers.iter().map(|&number| self.loss(number, begin, end)).sum();
        Part { loss, begin: begin as u32, end: end as u32 }
    }

    /// Where a part is best cut in two, after it was brought into that order.
    fn cut(&mut self, numbers: &[usize], begin: usize, end: usize) -> Option<usize> {
        let worst = numbers
            .iter()
            .map(|&number| (self.loss(number, begin, end), number))
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        let number = worst.1;
        self.sort(number, begin, end);
        let corner = self.spent(begin, number);
        // What all from a place on save if they are no longer held to the corner.
        let (mut behind, mut best) = (0.0, (0.0, None));
        for place in (begin + 1..end).rev() {
            behind += self.tilt(place, number).slope();
            let here = self.spent(place, number);
            if here == self.spent(place - 1, number) {
                continue;
            }
            let saved = behind * corner.abs_diff(here) as f64;
            if saved > best.0 {
                best = (saved, Some(place));
            }
        }
        best.1
    }
}
