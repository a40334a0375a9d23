//! `bypass`: the channel-level bypass connections of NetAdaptV2.

use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::Diagnostic;
use crate::ir::{Kind, Layout, Shape};
use crate::vary::{Binary, FALSE, Unary, Values, Vary};

/// Channel `i` is `computed[i]` for `i < keep` and `carried[i]` for `keep <= i < until`, where `until` is
/// the smaller of `carried.channels` and `limit`; there are `max(until, keep)`.
pub const BYPASS: Primitive = Primitive {
    name: "bypass",
    parameters: &[
        Parameter::new("computed", Type::Tensor, Preset::Required),
        Parameter::new("carried", Type::Tensor, Preset::Required),
        Parameter::new("keep", Type::Int, Preset::Computed),
        Parameter::new("limit", Type::Int, Preset::Computed),
    ],
    build: bypass,
    gives_list: false,
};

fn bypass(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let [computed, carried] = call.operands[..] else { return None };
    let (a, b) = (call.shape_of(computed), call.shape_of(carried));
    for shape in [&a, &b] {
        call.needs_one_layout(&shape.layout);
        if !is_positional(call, &shape.layout) {
            return None;
        }
    }
    let keep = if call.has("keep") { call.one("keep") } else { a.channels() };
    call.at_least("keep", keep, 0);
    let too_many = call.op(Binary::Less, a.channels(), keep);
    if too_many != FALSE {
        let shown = (call.show_value(keep), call.show_value(a.channels()));
        let diagnostic =
            Diagnostic::error("E0327", call.origin, "`keep` is more channels than are computed")
                .at(format!("keeps {} of {}", shown.0, shown.1));
        call.check_shape(too_many, diagnostic);
    }
    let mut until = b.channels();
    if call.has("limit") {
        let limit = call.one("limit");
        call.at_least("limit", limit, 0);
        until = call.op(Binary::Min, until, limit);
    }
    let width = call.op(Binary::Max, until, keep);
    let zero = call.graph.diagrams.int(0);
    let computes = call.op(Binary::Less, zero, keep);
    let carries = call.op(Binary::Less, keep, until);
    let both = call.graph.diagrams.and(computes, carries);
    let mut differ = if a.axes.len() == b.axes.len() { FALSE } else { both };
    let mut axes = Values::from_slice(&[width]);
    for (&x, &y) in a.space().iter().zip(b.space()) {
        let differs = call.graph.diagrams.differ(x, y);
        let differs = call.graph.diagrams.and(both, differs);
        differ = call.graph.diagrams.or(differ, differs);
        axes.push(call.graph.diagrams.ite(computes, x, y));
    }
    let fails = call.graph.diagrams.unary(Unary::IsFault, differ);
    let differ = call.graph.diagrams.ite(fails, FALSE, differ);
    let (shown_a, shown_b) = (call.show(&a), call.show(&b));
    let diagnostic =
        Diagnostic::error("E0318", call.origin, "`bypass` joins tensors of different sizes")
            .at(format!("{shown_a} and {shown_b}"))
            .label(call.graph.node(computed).origin, format!("computes {shown_a}"))
            .label(call.graph.node(carried).origin, format!("carries {shown_b}"))
            .help("a bypass needs stride 1; forbid small widths where the unit has another");
    call.check_shape(differ, diagnostic);
    let layout = call.new_layout(width);
    let stride = call.graph.diagrams.ite(computes, a.stride, b.stride);
    let shape = Shape { axes, layout, stride };
    let attributes: [(&'static str, &[Vary]); 2] = [("keep", &[keep]), ("until", &[until])];
    call.finish(Kind::Bypass, &attributes, &[computed, carried], shape, [])
}

/// Whether a channel's place is the same in every network; reports it otherwise.
fn is_positional(call: &mut PrimCall<'_>, layout: &Layout) -> bool {
    let good =
        layout.segments.len() == 1 || layout.is_full(&call.graph.diagrams) || call.sharing.apart;
    if !good {
        let message = "`bypass` joins by position, and joined channels that vary have none";
        call.sink.push(Diagnostic::error("E0320", call.origin, message));
    }
    good
}
