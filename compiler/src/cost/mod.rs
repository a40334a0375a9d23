//! What networks cost: multiply-adds and parameters as sums of small factors.
//!
//! A node's cost is a product of small varying dimensions, kept as such; the cost of a network is the
//! sum of these [`Factor`]s, never one diagram. A [`Table`] compiles the sum so that one architecture
//! costs a handful of look-ups. MACs follow the field's convention: multiply-adds of convolutions and
//! linear layers for one image; normalisation, activation, pooling and biases are free. Others who
//! count otherwise have a [`Measure`] of their own. Parameters are trainable scalars, each shared one
//! once.
//!
//! Latency is by [`mod@latency`]'s tables from outside. The peak of [`memory`] is a maximum of sums, and
//! apart for that.

mod factor;
mod joined;
pub mod latency;
mod layer;
pub mod memory;
mod operation;
mod rule;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use factor::factors_in;
pub(crate) use joined::joined;
pub(crate) use table::merge;

pub use factor::{Factor, Sum, factors};
pub use layer::{Row, mac_ranges, param_ranges, per_layer};
pub use rule::Measure;
pub use table::{Table, TooLarge};
