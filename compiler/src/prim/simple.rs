//! `scale`, `softmax`, `identity`, `zero`.

use super::conv::height;
use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::Diagnostic;
use crate::ir::{Kind, Shape};
use crate::vary::{Binary, Values, Vary};

/// Product with a constant.
pub const SCALE: Primitive = Primitive {
    name: "scale",
    parameters: &[Parameter::tensor(), Parameter::new("by", Type::Float, Preset::Required)],
    build: scale,
    gives_list: false,
};

/// Normalised exponentials along an axis, 0 for channels. With `runs` above 1 the channels are so many
/// equal runs, and what stands at one place of the runs sums to one.
pub const SOFTMAX: Primitive = Primitive {
    name: "softmax",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("axis", Type::Int, Preset::Int(0)),
        Parameter::new("runs", Type::Int, Preset::Int(1)),
    ],
    build: softmax,
    gives_list: false,
};

/// The operand itself.
pub const IDENTITY: Primitive = Primitive {
    name: "identity",
    parameters: &[Parameter::tensor()],
    build: identity,
    gives_list: false,
};

/// Zeros with as many channels as `out` (default: as the operand), at `1 / stride` of its size.
pub const ZERO: Primitive = Primitive {
    name: "zero",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("out", Type::Int, Preset::Computed),
        Parameter::new("stride", Type::Axes, Preset::Int(1)),
    ],
    build: zero,
    gives_list: false,
};

fn scale(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let by = call.one("by");
    same_shape(call, Kind::Scale, &[("by", &[by])])
}

fn softmax(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let axis = call.one("axis");
    let last = call.shape().axes.len() as i64 - 1;
    call.between("axis", axis, [0, last]);
    let runs = call.one("runs");
    if call.graph.diagrams.constant_int(runs) == Some(1) {
        return same_shape(call, Kind::Softmax, &[("axis", &[axis])]);
    }
    call.at_least("runs", runs, 1);
    call.between("axis", axis, [0, 0]);
    let rest = call.op(Binary::Mod, call.shape().channels(), runs);
    let zero = call.graph.diagrams.int(0);
    let bad = call.graph.diagrams.differ(rest, zero);
    let shown = (call.show_value(call.shape().channels()), call.show_value(runs));
    let message = format!("{} channels are not {} equal runs", shown.0, shown.1);
    call.check_input(bad, Diagnostic::error("E0322", call.origin, message));
    same_shape(call, Kind::Softmax, &[("axis", &[axis]), ("runs", &[runs])])
}

fn identity(call: &mut PrimCall<'_>) -> Option<Nodes> {
    same_shape(call, Kind::Identity, &[])
}

fn same_shape(
    call: &mut PrimCall<'_>,
    kind: Kind,
    attributes: &[(&'static str, &[Vary])],
) -> Option<Nodes> {
    let shape = call.shape();
    let operands = call.operands.clone();
    call.finish(kind, attributes, &operands, shape, [])
}

fn zero(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let input = call.shape();
    let rank = input.space().len();
    let stride = call.per_axis("stride", rank)?;
    let (out, layout) = if call.has("out") {
        let out = call.one("out");
        call.at_least("out", out, 0);
        (out, call.new_layout(out))
    } else {
        (input.channels(), input.layout.clone())
    };
    let mut axes = Values::from_slice(&[out]);
    for (&size, &stride) in input.space().iter().zip(&stride) {
        call.at_least("stride", stride, 1);
        let reach = call.with(Binary::Subtract, size, 1);
        let steps = call.op(Binary::Div, reach, stride);
        axes.push(call.with(Binary::Add, steps, 1));
    }
    let strided = if rank < 2 {
        input.stride
    } else {
        call.op(Binary::Multiply, input.stride, height(&stride))
    };
    let shape = Shape { axes, layout, stride: strided };
    let operands = call.operands.clone();
    let attributes: [(&'static str, &[Vary]); 2] = [("out", &[out]), ("stride", &stride)];
    call.finish(Kind::Zero, &attributes, &operands, shape, [])
}
