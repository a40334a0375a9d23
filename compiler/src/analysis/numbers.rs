//! How many ways there are from every node on: counts, uniform draws, and what options share.

use num_bigint::BigUint;

use super::tally::Tally;
use super::ways::{NOWHERE, Ways, start};
use super::wide::Wide;
use crate::arch::Arch;
use crate::random::Stream;

/// How many ways lead from each node to the end, in the smallest counter that holds all of them.
#[derive(Debug)]
pub(super) enum Numbers {
    Machine(Vec<Vec<u128>>),
    Wide(Vec<Vec<Wide>>),
    Big(Vec<Vec<BigUint>>),
}

impl Numbers {
    pub fn of(ways: &Ways) -> Self {
        match ways.bits() {
            ..128 => Self::Machine(counted(ways)),
            128..256 => Self::Wide(counted(ways)),
            _ => Self::Big(counted(ways)),
        }
    }

    /// The same where the last layer leads to several ends, from which so many ways go on; fewer than two to
    /// the power of `bits` in all.
    pub fn ending(ways: &Ways, ends: &[BigUint], bits: u64) -> Self {
        if bits < 128 {
            let ends = ends.iter().map(|end| u128::try_from(end).unwrap_or(0)).collect();
            Self::Machine(ways.backward_from(ends, &0, |_, _, rest, sum| *sum += rest))
        } else {
            let add = |_: &_, _, rest: &BigUint, sum: &mut BigUint| *sum += rest;
            Self::Big(ways.backward_from(ends.to_vec(), &BigUint::ZERO, add))
        }
    }

    /// How many ways there are.
    pub fn total(&self) -> BigUint {
        match self {
            Self::Machine(numbers) => start(numbers).map_or(BigUint::ZERO, Tally::big),
            Self::Wide(numbers) => start(numbers).map_or(BigUint::ZERO, Tally::big),
            Self::Big(numbers) => start(numbers).cloned().unwrap_or_default(),
        }
    }

    /// A way drawn uniformly; `None` if there is none.
    pub fn draw(&self, ways: &Ways, stream: &mut Stream) -> Option<Arch> {
        self.draw_to_end(ways, stream).map(|(arch, _)| arch)
    }

    /// The same with the end that it leads to.
    pub fn draw_to_end(&self, ways: &Ways, stream: &mut Stream) -> Option<(Arch, usize)> {
        match self {
            Self::Machine(numbers) => walk(ways, numbers, |count| count.below(stream)),
            Self::Wide(numbers) => walk(ways, numbers, |count| count.below(stream)),
            Self::Big(numbers) => walk(ways, numbers, |count| count.below(stream)),
        }
    }

    /// Per decision and option, how many ways take it.
    pub fn options(&self, ways: &Ways) -> Vec<Vec<BigUint>> {
        match self {
            Self::Machine(numbers) => options(ways, numbers),
            Self::Wide(numbers) => options(ways, numbers),
            Self::Big(numbers) => options(ways, numbers),
        }
    }
}

fn counted<C: Tally>(ways: &Ways) -> Vec<Vec<C>> {
    ways.backward(C::one(), &C::zero(), |_, _, rest, sum| sum.add(rest))
}

fn walk<C: Tally>(
    ways: &Ways,
    numbers: &[Vec<C>],
    pick: impl FnOnce(&C) -> C,
) -> Option<(Arch, usize)> {
    let all = start(numbers).filter(|all| **all != C::zero())?;
    let mut number = pick(all);
    let mut arch = Arch(vec![0; ways.layers.len()]);
    let mut node = 0;
    for (level, (layer, arity)) in ways.options().enumerate() {
        let next = &numbers[level + 1];
        let edges = &layer.next[node * arity..(node + 1) * arity];
        let mut found = None;
        for (option, &target) in edges.iter().enumerate() {
            let Some(count) = next.get(target as usize) else { continue };
            if number < *count {
                found = Some((option, target));
                break;
            }
            number.take(count);
        }
        let (option, target) = found?;
        arch.set(ways.order[level], option as u32);
        node = target as usize;
    }
    Some((arch, node))
}

fn options<C: Tally>(ways: &Ways, numbers: &[Vec<C>]) -> Vec<Vec<BigUint>> {
    let mut made = vec![Vec::new(); ways.layers.len()];
    let mut before = vec![C::one()];
    for (level, (layer, arity)) in ways.options().enumerate() {
        let next = &numbers[level + 1];
        let mut reached = vec![C::zero(); next.len()];
        let mut taken = vec![C::zero(); arity];
        for (edge, &target) in layer.next.iter().enumerate() {
            if target == NOWHERE {
                continue;
            }
            let (from, target) = (&before[edge / arity], target as usize);
            reached[target].add(from);
            // No more than all ways, which the counter holds.
            taken[edge % arity].add(&from.times(&next[target]));
        }
        made[ways.order[level].index()] = taken.iter().map(Tally::big).collect();
        before = reached;
    }
    made
}

/// The number of ways, the sum of one of their sums over all of them, and that of its square.
pub(super) fn moments(ways: &Ways, sum: usize) -> [BigUint; 3] {
    let sums = ways.sums();
    let base = BigUint::from(ways.base[sum]);
    let end = [BigUint::from(1_u32), base.clone(), &base * &base];
    let zero = [const { BigUint::ZERO }; 3];
    let made = ways.backward(end, &zero, |layer, edge, [n, first, second], into| {
        let cost = layer.costs[edge * sums + sum];
        into[0] += n;
        if cost == 0 {
            into[1] += first;
            into[2] += second;
            return;
        }
        let more = n * cost;
        into[2] += second + (first * 2_u32 + &more) * cost;
        into[1] += first + more;
    });
    start(&made).cloned().unwrap_or(zero)
}
