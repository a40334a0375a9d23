//! `+` and `*` of tensors, with axes of size one spread.

use super::{Nodes, PrimCall};
use crate::diagnostic::Diagnostic;
use crate::ir::{Kind, Shape};
use crate::vary::{FALSE, Values, Vary};

/// Element-wise sum of two operands.
pub fn add(call: &mut PrimCall<'_>) -> Option<Nodes> {
    combine(call, Kind::Add, "+")
}

/// Element-wise product of two operands.
pub fn mul(call: &mut PrimCall<'_>) -> Option<Nodes> {
    combine(call, Kind::Mul, "*")
}

fn combine(call: &mut PrimCall<'_>, kind: Kind, sign: &str) -> Option<Nodes> {
    let [left, right] = call.operands[..] else { return None };
    let (a, b) = (call.shape_of(left), call.shape_of(right));
    let told = [&a.layout, &b.layout].map(|layout| call.needs_one_layout(layout));
    let told = call.graph.diagrams.or(told[0], told[1]);
    let mut bad = FALSE;
    if a.axes.len() != b.axes.len() {
        bad = crate::vary::TRUE;
    }
    let one = call.graph.diagrams.int(1);
    let mut axes = Values::new();
    for (axis, (&x, &y)) in a.axes.iter().zip(&b.axes).enumerate() {
        let differ = call.graph.diagrams.differ(x, y);
        let x_many = call.graph.diagrams.differ(x, one);
        let y_many = call.graph.diagrams.differ(y, one);
        let both = call.graph.diagrams.and(x_many, y_many);
        let clash = call.graph.diagrams.and(differ, both);
        if axis == 0 && told != FALSE {
            call.spoil(clash);
        } else {
            bad = call.graph.diagrams.or(bad, clash);
        }
        // The larger of the two where one of them is spread.
        axes.push(call.graph.diagrams.ite(x_many, x, y));
    }
    // A tensor without channels cannot be added to anything.
    let zero = call.graph.diagrams.int(0);
    let empty = call.op(crate::vary::Binary::Equal, a.channels(), zero);
    bad = call.graph.diagrams.or(bad, empty);
    // Nearly every sum is fine: words are made for the others alone.
    if bad != FALSE {
        let (shown_a, shown_b) = (call.show(&a), call.show(&b));
        let message = format!("the sides of `{sign}` do not have the same shape");
        let diagnostic = Diagnostic::error("E0319", call.origin, message)
            .at(format!("{shown_a} {sign} {shown_b}"))
            .label(call.graph.node(left).origin, format!("gives {shown_a}"))
            .label(call.graph.node(right).origin, format!("gives {shown_b}"));
        call.check_shape(bad, diagnostic);
    }
    let spread = call.graph.diagrams.constant_int(a.channels()) == Some(1);
    let full = a.layout.is_full(&call.graph.diagrams) && b.layout.is_full(&call.graph.diagrams);
    let one_sided = spread || call.graph.diagrams.constant_int(b.channels()) == Some(1);
    let apart = call.sharing.apart;
    if bad == FALSE && !full && !one_sided && !apart && !a.layout.fits(&b.layout) {
        let message = format!("the channels of the sides of `{sign}` are laid out differently");
        let diagnostic = Diagnostic::error("E0320", call.origin, message)
            .note("both sides have the same number of channels, but from different parts");
        call.sink.push(diagnostic);
        return None;
    }
    let stride = common_stride(call, a.stride, b.stride);
    let layout = if spread { b.layout } else { a.layout };
    let shape = Shape { axes, layout, stride };
    call.finish(kind, &[], &[left, right], shape, [])
}

/// The stride that both have, a fault where they disagree.
pub(super) fn common_stride(call: &mut PrimCall<'_>, a: Vary, b: Vary) -> Vary {
    if a == b {
        return a;
    }
    let differ = call.graph.diagrams.differ(a, b);
    let fault = call.graph.diagrams.fault("the paths to the tensor have different strides");
    call.graph.diagrams.ite(differ, fault, a)
}
