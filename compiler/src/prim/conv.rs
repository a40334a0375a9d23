//! `conv` and `dwconv`.

use super::call::ParamSpec;
use super::{Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::Diagnostic;
use crate::ir::{AxisSlice, Kind, Layout, NodeId, Role, Shape};
use crate::vary::{Binary, FALSE, Unary, Vary};

/// Convolution, 2-D or 3-D by the rank of its input.
pub const CONV: Primitive = Primitive {
    name: "conv",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("out", Type::Int, Preset::Required),
        Parameter::new("kernel", Type::Axes, Preset::Int(1)),
        Parameter::new("stride", Type::Axes, Preset::Int(1)),
        Parameter::new("dilation", Type::Axes, Preset::Int(1)),
        Parameter::new("groups", Type::Int, Preset::Int(1)),
        Parameter::new("pad", Type::Axes, Preset::Computed),
        Parameter::new("bias", Type::Bool, Preset::Bool(false)),
    ],
    build: conv,
    gives_list: false,
};

/// Depthwise convolution: one filter per channel.
pub const DWCONV: Primitive = Primitive {
    name: "dwconv",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("kernel", Type::Axes, Preset::Required),
        Parameter::new("stride", Type::Axes, Preset::Int(1)),
        Parameter::new("dilation", Type::Axes, Preset::Int(1)),
        Parameter::new("pad", Type::Axes, Preset::Computed),
        Parameter::new("bias", Type::Bool, Preset::Bool(false)),
    ],
    build: dwconv,
    gives_list: false,
};

fn conv(call: &mut PrimCall<'_>) -> Option<Vec<NodeId>> {
    call.spatial_rank("conv")?;
    let input = call.shape();
    let out = call.one("out");
    let groups = call.one("groups");
    call.at_least("out", out, 0);
    call.at_least("groups", groups, 1);
    let zero = call.graph.diagrams.int(0);
    let empty = call.op(Binary::Equal, input.channels(), zero);
    let some = call.op(Binary::Less, zero, out);
    let bad = call.graph.diagrams.and(empty, some);
    let diagnostic = Diagnostic::error(
        "E0310",
        call.origin,
        "a convolution makes channels out of a tensor without channels",
    );
    call.check_input(bad, diagnostic);
    for (name, channels) in [("input", input.channels()), ("out", out)] {
        let rest = call.op(Binary::Mod, channels, groups);
        let bad = call.graph.diagrams.differ(rest, zero);
        let fails = call.graph.diagrams.unary(Unary::IsFault, bad);
        let bad = call.graph.diagrams.ite(fails, FALSE, bad);
        let shown = (call.show_value(channels), call.show_value(groups));
        let message = format!("the {name} channels cannot be divided into the groups");
        let diagnostic = Diagnostic::error("E0311", call.origin, message)
            .at(format!("{} channels, {} groups", shown.0, shown.1));
        call.check_input(bad, diagnostic);
    }
    build(call, "conv", out, groups)
}

fn dwconv(call: &mut PrimCall<'_>) -> Option<Vec<NodeId>> {
    call.spatial_rank("dwconv")?;
    let channels = call.shape().channels();
    build(call, "dwconv", channels, channels)
}

fn build(call: &mut PrimCall<'_>, what: &str, out: Vary, groups: Vary) -> Option<Vec<NodeId>> {
    let input = call.shape();
    call.needs_one_layout(&input.layout);
    let rank = input.space().len();
    let kernel = call.per_axis("kernel", rank)?;
    let stride = call.per_axis("stride", rank)?;
    let dilation = call.per_axis("dilation", rank)?;
    for (name, values) in [("kernel", &kernel), ("stride", &stride), ("dilation", &dilation)] {
        for &value in values {
            call.at_least(name, value, 1);
        }
    }
    let pad = if call.has("pad") {
        let pad = call.per_axis("pad", rank)?;
        for &value in &pad {
            call.at_least("pad", value, 0);
        }
        pad
    } else {
        same_pad(call, &kernel, &dilation)
    };
    let mut axes = vec![out];
    for (axis, &size) in input.space().iter().enumerate() {
        axes.push(call.window(size, [kernel[axis], stride[axis], dilation[axis], pad[axis]]));
    }
    let depthwise = out == groups && groups == input.channels();
    let one_group = call.graph.diagrams.constant_int(groups) == Some(1);
    let full = input.layout.is_full(&call.graph.diagrams);
    if !depthwise && !one_group && !full {
        let message = format!("`{what}` cannot divide channels that vary into groups");
        call.sink.push(
            Diagnostic::error("E0313", call.origin, message)
                .help("give every network the same input channels, or use `dwconv`"),
        );
        return None;
    }
    let layout = if depthwise { input.layout.clone() } else { call.new_layout(out) };
    let out_slice = call.slice_of(&layout);
    let most_groups = call.most(groups).max(1);
    let (in_full, in_slice) = if depthwise {
        (1, AxisSlice::Whole)
    } else {
        (input.layout.max() / most_groups, call.slice_of(&input.layout))
    };
    let mut full = vec![layout.max(), in_full];
    let mut slices = vec![out_slice.clone(), if one_group { in_slice } else { AxisSlice::Whole }];
    for &size in &kernel {
        full.push(call.most(size));
        let varies = call.graph.diagrams.constant(size).is_none();
        slices.push(if varies { AxisSlice::Centre(size) } else { AxisSlice::Whole });
    }
    let mut params = vec![ParamSpec { name: "weight", role: Role::ConvWeight, full, slices }];
    if call.flag("bias")? {
        params.push(ParamSpec {
            name: "bias",
            role: Role::Bias,
            full: vec![layout.max()],
            slices: vec![out_slice],
        });
    }
    let strided = call.op(Binary::Multiply, input.stride, stride[0]);
    let layout = Layout { mixed: None, ..layout };
    let shape = Shape { axes, layout, stride: strided };
    let attributes: [(&str, &[Vary]); 6] = [
        ("out", &[out]),
        ("kernel", &kernel),
        ("stride", &stride),
        ("dilation", &dilation),
        ("groups", &[groups]),
        ("pad", &pad),
    ];
    let operands = call.operands.clone();
    Some(vec![call.finish(Kind::Conv, &attributes, &operands, shape, &params)])
}

/// `div(dilation (kernel - 1), 2)`: keeps the size where the stride is one and the kernel odd.
pub(super) fn same_pad(call: &mut PrimCall<'_>, kernel: &[Vary], dilation: &[Vary]) -> Vec<Vary> {
    kernel
        .iter()
        .zip(dilation)
        .map(|(&kernel, &dilation)| {
            let reach = call.with(Binary::Subtract, kernel, 1);
            let reach = call.op(Binary::Multiply, reach, dilation);
            call.with(Binary::Div, reach, 2)
        })
        .collect()
}
