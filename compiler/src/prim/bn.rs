//! `bn`: batch normalisation.

use super::parameters::ParamSpec;
use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::Diagnostic;
use crate::ir::{Kind, Role};
use crate::vary::Leaf;

/// Normalises each channel. Keeps running statistics unless `stats` is `"batch"`; with `"own"` every
/// width has tensors of its own (the switchable normalisation of slimmable networks).
pub const BN: Primitive = Primitive {
    name: "bn",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("eps", Type::Float, Preset::Float(1e-5)),
        Parameter::new("momentum", Type::Float, Preset::Float(0.1)),
        Parameter::new("affine", Type::Bool, Preset::Bool(true)),
        Parameter::new("stats", Type::Str, Preset::Str("shared")),
    ],
    build: bn,
    gives_list: false,
};

fn bn(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let shape = call.shape();
    call.needs_one_layout(&shape.layout);
    let affine = call.flag("affine")?;
    let (eps, momentum, stats) = (call.one("eps"), call.one("momentum"), call.one("stats"));
    let keeps = match call.graph.diagrams.constant(stats).and_then(Leaf::as_str) {
        Some("shared" | "own") => true,
        Some("batch") => false,
        other => {
            let shown = other.unwrap_or("a value that varies").to_owned();
            let diagnostic = Diagnostic::error(
                "E0315",
                call.origin,
                "`stats` must be \"shared\", \"own\" or \"batch\"",
            )
            .at(format!("is `{shown}`"));
            call.sink.push(diagnostic);
            return None;
        }
    };
    let full = vec![shape.layout.max()];
    let slices = vec![call.slice_of(&shape.layout)];
    let own = call.graph.diagrams.constant(stats).and_then(Leaf::as_str) == Some("own");
    let per = own.then_some(shape.channels());
    let spec =
        |name, role| ParamSpec { per, ..ParamSpec::new(name, role, full.clone(), slices.clone()) };
    let mut params = Vec::new();
    if affine {
        params.push(spec("weight", Role::NormWeight));
        params.push(spec("bias", Role::NormBias));
    }
    if keeps {
        params.push(spec("running_mean", Role::RunningMean));
        params.push(spec("running_var", Role::RunningVar));
    }
    let attributes: [(&'static str, &[crate::vary::Vary]); 3] =
        [("eps", &[eps]), ("momentum", &[momentum]), ("stats", &[stats])];
    let operands = call.operands.clone();
    call.finish(Kind::Bn, &attributes, &operands, shape, params)
}
