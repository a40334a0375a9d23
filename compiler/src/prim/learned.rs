//! `gain` and `offset`: learned factors and shifts.

use super::parameters::ParamSpec;
use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::ir::{AxisSlice, Kind, Role, Shape};
use crate::vary::Vary;

/// Product with learned factors: one per channel, or one in all.
pub const GAIN: Primitive = Primitive {
    name: "gain",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("per_channel", Type::Bool, Preset::Bool(true)),
        Parameter::new("init", Type::Float, Preset::Float(1.0)),
    ],
    build: gain,
    gives_list: false,
};

/// Sum with learned shifts, one per channel.
pub const OFFSET: Primitive = Primitive {
    name: "offset",
    parameters: &[Parameter::tensor(), Parameter::new("init", Type::Float, Preset::Float(0.0))],
    build: offset,
    gives_list: false,
};

fn gain(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let shape = call.shape();
    let param = if call.flag("per_channel")? {
        per_channel(call, "gain", Role::Gain)
    } else {
        ParamSpec::new("gain", Role::Gain, vec![1], vec![AxisSlice::Whole])
    };
    learned(call, Kind::Gain, shape, param)
}

fn offset(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let shape = call.shape();
    let param = per_channel(call, "bias", Role::Offset);
    learned(call, Kind::Offset, shape, param)
}

fn learned(
    call: &mut PrimCall<'_>,
    kind: Kind,
    shape: Shape,
    param: ParamSpec<'_>,
) -> Option<Nodes> {
    let init = call.one("init");
    let operands = call.operands.clone();
    let attributes: [(&'static str, &[Vary]); 1] = [("init", &[init])];
    call.finish(kind, &attributes, &operands, shape, [param])
}

/// One number per channel of the operand, `[1, C, 1, …]` as broadcasting wants it.
pub(super) fn per_channel(
    call: &mut PrimCall<'_>,
    name: &'static str,
    role: Role,
) -> ParamSpec<'static> {
    let shape = call.shape();
    call.needs_one_layout(&shape.layout);
    let mut full = vec![1, shape.layout.max()];
    full.extend(vec![1; shape.space().len()]);
    let mut slices = vec![AxisSlice::Whole, call.slice_of(&shape.layout)];
    slices.extend(vec![AxisSlice::Whole; shape.space().len()]);
    ParamSpec::new(name, role, full, slices)
}
