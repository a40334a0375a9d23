//! From gradients to weights: the optimiser, the course of its learning rate, the bounding of its gradients.
//!
//! What all of it promises: a tensor without a gradient keeps every bit, and so does its momentum. In a weight-sharing
//! supernet those are the tensors off the trained path; whoever gives them a gradient of zero instead would let decay
//! and momentum move them.

pub mod clip;
pub mod schedule;
pub mod sgd;

pub use clip::Clip;
pub use schedule::{Course, Schedule};
pub use sgd::{Group, Settings, Sgd, SgdError};
