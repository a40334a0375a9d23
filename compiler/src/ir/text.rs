//! The text form of a graph: one line per decision, node and parameter, for people to read.
//!
//! What varies is written as the set of its values and what it goes by (`{16,24,32} by width`), what
//! does not exist everywhere with its condition (`if s1.0.op=shuffle3`). Ids are places in the
//! text, so that equal graphs have equal texts. Origins are left out. The form is for snapshots and
//! eyes; a set of values over several decisions does not say which is where, so nothing reads it back.

mod value;

use std::fmt::Write as _;

use super::{
    Attribute, AxisSlice, Decision, DecisionKind, Graph, Limit, Metric, Node, Op, Param, Shape,
};
use crate::vary::{TRUE, Vary};

pub use value::{condition, product, varying};

/// The graph without its nodes and parameters: head, limits, decisions.
pub fn outline(graph: &Graph) -> String {
    let mut text = head(graph);
    for limit in &graph.limits {
        text.push_str(&limit_text(limit));
        text.push('\n');
    }
    if graph.valid != TRUE {
        let _ = writeln!(text, "valid if {}", condition(graph, graph.valid));
    }
    if !graph.decisions.is_empty() {
        text.push_str("\ndecisions\n");
    }
    for decision in &graph.decisions {
        let _ = write!(text, "  {}", decision_text(graph, decision));
        if let Some(prior) = &decision.prior {
            let _ = write!(text, " prior {}", joined(prior.iter().map(|p| format!("{p}")), ","));
        }
        let default = decision.default.and_then(|o| decision.options.get(o as usize));
        if let Some(default) = default {
            let _ = write!(text, " default {default}");
        }
        text.push('\n');
    }
    text
}

/// The whole graph: head, limits, decisions, nodes, parameters.
pub fn text(graph: &Graph) -> String {
    let mut text = outline(graph);
    text.push_str("\nnodes\n");
    text.push_str(&nodes(graph));
    if !graph.params.is_empty() {
        text.push_str("\nparameters\n");
        for (place, param) in graph.params.iter().enumerate() {
            let _ = write!(text, "  ${place} {}", param_text(graph, param));
            for key in &param.keys {
                let _ = write!(text, "; {} \"{}\"", key.scheme, key.name);
            }
            text.push('\n');
        }
    }
    text
}

/// What makes two graphs the same space: decisions, nodes and parameters, without the name, the
/// settings, priors, defaults, limits and names for interchange, none of which changes a network.
pub(crate) fn identity(graph: &Graph) -> String {
    let mut text = String::new();
    for decision in &graph.decisions {
        text.push_str(&decision_text(graph, decision));
        text.push('\n');
    }
    text.push_str(&nodes(graph));
    text.push_str(&params(graph));
    text
}

fn head(graph: &Graph) -> String {
    let settings = graph.settings.iter().map(|(name, value)| format!("{name}: {value}"));
    if graph.settings.is_empty() {
        format!("{}\n", graph.name)
    } else {
        format!("{}({})\n", graph.name, joined(settings, ", "))
    }
}

/// A limit as the language writes it.
pub fn limit_text(limit: &Limit) -> String {
    let mut subject = limit.metric.to_string();
    if let Some(scope) = &limit.scope {
        let _ = write!(subject, "({scope})");
    }
    let shown: fn(u64) -> String = match limit.metric {
        Metric::Latency(_) => milliseconds,
        Metric::Memory | Metric::MemoryTraining => sized,
        Metric::Macs | Metric::Params => rounded,
    };
    let [min, max] = [limit.min, limit.max].map(|bound| bound.map(shown));
    match (min, max) {
        (Some(min), Some(max)) => format!("limit {subject} in {min}..={max}"),
        (Some(min), None) => format!("limit {subject} >= {min}"),
        (None, Some(max)) => format!("limit {subject} <= {max}"),
        (None, None) => format!("limit {subject}"),
    }
}

/// A count with the largest suffix that leaves a whole number: `330M`.
fn rounded(count: u64) -> String {
    for (unit, suffix) in [(1_000_000_000, 'G'), (1_000_000, 'M'), (1000, 'K')] {
        if count > 0 && count.is_multiple_of(unit) {
            return format!("{}{suffix}", count / unit);
        }
    }
    count.to_string()
}

