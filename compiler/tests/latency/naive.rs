//! The units of a fixed network, read one operation after the other with plain numbers.

use std::fmt::Write as _;

use nasc_compiler::Checked;
use nasc_compiler::ir::{Kind, NodeId, Op, Role};

/// The keys of a network without decisions, sorted.
pub fn keys(network: &Checked) -> Vec<String> {
    let ids = network.node_ids();
    let readers = |id: NodeId| network.users(id).len();
    let shape = |id: NodeId| -> Vec<i64> {
        let axes = &network.node(id).shape.axes;
        axes.iter().map(|&axis| network.diagrams.constant_int(axis).unwrap()).collect()
    };
    // Per node: the first operation of its unit, and what followed.
    let mut unit: Vec<Option<(NodeId, Vec<String>)>> = vec![None; network.node_bound()];
    let mut ended = vec![true; network.node_bound()];
    for &id in &ids {
        let node = network.node(id);
        let Op::Prim { kind, .. } = &node.op else { continue };
        let operands = network.operands(id);
        let free = |port: usize| {
            let operand = *operands.get(port)?;
            (readers(operand) == 1).then_some(())?;
            unit[operand.index()].clone().map(|(lead, tail)| (operand, lead, tail))
        };
        let (from, token) = match kind {
            Kind::Bn | Kind::Gain | Kind::Offset | Kind::Scale => (free(0), kind.name().to_owned()),
            Kind::Act => (free(0), word(network, id, "kind")),
            Kind::Dropout | Kind::DropPath | Kind::Identity | Kind::Flatten => {
                (free(0), String::new())
            }
            Kind::Add => {
                let sides = [free(0), free(1)];
                let fit = |(place, side): (usize, Option<(NodeId, NodeId, Vec<String>)>)| {
                    side.filter(|_| shape(operands[place]) == shape(id))
                };
                let later =
                    sides.into_iter().enumerate().filter_map(fit).max_by_key(|(_, lead, _)| *lead);
                let token = match &later {
                    Some((taken, ..)) => {
                        let other = operands.iter().find(|o| *o != taken).unwrap();
                        if shape(*other) == shape(id) {
                            "add".to_owned()
                        } else {
                            format!("add:{}", dims(&shape(*other)))
                        }
                    }
                    None => String::new(),
                };
                (later, token)
            }
            Kind::Bypass => {
                let (keep, until) = (number(network, id, "keep"), number(network, id, "until"));
                if keep > 0 && until > keep {
                    (free(0), format!("bypass:{}", until - keep))
                } else {
                    (free(0), String::new())
                }
            }
            _ => (None, String::new()),
        };
        let made = match from {
            Some((operand, lead, mut tail)) => {
                ended[operand.index()] = false;
                if !token.is_empty() && token != "identity" {
                    tail.push(token);
                }
                Some((lead, tail))
            }
            None if is_nothing(network, id, *kind) => None,
            None => Some((id, Vec::new())),
        };
        unit[id.index()] = made;
    }
    let mut keys: Vec<String> = ids
        .iter()
        .filter(|id| ended[id.index()])
        .filter_map(|id| unit[id.index()].clone())
        .map(|(lead, tail)| named(network, lead, tail, &shape))
        .collect();
    keys.sort();
    keys
}

fn is_nothing(network: &Checked, id: NodeId, kind: Kind) -> bool {
    match kind {
        Kind::Dropout | Kind::DropPath | Kind::Identity | Kind::Flatten | Kind::Zero => true,
        Kind::Bypass => {
            let (keep, until) = (number(network, id, "keep"), number(network, id, "until"));
            keep == 0 || until <= keep
        }
        Kind::Act => word(network, id, "kind") == "identity",
        _ => false,
    }
}

fn named(
    network: &Checked,
    lead: NodeId,
    tail: Vec<String>,
    shape: &dyn Fn(NodeId) -> Vec<i64>,
) -> String {
    let node = network.node(lead);
    let Op::Prim { kind, attributes } = &node.op else { unreachable!() };
    let read: Vec<String> = network.operands(lead).into_iter().map(|o| dims(&shape(o))).collect();
    let name = if *kind == Kind::WsConv { "conv" } else { kind.name() };
    let mut key = format!("{name};in={};to={}", read.join(","), dims(&shape(lead)));
    for attribute in attributes {
        let values: Vec<String> = attribute
            .values
            .iter()
            .map(|&value| network.diagrams.constant(value).unwrap().to_string())
            .collect();
        let one = if values.iter().all(|v| *v == values[0]) {
            values[0].clone()
        } else {
            values.join("x")
        };
        let name = match &*attribute.name {
            "kernel" => "k",
            "stride" => "s",
            "pad" => "p",
            "dilation" | "groups" if one == "1" => continue,
            "dilation" => "d",
            "groups" => "g",
            "keep" | "until" | "kind" | "mode" | "count_pad" => &attribute.name,
            _ => continue,
        };
        let _ = write!(key, ";{name}={one}");
    }
    let mut biased = node.params.iter().any(|&param| network.param(param).role == Role::Bias);
    let mut tail = tail.into_iter().peekable();
    if matches!(kind, Kind::Conv | Kind::Linear | Kind::BinaryConv | Kind::WsConv) {
        while let Some(folded) =
            tail.next_if(|t| ["bn", "gain", "offset", "scale"].contains(&t.as_str()))
        {
            biased |= folded == "bn" || folded == "offset";
        }
    }
    if biased {
        key += ";bias=1";
    }
    let tail: Vec<String> = tail.collect();
    if !tail.is_empty() {
        let _ = write!(key, ";then={}", tail.join(","));
    }
    key
}

fn dims(shape: &[i64]) -> String {
    let shown: Vec<String> = shape.iter().map(ToString::to_string).collect();
    shown.join("x")
}

fn word(network: &Checked, id: NodeId, name: &str) -> String {
    let Op::Prim { attributes, .. } = &network.node(id).op else { return String::new() };
    let found = attributes.iter().find(|attribute| attribute.name == name).unwrap();
    network.diagrams.constant(found.values[0]).unwrap().to_string()
}

fn number(network: &Checked, id: NodeId, name: &str) -> i64 {
    word(network, id, name).parse().unwrap()
}
