//! Measuring how long units and networks take.
//!
//! [`measure`] is the protocol: what is run how often and in which order, what counts, and when a run is no good. It
//! knows no clock: a [`Stand`] says how long each run took. [`Bench`] is the stand that runs units with libtorch.
//!
//! Deliberately absent: files, and which units a space has (`nasc_compiler::cost::latency`).

mod additivity;
mod bench;
mod protocol;
#[cfg(test)]
mod tests;

pub use additivity::additivity;
pub use bench::{Bench, BenchError, Network};
pub use protocol::{MeasureError, Protocol, Seen, Stand, Watch, measure, timed};
