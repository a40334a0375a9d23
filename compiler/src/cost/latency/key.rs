//! What a unit is called in a table: its canonical text.
//!
//! `conv;in=16x112x112;to=24x56x56;k=3;s=2;p=1;bias=1;then=relu6`: the first operation, the shapes it
//! reads and gives, its settings that matter at inference, and what follows. A setting that is one value
//! for all axes is written once; groups and dilations of 1 and a missing bias are left out. What a
//! deployed network folds into weights is not there: a batch normalisation, factor or shift right
//! behind a convolution or linear layer is its bias, and a standardised weight is a weight.

use std::fmt::Write as _;

use super::unit::{Unit, dims};
use crate::ir::{Kind, NodeId, Op, Role};
use crate::pass::Checked;
use crate::vary::{Diagrams, FALSE, Leaf, Vary};

/// Settings that change no time at inference, or that the shapes already tell.
const UNTOLD: [&str; 15] = [
    "out",
    "eps",
    "momentum",
    "affine",
    "stats",
    "init",
    "by",
    "gamma",
    "scaled",
    "standardise",
    "parity",
    "from",
    "to",
    "size",
    "scale",
];

/// The values that the text of a unit is made of.
pub(super) struct Parts {
    kind: Kind,
    /// Tail, bias, then shapes and settings as `layout` has them.
    pub values: Vec<Vary>,
    /// How many axes each operand has.
    operands: Vec<usize>,
    result: usize,
    /// The settings, with how many values each has.
    settings: Vec<(String, usize)>,
}

/// What a unit is called by, before it is known in which network.
pub(super) fn parts_of(space: &Checked, diagrams: &mut Diagrams, unit: &Unit) -> Parts {
    let node = space.node(unit.lead);
    let (kind, attributes) = match &node.op {
        Op::Prim { kind, attributes } => (*kind, attributes.as_slice()),
        Op::Input { .. } | Op::Select { .. } | Op::Output { .. } => (Kind::Identity, &[][..]),
    };
    let mut values = vec![unit.tail, bias(space, diagrams, unit.lead)];
    let mut operands = Vec::new();
    for operand in space.operands(unit.lead) {
        let axes = &space.node(operand).shape.axes;
        operands.push(axes.len());
        values.extend_from_slice(axes);
    }
    values.extend_from_slice(&node.shape.axes);
    let mut settings = Vec::new();
    for attribute in attributes {
        if !UNTOLD.contains(&&*attribute.name) {
            settings.push((attribute.name.to_string(), attribute.values.len()));
            values.extend_from_slice(&attribute.values);
        }
    }
    Parts { kind, values, operands, result: node.shape.axes.len(), settings }
}

/// Where an operation adds a bias of its own.
fn bias(space: &Checked, diagrams: &mut Diagrams, id: NodeId) -> Vary {
    let mut biased = FALSE;
    for &param in &space.node(id).params {
        let param = space.param(param);
        if param.role == Role::Bias {
            biased = diagrams.or(biased, param.when);
        }
    }
    biased
}

impl Parts {
    /// The text in the network where the values are `leaves`.
    pub fn text(&self, leaves: &[Leaf]) -> Option<String> {
        let mut rest = leaves;
        let mut take = |count: usize| -> Option<&[Leaf]> {
            let (taken, left) = rest.split_at_checked(count)?;
            rest = left;
            Some(taken)
        };
        let tail = take(1)?.first()?.as_str()?;
        let own_bias = *take(1)?.first()? == Leaf::Bool(true);
        let mut read = Vec::new();
        for &axes in &self.operands {
            let shape = take(axes)?;
            // An operand without channels is not there.
            if shape.first() != Some(&Leaf::Int(0)) {
                read.push(dims(shape));
            }
        }
        let given = dims(take(self.result)?);
        let mut tail: Vec<&str> = tail.split(',').filter(|token| !token.is_empty()).collect();
        let mut biased = own_bias;
        if folds(self.kind) {
            let folded =
                tail.iter().take_while(|t| ["bn", "gain", "offset", "scale"].contains(t)).count();
            let shifts = |token: &str| matches!(token, "bn" | "offset");
            biased |= tail.drain(..folded).any(shifts);
        }
        let mut text = format!("{};in={};to={given}", name(self.kind), read.join(","));
        for (name, count) in &self.settings {
            let values = take(*count)?;
            if values.iter().any(|leaf| matches!(leaf, Leaf::Fault(_) | Leaf::Absent)) {
                return None;
            }
            let (short, default) = shortened(name);
            let shown = match values {
                [first, others @ ..] if others.iter().all(|other| other == first) => {
                    first.to_string()
                }
                _ => dims(values),
            };
            if default != Some(shown.as_str()) {
                let _ = write!(text, ";{short}={shown}");
            }
        }
        if biased {
            text.push_str(";bias=1");
        }
        if !tail.is_empty() {
            let _ = write!(text, ";then={}", tail.join(","));
        }
        Some(text)
    }
}

/// Whether factors and shifts behind the operation go into its weights and bias.
pub(super) fn folds(kind: Kind) -> bool {
    use Kind::{BinaryConv, Conv, ConvTranspose, Linear, WsConv};
    matches!(kind, Conv | ConvTranspose | BinaryConv | WsConv | Linear)
}

/// The name of an operation at inference.
fn name(kind: Kind) -> &'static str {
    if kind == Kind::WsConv { Kind::Conv.name() } else { kind.name() }
}

/// A setting's name in keys, and the value that is left out.
fn shortened(name: &str) -> (&str, Option<&'static str>) {
    match name {
        "kernel" => ("k", None),
        "stride" => ("s", None),
        "pad" => ("p", None),
        "output_pad" => ("op", Some("0")),
        "dilation" => ("d", Some("1")),
        "groups" => ("g", Some("1")),
        other => (other, None),
    }
}
