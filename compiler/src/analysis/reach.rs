//! What the networks with each option cost at least and at most.

use super::automaton::{Automaton, automaton};
use super::census::expanded;
use super::count::distinct;
use crate::cost::{Measure, factors};
use crate::pass::Checked;

/// The least and the most of a measure, over all networks and over those with each option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The least of all networks.
    pub least: u64,
    /// The most of all networks.
    pub most: u64,
    /// Per decision and option, the least and the most; `None` where no network takes the option.
    /// Networks without the decision count as taking its first option.
    pub options: Vec<Vec<Option<(u64, u64)>>>,
}

/// A least and a most, where anything was found.
type Span = Option<(u64, u64)>;

/// How far a measure reaches, over the part of the space at or below `scope`. Exact. `None` if there
/// is no network, or if the question needs more than `states` states.
pub fn reach(
    space: &Checked,
    measure: Measure,
    scope: Option<&str>,
    states: usize,
) -> Option<Reach> {
    let mut sum = factors(space, measure, scope);
    let condition = distinct(space, &mut sum.diagrams)?;
    let costs = expanded(&mut sum)?;
    let automaton = automaton(&sum.diagrams, condition, &costs, states)?;
    let after = after(&automaton)?;
    let mut before: Vec<Span> = vec![Some((0, 0))];
    let mut options = Vec::with_capacity(automaton.layers.len());
    for (level, (edges, &arity)) in automaton.layers.iter().zip(&automaton.arities).enumerate() {
        let next = after.get(level + 1)?;
        let mut reached: Vec<Span> = vec![None; next.len()];
        let mut taken: Vec<Span> = vec![None; arity as usize];
        for (edges, span) in edges.chunks(arity.max(1) as usize).zip(&before) {
            for (option, edge) in edges.iter().enumerate() {
                let (Some((target, added)), Some(span)) = (*edge, *span) else { continue };
                let here = shifted(span, (added, added))?;
                widen(&mut reached[target as usize], here);
                if let Some(rest) = next[target as usize] {
                    let whole = shifted(here, rest)?;
                    widen(&mut taken[option], shifted(whole, (automaton.base, automaton.base))?);
                }
            }
        }
        options.push(taken);
        before = reached;
    }
    let rest = after.first()?.first().copied().flatten()?;
    let (least, most) = shifted(rest, (automaton.base, automaton.base))?;
    Some(Reach { least, most, options })
}

/// Per layer and state, what can still be added; the last entry is the end's.
fn after(automaton: &Automaton) -> Option<Vec<Vec<Span>>> {
    let mut layers: Vec<Vec<Span>> = vec![vec![Some((0, 0))]];
    for (edges, &arity) in automaton.layers.iter().zip(&automaton.arities).rev() {
        let next = layers.last()?;
        let mut layer = Vec::new();
        for edges in edges.chunks(arity.max(1) as usize) {
            let mut span = None;
            for &(target, added) in edges.iter().flatten() {
                if let Some(rest) = next.get(target as usize).copied().flatten() {
                    widen(&mut span, shifted(rest, (added, added))?);
                }
            }
            layer.push(span);
        }
        layers.push(layer);
    }
    layers.reverse();
    Some(layers)
}

fn shifted((least, most): (u64, u64), by: (u64, u64)) -> Span {
    Some((least.checked_add(by.0)?, most.checked_add(by.1)?))
}

fn widen(span: &mut Span, by: (u64, u64)) {
    *span = Some(span.map_or(by, |(least, most)| (least.min(by.0), most.max(by.1))));
}
