//! `conv`, `dwconv`, `binary_conv` and `ws_conv`.

use smallvec::{SmallVec, smallvec};

use super::parameters::ParamSpec;
use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::ir::{AxisSlice, Kind, Layout, Role, Shape};
use crate::vary::{Binary, FALSE, Leaf, Values, Vary};

/// The parameters of every convolution with groups, and `more` of its own.
macro_rules! grouped_parameters {
    ($($more:expr),* $(,)?) => {
        &[
            Parameter::tensor(),
            Parameter::new("out", Type::Int, Preset::Required),
            Parameter::new("kernel", Type::Axes, Preset::Int(1)),
            Parameter::new("stride", Type::Axes, Preset::Int(1)),
            Parameter::new("dilation", Type::Axes, Preset::Int(1)),
            Parameter::new("groups", Type::Int, Preset::Int(1)),
            Parameter::new("pad", Type::Axes, Preset::Computed),
            Parameter::new("bias", Type::Bool, Preset::Bool(false)),
            $($more),*
        ]
    };
}

/// Convolution, 2-D or 3-D by the rank of its input.
pub const CONV: Primitive =
    Primitive { name: "conv", parameters: grouped_parameters!(), build: conv, gives_list: false };

/// Convolution whose weights are their signs times the mean magnitude of each filter; gradients go
/// through the signs where a weight lies in -1..=1. With `standardise` the weights are scaled and
/// standardised first, and there is a learned `gain` per filter.
pub const BINARY_CONV: Primitive = Primitive {
    name: "binary_conv",
    parameters: grouped_parameters!(
        Parameter::new("standardise", Type::Bool, Preset::Bool(false)),
        Parameter::new("eps", Type::Float, Preset::Float(1e-5)),
        Parameter::new("gamma", Type::Float, Preset::Float(1.0)),
    ),
    build: binary_conv,
    gives_list: false,
};

/// Convolution whose filters have mean 0 and deviation 1; `scaled` ones are divided by the root of their
/// fan-in, and have a learned `gain` each (normaliser-free networks).
pub const WS_CONV: Primitive = Primitive {
    name: "ws_conv",
    parameters: grouped_parameters!(
        Parameter::new("scaled", Type::Bool, Preset::Bool(true)),
        Parameter::new("eps", Type::Float, Preset::Float(1e-5)),
        Parameter::new("gamma", Type::Float, Preset::Float(1.0)),
    ),
    build: ws_conv,
    gives_list: false,
};

/// Depthwise convolution: one filter per channel.
pub const DWCONV: Primitive = Primitive {
    name: "dwconv",
    parameters: &[
        Parameter::tensor(),
        Parameter::new("kernel", Type::Axes, Preset::Required),
        Parameter::new("stride", Type::Axes, Preset::Int(1)),
        Parameter::new("dilation", Type::Axes, Preset::Int(1)),
        Parameter::new("pad", Type::Axes, Preset::Computed),
        Parameter::new("bias", Type::Bool, Preset::Bool(false)),
    ],
    build: dwconv,
    gives_list: false,
};

fn conv(call: &mut PrimCall<'_>) -> Option<Nodes> {
    grouped(call, Kind::Conv, "conv")
}

fn binary_conv(call: &mut PrimCall<'_>) -> Option<Nodes> {
    grouped(call, Kind::BinaryConv, "binary_conv")
}

fn ws_conv(call: &mut PrimCall<'_>) -> Option<Nodes> {
    grouped(call, Kind::WsConv, "ws_conv")
}

fn grouped(call: &mut PrimCall<'_>, kind: Kind, what: &str) -> Option<Nodes> {
    call.spatial_rank(what)?;
    let out = call.one("out");
    let groups = call.one("groups");
    call.at_least("out", out, 0);
    call.at_least("groups", groups, 1);
    call.makes_of_nothing(out);
    call.divides_into(groups, out);
    build(call, kind, what, out, groups)
}

fn dwconv(call: &mut PrimCall<'_>) -> Option<Nodes> {
    call.spatial_rank("dwconv")?;
    let channels = call.channels();
    build(call, Kind::Conv, "dwconv", channels, channels)
}

