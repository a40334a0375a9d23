//! The names that published tables give to what they hold.
//!
//! ProxylessNAS and Once-for-all have an entry per inverted residual, by its shapes, height and width before
//! channels: `expanded_conv-input:112x112x16-output:56x56x24-expand:3-kernel:5-stride:2-idskip:0`. Once-for-all
//! says the hidden width itself for the expansion, and whether there is a gate and an h-swish. NetAdapt has one per
//! layer, with the channels that it reads and gives.

use super::block::{Block, acts, blocks};
use super::unit::{Found, Unit, dims};
use super::{Keys, unit};
use crate::ir::{Kind, NodeId, Op};
use crate::pass::Checked;
use crate::vary::{Diagrams, Leaf, Vary};

/// What an entry stands for in some networks, and what its name is made of.
pub(super) struct Named {
    /// Its first operation.
    pub node: NodeId,
    /// Where it exists.
    pub presence: Vary,
    /// What its name is made of.
    pub values: Vec<Vary>,
    /// Its name.
    pub text: Text,
}

/// What makes a name of the leaves of its values; none for what costs nothing.
pub(super) type Text = Box<dyn Fn(&[Leaf]) -> Option<String>>;

/// What the entries of a published table stand for.
pub(super) fn named(space: &Checked, diagrams: &mut Diagrams, keys: Keys) -> Vec<Named> {
    let found = unit::found(space, diagrams);
    if keys == Keys::Layers {
        return layers(space, &found);
    }
    let (blocks, rest) = blocks(space, diagrams, found);
    let of_blocks = blocks.into_iter().map(|block| of_block(space, &block, keys));
    let of_rest = rest.into_iter().map(|unit| of_unit(space, diagrams, &unit, keys));
    let of_rest: Vec<Named> = of_rest.collect();
    of_blocks.chain(of_rest).collect()
}

fn axes(space: &Checked, id: NodeId) -> &[Vary] {
    &space.node(id).shape.axes
}

fn read(space: &Checked, id: NodeId) -> Vec<Vary> {
    space.operands(id).first().map_or_else(Vec::new, |&operand| axes(space, operand).to_vec())
}

/// `CxHxW` as `HxWxC`.
fn last(shape: &[Leaf]) -> String {
    match shape.split_first() {
        Some((channels, [])) => channels.to_string(),
        Some((channels, space)) => format!("{}x{channels}", dims(space)),
        None => String::new(),
    }
}

fn of_block(space: &Checked, block: &Block, keys: Keys) -> Named {
    let Block { first, depthwise, project, is_gated, presence, inner, outer } = *block;
    let (from, to) = (read(space, first), axes(space, project).to_vec());
    let hidden = space.node(depthwise).shape.channels();
    let (a, b) = (from.len(), to.len());
    let mut values = [from, to].concat();
    values.extend([hidden, inner, outer]);
    for name in ["kernel", "stride"] {
        if let Op::Prim { attributes, .. } = &space.node(depthwise).op {
            let found = attributes.iter().find(|attribute| &*attribute.name == name);
            values.extend(found.and_then(|attribute| attribute.values.first()));
        }
    }
    let text = move |leaves: &[Leaf]| -> Option<String> {
        let (from, rest) = leaves.split_at_checked(a)?;
        let (to, rest) = rest.split_at_checked(b)?;
        let [hidden, inner, outer, kernel, stride] = rest else { return None };
        let (hidden, channels) = (hidden.as_int()?, from.first()?.as_int()?);
        let skips = u8::from(outer.as_str()?.split(',').any(|token| token == "add"));
        // A ratio where the table counts in ratios, unless there is none.
        let expand = match keys {
            Keys::Proxyless if hidden % channels == 0 => hidden / channels,
            _ => hidden,
        };
        let mut name = format!(
            "expanded_conv-input:{}-output:{}-expand:{expand}-kernel:{kernel}-stride:{stride}-idskip:{skips}",
            last(from),
            last(to)
        );
        if keys == Keys::Proxyless && is_gated {
            // No such table has gates: what is missing is told by this name.
            name.push_str("-se:1");
        }
        if keys == Keys::Ofa {
            let (gated, swish) = (u8::from(is_gated), u8::from(inner.as_str()?.contains("hswish")));
            name = format!("{name}-se:{gated}-hs:{swish}");
        }
        Some(name)
    };
    Named { node: first, presence, values, text: Box::new(text) }
}

