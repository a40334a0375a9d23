//! The decisions in order, as a layered automaton.
//!
//! A state at the cut before a decision is what remains of the condition and of every cost that is
//! begun and not finished, once the earlier decisions are taken. Two ways to a state can go on in
//! exactly the same ways at the same costs.

use rustc_hash::FxHashMap;

use crate::vary::{DecisionId, Diagrams, FALSE, TRUE, Vary};

/// Most states of an automaton of which somebody waits for the answer.
pub(super) const STATE_LIMIT: usize = 1_000_000;

/// One option of a state: the state it leads to and what it adds to the cost; `None` where no
/// network lies.
pub(super) type Edge = Option<(u32, u64)>;

/// States layer by layer, one layer per decision. The first layer has at most one state, and all
/// edges of the last lead to state 0, the end.
#[derive(Debug)]
pub(super) struct Automaton {
    /// Per decision, the edges of each state one after another, as many as the decision has options.
    pub layers: Vec<Vec<Edge>>,
    /// The options of each decision.
    pub arities: Vec<u32>,
    /// What every network costs.
    pub base: u64,
}

/// The automaton of all assignments that meet `condition`, with the sum of `costs` (integers of at
/// least zero in every network). `None` past `limit` states, or if a cost passes 64 bits.
pub(super) fn automaton(
    diagrams: &Diagrams,
    condition: Vary,
    costs: &[Vary],
    limit: usize,
) -> Option<Automaton> {
    let arities: Vec<u32> =
        (0..diagrams.decisions()).map(|d| diagrams.arity(DecisionId(d as u32))).collect();
    let int = |value: Vary| u64::try_from(diagrams.constant_int(value)?).ok();
    let mut base = 0_u64;
    // Each cost lies between the first and the last decision that it looks at.
    let mut spans: Vec<(DecisionId, DecisionId, Vary)> = Vec::new();
    for &cost in costs {
        let support = diagrams.support(cost);
        match (support.first(), support.last()) {
            (Some(&first), Some(&last)) => spans.push((first, last, cost)),
            _ => base = base.checked_add(int(cost)?)?,
        }
    }
    spans.sort_unstable();
    let mut layers = Vec::with_capacity(arities.len());
    // Which costs are open at this cut, and the states with what remains of each.
    let mut open: Vec<usize> = Vec::new();
    let mut states: Vec<(Vary, Vec<Vary>)> = Vec::new();
    if condition != FALSE {
        states.push((condition, Vec::new()));
    }
    let mut total = 0;
    for (level, &arity) in arities.iter().enumerate() {
        let decision = DecisionId(level as u32);
        let begun: Vec<usize> =
            (0..spans.len()).filter(|&span| spans[span].0 == decision).collect();
        let here: Vec<usize> = open.iter().chain(&begun).copied().collect();
        let goes_on: Vec<bool> = here.iter().map(|&span| spans[span].1 > decision).collect();
        let mut next: FxHashMap<(Vary, Vec<Vary>), u32> = FxHashMap::default();
        let mut order: Vec<(Vary, Vec<Vary>)> = Vec::new();
        let mut edges: Vec<Edge> = Vec::with_capacity(states.len() * arity as usize);
        for (condition, rest) in &states {
            for option in 0..arity {
                let condition = diagrams.child(*condition, decision, option);
                if condition == FALSE {
                    edges.push(None);
                    continue;
                }
                let mut added = 0_u64;
                let mut left = Vec::with_capacity(here.len());
                let values = rest.iter().copied().chain(begun.iter().map(|&span| spans[span].2));
                for (value, goes_on) in values.zip(&goes_on) {
                    // A cost that is settled early counts at once and leaves a mark, the constant
                    // `true`, which is no cost.
                    let value = diagrams.child(value, decision, option);
                    let settled = diagrams.constant(value).is_some();
                    if settled && value != TRUE {
                        added = added.checked_add(int(value)?)?;
                    }
                    if *goes_on {
                        left.push(if settled { TRUE } else { value });
                    }
                }
                let state = (condition, left);
                let number = *next.entry(state).or_insert_with_key(|state| {
                    order.push(state.clone());
                    order.len() as u32 - 1
                });
                edges.push(Some((number, added)));
            }
        }
        total += order.len();
        if total > limit {
            return None;
        }
        layers.push(edges);
        states = order;
        open = here.into_iter().zip(goes_on).filter(|(_, on)| *on).map(|(span, _)| span).collect();
    }
    // With no decision at all, the condition alone says whether there is a network.
    (!arities.is_empty() || condition == TRUE).then_some(Automaton { layers, arities, base })
}
