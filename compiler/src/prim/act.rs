//! `act`: activations, each kind also a block of its own.

use super::{Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::{Diagnostic, nearest};
use crate::ir::{Kind, NodeId};
use crate::vary::Leaf;

/// The kinds there are.
pub const KINDS: &[&str] =
    &["relu", "relu6", "hswish", "hsigmoid", "sigmoid", "swish", "gelu", "tanh"];

/// Applies a function to every element.
pub const ACT: Primitive = Primitive {
    name: "act",
    parameters: &[Parameter::tensor(), Parameter::new("kind", Type::Str, Preset::Required)],
    build: act,
    gives_list: false,
};

fn act(call: &mut PrimCall<'_>) -> Option<Vec<NodeId>> {
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
    let shape = call.shape();
    let operands = call.operands.clone();
    Some(vec![call.finish(Kind::Act, &[("kind", &[kind])], &operands, shape, &[])])
}