/// What is in no block: the first and the last layers by their names, anything else by the key of its unit.
fn of_unit(space: &Checked, diagrams: &mut Diagrams, unit: &Unit, keys: Keys) -> Named {
    let parts = super::key::parts_of(space, diagrams, unit);
    let Op::Prim { kind, attributes } = &space.node(unit.lead).op else {
        unreachable!("a unit begins with an operation")
    };
    let kind = *kind;
    let one = |&value: &Vary| space.diagrams.constant_int(value) == Some(1);
    let is_pointwise = attributes
        .iter()
        .filter(|attribute| &*attribute.name == "kernel")
        .all(|attribute| attribute.values.iter().all(one));
    // Logits by ProxylessNAS are the mean and the linear layer behind it.
    let operand = space.operands(unit.lead).first().copied();
    let pooled = operand.and_then(|operand| behind_pool(space, operand));
    let from = match (keys, kind, pooled) {
        (Keys::Proxyless, Kind::Linear, Some(pool)) => read(space, pool),
        _ => read(space, unit.lead),
    };
    let to = axes(space, unit.lead).to_vec();
    let (a, b) = (from.len(), to.len());
    let values = [vec![unit.tail], from, to, parts.values.clone()].concat();
    let text = move |leaves: &[Leaf]| -> Option<String> {
        let (tail, rest) = leaves.split_first()?;
        let (from, rest) = rest.split_at_checked(a)?;
        let (to, rest) = rest.split_at_checked(b)?;
        let acts = acts(tail.as_str()?);
        let is_point = from.iter().skip(1).all(|size| *size == Leaf::Int(1));
        let name = match (kind, keys) {
            (Kind::GlobalPool, Keys::Proxyless) => return None,
            (Kind::GlobalPool, _) => "AvgPool2D",
            (Kind::Linear, _) if !acts => "Logits",
            (Kind::Linear, _) => "Conv_2",
            (Kind::Conv, _) if is_pointwise && is_point => "Conv_2",
            (Kind::Conv, _) if is_pointwise => "Conv_1",
            (Kind::Conv, _) => "Conv",
            _ => return parts.text(rest),
        };
        // A vector is one position where the table has positions.
        let place = |shape: &[Leaf]| match shape {
            [channels] => format!("1x1x{channels}"),
            _ => last(shape),
        };
        let to = if name == "Logits" { last(to) } else { place(to) };
        Some(format!("{name}-input:{}-output:{to}", place(from)))
    };
    Named { node: unit.lead, presence: unit.presence, values, text: Box::new(text) }
}

/// The mean over all positions that a tensor is, through what is nothing at inference.
fn behind_pool(space: &Checked, id: NodeId) -> Option<NodeId> {
    match &space.node(id).op {
        Op::Prim { kind: Kind::GlobalPool, .. } => Some(id),
        Op::Prim { kind: Kind::Dropout | Kind::Flatten | Kind::Identity, .. } => {
            behind_pool(space, *space.operands(id).first()?)
        }
        Op::Prim { .. } | Op::Input { .. } | Op::Select { .. } | Op::Output { .. } => None,
    }
}

/// Convolutions and linear layers by their paths; everything else is free.
fn layers(space: &Checked, found: &Found) -> Vec<Named> {
    let mut made = Vec::new();
    for unit in &found.units {
        let node = space.node(unit.lead);
        let Op::Prim { kind, .. } = &node.op else { continue };
        if !matches!(kind, Kind::Conv | Kind::ConvTranspose | Kind::Linear) {
            continue;
        }
        let from = read(space, unit.lead).first().copied();
        let values: Vec<Vary> = from.into_iter().chain([node.shape.channels()]).collect();
        let path = node.path.clone();
        let text = move |leaves: &[Leaf]| match leaves {
            [from, to] => Some(format!("{path};in={from};out={to}")),
            _ => None,
        };
        made.push(Named { node: unit.lead, presence: unit.presence, values, text: Box::new(text) });
    }
    made
}
