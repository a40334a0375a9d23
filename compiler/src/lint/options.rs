//! Decisions that no network uses, and options that no network takes.

use std::collections::BTreeSet;

use super::{Places, and_others, listed};
use crate::diagnostic::{Diagnostic, Sink};
use crate::ir::{DecisionId, Graph, Origin};
use crate::vary::FALSE;

/// Warns of decisions that exist in no valid network. Those of a `let` that nothing uses are in
/// `told` already.
pub(super) fn unused(space: &Graph, places: &Places, told: &[Origin], sink: &mut Sink) {
    for (&origin, decisions) in places {
        let inside = |outer: &Origin| {
            outer.file == origin.file && outer.start <= origin.start && origin.end <= outer.end
        };
        // With one option there is nothing to decide, and nothing to read.
        let is_used = |&id: &DecisionId| space.decision(id).options.len() == 1 || exists(space, id);
        if told.iter().any(inside) || decisions.iter().any(is_used) {
            continue;
        }
        let Some(&first) = decisions.first() else { continue };
        let path = &space.decision(first).path;
        let message = format!("no network uses the decision `{path}`");
        let mut diagnostic = Diagnostic::warning("W0905", origin, message)
            .at("nothing that is computed reads it")
            .note(
                "a decision counts only where an operation, a shape or another decision reads it",
            );
        diagnostic.notes.extend(and_others(decisions.len()));
        sink.push(diagnostic);
    }
}

fn exists(space: &Graph, id: DecisionId) -> bool {
    let exists = space.decision(id).exists;
    exists != FALSE && space.diagrams.options_where(id, &[exists, space.valid]).contains(&true)
}

/// Warns of options that no valid network takes, unless a `forbid` that speaks of their decision alone
/// says so: that keeps the option's tensors, and was meant.
pub(super) fn dead(space: &Graph, places: &Places, sink: &mut Sink) {
    for (&origin, decisions) in places {
        let mut open: Vec<(DecisionId, Vec<bool>)> = Vec::new();
        for &id in decisions {
            let taken = space.diagrams.options_where(id, &[space.decision(id).exists, space.valid]);
            // A decision that exists nowhere takes nothing.
            if taken.contains(&true) {
                open.push((id, taken));
            }
        }
        let Some((first, taken)) = open.first() else { continue };
        let decision = space.decision(*first);
        let is_dead = |(id, taken): &(DecisionId, Vec<bool>), label: &str| {
            let place = space.decision(*id).options.iter().position(|other| **other == *label);
            place.is_none_or(|place| !taken[place])
        };
        let labels: Vec<&str> = decision
            .options
            .iter()
            .enumerate()
            .filter(|(option, label)| {
                !taken[*option]
                    && open.iter().all(|decision| is_dead(decision, label))
                    && !is_forbidden(space, *first, *option)
            })
            .map(|(_, label)| &**label)
            .collect();
        if labels.is_empty() {
            continue;
        }
        let options = listed("option", &labels);
        let message = format!("no network takes {options} of `{}`", decision.path);
        let mut diagnostic = Diagnostic::warning("W0903", origin, message)
            .note("a guard or a `forbid` excludes that in every network that has the decision");
        let mut told = BTreeSet::new();
        for forbidden in &space.forbidden {
            let support = space.diagrams.support(forbidden.condition);
            if support.contains(first) && told.insert(forbidden.origin) {
                diagnostic = diagnostic.label(forbidden.origin, "forbidden here");
            }
        }
        diagnostic.notes.extend(and_others(open.len()));
        sink.push(diagnostic);
    }
}

/// Whether a `forbid` about the decision alone names the option.
fn is_forbidden(space: &Graph, id: DecisionId, option: usize) -> bool {
    space.forbidden.iter().any(|forbidden| {
        let support = space.diagrams.support(forbidden.condition);
        support.len() == 1
            && support.contains(&id)
            && space.diagrams.options_where(id, &[forbidden.condition])[option]
    })
}
