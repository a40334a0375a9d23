//! What the networks with each option cost at least and at most.

use super::ground::{Bounds, Ground};
use super::ways::start;
use crate::cost::Measure;
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
    let mut ground = Ground::new(space, &[]).ok()?;
    ground.count(space, measure, scope, Bounds::default()).ok()?;
    let ways = ground.as_written(&[], states).ok()?;
    let after = ways.backward(Some((0, 0)), &None, |layer, edge, rest: &Span, span| {
        let added = layer.costs[edge];
        if let Some(here) = rest.and_then(|rest| shifted(rest, (added, added))) {
            widen(span, here);
        }
    });
    let base = (ways.base[0], ways.base[0]);
    let mut before: Vec<Span> = vec![Some((0, 0))];
    let mut options = vec![Vec::new(); ways.layers.len()];
    for (level, (layer, arity)) in ways.options().enumerate() {
        let next = after.get(level + 1)?;
        let mut reached: Vec<Span> = vec![None; next.len()];
        let mut taken: Vec<Span> = vec![None; arity];
        for (edge, &target) in layer.next.iter().enumerate() {
            let (Some(Some(span)), Some(rest)) =
                (before.get(edge / arity), next.get(target as usize))
            else {
                continue;
            };
            let here = shifted(*span, (layer.costs[edge], layer.costs[edge]))?;
            widen(&mut reached[target as usize], here);
            if let Some(rest) = *rest {
                let whole = shifted(here, rest)?;
                widen(&mut taken[edge % arity], shifted(whole, base)?);
            }
        }
        options[ways.order[level].index()] = taken;
        before = reached;
    }
    let rest = (*start(&after)?)?;
    let (least, most) = shifted(rest, base)?;
    Some(Reach { least, most, options })
}

fn shifted((least, most): (u64, u64), by: (u64, u64)) -> Span {
    Some((least.checked_add(by.0)?, most.checked_add(by.1)?))
}

fn widen(span: &mut Span, by: (u64, u64)) {
    *span = Some(span.map_or(by, |(least, most)| (least.min(by.0), most.max(by.1))));
}
