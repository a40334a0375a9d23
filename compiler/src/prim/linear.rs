//! `linear`: a matrix product over channels.

use super::parameters::ParamSpec;
use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::Diagnostic;
use crate::ir::{Kind, Role, Shape};
use crate::vary::{FALSE, Values};

/// Takes `[C]`, or `[C, 1, 1]` as global pooling leaves it; gives `[out]`.
pub const LINEAR: Primitive = Primitive {
    name: "linear",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("out", Type::Int, Preset::Required),
        Parameter::new("bias", Type::Bool, Preset::Bool(true)),
    ],
    build: linear,
    gives_list: false,
};

fn linear(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let input = call.shape();
    call.needs_one_layout(&input.layout);
    let one = call.graph.diagrams.int(1);
    let mut bad = FALSE;
    for &size in input.space() {
        let larger = call.graph.diagrams.differ(size, one);
        bad = call.graph.diagrams.or(bad, larger);
    }
    let shown = call.show(&input);
    let diagnostic =
        Diagnostic::error("E0314", call.origin, "`linear` needs a tensor without space")
            .at(format!("gets {shown}"))
            .help("`-> global_pool` or `-> flatten` before it");
    call.check_input(bad, diagnostic);
    let out = call.one("out");
    call.at_least("out", out, 1);
    let layout = call.new_layout(out);
    let out_slice = call.slice_of(&layout);
    let mut params = vec![ParamSpec::new(
        "weight",
        Role::LinearWeight,
        vec![layout.max(), input.layout.max()],
        vec![out_slice.clone(), call.slice_of(&input.layout)],
    )];
    if call.flag("bias")? {
        params.push(ParamSpec::new("bias", Role::Bias, vec![layout.max()], vec![out_slice]));
    }
    let shape = Shape { axes: Values::from_slice(&[out]), layout, stride: input.stride };
    let operands = call.operands.clone();
    call.finish(Kind::Linear, &[("out", &[out])], &operands, shape, params)
}
