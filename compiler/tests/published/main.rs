//! The published spaces: their sizes, and the costs of architectures that are published or counted elsewhere.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod best;
mod binary;
mod blocks;
mod candidates;
mod cells;
mod dense;
mod depth;
mod exact;
mod fbnet;
mod lattice;
mod mobile;
mod support;
