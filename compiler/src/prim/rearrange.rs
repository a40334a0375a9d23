//! Rearranging channels: slices, `split`, `shuffle`, `deinterleave`, `flatten`.

use super::{Nodes, Parameter, Preset, PrimCall, Primitive, Type};
use crate::diagnostic::Diagnostic;
use crate::ir::{Kind, Layout, Segment, Segments, Shape};
use crate::vary::{Binary, Values, Vary};

/// `n` equal runs of channels, as a list.
pub const SPLIT: Primitive = Primitive {
    name: "split",
    parameters: &[Parameter::tensor(), Parameter::new("n", Type::Int, Preset::Required)],
    build: split,
    gives_list: true,
};

/// Interleaves the groups of channels: `[g, c]` becomes `[c, g]`.
pub const SHUFFLE: Primitive = Primitive {
    name: "shuffle",
    parameters: &[Parameter::tensor(), Parameter::new("groups", Type::Int, Preset::Required)],
    build: shuffle,
    gives_list: false,
};

/// The even and the odd channels, as a list of two.
pub const DEINTERLEAVE: Primitive = Primitive {
    name: "deinterleave",
    parameters: &[Parameter::tensor()],
    build: deinterleave,
    gives_list: true,
};

/// All axes in one.
pub const FLATTEN: Primitive = Primitive {
    name: "flatten",
    parameters: &[Parameter::tensor()],
    build: flatten,
    gives_list: false,
};

/// The channels, if they are the same ones in every network or no networks share any; an error otherwise.
fn unshared_channels(call: &mut PrimCall<'_>, what: &str) -> Option<Vary> {
    let shape = call.shape();
    call.needs_one_layout(&shape.layout);
    if !call.sharing.apart && !shape.layout.is_full(&call.graph.diagrams) {
        let shown = call.show(&shape);
        let message =
            format!("`{what}` would permute channels differently from network to network");
        call.sink.push(
            Diagnostic::error("E0321", call.origin, message)
                .at(format!("gets {shown}"))
                .note("the channels that a smaller network uses must be the same ones everywhere"),
        );
        return None;
    }
    Some(shape.channels())
}

/// Whether channels can be divided into that many equal parts, in every network; reports it otherwise.
fn equal_parts(call: &mut PrimCall<'_>, channels: Vary, parts: Vary, message: String) -> bool {
    let zero = call.graph.diagrams.int(0);
    let some = call.op(Binary::Less, zero, parts);
    let rest = call.op(Binary::Mod, channels, parts);
    let rest = call.graph.diagrams.differ(rest, zero);
    let none = call.graph.diagrams.not(some);
    let bad = call.graph.diagrams.ite(none, none, rest);
    let diagnostic = Diagnostic::error("E0322", call.origin, message);
    if bad == crate::vary::TRUE {
        call.sink.push(diagnostic);
        return false;
    }
    call.check_input(bad, diagnostic);
    true
}

