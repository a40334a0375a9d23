//! Hashes of spaces and architectures: SHA-256, in lower-case hexadecimal.
//!
//! Two spaces have one hash when their decisions, nodes and parameters are the same in every
//! network, wherever they were written and whatever they are called. Limits, priors and defaults do
//! not count: a budget changes no network.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::Arch;
use crate::ir::text::identity;
use crate::ir::{AxisSlice, Graph, Op};
use crate::vary::{Diagrams, Leaf, TRUE, Vary};

/// The hash of a space.
pub fn space_hash(space: &Graph) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"nasc space 1\n");
    hasher.update(identity(space));
    // The text names the values of a varying value, not which network has which: the diagrams
    // do, each written once and numbered in the order of the text.
    let mut exact = Exact { diagrams: &space.diagrams, places: FxHashMap::default(), hasher };
    exact.add(space.valid);
    for decision in &space.decisions {
        exact.add(decision.exists);
    }
    for (_, node) in space.nodes() {
        exact.add(node.presence);
        node.shape.axes.iter().for_each(|&axis| exact.add(axis));
        node.shape.layout.segments.iter().for_each(|segment| exact.add(segment.active));
        match &node.op {
            Op::Select { on } => exact.add(*on),
            Op::Prim { attributes, .. } => {
                attributes.iter().flat_map(|a| &a.values).for_each(|&value| exact.add(value));
            }
            Op::Input { .. } | Op::Output { .. } => {}
        }
    }
    for param in &space.params {
        if param.when != TRUE {
            exact.add(param.when);
        }
        for slice in &param.slices {
            match slice {
                AxisSlice::Whole => {}
                AxisSlice::Prefixes(segments) => {
                    for segment in segments {
                        exact.add(segment.active);
                    }
                }
                AxisSlice::Centre(size) => exact.add(*size),
            }
        }
    }
    hexadecimal(&exact.hasher.finalize())
}

/// The hash of an architecture in the space of `space_hash`; equal networks have one hash.
pub fn arch_hash(space: &Graph, space_hash: &str, arch: &Arch) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"nasc network 1\n");
    hasher.update(space_hash);
    for option in space.canonical(arch).0 {
        hasher.update(option.to_le_bytes());
    }
    hexadecimal(&hasher.finalize())
}

/// Diagrams by their structure, independent of the order in which they were made.
struct Exact<'a> {
    diagrams: &'a Diagrams,
    places: FxHashMap<Vary, u32>,
    hasher: Sha256,
}

impl Exact<'_> {
    fn add(&mut self, value: Vary) {
        let place = self.place(value);
        self.hasher.update(place.to_le_bytes());
    }

    fn place(&mut self, value: Vary) -> u32 {
        if let Some(&place) = self.places.get(&value) {
            return place;
        }
        if let Some((decision, children)) = self.diagrams.branch(value) {
            let children: Vec<u32> = children.iter().map(|&child| self.place(child)).collect();
            self.hasher.update([1]);
            self.hasher.update(decision.0.to_le_bytes());
            for child in children {
                self.hasher.update(child.to_le_bytes());
            }
        } else {
            let leaf = match self.diagrams.leaf_of(value) {
                Leaf::Fault(id) => format!("fault {}", self.diagrams.fault_message(id)),
                leaf => format!("{leaf:?}"),
            };
            self.hasher.update([0]);
            self.hasher.update((leaf.len() as u64).to_le_bytes());
            self.hasher.update(leaf);
        }
        let place = self.places.len() as u32;
        self.places.insert(value, place);
        place
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
