//! `dropout` and `drop_path`: zeroes at random in training, nothing in evaluation.

use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::Diagnostic;
use crate::ir::Kind;
use crate::vary::Binary;

/// Zeroes elements with probability `p` and scales the others by `1 / (1 - p)`.
pub const DROPOUT: Primitive = Primitive {
    name: "dropout",
    parameters: &[Parameter::tensor(), Parameter::new("p", Type::Float, Preset::Required)],
    build: dropout,
    gives_list: false,
};

/// Zeroes whole images with probability `p` and scales the others by `1 / (1 - p)`.
pub const DROP_PATH: Primitive = Primitive {
    name: "drop_path",
    parameters: &[Parameter::tensor(), Parameter::new("p", Type::Float, Preset::Required)],
    build: drop_path,
    gives_list: false,
};

fn dropout(call: &mut PrimCall<'_>) -> Option<Nodes> {
    drop(call, Kind::Dropout)
}

fn drop_path(call: &mut PrimCall<'_>) -> Option<Nodes> {
    drop(call, Kind::DropPath)
}

fn drop(call: &mut PrimCall<'_>, kind: Kind) -> Option<Nodes> {
    let p = call.one("p");
    let d = &mut call.graph.diagrams;
    let (zero, one) = (d.float(0.0), d.float(1.0));
    let below = d.binary(Binary::Less, p, zero);
    let fits = d.binary(Binary::Less, p, one);
    let above = d.not(fits);
    let bad = d.or(below, above);
    let shown = call.show_value(p);
    let diagnostic = Diagnostic::error("E0324", call.origin, "`p` must be in 0.0..1.0")
        .at(format!("`p` is {shown}"));
    call.check(bad, diagnostic);
    let shape = call.shape();
    let operands = call.operands.clone();
    call.finish(kind, &[("p", &[p])], &operands, shape, [])
}
