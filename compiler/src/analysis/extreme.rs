//! The cheapest and the dearest network.

use super::ground::{Bounds, Ground, Unanswered};
use super::parted::Parts;
use super::ways::{NOWHERE, STATE_LIMIT, Ways, start};
use crate::arch::Arch;
use crate::cost::Measure;
use crate::pass::Checked;

/// The networks with the least and the most of a measure, and how much; of several, the first by
/// its options in decision order. Exact, and needs no histogram. `None` if there is no network or
/// the automaton passes its budget.
pub fn extremes(
    space: &Checked,
    measure: Measure,
    scope: Option<&str>,
) -> Option<[(u64, Arch); 2]> {
    let mut ground = Ground::new(space, &[]).ok()?;
    ground.count(space, measure, scope, Bounds::default()).ok()?;
    let ways = match ground.ways(&[], STATE_LIMIT) {
        Err(Unanswered::States) => return Parts::of(&ground, &[], STATE_LIMIT).ok()??.extremes(0),
        ways => ways.ok()?,
    };
    let least = path(&ways, 0, |new, old| new < old)?;
    let most = path(&ways, 0, |new, old| new > old)?;
    Some([least, most])
}

/// The way of which no other is `better` by a sum.
pub(super) fn path(
    ways: &Ways,
    sum: usize,
    better: impl Fn(u64, u64) -> bool,
) -> Option<(u64, Arch)> {
    let sums = ways.sums();
    // Per layer and state, the best cost of what follows and the edge that begins it.
    let best = ways.backward(Some((0_u64, 0)), &None, |layer, edge, rest, best| {
        let added = layer.costs[edge * sums + sum];
        if let Some(cost) = rest.and_then(|(rest, _): (u64, usize)| rest.checked_add(added))
            && best.is_none_or(|(known, _)| better(cost, known))
        {
            *best = Some((cost, edge));
        }
    });
    let (cost, _) = (*start(&best)?)?;
    let mut arch = Arch(vec![0; ways.layers.len()]);
    let mut state = 0;
    for (level, (layer, arity)) in ways.options().enumerate() {
        let (_, edge) = best[level][state]?;
        arch.set(ways.order[level], (edge - state * arity) as u32);
        debug_assert_ne!(layer.next[edge], NOWHERE, "a way leads on");
        state = layer.next[edge] as usize;
    }
    Some((ways.base[sum].checked_add(cost)?, arch))
}
