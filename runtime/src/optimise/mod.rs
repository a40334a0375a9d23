//! From gradients to weights: which of them move, the optimiser, the course of its learning rate, the bounding of its
//! gradients, and moving averages of what comes of it.
//!
//! What all of it promises, unless it is asked for otherwise ([`Untouched::Zero`]): a tensor without a gradient keeps
//! every bit, and so does its momentum. In a weight-sharing supernet those are the tensors off the trained path;
//! whoever gives them a gradient of zero instead lets decay and momentum move them.

pub mod clip;
pub mod ema;
pub mod optimiser;
pub mod rule;
pub mod schedule;
pub mod selection;

pub use clip::Clip;
pub use ema::{Averages, Ema};
pub use optimiser::{Group, GroupRule, Optimiser, OptimiserError, Settings, Untouched};
pub use rule::Rule;
pub use schedule::{Course, Schedule};
pub use selection::Selection;