/// Nanoseconds in milliseconds, all of them: `0.3ms`.
fn milliseconds(ns: u64) -> String {
    let digits = format!("{}.{:06}", ns / 1_000_000, ns % 1_000_000);
    format!("{}ms", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// Bytes with the largest unit that leaves a whole number: `20MB`, `1MiB`.
fn sized(bytes: u64) -> String {
    let units = [
        (1_000_000_000, "GB"),
        (1 << 30, "GiB"),
        (1_000_000, "MB"),
        (1 << 20, "MiB"),
        (1000, "KB"),
        (1 << 10, "KiB"),
    ];
    let fits = |(unit, _): &&(u64, &str)| bytes > 0 && bytes.is_multiple_of(*unit);
    match units.iter().find(fits) {
        Some((unit, suffix)) => format!("{}{suffix}", bytes / unit),
        None => format!("{bytes}B"),
    }
}

fn decision_text(graph: &Graph, decision: &Decision) -> String {
    let options = joined(decision.options.iter(), " | ");
    let mut text = match decision.kind {
        DecisionKind::Branch => format!("{}: {options}", decision.path),
        DecisionKind::Subset => format!("{} keeps {options}", decision.path),
        DecisionKind::Value => format!("{} in {{{}}}", decision.path, options.replace(" | ", ", ")),
    };
    text.push_str(&where_text(graph, decision.exists));
    text
}

fn nodes(graph: &Graph) -> String {
    // Places, not ids: passes may have removed nodes.
    let mut places = vec![0_usize; graph.node_bound()];
    let mut text = String::new();
    for (place, (id, node)) in graph.nodes().enumerate() {
        places[id.index()] = place;
        let operands =
            joined(graph.operands(id).iter().map(|o| format!("%{}", places[o.index()])), ", ");
        let _ = writeln!(text, "  %{place} {}", node_text(graph, node, &operands, &places));
    }
    text
}

fn node_text(graph: &Graph, node: &Node, operands: &str, places: &[usize]) -> String {
    let mut text = match &node.op {
        Op::Input { name } => format!("{} = input({name})", node.path),
        Op::Output { name } => format!("{} = output({operands}) as {name}", node.path),
        Op::Select { on } => {
            format!("{} = select({operands}) on {}", node.path, varying(graph, *on))
        }
        Op::Prim { kind, attributes } => {
            let attributes = attributes
                .iter()
                .filter(|attribute| !is_usual(graph, attribute))
                .map(|a| format!(" {}={}", a.name, product(graph, &a.values)));
            format!("{} = {}({operands}){}", node.path, kind.name(), joined(attributes, ""))
        }
    };
    if !node.params.is_empty() {
        let params = node.params.iter().map(|param| format!("${}", param.0));
        let _ = write!(text, " with {}", joined(params, " "));
    }
    let _ = write!(text, " -> {}", shape_text(graph, &node.shape, places));
    text.push_str(&where_text(graph, node.presence));
    text
}

fn shape_text(graph: &Graph, shape: &Shape, places: &[usize]) -> String {
    let mut text = product(graph, &shape.axes);
    let plain = match shape.layout.segments.as_slice() {
        [only] => only.active == shape.channels(),
        _ => false,
    };
    if !plain && !shape.layout.segments.is_empty() {
        let _ = write!(text, " of [{}]", segments(graph, &shape.layout.segments));
    }
    if let Some(select) = shape.layout.mixed {
        let place = places.get(select.index()).copied().unwrap_or(0);
        let _ = write!(text, " mixed at %{place}");
    }
    text
}

fn params(graph: &Graph) -> String {
    let mut text = String::new();
    for (place, param) in graph.params.iter().enumerate() {
        let _ = writeln!(text, "  ${place} {}", param_text(graph, param));
    }
    text
}

fn param_text(graph: &Graph, param: &Param) -> String {
    let full = joined(param.full.iter(), "x");
    let mut text = format!("{}: {} {full}", param.path, param.role.name());
    let is_whole = |slice: &AxisSlice, full: u32| match slice {
        AxisSlice::Whole => true,
        AxisSlice::Prefixes(segments) => {
            segments.iter().all(|s| graph.diagrams.constant_int(s.active) == Some(s.max.into()))
        }
        AxisSlice::Centre(size) => graph.diagrams.constant_int(*size) == Some(full.into()),
    };
    for (axis, (slice, &full)) in param.slices.iter().zip(&param.full).enumerate() {
        if is_whole(slice, full) {
            continue;
        }
        let cut = match slice {
            AxisSlice::Whole => continue,
            AxisSlice::Prefixes(made) => format!("first {}", segments(graph, made)),
            AxisSlice::Centre(size) => format!("centre {}", varying(graph, *size)),
        };
        let _ = write!(text, "; axis {axis} {cut}");
    }
    text.push_str(&where_text(graph, param.when));
    text
}

/// `16, {0,8} by w of 8`: what is in use of each segment.
fn segments(graph: &Graph, segments: &[super::Segment]) -> String {
    let parts = segments.iter().map(|s| {
        if graph.diagrams.constant_int(s.active) == Some(s.max.into()) {
            s.max.to_string()
        } else {
            format!("{} of {}", varying(graph, s.active), s.max)
        }
    });
    joined(parts, ", ")
}

fn where_text(graph: &Graph, presence: Vary) -> String {
    if presence == TRUE { String::new() } else { format!(" if {}", condition(graph, presence)) }
}

/// Whether an attribute says only that nothing is strided, dilated or grouped.
fn is_usual(graph: &Graph, attribute: &Attribute) -> bool {
    matches!(&*attribute.name, "stride" | "dilation" | "groups")
        && attribute.values.iter().all(|&value| graph.diagrams.constant_int(value) == Some(1))
}

fn joined(parts: impl Iterator<Item = impl std::fmt::Display>, between: &str) -> String {
    let mut text = String::new();
    for (place, part) in parts.enumerate() {
        if place > 0 {
            text.push_str(between);
        }
        let _ = write!(text, "{part}");
    }
    text
}
