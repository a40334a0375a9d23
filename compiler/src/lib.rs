//! Elaboration, intermediate representation, checks and costs of neural-architecture search spaces.
//!
//! A space goes one way: text, syntax tree, graph, checked graph. Each step is one function, and
//! nothing reaches back. The modules in order, each using only those before it: [`random`]
//! (counter-based streams), [`vary`] (what a value is in every network at once), [`ir`] (the graph),
//! [`arch`] (one network of it), [`pass`] (from elaborated to checked), [`cost`] (what a network
//! costs), [`analysis`] (exact questions about all networks), [`artifact`] (the compiled space as a
//! file), [`sample`] (drawing networks), [`remap`]
//! (what a space is filled from), [`emit`] (reports and pictures), [`source`] and [`library`]
//! (files), [`diagnostic`] (what is wrong), [`prim`] (the primitives), [`elaborate`] (tree to graph),
//! `lint` (what is probably not meant), [`mod@compile`] (file to checked graph).
//!
//! Deliberately absent: input and output, clocks, randomness from outside, tensors, printing. Files
//! are read by whoever calls, through a trait.

pub mod analysis;
pub mod arch;
pub mod artifact;
pub mod budget;
pub mod compile;
pub mod cost;
pub mod diagnostic;
pub mod elaborate;
pub mod emit;
pub mod ir;
pub mod library;
mod lint;
pub mod pass;
pub mod prim;
pub mod random;
pub mod remap;
pub mod sample;
#[cfg(test)]
mod sketch;
pub mod source;
pub mod vary;

pub use compile::{Compilation, Options, compile};
pub use pass::Checked;
