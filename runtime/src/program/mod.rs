//! From a checked graph to calls of libtorch.
//!
//! A [`Program`] is a space in execution order, made once. [`Program::specialise`] turns it into a
//! [`Straight`] line for one architecture: primitive calls over numbered registers, every attribute
//! and every slice of a parameter resolved to plain integers, selects and identities gone, nothing
//! in it that the outputs do not need. Running one is a loop over calls; a register is emptied at its
//! last use. [`Program::mix`] turns it into a line for many networks at once, whose results [gates](Gating) weigh.
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
mod gates;
mod lower;
mod mean;
mod mixed;
mod norms;
mod precision;
mod prim;
mod site;
mod specialise;
mod straight;

pub use cut::{AxisCut, Cut, Shrink};
pub use error::ProgramError;
pub use gates::{Gate, GateValues, Gating, Numbers};
pub use lower::Program;
pub use mean::Mean;
pub use norms::{Averaging, Moments, Norms, Statistics};
pub use precision::{Manner, Precision};
pub use prim::{
    Activation, Blend, Bypass, Call, Conv, ConvTranspose, Drop, Filters, GroupNorm, Kernels,
    Learned, Linear, Mask, Norm, Pool, Resize, Running, Scale, SizedKernel, Slice, Standard,
    Through, Zero,
};
pub use straight::{Instruction, NormSlot, Register, Straight};

pub(crate) use prim::Run;
pub(crate) use straight::{Registers, execute};
