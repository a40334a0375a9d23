//! `act`: activations, each kind also a block of its own.

use super::learned::per_channel;
use super::parameters::ParamSpec;
use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::{Diagnostic, nearest};
use crate::ir::{Kind, Role};
use crate::vary::{Leaf, Vary};

/// The kinds there are.
pub const KINDS: &[&str] = &[
    "relu", "relu6", "hswish", "hsigmoid", "sigmoid", "swish", "gelu", "tanh", "prelu", "rprelu",
    "rsign",
];

/// Those of them that learn something.
const LEARNED: [&str; 3] = ["prelu", "rprelu", "rsign"];

/// Applies a function to every element.
pub const ACT: Primitive = Primitive {
    name: "act",
    parameters: &[Parameter::tensor(), Parameter::new("kind", Type::Str, Preset::Required)],
    build: act,
    gives_list: false,
};

fn act(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let kind = call.one("kind");
    for leaf in call.graph.diagrams.leaves(kind) {
        let Leaf::Str(name) = &leaf else { continue };
        if !KINDS.contains(&&**name) && &**name != "identity" {
            let mut diagnostic =
                Diagnostic::error("E0316", call.origin, format!("there is no activation `{name}`"))
                    .note(format!("kinds: {}", KINDS.join(", ")));
            if let Some(near) = nearest(name, KINDS.iter().copied()) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            call.sink.push(diagnostic);
            return None;
        }
    }
    let params = learned(call, kind)?;
    let shape = call.shape();
    let operands = call.operands.clone();
    call.finish(Kind::Act, &[("kind", &[kind])], &operands, shape, params)
}

/// What an activation learns: `prelu` a slope per channel, `rsign` a shift before the sign, `rprelu`
/// a shift, a slope and another shift (ReActNet).
fn learned(call: &mut PrimCall<'_>, kind: Vary) -> Option<Vec<ParamSpec<'static>>> {
    let leaves = call.graph.diagrams.leaves(kind);
    let learns = |leaf: &Leaf| leaf.as_str().is_some_and(|name| LEARNED.contains(&name));
    if !leaves.iter().any(learns) {
        return Some(Vec::new());
    }
    let Some(name) = call.graph.diagrams.constant(kind).and_then(Leaf::as_str) else {
        let message = "an activation that learns must be the same in every network";
        let diagnostic = Diagnostic::error("E0305", call.origin, message)
            .at(format!("`kind` is {}", call.show_value(kind)))
            .help("choose between the activations as branches: `choose act { … }`");
        call.sink.push(diagnostic);
        return None;
    };
    let name = name.to_owned();
    let shape = call.shape();
    let slope = |call: &mut PrimCall<'_>, name: &'static str| {
        call.needs_one_layout(&shape.layout);
        let slices = vec![call.slice_of(&shape.layout)];
        ParamSpec::new(name, Role::Slope, vec![shape.layout.max()], slices)
    };
    Some(match name.as_str() {
        "prelu" => vec![slope(call, "weight")],
        "rsign" => vec![per_channel(call, "bias", Role::Offset)],
        _ => vec![
            per_channel(call, "before", Role::Offset),
            slope(call, "slope"),
            per_channel(call, "after", Role::Offset),
        ],
    })
}
