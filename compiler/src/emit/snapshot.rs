//! What is kept of a space beside its source, to see what a change changes.

use std::fmt::Write as _;

use super::summary::{grouped, summary};
use crate::analysis::extremes;
use crate::arch::text::compact;
use crate::arch::{Arch, space_hash};
use crate::cost::{Measure, Table};
use crate::ir::text::{outline, text};
use crate::pass::Checked;
use crate::random::Stream;
use crate::remap::{Plan, lines};
use crate::sample;

/// Most nodes that a snapshot lists: nobody reads more.
const NODES_SHOWN: usize = 2500;

/// The snapshot: the graph, its summary, and what the smallest, the largest and one seeded network
/// cost, and from what it is filled. Of a large graph there is the hash of the space in place of nodes
/// and parameters, and the plan is summed up.
pub fn body(space: &Checked, plan: Option<&Plan>) -> String {
    let is_large = space.nodes().count() > NODES_SHOWN;
    let mut made = if is_large {
        format!("{}\nhash\n  {}\n", outline(space), space_hash(space))
    } else {
        text(space)
    };
    made.push_str("\nsummary\n");
    for line in summary(space).to_string().lines() {
        let _ = writeln!(made, "  {}", line.trim_end());
    }
    made.push_str("\nnetworks\n");
    let tables: Vec<(Measure, Table)> = [Measure::Macs, Measure::Params, Measure::ParamsWithoutBn]
        .into_iter()
        .filter_map(|measure| Some((measure, Table::new(space, measure, None).ok()?)))
        .collect();
    let named = if space.decisions.is_empty() {
        vec![("the only one", Some(Arch::default()))]
    } else {
        let [smallest, largest] = ends(space);
        let seeded = sample::uniform(space, &mut Stream::new(0, "snapshot", &[]));
        vec![("smallest", smallest), ("largest", largest), ("seed 0", seeded)]
    };
    for (name, arch) in named {
        let Some(arch) = arch else { continue };
        let costs: Vec<String> = tables
            .iter()
            .map(|(measure, table)| {
                format!("{} {}", measure.name(), grouped(&table.cost(&arch).to_string()))
            })
            .collect();
        let _ = writeln!(made, "  {name}: {}", costs.join(", "));
        let options = compact(space, &arch);
        if !options.is_empty() {
            let _ = writeln!(made, "    {}", options.replace(',', " "));
        }
    }
    if let Some(plan) = plan {
        made.push_str("\nremap\n");
        for line in if is_large { plan.summary() } else { lines(plan) } {
            let _ = writeln!(made, "  {line}");
        }
    }
    made
}

/// The whole `.snap` file: insta's header and the body.
pub fn file(source: &str, body: &str) -> String {
    format!("---\nsource: {source}\nexpression: space\n---\n{}\n", body.trim_end())
}

/// The body of a `.snap` file, without its header.
pub fn body_of(file: &str) -> Option<&str> {
    let rest = file.strip_prefix("---\n")?;
    let (_, body) = rest.split_once("\n---\n")?;
    Some(body)
}

/// The networks with the fewest and the most MACs; where they cannot be settled exactly, those that
/// no change of a single decision improves.
pub fn ends(space: &Checked) -> [Option<Arch>; 2] {
    if let Some(ends) = extremes(space, Measure::Macs, None) {
        return ends.map(|(_, arch)| Some(arch));
    }
    let Ok(table) = Table::new(space, Measure::Macs, None) else { return [None, None] };
    [-1, 1].map(|sign| climbed(space, &table, sign))
}

fn climbed(space: &Checked, table: &Table, sign: i64) -> Option<Arch> {
    let mut arch = sample::uniform(space, &mut Stream::new(0, "climb", &[]))?;
    loop {
        let mut improved = false;
        for (id, decision) in space.decision_ids() {
            for option in 0..decision.options.len() as u32 {
                if table.change(&arch, id, option) * sign > 0 {
                    let mut better = arch.clone();
                    better.set(id, option);
                    if space.is_valid(&space.canonical(&better)) {
                        arch = better;
                        improved = true;
                    }
                }
            }
        }
        if !improved {
            return Some(space.canonical(&arch));
        }
    }
}
