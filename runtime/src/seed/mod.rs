//! Weights of trained networks, in and out.
//!
//! A file of another program names its tensors as that program does. [`source`] reads it, [`matching`] finds the
//! network's tensor for each, and [`export`] goes the other way. Names come from the network: its own paths, or a
//! scheme that `@key` says in its text ([`scheme`]); nothing here knows of any network.

pub mod convert;
pub mod export;
pub mod matching;
pub mod scheme;
pub mod source;

#[cfg(test)]
mod tests;
