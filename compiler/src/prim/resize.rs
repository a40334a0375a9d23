//! `resize`: a tensor at another size.

use super::conv::height;
use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::Diagnostic;
use crate::ir::{Kind, Shape};
use crate::vary::{Binary, Leaf, Unary, Values, Vary};

/// Nearest or bilinear interpolation to `scale` times the size, to `size`, or to the size of `like`,
/// which only lends it.
pub const RESIZE: Primitive = Primitive {
    name: "resize",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("scale", Type::Float, Preset::Computed),
        Parameter::new("size", Type::Axes, Preset::Computed),
        Parameter::new("like", Type::Tensor, Preset::Computed),
        Parameter::new("mode", Type::Str, Preset::Str("nearest")),
        Parameter::new("align_corners", Type::Bool, Preset::Bool(false)),
    ],
    build: resize,
    gives_list: false,
};

fn resize(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let rank = call.spatial_rank("resize")?;
    let like = (call.operands.len() > 1).then(|| call.operands.remove(1));
    let given = [call.has("scale"), call.has("size"), like.is_some()];
    if given.iter().filter(|&&is| is).count() != 1 {
        let message = "`resize` takes one of `scale`, `size` and `like`";
        call.sink.push(Diagnostic::error("E0326", call.origin, message));
        return None;
    }
    let mode = call.one("mode");
    let align = call.flag("align_corners")?;
    match call.graph.diagrams.constant(mode).and_then(Leaf::as_str) {
        Some("bilinear") => {}
        Some("nearest") if !align => {}
        Some("nearest") => {
            let message = "`align_corners` is for `mode: \"bilinear\"`";
            call.sink.push(Diagnostic::error("E0326", call.origin, message));
            return None;
        }
        _ => {
            let shown = call.show_value(mode);
            let message = "`mode` must be \"nearest\" or \"bilinear\"";
            let diagnostic = Diagnostic::error("E0326", call.origin, message);
            call.sink.push(diagnostic.at(format!("is {shown}")));
            return None;
        }
    }
    let input = call.shape();
    let scale = call.one("scale");
    let space: Values = if let Some(like) = like {
        let lent = Values::from_slice(call.shape_of(like).space());
        if lent.len() != rank {
            let shown = call.show(&call.shape_of(like));
            let message = format!("`like` has not the {rank} spatial axes of the tensor");
            let diagnostic = Diagnostic::error("E0326", call.origin, message);
            call.sink.push(diagnostic.at(format!("has shape {shown}")));
            return None;
        }
        lent
    } else if call.has("size") {
        call.per_axis("size", rank)?
    } else {
        // Frames keep their number: a scale is one of the picture.
        let fixed = rank.saturating_sub(2);
        let space = Values::from_slice(input.space());
        space
            .iter()
            .enumerate()
            .map(|(axis, &size)| if axis < fixed { size } else { scaled(call, size, scale, align) })
            .collect()
    };
    for &size in &space {
        call.at_least("size", size, 1);
    }
    let stride = if call.has("scale") {
        let ratio = call.op(Binary::Divide, input.stride, scale);
        whole(call, ratio)
    } else {
        strided(call, &input, height(&space), align)
    };
    let mut axes = Values::from_slice(&[input.channels()]);
    axes.extend_from_slice(&space);
    let shape = Shape { axes, layout: input.layout, stride };
    let align = call.graph.diagrams.boolean(align);
    let mut attributes: Vec<(&'static str, &[Vary])> =
        vec![("size", &space), ("mode", std::slice::from_ref(&mode))];
    attributes.push(("align_corners", std::slice::from_ref(&align)));
    // Where a factor was given, libtorch maps places by it, not by the ratio of the rounded sizes.
    if call.has("scale") {
        attributes.push(("scale", std::slice::from_ref(&scale)));
    }
    let operands = call.operands.clone();
    call.finish(Kind::Resize, &attributes, &operands, shape, [])
}

/// `floor(size * scale)`, or `floor((size - 1) * scale) + 1` with aligned corners.
fn scaled(call: &mut PrimCall<'_>, size: Vary, scale: Vary, align: bool) -> Vary {
    let from = if align { call.with(Binary::Subtract, size, 1) } else { size };
    let product = call.op(Binary::Multiply, from, scale);
    let floor = call.graph.diagrams.unary(Unary::Floor, product);
    if align { call.with(Binary::Add, floor, 1) } else { floor }
}

/// The stride of a tensor that is `to` high, if it is a whole number.
fn strided(call: &mut PrimCall<'_>, input: &Shape, to: Vary, align: bool) -> Vary {
    let (mut from, mut to) = (height(input.space()), to);
    if align {
        from = call.with(Binary::Subtract, from, 1);
        to = call.with(Binary::Subtract, to, 1);
    }
    let reach = call.op(Binary::Multiply, input.stride, from);
    call.op(Binary::Divide, reach, to)
}

/// The value where it is a whole number, a fault elsewhere.
fn whole(call: &mut PrimCall<'_>, value: Vary) -> Vary {
    call.graph.diagrams.map(value, &mut |d, leaf| match leaf {
        Leaf::Int(_) | Leaf::Fault(_) | Leaf::Absent => d.leaf(leaf.clone()),
        other => match other.as_float() {
            Some(v) if v.fract() == 0.0 && v.abs() < 1e15 => d.int(v as i64),
            _ => d.fault("the stride is no whole number"),
        },
    })
}
