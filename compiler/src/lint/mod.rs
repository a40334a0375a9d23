//! What is allowed, but probably not meant: warnings about a space of which every network is sound.
//!
//! A lint looks at the checked graph or at the trees of the files, never at both, and changes neither.
//! A decision is often written once and made many times, in a loop or a block; what holds of some
//! of them only is no mistake of whoever wrote it. So a lint of the graph speaks of a place in the
//! source, and only where its finding holds of every decision that was made there. The standard library
//! is not looked at: what it offers is for others to use.
//!
//! Deliberately absent: anything that needs unbounded work. A question that is too large for a lint is
//! left unasked.

mod alternatives;
mod bypass;
mod limits;
mod names;
mod options;

use std::collections::BTreeMap;

use crate::diagnostic::Sink;
use crate::elaborate::module::Module;
use crate::ir::{DecisionId, Graph, Origin};
use crate::pass::Checked;
use crate::source::Sources;

/// Warns of everything that a lint finds in a space, and in the files that it came from.
pub(crate) fn lint(space: &Checked, modules: &[Module], sources: &Sources, sink: &mut Sink) {
    let unused = names::unused(modules, sources, sink);
    let places = places(space);
    options::unused(space, &places, &unused, sink);
    options::dead(space, &places, sink);
    alternatives::identical(space, &places, sink);
    bypass::altered(space, sink);
    limits::impossible(space, &places, sink);
}

/// Warns of the names of the files alone, where nothing was elaborated from them.
pub(crate) fn lint_names(modules: &[Module], sources: &Sources, sink: &mut Sink) {
    names::unused(modules, sources, sink);
}

/// The decisions that were made at each place of the source.
type Places = BTreeMap<Origin, Vec<DecisionId>>;

fn places(space: &Graph) -> Places {
    let mut places = Places::new();
    for (id, decision) in space.decision_ids() {
        places.entry(decision.origin).or_default().push(id);
    }
    places
}

/// Names in a sentence: "the option `a`", "the options `a` and `b`".
fn listed(what: &str, names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [only] => format!("the {what} {only}"),
        [most @ .., last] => format!("the {what}s {} and {last}", most.join(", ")),
        [] => format!("no {what}"),
    }
}

/// What is added to a message where more than one decision is meant.
fn and_others(decisions: usize) -> Option<String> {
    match decisions.checked_sub(1)? {
        0 => None,
        1 => Some("the same holds of one more decision that is made here".to_owned()),
        others => Some(format!("the same holds of {others} more decisions that are made here")),
    }
}
