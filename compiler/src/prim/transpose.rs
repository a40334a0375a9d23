//! `conv_transpose`.

use super::conv::{height, same_pad};
use super::parameters::ParamSpec;
use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::Diagnostic;
use crate::ir::{AxisSlice, Kind, Role, Shape};
use crate::vary::{Binary, FALSE, Unary, Values, Vary};

/// Transposed convolution: `(n - 1) stride - 2 pad + kernel + output_pad` places come of `n`.
pub const CONV_TRANSPOSE: Primitive = Primitive {
    name: "conv_transpose",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("out", Type::Int, Preset::Required),
        Parameter::new("kernel", Type::Axes, Preset::Required),
        Parameter::new("stride", Type::Axes, Preset::Int(1)),
        Parameter::new("pad", Type::Axes, Preset::Computed),
        Parameter::new("output_pad", Type::Axes, Preset::Int(0)),
        Parameter::new("groups", Type::Int, Preset::Int(1)),
        Parameter::new("bias", Type::Bool, Preset::Bool(false)),
    ],
    build: conv_transpose,
    gives_list: false,
};

fn conv_transpose(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let rank = call.spatial_rank("conv_transpose")?;
    let input = call.shape();
    call.needs_one_layout(&input.layout);
    let (out, groups) = (call.one("out"), call.one("groups"));
    call.at_least("out", out, 0);
    call.at_least("groups", groups, 1);
    call.makes_of_nothing(out);
    call.divides_into(groups, out);
    let kernel = call.per_axis("kernel", rank)?;
    let stride = call.per_axis("stride", rank)?;
    let output_pad = call.per_axis("output_pad", rank)?;
    let one = call.graph.diagrams.int(1);
    let pad = if call.has("pad") {
        call.per_axis("pad", rank)?
    } else {
        same_pad(call, &kernel, &vec![one; rank])
    };
    for (name, values, least) in [
        ("kernel", &kernel, 1),
        ("stride", &stride, 1),
        ("pad", &pad, 0),
        ("output_pad", &output_pad, 0),
    ] {
        for &value in values {
            call.at_least(name, value, least);
        }
    }
    let mut axes = Values::from_slice(&[out]);
    for (axis, &size) in input.space().iter().enumerate() {
        below_stride(call, output_pad[axis], stride[axis]);
        axes.push(grown(call, size, [kernel[axis], stride[axis], pad[axis], output_pad[axis]]));
    }
    let layout = call.new_layout(out);
    let out_axis = call.per_group("conv_transpose", groups, [&layout, &input.layout])?;
    let bias_slice = call.slice_of(&layout);
    let mut full = vec![input.layout.max(), out_axis.0];
    let mut slices = vec![call.slice_of(&input.layout), out_axis.1];
    for &size in &kernel {
        full.push(call.most(size));
        let varies = call.graph.diagrams.constant(size).is_none();
        slices.push(if varies { AxisSlice::Centre(size) } else { AxisSlice::Whole });
    }
    let mut params = vec![ParamSpec::new("weight", Role::TransposeWeight, full, slices)];
    if call.flag("bias")? {
        params.push(ParamSpec::new("bias", Role::Bias, vec![layout.max()], vec![bias_slice]));
    }
    let strided = call.op(Binary::Divide, input.stride, height(&stride));
    let shape = Shape { axes, layout, stride: strided };
    let attributes: [(&'static str, &[Vary]); 6] = [
        ("out", &[out]),
        ("kernel", &kernel),
        ("stride", &stride),
        ("pad", &pad),
        ("output_pad", &output_pad),
        ("groups", &[groups]),
    ];
    let operands = call.operands.clone();
    call.finish(Kind::ConvTranspose, &attributes, &operands, shape, params)
}

/// `(size - 1) stride - 2 pad + kernel + output_pad`, checked to be positive.
fn grown(
    call: &mut PrimCall<'_>,
    size: Vary,
    [kernel, stride, pad, output_pad]: [Vary; 4],
) -> Vary {
    let steps = call.with(Binary::Subtract, size, 1);
    let reach = call.op(Binary::Multiply, steps, stride);
    let cut = call.with(Binary::Multiply, pad, 2);
    let reach = call.op(Binary::Subtract, reach, cut);
    let reach = call.op(Binary::Add, reach, kernel);
    let result = call.op(Binary::Add, reach, output_pad);
    let least = call.graph.diagrams.int(1);
    let bad = call.op(Binary::Less, result, least);
    let (shown_pad, shown) = (call.show_value(pad), call.show_value(kernel));
    let diagnostic = Diagnostic::error("E0307", call.origin, "the padding leaves nothing")
        .at(format!("a window of {shown}, {shown_pad} cut off on both sides"));
    call.check_shape(bad, diagnostic);
    result
}

/// libtorch adds fewer places than the stride has.
fn below_stride(call: &mut PrimCall<'_>, output_pad: Vary, stride: Vary) {
    let fits = call.op(Binary::Less, output_pad, stride);
    let bad = call.graph.diagrams.not(fits);
    let fails = call.graph.diagrams.unary(Unary::IsFault, bad);
    let bad = call.graph.diagrams.ite(fails, FALSE, bad);
    let shown = (call.show_value(output_pad), call.show_value(stride));
    let diagnostic =
        Diagnostic::error("E0306", call.origin, "`output_pad` must be smaller than `stride`")
            .at(format!("`output_pad` is {}, `stride` is {}", shown.0, shown.1));
    call.check_shape(bad, diagnostic);
}