/// A run of channels, `from..to` of the first operand; bounds must already be clamped.
pub fn slice(call: &mut PrimCall<'_>, from: Vary, to: Vary) -> Option<Nodes> {
    let input = call.shape();
    call.needs_one_layout(&input.layout);
    let width = call.op(Binary::Subtract, to, from);
    let zero = call.graph.diagrams.int(0);
    let width = call.op(Binary::Max, width, zero);
    let full = input.layout.is_full(&call.graph.diagrams);
    let single = input.layout.segments.len() == 1;
    if !full && !single && !call.sharing.apart {
        call.sink.push(Diagnostic::error(
            "E0321",
            call.origin,
            "a slice of joined channels that vary would take different ones from network to network",
        ));
        return None;
    }
    let layout = call.new_layout(width);
    let shape = with_channels(&input, width, layout);
    let operands = call.operands.clone();
    let attributes: [(&'static str, &[Vary]); 2] = [("from", &[from]), ("to", &[to])];
    call.finish(Kind::Slice, &attributes, &operands, shape, [])
}

fn split(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let channels = unshared_channels(call, "split")?;
    let parts = call.one("n");
    let shown = (call.show_value(channels), call.show_value(parts));
    let message = format!("{} channels cannot be split into {} equal runs", shown.0, shown.1);
    let Some(n) = call.graph.diagrams.constant_int(parts) else {
        call.sink.push(Diagnostic::error("E0322", call.origin, message));
        return None;
    };
    if !equal_parts(call, channels, parts, message) || !call.fits_channels(n.unsigned_abs()) {
        return None;
    }
    let width = call.op(Binary::Divide, channels, parts);
    let mut made = Nodes::new();
    for part in 0..n {
        let from = call.with(Binary::Multiply, width, part);
        let to = call.with(Binary::Multiply, width, part + 1);
        made.extend(slice(call, from, to)?);
    }
    Some(made)
}

fn shuffle(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let channels = unshared_channels(call, "shuffle")?;
    let groups = call.one("groups");
    let shown = (call.show_value(channels), call.show_value(groups));
    let message = format!("{} channels cannot be shuffled in {} groups", shown.0, shown.1);
    if call.graph.diagrams.constant_int(groups).is_none() && !call.sharing.apart {
        call.sink.push(Diagnostic::error("E0322", call.origin, message));
        return None;
    }
    if !equal_parts(call, channels, groups, message) {
        return None;
    }
    let shape = call.shape();
    let operands = call.operands.clone();
    call.finish(Kind::Shuffle, &[("groups", &[groups])], &operands, shape, [])
}

fn deinterleave(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let channels = unshared_channels(call, "deinterleave")?;
    let input = call.shape();
    let mut halves = Nodes::new();
    for parity in 0..2 {
        let width = call.with(Binary::Add, channels, 1 - parity);
        let width = call.with(Binary::Div, width, 2);
        let layout = call.new_layout(width);
        let shape = with_channels(&input, width, layout);
        let parity = call.graph.diagrams.int(parity);
        let operands = call.operands.clone();
        let attributes: [(&'static str, &[Vary]); 1] = [("parity", &[parity])];
        halves.push(call.add(Kind::Deinterleave, &attributes, &operands, shape, []));
    }
    Some(halves)
}

fn flatten(call: &mut PrimCall<'_>) -> Option<Nodes> {
    let input = call.shape();
    call.needs_one_layout(&input.layout);
    let mut size = call.graph.diagrams.int(1);
    for &axis in input.space() {
        size = call.op(Binary::Multiply, size, axis);
    }
    let Some(positions) = call.graph.diagrams.constant_int(size).filter(|&n| n >= 1) else {
        let shown = call.show(&input);
        call.sink.push(
            Diagnostic::error("E0323", call.origin, "`flatten` of a size that varies")
                .at(format!("gets {shown}"))
                .help("`-> global_pool` instead, or `-> adaptive_pool(n)` before it"),
        );
        return None;
    };
    if !call.fits_channels(u64::from(input.layout.max()).saturating_mul(positions as u64)) {
        return None;
    }
    let mut segments = Segments::new();
    for segment in &input.layout.segments {
        let active = call.with(Binary::Multiply, segment.active, positions);
        segments.push(Segment { max: segment.max * positions as u32, active });
    }
    let channels = call.op(Binary::Multiply, input.channels(), size);
    let layout = Layout { segments, mixed: None };
    let shape = Shape { axes: Values::from_slice(&[channels]), layout, stride: input.stride };
    let operands = call.operands.clone();
    call.finish(Kind::Flatten, &[], &operands, shape, [])
}

fn with_channels(input: &Shape, channels: Vary, layout: Layout) -> Shape {
    let mut axes = Values::from_slice(&[channels]);
    axes.extend_from_slice(input.space());
    Shape { axes, layout, stride: input.stride }
}
