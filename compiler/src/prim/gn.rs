//! `gn`: group normalisation.

use super::parameters::ParamSpec;
use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::ir::{Kind, Role};

/// Normalises each of `groups` equal runs of channels of an image.
pub const GN: Primitive = Primitive {
    name: "gn",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("groups", Type::Int, Preset::Required),
        Parameter::new("eps", Type::Float, Preset::Float(1e-5)),
        Parameter::new("affine", Type::Bool, Preset::Bool(true)),
    ],
    build: gn,
    gives_list: false,
};

fn gn(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let shape = call.shape();
    call.needs_one_layout(&shape.layout);
    let (groups, eps) = (call.one("groups"), call.one("eps"));
    call.at_least("groups", groups, 1);
    call.divides_into(groups, shape.channels());
    let mut params = Vec::new();
    if call.flag("affine")? {
        for (name, role) in [("weight", Role::NormWeight), ("bias", Role::NormBias)] {
            let slices = vec![call.slice_of(&shape.layout)];
            params.push(ParamSpec::new(name, role, vec![shape.layout.max()], slices));
        }
    }
    let operands = call.operands.clone();
    let attributes: [(&'static str, &[crate::vary::Vary]); 2] =
        [("groups", &[groups]), ("eps", &[eps])];
    call.finish(Kind::Gn, &attributes, &operands, shape, params)
}
