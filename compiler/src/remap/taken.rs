//! What a tensor takes from another: maps along the axes, and every single number of them.

use std::sync::Arc;

use serde::Serialize;
use smallvec::SmallVec;

/// What a tensor takes from a tensor of the seed.
///
/// The maps of a convolution are about whole channels, also where it has groups: as if the weights of
/// both were those of a convolution without groups, zero between the groups. So a convolution in groups
/// takes the blocks on the diagonal of one without.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Taken {
    /// The tensor of the seed.
    pub path: Arc<str>,
    /// Its shape.
    pub shape: Vec<u32>,
    /// How its kernel gets smaller before anything is copied, largest first.
    pub shrinks: Vec<Shrink>,
    /// What is copied along each axis.
    pub axes: Vec<AxisMap>,
    /// How many groups the seed's and the target's convolution have; else one each.
    pub groups: [u32; 2],
    /// What the numbers become that nothing is copied to.
    pub rest: Rest,
}

/// A smaller kernel, made of the centre of a larger one by a learned matrix of the seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shrink {
    /// The matrix.
    pub matrix: Arc<str>,
    /// The places of the smaller kernel along each axis.
    pub side: u32,
}

/// What is copied along an axis; runs are in order, and do not overlap in the target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AxisMap {
    /// The runs.
    pub runs: SmallVec<[Run; 2]>,
}

/// Places that are copied one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The first place in the target.
    pub target: u32,
    /// The first place in the seed.
    pub source: u32,
    /// How many places.
    pub length: u32,
    /// How far apart they lie in the target; neighbours in the seed.
    pub step: u32,
    /// The selection whose places are taken instead of the first ones, by place in the plan.
    pub by: Option<u32>,
}

/// What becomes of numbers that nothing is copied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// Zero.
    Zero,
    /// They stay as they are, which in a fresh network is their initial value.
    Initial,
    /// Those of output channels that nothing is copied to stay; the others are zero. What reads such a
    /// channel has zeros there, so that the function is kept, and the channel learns.
    InitialOutputs {
        /// The axis of output channels.
        axis: usize,
    },
}

impl AxisMap {
    /// Pairs of places, target and seed, rising in the target. Without `chosen` a selection is read as if
    /// it took the first places.
    fn pairs(&self, chosen: Option<&[Vec<u32>]>) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for run in &self.runs {
            let places = run.by.and_then(|by| chosen?.get(by as usize));
            pairs.extend((0..run.length).map(|n| {
                let offset = places.and_then(|places| places.get(n as usize)).copied().unwrap_or(n);
                ((run.target + n * run.step) as usize, (run.source + offset) as usize)
            }));
        }
        pairs
    }

    /// The places in the seed that are copied.
    pub fn sources(&self, chosen: &[Vec<u32>]) -> impl Iterator<Item = usize> {
        self.pairs(Some(chosen)).into_iter().map(|(_, from)| from)
    }

    /// How many places it copies to.
    pub fn length(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.length)).sum()
    }
}

impl Taken {
    /// Calls `copy` with the place in a target of shape `target` and the place in the seed's tensor of
    /// every number that is copied, both in row-major order; `chosen` are the places that the plan's
    /// selections come to. Where the kernel shrinks, the seed's tensor is the shrunk one.
    pub fn each(&self, target: &[u32], chosen: &[Vec<u32>], mut copy: impl FnMut(usize, usize)) {
        let seed = self.shrunk_shape();
        let pairs: Vec<Vec<(usize, usize)>> =
            self.axes.iter().map(|axis| axis.pairs(Some(chosen))).collect();
        let [first, rest @ ..] = &pairs[..] else { return copy(0, 0) };
        let [second, kernel @ ..] = rest else {
            for &(to, from) in first {
                copy(to, from);
            }
            return;
        };
        // Offsets inside the kernel.
        let mut inner = vec![(0, 0)];
        for (axis, pairs) in kernel.iter().enumerate() {
            let (to_length, from_length) = (target[axis + 2] as usize, seed[axis + 2] as usize);
            inner = inner
                .iter()
                .flat_map(|&(to, from)| {
                    pairs.iter().map(move |&(t, f)| (to * to_length + t, from * from_length + f))
                })
                .collect();
        }
        let size = |shape: &[u32]| shape.iter().skip(2).map(|&n| n as usize).product::<usize>();
        let sizes = [size(target), size(&seed)];
        self.each_filter(target, first, second, |(to, from)| {
            let (to, from) = (to * sizes[0], from * sizes[1]);
            for &(t, f) in &inner {
                copy(to + t, from + f);
            }
        });
    }

