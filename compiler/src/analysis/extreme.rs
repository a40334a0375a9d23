//! The cheapest and the dearest network.

use super::automaton::{Automaton, STATE_LIMIT, automaton};
use super::census::expanded;
use super::count::distinct;
use crate::arch::Arch;
use crate::cost::{Measure, factors};
use crate::pass::Checked;
use crate::vary::DecisionId;

/// The networks with the least and the most of a measure, and how much; of several, the first by
/// its options in decision order. Exact, and needs no histogram. `None` if there is no network or
/// the automaton passes its budget.
pub fn extremes(
    space: &Checked,
    measure: Measure,
    scope: Option<&str>,
) -> Option<[(u64, Arch); 2]> {
    let mut sum = factors(space, measure, scope);
    let condition = distinct(space, &mut sum.diagrams)?;
    let costs = expanded(&mut sum)?;
    let automaton = automaton(&sum.diagrams, condition, &costs, STATE_LIMIT)?;
    let least = path(&automaton, |new, old| new < old)?;
    let most = path(&automaton, |new, old| new > old)?;
    Some([least, most])
}

/// The path of which no other is `better`.
fn path(automaton: &Automaton, better: impl Fn(u64, u64) -> bool) -> Option<(u64, Arch)> {
    // Per layer and state, the best cost of what follows and the option that begins it.
    let mut layers: Vec<Vec<Option<(u64, u16)>>> = vec![vec![Some((0, 0))]];
    for (edges, &arity) in automaton.layers.iter().zip(&automaton.arities).rev() {
        let next = layers.last()?;
        let of_state = |options: &[Option<(u32, u64)>]| {
            let mut best: Option<(u64, u16)> = None;
            for (option, edge) in options.iter().enumerate() {
                let Some((target, added)) = *edge else { continue };
                let Some((rest, _)) = next.get(target as usize).copied().flatten() else {
                    continue;
                };
                let cost = rest.checked_add(added)?;
                if best.is_none_or(|(known, _)| better(cost, known)) {
                    best = Some((cost, option as u16));
                }
            }
            best
        };
        let layer = edges.chunks(arity.max(1) as usize).map(of_state).collect();
        layers.push(layer);
    }
    layers.reverse();
    let (cost, _) = layers.first()?.first().copied().flatten()?;
    let mut arch = Arch(vec![0; automaton.arities.len()]);
    let mut state = 0;
    for (level, (edges, &arity)) in automaton.layers.iter().zip(&automaton.arities).enumerate() {
        let (_, option) = layers.get(level)?.get(state).copied().flatten()?;
        arch.set(DecisionId(level as u32), option.into());
        let (target, _) = (*edges.get(state * arity as usize + usize::from(option))?)?;
        state = target as usize;
    }
    Some((automaton.base.checked_add(cost)?, arch))
}
