//! What may differ between the networks of a line, and how it is run.

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{Kind, Op, Role};
use nasc_compiler::vary::{DecisionId, TRUE, Vary};

use super::reach::attribute;
use super::{Mixer, is_conv};
use crate::program::gates::Gate;
use crate::program::mean::Sight;
use crate::program::prim::{Activation, Call, Kernels, Learned, Mask, SizedKernel, Through};
use crate::program::site::Site;
use crate::program::{Program, ProgramError};

/// What varies at one operation and is no mistake.
pub(super) struct Found {
    /// Decisions that change something about it, and what.
    pub widths: Vec<(DecisionId, &'static str)>,
}

/// The options of a largest network: of every decision that takes several options, the one with the
/// largest channels, kernels and depths over the whole space; of equal ones the first.
pub(super) fn largest(program: &Program, sight: &Sight<'_>) -> Vec<u16> {
    let graph = &program.space;
    let mut base: Vec<u16> = Vec::new();
    let mut sizes: Option<Vec<(Vary, std::collections::BTreeSet<DecisionId>)>> = None;
    for index in 0..graph.decisions.len() {
        let decision = DecisionId(index as u32);
        let ways = sight.ways(decision);
        if let [(only, _)] = *ways {
            base.push(only);
            continue;
        }
        let sizes = sizes.get_or_insert_with(|| {
            let mut found: Vec<Vary> = Vec::new();
            for (_, node) in graph.nodes() {
                found.extend(node.shape.axes.first());
                if let Op::Prim { attributes, .. } = &node.op {
                    for name in ["kernel", "keep"] {
                        found.push(attribute(attributes, name));
                    }
                }
            }
            found.sort_unstable();
            found.dedup();
            found.into_iter().map(|value| (value, graph.diagrams.support(value))).collect()
        });
        let score = |option: u16| -> i64 {
            let mut gating = sight.gating.clone();
            gating.0[index] = Gate::One(option);
            let sight = Sight { graph, gating: &gating };
            let of = |value| sight.leaves(TRUE, value).last().copied().unwrap_or(0);
            sizes.iter().filter(|(_, s)| s.contains(&decision)).map(|(v, _)| of(*v)).sum()
        };
        let mut best: Option<(i64, u16)> = None;
        for (option, _) in ways {
            let score = score(option);
            if best.is_none_or(|(known, _)| score > known) {
                best = Some((score, option));
            }
        }
        base.push(best.map_or(0, |(_, option)| option));
    }
    base
}

/// Refuses what cannot be mixed.
pub(super) fn check(mixer: &Mixer<'_>, site: &Site<'_>) -> Result<Found, ProgramError> {
    let sight = &mixer.values;
    let (node, presence) = (site.node, site.node.presence);
    let varies = |value| sight.varies(presence, value);
    let refuse = |value, what: &str| Err(mixer.refuse(mixer.first_gated(value), &node.path, what));
    let mut found = Found { widths: Vec::new() };
    let mut note = |value: Vary, what: &'static str| {
        for decision in site.graph.diagrams.support(value) {
            if sight.ways(decision).len() > 1 {
                found.widths.push((decision, what));
            }
        }
    };
    for &axis in node.shape.axes.iter().skip(1) {
        if varies(axis) {
            return refuse(axis, "size");
        }
    }
    for attribute in site.attributes {
        for &value in &attribute.values {
            if !varies(value) {
                continue;
            }
            match (site.kind, &*attribute.name) {
                (kind, "kernel" | "pad") if is_conv(kind) => note(value, "kernel"),
                (Kind::Bypass, "keep" | "until") | (Kind::Linear | Kind::ConvTranspose, "out") => {
                    note(value, "channels");
                }
                (kind, "out") if is_conv(kind) => note(value, "channels"),
                (kind, "groups") if is_conv(kind) && is_depthwise(mixer, site) => {}
                (_, name) => return refuse(value, name),
            }
        }
    }
    for &param in &node.params {
        let param = site.graph.param(param);
        if varies(param.when) && !matches!(param.role, Role::ConvWeight | Role::Transform) {
            return refuse(param.when, "copy of its tensors");
        }
    }
    // What computes across channels must not see those that a network lacks.
    let own = node.shape.axes.first().copied();
    let varying = std::iter::once(width_of(site)).chain(own).find(|&width| varies(width));
    if let Some(width) = varying {
        let across = match site.kind {
            Kind::Gn
            | Kind::Softmax
            | Kind::Shuffle
            | Kind::Slice
            | Kind::Deinterleave
            | Kind::TemporalShift => true,
            Kind::WsConv | Kind::BinaryConv => varies(width_of(site)),
            _ => false,
        };
        let grouped = is_conv(site.kind) && site.int("groups")? > 1 && !is_depthwise(mixer, site);
        if across || grouped || (site.kind == Kind::ConvTranspose && site.int("groups")? > 1) {
            return refuse(width, "channels");
        }
    }
    Ok(found)
}

/// The channels of the first operand.
fn width_of(site: &Site<'_>) -> Vary {
    let operand = site.operands.first().map(|&operand| site.graph.node(operand));
    operand.and_then(|node| node.shape.axes.first()).copied().unwrap_or(TRUE)
}

