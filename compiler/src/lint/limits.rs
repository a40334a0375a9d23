//! Limits that leave nothing.

use super::{Places, and_others, listed};
use crate::analysis::{Reach, memory_range, reach};
use crate::cost::Measure;
use crate::cost::memory::Phase;
use crate::diagnostic::{Diagnostic, Sink};
use crate::emit::grouped;
use crate::ir::text::limit_text;
use crate::ir::{DecisionId, Limit};
use crate::pass::Checked;

/// Most states that the question about one limit may take; past it the limit is passed over.
const STATES: usize = 20_000;

/// Warns of limits that no network meets, and of options of which no network meets one.
pub(super) fn impossible(space: &Checked, places: &Places, sink: &mut Sink) {
    for limit in &space.limits {
        if let Some(phase) = Phase::of(&limit.metric) {
            without_memory(space, limit, phase, sink);
            continue;
        }
        let Some(measure) = Measure::of(space, &limit.metric) else { continue };
        let Some(reach) = reach(space, measure, limit.scope.as_deref(), STATES) else { continue };
        let Reach { least, most, options } = &reach;
        if let Some(distance) = outside(limit, *least, *most) {
            let message = format!("no network meets `{}`", limit_text(limit));
            let label = format!("{distance} of all networks is {}", amount(limit, *least, *most));
            sink.push(Diagnostic::warning("W0908", limit.origin, message).at(label));
            continue;
        }
        for (&origin, decisions) in places {
            let of_label = |id: DecisionId, label: &str| {
                let place = space.decision(id).options.iter().position(|o| &**o == label)?;
                *options.get(id.index())?.get(place)?
            };
            let Some(&first) = decisions.first() else { continue };
            let mut labels: Vec<&str> = Vec::new();
            let mut notes: Vec<String> = Vec::new();
            for label in &space.decision(first).options {
                let ranges: Vec<(u64, u64)> =
                    decisions.iter().filter_map(|&id| of_label(id, label)).collect();
                let Some(&(least, most)) = ranges.first() else { continue };
                let Some(distance) = outside(limit, least, most) else { continue };
                if ranges.iter().all(|&(least, most)| outside(limit, least, most).is_some()) {
                    labels.push(label);
                    let amount = amount(limit, least, most);
                    notes.push(format!("{distance} with `{label}` is {amount}"));
                }
            }
            if labels.is_empty() {
                continue;
            }
            let options = listed("option", &labels);
            let path = &space.decision(first).path;
            let limit_text = limit_text(limit);
            let message = format!("no network with {options} of `{path}` meets `{limit_text}`");
            let mut diagnostic =
                Diagnostic::warning("W0907", origin, message).label(limit.origin, "the limit");
            diagnostic.notes = notes;
            diagnostic.notes.extend(and_others(decisions.len()));
            sink.push(diagnostic);
        }
    }
}

/// Warns of a limit on memory that no network meets.
fn without_memory(space: &Checked, limit: &Limit, phase: Phase, sink: &mut Sink) {
    let Some([(least, _), (most, _)]) = memory_range(space, phase) else { return };
    let Some(distance) = outside(limit, least, most) else { return };
    let message = format!("no network meets `{}`", limit_text(limit));
    let label = format!("{distance} of all networks is {} bytes", amount(limit, least, most));
    sink.push(Diagnostic::warning("W0908", limit.origin, message).at(label));
}

/// Which end of the range lies outside of the limit.
fn outside(limit: &Limit, least: u64, most: u64) -> Option<&'static str> {
    if limit.max.is_some_and(|max| least > max) {
        return Some("the least");
    }
    limit.min.is_some_and(|min| most < min).then_some("the most")
}

/// The end of the range that lies outside.
fn amount(limit: &Limit, least: u64, most: u64) -> String {
    let above = limit.max.is_some_and(|max| least > max);
    grouped(&if above { least } else { most }.to_string())
}
