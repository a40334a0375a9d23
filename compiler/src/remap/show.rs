//! A plan as text.

use std::fmt::Write as _;

use super::plan::{Plan, Planned, Tally};
use super::taken::{AxisMap, Taken};

impl Plan {
    /// What is copied along each axis of a tensor, such as `[0..48, :, 0..3 to 2..5]`: places in the
    /// seed's tensor, where they go if they move, and `:` for an axis that is copied whole.
    pub fn slices(&self, planned: &Planned) -> String {
        let Some(taken) = &planned.from else { return String::new() };
        let from = taken.shrunk_shape();
        let rows = |shape: &[u32]| shape.first().copied().unwrap_or(1);
        let (from_rows, to_rows) = (rows(&from), rows(&planned.shape));
        let lengths = from.iter().zip(&planned.shape).enumerate();
        let axes: Vec<String> = lengths
            .zip(&taken.axes)
            .map(|((axis, (&from, &to)), map)| {
                // Of the second axis of depthwise weights there is nothing to say.
                if axis == 1 && taken.groups == [from_rows, to_rows] && taken.groups != [1, 1] {
                    return ":".to_owned();
                }
                // That of others with groups is the one of all groups.
                let scale = |groups: u32| if axis == 1 { groups } else { 1 };
                let [from_groups, to_groups] = taken.groups.map(scale);
                self.axis(map, from * from_groups, to * to_groups)
            })
            .collect();
        let mut text = format!("[{}]", axes.join(", "));
        for shrink in &taken.shrinks {
            let _ = write!(text, " by {}", shrink.matrix);
        }
        text
    }

    fn axis(&self, map: &AxisMap, from: u32, to: u32) -> String {
        let mut text = String::new();
        for run in &map.runs {
            let is_whole = run.length == from && from == to && run.source == run.target;
            if is_whole && run.by.is_none() && run.step == 1 {
                return ":".to_owned();
            }
            if !text.is_empty() {
                text.push('+');
            }
            match run.by.and_then(|by| self.selections.get(by as usize)) {
                Some(selection) => {
                    let (keep, among) = (selection.keep, selection.among);
                    let _ = write!(text, "{keep} of {among} by {}", selection.score.word());
                }
                None => {
                    let _ = write!(text, "{}..{}", run.source, run.source + run.length);
                }
            }
            if run.step != 1 {
                let _ = write!(text, " to {}.. step {}", run.target, run.step);
            } else if run.source != run.target {
                let _ = write!(text, " to {}..{}", run.target, run.target + run.length);
            }
        }
        if text.is_empty() { "none".to_owned() } else { text }
    }

    /// The totals, one line for each part of the target, and the tensors of the seed that nothing is
    /// filled from.
    pub fn summary(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for stage in self.stages() {
            let count = stage.tensors;
            let word = if count == 1 { "tensor" } else { "tensors" };
            lines.push(format!("{}: {count} {word}, {}", stage.path, parts(stage.tally)));
        }
        lines.push(format!("in all: {} tensors, {}", self.tensors.len(), parts(self.total())));
        if !self.unmapped.is_empty() {
            lines.push(format!("not used of {}: {}", self.seed, self.unmapped.join(" ")));
        }
        lines
    }
}

/// A plan in short: one line for each operation with tensors, which share what they are filled from,
/// then the [summary](Plan::summary).
pub fn lines(plan: &Plan) -> Vec<String> {
    let operation = |path: &str| path.rsplit_once('.').map_or(path, |(above, _)| above).to_owned();
    let first_axis = |taken: &Taken| taken.axes.first().cloned();
    let mut lines = Vec::new();
    let mut rest = &plan.tensors[..];
    while let [first, ..] = rest {
        let fate = |planned: &Planned| {
            let from = planned.from.as_ref();
            (from.map(|taken| (operation(&taken.path), first_axis(taken))), planned.unfilled)
        };
        let here = operation(&first.path);
        let alike =
            |planned: &&Planned| operation(&planned.path) == here && fate(planned) == fate(first);
        let count = rest.iter().take_while(alike).count().max(1);
        let mut tally = Tally::default();
        for planned in &rest[..count] {
            tally += planned.tally;
        }
        lines.push(match (&first.from, first.unfilled) {
            (Some(taken), _) => {
                let (source, slices) = (operation(&taken.path), plan.slices(first));
                let copied = if tally.copied == tally.all() {
                    String::new()
                } else {
                    format!(", {}", parts(tally))
                };
                format!("{here} from {source} {slices}{copied}")
            }
            (None, reason) => {
                format!("{here}: {}", reason.map_or("nothing", super::Unfilled::reason))
            }
        });
        rest = &rest[count..];
    }
    lines.extend(plan.summary());
    lines
}

/// What numbers become, in percent of all.
fn parts(tally: Tally) -> String {
    let percent = |part: u64| 100.0 * part as f64 / tally.all().max(1) as f64;
    let named = [("copied", tally.copied), ("zero", tally.zeroed), ("fresh", tally.fresh)];
    let shown = named.iter().filter(|(_, part)| *part > 0);
    let shown: Vec<String> =
        shown.map(|(name, part)| format!("{:.2} % {name}", percent(*part))).collect();
    shown.join(", ")
}