fn build(
    call: &mut PrimCall<'_>,
    kind: Kind,
    what: &str,
    out: Vary,
    groups: Vary,
) -> Option<Nodes> {
    let input = call.shape();
    call.needs_one_layout(&input.layout);
    let rank = input.space().len();
    let kernel = call.per_axis("kernel", rank)?;
    let stride = call.per_axis("stride", rank)?;
    let dilation = call.per_axis("dilation", rank)?;
    for (name, values) in [("kernel", &kernel), ("stride", &stride), ("dilation", &dilation)] {
        for &value in values {
            call.at_least(name, value, 1);
        }
    }
    let pad = if call.has("pad") {
        let pad = call.per_axis("pad", rank)?;
        for &value in &pad {
            call.at_least("pad", value, 0);
        }
        pad
    } else {
        same_pad(call, &kernel, &dilation)
    };
    let mut axes = Values::from_slice(&[out]);
    for (axis, &size) in input.space().iter().enumerate() {
        axes.push(call.window(size, [kernel[axis], stride[axis], dilation[axis], pad[axis]]));
    }
    let depthwise = out == groups && groups == input.channels();
    let layout = if depthwise { input.layout.clone() } else { call.new_layout(out) };
    let in_axis = if depthwise {
        (1, AxisSlice::Whole)
    } else {
        call.per_group(what, groups, [&input.layout, &layout])?
    };
    let out_slice = call.slice_of(&layout);
    let mut full = vec![layout.max(), in_axis.0];
    let mut slices = vec![out_slice.clone(), in_axis.1];
    for &size in &kernel {
        full.push(call.most(size));
        let varies = call.graph.diagrams.constant(size).is_none();
        slices.push(if varies { AxisSlice::Centre(size) } else { AxisSlice::Whole });
    }
    let mut params: SmallVec<[_; 4]> =
        smallvec![ParamSpec::new("weight", Role::ConvWeight, full, slices)];
    let mut settings: SmallVec<[_; 3]> = SmallVec::new();
    let scaled = match kind {
        Kind::WsConv => Some("scaled"),
        Kind::BinaryConv => Some("standardise"),
        _ => None,
    };
    if let Some(name) = scaled {
        let is_scaled = call.flag(name)?;
        for setting in [name, "eps", "gamma"] {
            settings.push((setting, call.one(setting)));
        }
        if is_scaled {
            let mut full = vec![layout.max(), 1];
            full.extend(vec![1; rank]);
            let mut slices = vec![out_slice.clone()];
            slices.extend(vec![AxisSlice::Whole; rank + 1]);
            params.push(ParamSpec::new("gain", Role::Gain, full, slices));
        }
    }
    if call.flag("bias")? {
        params.push(ParamSpec::new("bias", Role::Bias, vec![layout.max()], vec![out_slice]));
    }
    if depthwise {
        transforms(call, &kernel, &mut params);
    }
    let strided = call.op(Binary::Multiply, input.stride, height(&stride));
    let layout = Layout { mixed: None, ..layout };
    let shape = Shape { axes, layout, stride: strided };
    let mut attributes: SmallVec<[(&'static str, &[Vary]); 9]> = smallvec![
        ("out", std::slice::from_ref(&out)),
        ("kernel", &*kernel),
        ("stride", &*stride),
        ("dilation", &*dilation),
        ("groups", std::slice::from_ref(&groups)),
        ("pad", &*pad),
    ];
    let settings = settings.iter().map(|(name, value)| (*name, std::slice::from_ref(value)));
    attributes.extend(settings);
    let operands = call.operands.clone();
    call.finish(kind, &attributes, &operands, shape, params)
}

/// The matrices that make each smaller kernel of the centre of the next larger one (Once-for-All), where
/// the decision for the kernel asks for them: `transform_7to5` is used by kernels of at most 5.
fn transforms(
    call: &mut PrimCall<'_>,
    kernel: &[Vary],
    params: &mut SmallVec<[ParamSpec<'static>; 4]>,
) {
    let [first, rest @ ..] = kernel else { return };
    let support = call.graph.diagrams.support(*first);
    if support.is_disjoint(&call.sharing.transformed) || rest.iter().any(|other| other != first) {
        return;
    }
    let mut sizes: Vec<i64> =
        call.graph.diagrams.leaves(*first).iter().filter_map(Leaf::as_int).collect();
    sizes.sort_unstable();
    for pair in sizes.windows(2).rev() {
        let (small, large) = (pair[0], pair[1]);
        let places = u32::try_from(small).ok().and_then(|n| n.checked_pow(kernel.len() as u32));
        let Some(places) = places else { continue };
        let name = format!("transform_{large}to{small}");
        let large = call.graph.diagrams.int(large);
        let when = call.op(Binary::Less, *first, large);
        params.push(ParamSpec {
            when,
            ..ParamSpec::new(name, Role::Transform, vec![places, places], vec![AxisSlice::Whole; 2])
        });
    }
}

/// Of one value per spatial axis, that of the height: frames come before it.
pub(super) fn height(values: &[Vary]) -> Vary {
    values.len().checked_sub(2).and_then(|at| values.get(at)).copied().unwrap_or(FALSE)
}

/// `div(dilation (kernel - 1), 2)`: keeps the size where the stride is one and the kernel odd.
pub(super) fn same_pad(call: &mut PrimCall<'_>, kernel: &[Vary], dilation: &[Vary]) -> Values {
    kernel
        .iter()
        .zip(dilation)
        .map(|(&kernel, &dilation)| {
            let reach = call.with(Binary::Subtract, kernel, 1);
            let reach = call.op(Binary::Multiply, reach, dilation);
            call.with(Binary::Div, reach, 2)
        })
        .collect()
}
