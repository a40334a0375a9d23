//! Latencies by table: a network takes as long as its units together.
//!
//! `unit` finds what runs as one in every network, `key` gives each the text by which a table knows it. A
//! [`LatencyTable`] holds the nanoseconds of each text; [`attach()`] makes a table a measure of a space.
//!
//! Deliberately absent: clocks and files. Who measures is outside, and so is who reads.

mod attach;
mod block;
mod deploy;
mod file;
mod foreign;
mod import;
mod interpolate;
mod key;
mod readers;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod unit;

pub use attach::{LatencyError, attach, keys, keys_of};
pub use deploy::deployed;
pub use file::{VERSION, read, write};
pub use import::{import_netadapt, import_yaml};
pub use interpolate::Interpolation;
pub use source::source;
pub use table::{Additivity, Entry, Header, Keys, LatencyTable};
