//! Pooling.

use smallvec::SmallVec;

use super::conv::{height, same_pad};
use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::ir::{Kind, Shape};
use crate::vary::{Binary, Values, Vary};

/// Maximum over windows.
pub const MAX_POOL: Primitive = Primitive {
    name: "max_pool",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("kernel", Type::Axes, Preset::Required),
        Parameter::new("stride", Type::Axes, Preset::Computed),
        Parameter::new("pad", Type::Axes, Preset::Computed),
    ],
    build: max_pool,
    gives_list: false,
};

/// Mean over windows; `count_pad` says whether padding counts as zeros.
pub const AVG_POOL: Primitive = Primitive {
    name: "avg_pool",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("kernel", Type::Axes, Preset::Required),
        Parameter::new("stride", Type::Axes, Preset::Computed),
        Parameter::new("pad", Type::Axes, Preset::Computed),
        Parameter::new("count_pad", Type::Bool, Preset::Bool(false)),
    ],
    build: avg_pool,
    gives_list: false,
};

/// Mean over all positions; gives `[C, 1, 1]`.
pub const GLOBAL_POOL: Primitive = Primitive {
    name: "global_pool",
    parameters: &[Parameter::tensor()],
    build: global_pool,
    gives_list: false,
};

/// Mean over a grid of `out` windows that covers the tensor.
pub const ADAPTIVE_POOL: Primitive = Primitive {
    name: "adaptive_pool",
    parameters: &[Parameter::tensor(), Parameter::new("out", Type::Axes, Preset::Required)],
    build: adaptive_pool,
    gives_list: false,
};

fn max_pool(call: &mut PrimCall<'_>) -> Option<Nodes> {
    windows(call, Kind::MaxPool, "max_pool", &[])
}

fn avg_pool(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let count = call.one("count_pad");
    windows(call, Kind::AvgPool, "avg_pool", &[("count_pad", &[count])])
}

fn windows(
    call: &mut PrimCall<'_>,
    kind: Kind,
    what: &str,
    more: &[(&'static str, &[Vary])],
) -> Option<Nodes> {
    let rank = call.spatial_rank(what)?;
    let input = call.shape();
    let kernel = call.per_axis("kernel", rank)?;
    // As in every framework, the windows of a pooling do not overlap unless told to.
    let stride = if call.has("stride") { call.per_axis("stride", rank)? } else { kernel.clone() };
    let one = call.graph.diagrams.int(1);
    let pad = if call.has("pad") {
        call.per_axis("pad", rank)?
    } else {
        same_pad(call, &kernel, &Values::from_elem(one, rank))
    };
    for (name, values, least) in [("kernel", &kernel, 1), ("stride", &stride, 1), ("pad", &pad, 0)]
    {
        for &value in values {
            call.at_least(name, value, least);
        }
    }
    let mut axes = Values::from_slice(&[input.channels()]);
    for (axis, &size) in input.space().iter().enumerate() {
        axes.push(call.window(size, [kernel[axis], stride[axis], one, pad[axis]]));
    }
    let strided = call.op(Binary::Multiply, input.stride, height(&stride));
    let shape = Shape { axes, layout: input.layout, stride: strided };
    let own: [(&'static str, &[Vary]); 3] =
        [("kernel", &kernel), ("stride", &stride), ("pad", &pad)];
    let attributes: SmallVec<[_; 5]> = own.iter().chain(more).copied().collect();
    let operands = call.operands.clone();
    call.finish(kind, &attributes, &operands, shape, [])
}

fn global_pool(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let rank = call.spatial_rank("global_pool")?;
    let input = call.shape();
    let one = call.graph.diagrams.int(1);
    let mut axes = Values::from_slice(&[input.channels()]);
    axes.extend(std::iter::repeat_n(one, rank));
    let size = height(input.space());
    let strided = call.op(Binary::Multiply, input.stride, size);
    let shape = Shape { axes, layout: input.layout, stride: strided };
    let operands = call.operands.clone();
    call.finish(Kind::GlobalPool, &[], &operands, shape, [])
}

fn adaptive_pool(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let rank = call.spatial_rank("adaptive_pool")?;
    let input = call.shape();
    let out = call.per_axis("out", rank)?;
    let mut axes = Values::from_slice(&[input.channels()]);
    for &size in &out {
        call.at_least("out", size, 1);
        axes.push(size);
    }
    let ratio = call.op(Binary::Div, height(input.space()), height(&out));
    let strided = call.op(Binary::Multiply, input.stride, ratio);
    let shape = Shape { axes, layout: input.layout, stride: strided };
    let operands = call.operands.clone();
    call.finish(Kind::AdaptivePool, &[("out", &out)], &operands, shape, [])
}
