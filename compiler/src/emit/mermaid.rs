//! Pictures in the language of Mermaid, which hosts of Markdown draw.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::drawing::{Block, Look, drawing};
use crate::pass::Checked;

/// The graph as a flow chart: decisions are diamonds, parts of the space are subgraphs. With a
/// `depth`, everything that shares that many leading parts of its path is one box.
pub fn mermaid(space: &Checked, depth: Option<usize>) -> String {
    let drawing = drawing(space, depth);
    let mut text = String::from("flowchart TD\n");
    let mut clusters: BTreeMap<usize, (&str, Vec<usize>)> = BTreeMap::new();
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, block) in drawing.blocks.iter().enumerate() {
        let key = *first.entry(&block.cluster).or_insert(place);
        clusters.entry(key).or_insert((&block.cluster, Vec::new())).1.push(place);
    }
    for (key, (name, members)) in clusters {
        let is_cluster = !name.is_empty() && members.len() > 1;
        let indent = if is_cluster { "        " } else { "    " };
        if is_cluster {
            let _ = writeln!(text, "    subgraph c{key} [{}]", quoted(name));
        }
        for place in members {
            let _ = writeln!(text, "{indent}n{place}{}", shape(&drawing.blocks[place]));
        }
        if is_cluster {
            text.push_str("    end\n");
        }
    }
    for (from, to, label) in &drawing.arrows {
        let label = if label.is_empty() { String::new() } else { format!("|{}|", quoted(label)) };
        let _ = writeln!(text, "    n{from} -->{label} n{to}");
    }
    text
}

fn shape(block: &Block) -> String {
    let label = quoted(&block.lines.join("<br/>"));
    match block.look {
        Look::End => format!("([{label}])"),
        Look::Operation => format!("[{label}]"),
        Look::Decision => format!("{{{label}}}"),
        Look::Group => format!("[[{label}]]"),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "#quot;"))
}
