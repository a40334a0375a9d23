//! What a picture of a graph shows, whatever draws it.

use std::collections::BTreeMap;

use crate::ir::text::{product, varying};
use crate::ir::{Graph, NodeId, Op};
use crate::vary::Vary;

/// How a box looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// An input or output.
    End,
    /// An operation.
    Operation,
    /// A select: one of its operands goes on.
    Decision,
    /// Several nodes of one path.
    Group,
}

/// One box.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub look: Look,
    /// The lines of its label.
    pub lines: Vec<String>,
    /// The part of the space that it stands in; empty at the top.
    pub cluster: String,
}

/// Boxes, and arrows between their places.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawing {
    pub blocks: Vec<Block>,
    /// From, to, and what stands on the arrow.
    pub arrows: Vec<(usize, usize, String)>,
}

/// The picture of a graph. With a depth, everything that shares that many leading parts of its path
/// is one box.
pub(super) fn drawing(graph: &Graph, depth: Option<usize>) -> Drawing {
    let mut made = Drawing::default();
    let mut place_of = vec![0_usize; graph.node_bound()];
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (id, node) in graph.nodes() {
        let parts: Vec<&str> = node.path.split('.').collect();
        let place = match depth {
            Some(depth) if parts.len() > depth.max(1) => {
                let prefix = parts[..depth.max(1)].join(".");
                let entry = groups.entry(prefix.clone()).or_insert_with(|| {
                    let cluster = if depth > 1 { parts[0].to_owned() } else { String::new() };
                    made.blocks.push(Block { look: Look::Group, lines: vec![prefix], cluster });
                    (made.blocks.len() - 1, 0)
                });
                entry.1 += 1;
                entry.0
            }
            _ => {
                made.blocks.push(block(graph, id, &parts));
                made.blocks.len() - 1
            }
        };
        place_of[id.index()] = place;
        for (port, operand) in graph.operands(id).into_iter().enumerate() {
            let from = place_of[operand.index()];
            if from == place {
                continue;
            }
            let label = match &node.op {
                Op::Select { on } if made.blocks[place].look == Look::Decision => {
                    taken_label(graph, *on, port)
                }
                _ => String::new(),
            };
            let arrow = (from, place, label);
            if !made.arrows.contains(&arrow) || made.blocks[place].look != Look::Group {
                made.arrows.push(arrow);
            }
        }
    }
    for (place, count) in groups.into_values() {
        let plural = if count == 1 { "" } else { "s" };
        made.blocks[place].lines.push(format!("{count} operation{plural}"));
    }
    made
}

fn block(graph: &Graph, id: NodeId, parts: &[&str]) -> Block {
    let node = graph.node(id);
    let shape = product(graph, &node.shape.axes);
    let (look, mut lines) = match &node.op {
        Op::Input { name } => (Look::End, vec![format!("input {name}")]),
        Op::Output { name } => (Look::End, vec![format!("output {name}")]),
        Op::Select { .. } => (Look::Decision, vec![node.path.to_string()]),
        Op::Prim { kind, attributes } => {
            let mut line = kind.name().to_owned();
            for attribute in attributes {
                let shown = match &*attribute.name {
                    "kernel" | "kind" => true,
                    "stride" | "groups" => attribute
                        .values
                        .iter()
                        .any(|&value| graph.diagrams.constant_int(value) != Some(1)),
                    _ => false,
                };
                if shown && let Some(&value) = attribute.values.first() {
                    let plain = matches!(&*attribute.name, "kernel" | "kind");
                    if !plain {
                        line = format!("{line} {}", attribute.name);
                    }
                    line = format!("{line} {}", varying(graph, value));
                }
            }
            (Look::Operation, vec![node.path.to_string(), line])
        }
    };
    if look != Look::Decision {
        lines.push(shape);
    }
    let cluster = if parts.len() > 1 { parts[0].to_owned() } else { String::new() };
    Block { look, lines, cluster }
}

/// The options of a decision that take the operand of that number.
fn taken_label(graph: &Graph, on: Vary, port: usize) -> String {
    let support: Vec<_> = graph.diagrams.support(on).into_iter().collect();
    let [only] = support.as_slice() else { return port.to_string() };
    let labels: Vec<&str> = graph.decisions.get(only.index()).map_or(Vec::new(), |decision| {
        let takes = |option: usize| {
            graph.diagrams.eval(on, |_| option as u32).as_int() == Some(port as i64)
        };
        let options = decision.options.iter().enumerate();
        options.filter(|(option, _)| takes(*option)).map(|(_, label)| &**label).collect()
    });
    labels.join(", ")
}
