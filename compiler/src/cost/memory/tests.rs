//! Memory against fixed networks, whose calls are followed one by one.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use super::{Memory, Phase, peak};
use crate::analysis::memory_range;
use crate::arch::Arch;
use crate::ir::{Kind, NodeId, Op};
use crate::pass::{Checked, fix};
use crate::random::Stream;
use crate::sketch::{assignments, chain, drawn};

fn compiled(text: &str) -> Checked {
    let files = BTreeMap::from([("s.nas".to_owned(), text.to_owned())]);
    let compilation = crate::compile(&files, "s.nas", &crate::Options::default()).unwrap();
    assert!(compilation.checked.is_some(), "{}", compilation.render());
    compilation.checked.unwrap()
}

/// The bytes of a node's result in a network without decisions.
fn bytes(network: &Checked, id: NodeId) -> u64 {
    let axes = &network.node(id).shape.axes;
    4 * axes.iter().map(|&a| network.diagrams.constant_int(a).unwrap() as u64).product::<u64>()
}

fn text(network: &Checked, id: NodeId, name: &str) -> String {
    let Op::Prim { attributes, .. } = &network.node(id).op else { return String::new() };
    let found = attributes.iter().find(|attribute| &*attribute.name == name);
    let value = found.and_then(|a| network.diagrams.constant(a.values[0]));
    value.map_or(String::new(), ToString::to_string)
}

/// Runs a network call by call: every result is in the memory of its own or of what it looks at, and
/// memory goes when no register that anybody still reads lies in it.
fn run(network: &Checked) -> u64 {
    let mut memory_of: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    let mut ends: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    let end = NodeId(u32::MAX);
    // The register of an alias is that of its operand.
    let mut register: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    let mut calls = Vec::new();
    for (id, node) in network.nodes() {
        let operands: Vec<NodeId> =
            network.operands(id).iter().map(|operand| register[operand]).collect();
        let kind = match &node.op {
            Op::Output { .. } => {
                ends.insert(operands[0], end);
                continue;
            }
            Op::Input { .. } | Op::Select { .. } => None,
            Op::Prim { kind, .. } => Some(*kind),
        };
        let is_alias = match kind {
            Some(Kind::Identity) => true,
            Some(Kind::Act) => text(network, id, "kind") == "identity",
            Some(Kind::Concat | Kind::Bypass) => {
                operands.len() == 1 && bytes(network, operands[0]) == bytes(network, id)
            }
            _ => false,
        };
        if is_alias {
            register.insert(id, operands[0]);
            continue;
        }
        register.insert(id, id);
        let looks = matches!(
            kind,
            Some(Kind::Slice | Kind::Deinterleave | Kind::Flatten | Kind::Dropout | Kind::DropPath)
        ) || kind == Some(Kind::Bypass) && operands.len() == 1;
        let memory = if looks { memory_of[&operands[0]] } else { id };
        memory_of.insert(id, memory);
        for &operand in &operands {
            ends.insert(operand, id);
        }
        ends.entry(id).or_insert(id);
        calls.push(id);
    }
    let mut most = 0;
    for &now in &calls {
        let there: BTreeSet<NodeId> = calls
            .iter()
            .filter(|&&made| made <= now && ends[&made] >= now)
            .map(|made| memory_of[made])
            .collect();
        most = most.max(there.into_iter().map(|id| bytes(network, id)).sum());
    }
    most
}

#[test]
fn every_network_of_a_generated_space_has_the_peak_of_its_run() {
    let mut stream = Stream::new(0, "memory", &[]);
    for _ in 0..20 {
        let space = drawn(&mut stream);
        let memory = Memory::new(&space, Phase::Inference).unwrap();
        let training = Memory::new(&space, Phase::Training).unwrap();
        let (least, most) = memory.bounds();
        for arch in assignments(&space).iter().step_by(3) {
            let network = fix(&space, arch);
            let expected = run(&network);
            assert_eq!(memory.peak(arch), expected);
            assert_eq!(peak(&space, arch, Phase::Inference), expected);
            assert!(least <= expected && expected <= most);
            assert_eq!(training.peak(arch), peak(&space, arch, Phase::Training));
        }
    }
}

