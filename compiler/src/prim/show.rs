//! Shapes and values as messages say them.

use super::PrimCall;
use crate::ir::{Graph, Shape};
use crate::vary::{Leaf, Vary};

impl PrimCall<'_> {
    /// A shape for messages, such as `24x56x56` or `{16,24}x56x56`.
    pub fn show(&self, shape: &Shape) -> String {
        show_shape(self.graph, shape)
    }

    /// A value for messages.
    pub fn show_value(&self, value: Vary) -> String {
        show_value(self.graph, value)
    }
}

/// A shape for messages, such as `24x56x56` or `{16,24}x56x56`.
pub fn show_shape(graph: &Graph, shape: &Shape) -> String {
    let axes: Vec<String> = shape.axes.iter().map(|&axis| show_value(graph, axis)).collect();
    axes.join("x")
}

/// A value for messages, such as `3`, `"relu"` or `{3,5,7}`.
pub fn show_value(graph: &Graph, value: Vary) -> String {
    let written = |leaf: &Leaf| match leaf {
        Leaf::Str(text) => format!("\"{text}\""),
        other => other.to_string(),
    };
    if let Some(leaf) = graph.diagrams.constant(value) {
        return written(leaf);
    }
    let leaves: Vec<String> = graph.diagrams.leaves(value).iter().map(written).collect();
    match leaves.as_slice() {
        [first, .., last] if leaves.len() > 6 => format!("{{{first}..{last}}}"),
        few => format!("{{{}}}", few.join(",")),
    }
}
