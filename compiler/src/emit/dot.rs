//! Pictures in the language of Graphviz.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::drawing::{Block, Look, drawing};
use crate::pass::Checked;

/// The graph for `dot`: decisions are diamonds, parts of the space are clusters. With a `depth`,
/// everything that shares that many leading parts of its path is one box.
pub fn dot(space: &Checked, depth: Option<usize>) -> String {
    let drawing = drawing(space, depth);
    let mut text = format!("digraph {} {{\n", quoted(&space.name));
    text.push_str("    rankdir=TB\n    node [fontname=\"Helvetica\", fontsize=10]\n");
    text.push_str("    edge [fontname=\"Helvetica\", fontsize=9]\n");
    let mut clusters: BTreeMap<usize, (&str, Vec<usize>)> = BTreeMap::new();
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, block) in drawing.blocks.iter().enumerate() {
        let key = *first.entry(&block.cluster).or_insert(place);
        clusters.entry(key).or_insert((&block.cluster, Vec::new())).1.push(place);
    }
    for (name, members) in clusters.into_values() {
        let is_cluster = !name.is_empty() && members.len() > 1;
        let indent = if is_cluster { "        " } else { "    " };
        if is_cluster {
            let label = quoted(name);
            let _ = writeln!(text, "    subgraph {} {{", quoted(&format!("cluster_{name}")));
            let _ = writeln!(text, "        label={label}\n        color=gray70");
        }
        for place in members {
            let _ = writeln!(text, "{indent}n{place} [{}]", style(&drawing.blocks[place]));
        }
        if is_cluster {
            text.push_str("    }\n");
        }
    }
    for (from, to, label) in &drawing.arrows {
        let label =
            if label.is_empty() { String::new() } else { format!(" [label={}]", quoted(label)) };
        let _ = writeln!(text, "    n{from} -> n{to}{label}");
    }
    text.push_str("}\n");
    text
}

fn style(block: &Block) -> String {
    let look = match block.look {
        Look::End => "shape=ellipse",
        Look::Operation => "shape=box",
        Look::Decision => "shape=diamond, style=filled, fillcolor=lightyellow",
        Look::Group => "shape=box3d",
    };
    format!("{look}, label={}", quoted(&block.lines.join("\n")))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
