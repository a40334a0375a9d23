//! `temporal_shift`: channels exchanged between frames.

use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::Diagnostic;
use crate::ir::Kind;
use crate::vary::Vary;

/// On `[C, T, H, W]`: the first `C div div` channels come from the next frame, as many after them from
/// the frame before, zeros where there is none (temporal shift module).
pub const TEMPORAL_SHIFT: Primitive = Primitive {
    name: "temporal_shift",
    parameters: &[Parameter::tensor(), Parameter::new("div", Type::Int, Preset::Int(8))],
    build: temporal_shift,
    gives_list: false,
};

fn temporal_shift(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let shape = call.shape();
    if shape.space().len() != 3 {
        let shown = call.show(&shape);
        let message = "`temporal_shift` needs a tensor with frames";
        let diagnostic = Diagnostic::error("E0303", call.origin, message);
        call.sink.push(diagnostic.at(format!("gets {shown}")));
        return None;
    }
    let div = call.one("div");
    call.at_least("div", div, 2);
    let operands = call.operands.clone();
    let attributes: [(&'static str, &[Vary]); 1] = [("div", &[div])];
    call.finish(Kind::TemporalShift, &attributes, &operands, shape, [])
}