/// Views, concatenations with and without a part, a bypass, halves of a tensor, tensors that wait.
const JOINED: &str = "space s() {
    input image: [4, 8, 8]
    let w = choose w in {0, 4, 8}
    let x = image -> conv(8) -> relu
    let [a, b] = x -> deinterleave
    let left = a -> conv(w)
    let y = concat(left, b, x) -> choose act { some: relu; none: identity }
    let [c, d] = x -> deinterleave
    let z = c -> choose op { conv: conv(8) -> bn -> relu6; skip: conv(8) }
    let joined = concat(z, d) -> shuffle(2) -> dropout(0.2)
    let part = joined[2..10]
    output out = y * (y -> global_pool -> sigmoid) -> global_pool -> flatten -> linear(3)
    output more = part -> max_pool(2)
}";

#[test]
fn views_keep_what_they_look_at() {
    let space = compiled(JOINED);
    let memory = Memory::new(&space, Phase::Inference).unwrap();
    for arch in assignments(&space) {
        assert_eq!(memory.peak(&arch), run(&fix(&space, &arch)), "{arch:?}");
    }
}

#[test]
fn limits_hold_exactly_where_the_peak_does() {
    let mut stream = Stream::new(0, "memory limits", &[]);
    let generated: Vec<Checked> = (0..15).map(|_| drawn(&mut stream)).collect();
    for space in generated.into_iter().chain([chain(3), compiled(JOINED)]) {
        for phase in Phase::ALL {
            let mut memory = Memory::new(&space, phase).unwrap();
            let all: Vec<(Arch, u64)> = assignments(&space)
                .into_iter()
                .map(|arch| (arch.clone(), memory.peak(&arch)))
                .collect();
            let peaks: BTreeSet<u64> = all.iter().map(|(_, peak)| *peak).collect();
            for &limit in peaks.iter().chain([&(peaks.last().unwrap() + 1), &0]) {
                for (min, max) in [(None, Some(limit)), (Some(limit), Some(limit + 4096))] {
                    let condition = memory.within(min, max).unwrap();
                    let count = all
                        .iter()
                        .filter(|(_, peak)| {
                            min.is_none_or(|min| *peak >= min) && max.is_none_or(|max| *peak <= max)
                        })
                        .count();
                    assert_eq!(memory.diagrams().count(condition).to_string(), count.to_string());
                }
            }
        }
    }
}

#[test]
fn the_ends_of_the_range_are_networks() {
    let mut stream = Stream::new(0, "memory range", &[]);
    for _ in 0..30 {
        let space = drawn(&mut stream);
        for phase in Phase::ALL {
            let memory = Memory::new(&space, phase).unwrap();
            let networks = assignments(&space)
                .into_iter()
                .filter(|arch| space.is_valid(arch) && space.canonical(arch) == *arch);
            let peaks: Vec<u64> = networks.map(|arch| memory.peak(&arch)).collect();
            let [(least, small), (most, large)] = memory_range(&space, phase).unwrap();
            assert_eq!(Some(&least), peaks.iter().min());
            assert_eq!(Some(&most), peaks.iter().max());
            for (arch, peak) in [(small, least), (large, most)] {
                assert!(space.is_valid(&arch) && space.canonical(&arch) == arch);
                assert_eq!(memory.peak(&arch), peak);
            }
        }
    }
}

/// Counted by hand, at four bytes: an image of 3 x 4 x 4, two convolutions of 8 channels with a
/// normalisation and a `relu` between them, and a sum.
#[test]
fn a_step_keeps_what_backward_needs() {
    let space = compiled(
        "space s() {
            input image: [3, 4, 4]
            let x = image -> conv(8)
            let y = x -> bn -> relu -> conv(8)
            output out = x + y -> global_pool -> linear(2)
        }",
    );
    let (image, tensor) = (4 * 48, 4 * 128);
    // The first convolution keeps the image, the normalisation what it reads and two numbers for each
    // channel, `relu` its result for itself and the second convolution; the mean keeps nothing, the
    // linear layer what it reads. The image, and the two logits, stay.
    let (moments, logits, pooled) = (2 * 8 * 4, 8, 4 * 8);
    // Nothing is larger than the backward of the second convolution, where the gradient of its result,
    // that of what it reads, and that of the skip wait together.
    let held = image + 2 * tensor + moments + logits;
    assert_eq!(peak(&space, &Arch::default(), Phase::Training), held + 3 * tensor);
    assert!(held + pooled + 2 * tensor < held + 3 * tensor);
    // The skip waits while the branch has two tensors.
    assert_eq!(peak(&space, &Arch::default(), Phase::Inference), 3 * tensor);
}