/// Whether a convolution has one group per channel in every network.
fn is_depthwise(mixer: &Mixer<'_>, site: &Site<'_>) -> bool {
    let groups = attribute(site.attributes, "groups");
    let width = width_of(site);
    if groups == width {
        return true;
    }
    // Equal where the operation exists, though not one value everywhere.
    let presence = site.node.presence;
    let leaves = mixer.values.leaves(presence, groups);
    leaves == mixer.values.leaves(presence, width)
        && leaves.iter().all(|&leaf| {
            let at = mixer.values.reach(presence, groups, leaf, &mixer.base);
            at.is_some_and(|taken| {
                let arch = Arch(taken.into_iter().collect());
                site.graph.value(width, &arch).as_int() == Some(leaf)
            })
        })
}

/// The kernels of a convolution, if their size varies.
pub(super) fn kernels(mixer: &Mixer<'_>, site: &Site<'_>) -> Result<Option<Kernels>, ProgramError> {
    let sight = &mixer.values;
    let presence = site.node.presence;
    let found = site.attributes.iter().find(|attribute| &*attribute.name == "kernel");
    let sides: Vec<Vary> = found.map(|found| found.values.to_vec()).unwrap_or_default();
    let Some(&side) = sides.iter().find(|&&side| sight.varies(presence, side)) else {
        return Ok(None);
    };
    let refuse = |what| Err(mixer.refuse(mixer.first_gated(side), &site.node.path, what));
    if sides.iter().any(|&other| other != side && sight.varies(presence, other)) {
        return refuse("kernel along several axes");
    }
    let on = sight.mean(presence, side);
    let per_image = |d: u32| matches!(sight.gating.0.get(d as usize), Some(Gate::PerImage));
    let each = on.decisions().any(per_image);
    if each && !on.decisions().all(per_image) {
        return refuse("kernel, mixed and image by image");
    }
    let leaves = on.leaves();
    let (pads, dilations) = (site.ints("pad")?, site.ints("dilation")?);
    let largest = leaves.last().copied().unwrap_or(0);
    let mut sizes = Vec::new();
    for size in leaves {
        let Some(taken) = sight.reach(presence, side, size, &mixer.base) else {
            return refuse("kernel");
        };
        let arch = Arch(taken.into_iter().collect());
        let own = Site { arch: &arch, ..site.clone() };
        let padding = own.ints("pad")?;
        let centred = padding.iter().zip(&pads).zip(&dilations).zip(&sides).all(
            |(((own, full), dilation), &of)| {
                let grown = if of == side { (largest - size) / 2 * dilation } else { 0 };
                own + grown == *full
            },
        );
        if !centred {
            return refuse("padding");
        }
        let weight = own.kernel(Role::ConvWeight)?;
        sizes.push(SizedKernel { size, weight, padding: padding.into() });
    }
    Ok(Some(Kernels { on, sizes: sizes.into(), per_image: each }))
}

/// A bypass whose place varies.
pub(super) fn through(mixer: &Mixer<'_>, site: &Site<'_>) -> Result<Option<Through>, ProgramError> {
    if site.kind != Kind::Bypass || site.operands.len() != 2 {
        return Ok(None);
    }
    let (sight, presence) = (&mixer.values, site.node.presence);
    let (keep, until) = (attribute(site.attributes, "keep"), attribute(site.attributes, "until"));
    let most = |value| sight.leaves(presence, value).last().copied();
    if !sight.varies(presence, keep) && !sight.varies(presence, until) {
        return Ok(None);
    }
    let width = site.node.shape.axes.first().and_then(|&axis| most(axis));
    let (Some(until), Some(width)) = (most(until), width) else {
        return Err(site.undefined("keep"));
    };
    Ok(Some(Through { keep: sight.mean(presence, keep), until, width }))
}

/// The mask behind an operation whose channels vary, if it needs one. `weighs` says whether its result only weighs
/// another one, as a squeeze's does: that one has its mask already.
pub(super) fn mask(mixer: &Mixer<'_>, site: &Site<'_>, call: &Call, weighs: bool) -> Option<Mask> {
    let (sight, presence) = (&mixer.values, site.node.presence);
    let segments = &site.node.shape.layout.segments;
    if !segments.iter().any(|segment| sight.varies(presence, segment.active)) {
        return None;
    }
    let mask = Mask {
        segments: segments
            .iter()
            .map(|segment| {
                let there = site.graph.value(segment.active, site.arch).as_int().unwrap_or(0);
                (sight.mean(presence, segment.active), there)
            })
            .collect(),
    };
    let per_image = |d: u32| matches!(sight.gating.0.get(d as usize), Some(Gate::PerImage));
    let hard = mask.segments.iter().flat_map(|(mean, _)| mean.decisions()).any(per_image);
    // A soft mask on both factors of a product would count twice.
    let biased = hard || !weighs;
    let needs = match call {
        Call::Norm(_) => true,
        Call::Conv(conv) => biased && conv.bias.is_some(),
        Call::ConvTranspose(conv) => biased && conv.bias.is_some(),
        Call::Linear(linear) => biased && linear.bias.is_some(),
        Call::Learned(Learned::Offset(_)) => biased,
        Call::Act(activation) => {
            hard && matches!(
                activation,
                Activation::Sigmoid
                    | Activation::HardSigmoid
                    | Activation::Rsign { .. }
                    | Activation::Rprelu { .. }
            )
        }
        _ => false,
    };
    needs.then_some(mask)
}
