//! Which layer of the seed's stage a layer is filled from.

use crate::ir::remap::{Depth, Slots};

/// The place among `seed` layers (at least one) of the layer that number `at` of `target` layers is
/// filled from, all numbered from 0.
pub fn layer(depth: Depth, at: usize, seed: usize, target: usize) -> usize {
    let last = seed.saturating_sub(1);
    match depth {
        Depth::Last => at.min(last),
        Depth::Cycle => at % seed.max(1),
        Depth::Interleave => (at * seed / target.max(1)).min(last),
    }
}

/// The same for layers that are numbered with gaps, as those of a found network are: for each of
/// `target` the place in `seed`. Both rise, and `seed` is not empty.
pub(super) fn layers(depth: Depth, slots: Slots, target: &[u32], seed: &[u32]) -> Vec<usize> {
    if target == seed {
        return (0..target.len()).collect();
    }
    let bound = |numbers: &[u32]| numbers.last().map_or(0, |&last| last as usize + 1);
    let of = |(rank, &number): (usize, &u32)| match (slots, depth) {
        (Slots::SkipsLast, _) => layer(depth, rank, seed.len(), target.len()),
        // The layer of that number, or the last before the gap.
        (Slots::InOrder, Depth::Last) => {
            seed.partition_point(|&known| known <= number).saturating_sub(1)
        }
        (Slots::InOrder, _) => layer(depth, number as usize, seed.len(), bound(target)),
    };
    target.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_keeps_its_own_layers_whatever_it_left_out() {
        for depth in [Depth::Last, Depth::Cycle, Depth::Interleave] {
            for slots in [Slots::InOrder, Slots::SkipsLast] {
                assert_eq!(layers(depth, slots, &[0, 2, 3], &[0, 2, 3]), [0, 1, 2]);
            }
        }
    }

    #[test]
    fn gaps_count_in_order_and_do_not_where_skips_come_last() {
        let found = [0, 1, 3];
        assert_eq!(layers(Depth::Last, Slots::InOrder, &found, &[0, 1, 2, 3]), [0, 1, 3]);
        assert_eq!(layers(Depth::Last, Slots::SkipsLast, &found, &[0, 1, 2, 3]), [0, 1, 2]);
        assert_eq!(layers(Depth::Last, Slots::InOrder, &[0, 1, 2, 3, 4], &found), [0, 1, 1, 2, 2]);
        assert_eq!(layers(Depth::Cycle, Slots::InOrder, &[0, 1, 2, 3], &[0, 1]), [0, 1, 0, 1]);
    }
}
