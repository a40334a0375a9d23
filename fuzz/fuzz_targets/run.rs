//! The parts of `run` that the readers stand on.

#[path = "../../runtime/src/run/atomic.rs"]
pub mod atomic;
#[path = "../../runtime/src/run/fault.rs"]
pub mod fault;
#[path = "../../runtime/src/run/tensors.rs"]
pub mod tensors;
