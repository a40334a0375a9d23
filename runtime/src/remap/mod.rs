//! Filling weights from a seed's, as a plan says.
//!
//! [`fill`] carries out a [`Plan`] on a store, bit for bit: numbers are moved, never computed, but for
//! kernels that a seed makes smaller by a learned matrix. [`compare`] says how far the filled network
//! then is from the seed. Deliberately absent: which tensor goes where, which is the plan's, and files.

mod compare;
mod error;
mod fill;
mod numbers;

pub use compare::{Difference, compare};
pub use error::RemapError;
pub use fill::fill;

pub use nasc_compiler::remap::Plan;
