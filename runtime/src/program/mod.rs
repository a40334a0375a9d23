//! From a checked graph to calls of libtorch.
//!
//! A [`Program`] is a space in execution order, made once. [`Program::specialise`] turns it into a
//! [`Straight`] line for one architecture: primitive calls over numbered registers, every attribute
//! and every slice of a parameter resolved to plain integers, selects and identities gone, nothing
//! in it that the outputs do not need. Running one is a loop over calls; a register is emptied at its
//! last use.
//!
//! Promises: equal architectures give the same line; two lines are equal up to an instruction exactly
//! if they compute the same values up to there, so prefixes can be shared.
//!
//! Deliberately absent: where parameters live and how they start (a run is handed a slice of tensors
//! in the order of the space's parameters), gradients (autograd records what runs), sampling.
//!
//! To add a primitive: a file in `prim/`, a variant of `prim::Call`, an arm in `prim::lower`.

mod cache;
mod cut;
mod error;
mod lower;
mod norms;
mod prim;
mod site;
mod specialise;
mod straight;

pub use cut::{AxisCut, Cut, Shrink};
pub use error::ProgramError;
pub use lower::Program;
pub use norms::{Averaging, Moments, Norms, Statistics};
pub use prim::{
    Activation, Bypass, Call, Conv, ConvTranspose, Drop, Filters, GroupNorm, Learned, Linear, Norm,
    Pool, Resize, Running, Scale, Slice, Standard, Zero,
};
pub use straight::{Instruction, NormSlot, Register, Straight};

pub(crate) use prim::Run;
pub(crate) use straight::{Registers, execute};
