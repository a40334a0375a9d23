//! `concat`: the channels of several tensors, one after another.

use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::Diagnostic;
use crate::ir::{Kind, Layout, Segments, Shape};
use crate::vary::{Binary, FALSE, Values};

/// Joins the channels of its operands; those without channels are ignored.
pub const CONCAT: Primitive = Primitive {
    name: "concat",
    parameters: &[Parameter::new("tensors", Type::Tensors, Preset::Required)],
    build: concat,
    gives_list: false,
};

fn concat(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let shapes: Vec<Shape> = call.operands.iter().map(|&o| call.shape_of(o)).collect();
    let Some(first) = shapes.first().cloned() else {
        call.sink.push(Diagnostic::error("E0317", call.origin, "`concat` of nothing"));
        return None;
    };
    let mut channels = call.graph.diagrams.int(0);
    let mut segments = Segments::new();
    let mut stride = first.stride;
    for (shape, operand) in shapes.iter().zip(call.operands.clone()) {
        call.needs_one_layout(&shape.layout);
        channels = call.op(Binary::Add, channels, shape.channels());
        segments.extend(shape.layout.segments.iter().copied());
        stride = super::elementwise::common_stride(call, stride, shape.stride);
        let mut bad = FALSE;
        if shape.axes.len() != first.axes.len() {
            bad = crate::vary::TRUE;
        }
        for (&a, &b) in first.space().iter().zip(shape.space()) {
            let differs = call.graph.diagrams.differ(a, b);
            bad = call.graph.diagrams.or(bad, differs);
        }
        if bad != FALSE {
            let [one, other] = [call.operands[0], operand].map(|o| call.graph.node(o).origin);
            let [shown, other_shown] = [&first, shape].map(|shape| call.show(shape));
            let message = "`concat` joins tensors of different sizes";
            let diagnostic = Diagnostic::error("E0318", call.origin, message)
                .at(format!("{shown} and {other_shown}"))
                .label(one, format!("gives {shown}"))
                .label(other, format!("gives {other_shown}"));
            call.check_shape(bad, diagnostic);
        }
    }
    let most = shapes.iter().map(|shape| u64::from(shape.layout.max())).sum();
    if !call.fits_channels(most) {
        return None;
    }
    let mut axes = Values::from_slice(&[channels]);
    axes.extend_from_slice(first.space());
    let shape = Shape { axes, layout: Layout { segments, mixed: None }, stride };
    let operands = call.operands.clone();
    call.finish(Kind::Concat, &[], &operands, shape, [])
}