    /// Pairs of places along the first two axes together.
    fn each_filter(
        &self,
        target: &[u32],
        first: &[(usize, usize)],
        second: &[(usize, usize)],
        mut each: impl FnMut((usize, usize)),
    ) {
        let to = Groups::of(target, self.groups[1]);
        let from = Groups::of(&self.shape, self.groups[0]);
        for &(to_row, from_row) in first {
            let (to_first, from_first) = (to.first_of(to_row), from.first_of(from_row));
            let begin = second.partition_point(|&(place, _)| place < to_first);
            for &(to_place, from_place) in &second[begin..] {
                if to_place >= to_first + to.width {
                    break;
                }
                if (from_first..from_first + from.width).contains(&from_place) {
                    each((
                        to_row * to.width + to_place - to_first,
                        from_row * from.width + from_place - from_first,
                    ));
                }
            }
        }
    }

    /// How many numbers of a target of that shape are copied.
    pub(super) fn count(&self, target: &[u32]) -> u64 {
        let lengths = self.axes.iter().map(AxisMap::length);
        if self.groups == [1, 1] || self.axes.len() < 2 {
            return lengths.product();
        }
        let kernel: u64 = lengths.skip(2).product();
        let mut filters = 0;
        let pairs = |axis: usize| self.axes[axis].pairs(None);
        self.each_filter(target, &pairs(0), &pairs(1), |_| filters += 1);
        filters * kernel
    }

    /// How many numbers belong to output channels that nothing is copied to.
    pub(super) fn new_outputs(&self, target: &[u32], axis: usize) -> u64 {
        let length = target.get(axis).map_or(1, |&length| u64::from(length).max(1));
        let all: u64 = target.iter().map(|&n| u64::from(n)).product();
        let kept = self.axes.get(axis).map_or(length, AxisMap::length);
        all / length * (length - kept.min(length))
    }

    /// The places along the target's axis of output channels that something is copied to.
    pub fn outputs(&self, axis: usize, chosen: &[Vec<u32>]) -> Vec<usize> {
        let map = self.axes.get(axis).map(|axis| axis.pairs(Some(chosen))).unwrap_or_default();
        map.into_iter().map(|(to, _)| to).collect()
    }

    /// The shape of the seed's tensor once its kernel has shrunk.
    pub fn shrunk_shape(&self) -> Vec<u32> {
        let mut shape = self.shape.clone();
        if let Some(last) = self.shrinks.last() {
            for length in shape.iter_mut().skip(2) {
                *length = last.side;
            }
        }
        shape
    }
}

/// How the second axis of a weight lies in the groups of the first.
struct Groups {
    /// Places of the first axis in a group.
    rows: usize,
    /// Places of the second axis that each has.
    width: usize,
}

impl Groups {
    fn of(shape: &[u32], groups: u32) -> Self {
        let length = |axis: usize| shape.get(axis).map_or(1, |&length| length as usize);
        Self { rows: (length(0) / groups.max(1) as usize).max(1), width: length(1) }
    }

    /// The first channel along the second axis that a row's group has.
    fn first_of(&self, row: usize) -> usize {
        row / self.rows * self.width
    }
}
