//! The primitives: what each takes, gives and owns.
//!
//! One file per primitive: its signature, its shape rule and its parameters. To add one: a variant of
//! [`Kind`](crate::ir::Kind), a file here, a line in [`PRIMITIVES`], a cost rule where it has one, a
//! lowering in the runtime. Functions that give several tensors (`deinterleave`, `split`) make one node
//! per tensor.

mod act;
mod bn;
mod bypass;
mod call;
mod checks;
mod conv;
mod copies;
mod drop;
mod elementwise;
mod gn;
mod join;
mod learned;
mod linear;
mod parameters;
mod pool;
mod rearrange;
mod resize;
mod shift;
mod show;
mod simple;
mod transpose;

pub use call::{Argument, Clash, NodePath, PrimCall, Sharing};
pub use checks::Check;
pub use show::{show_shape, show_value};

use smallvec::SmallVec;

use crate::ir::NodeId;

/// The nodes of a call: one, or one per tensor of its result.
pub type Nodes = SmallVec<[NodeId; 2]>;

/// The type of a parameter of a primitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A tensor.
    Tensor,
    /// A list of tensors.
    Tensors,
    /// A whole number.
    Int,
    /// A whole number, or a list of one per spatial axis.
    Axes,
    /// A number.
    Float,
    /// A truth value.
    Bool,
    /// A string.
    Str,
}

impl Type {
    /// As the language writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tensor => "tensor",
            Self::Tensors => "[tensor]",
            Self::Int => "int",
            Self::Axes => "int or [int]",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Str => "str",
        }
    }
}

/// What a parameter is where it is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Preset {
    /// It must be given.
    Required,
    /// It may be missing; the primitive computes it from the others.
    Computed,
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A string.
    Str(&'static str),
}

/// A parameter of a primitive.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// What it is where it is not given.
    pub preset: Preset,
}

impl Parameter {
    const fn new(name: &'static str, ty: Type, preset: Preset) -> Self {
        Self { name, ty, preset }
    }

    const fn tensor() -> Self {
        Self::new("x", Type::Tensor, Preset::Required)
    }
}

/// A primitive as the language sees it.
#[derive(Clone, Copy)]
pub struct Primitive {
    /// Its name.
    pub name: &'static str,
    /// Its parameters, in order.
    pub parameters: &'static [Parameter],
    /// Checks the arguments and adds nodes; one per tensor of the result. `None` after an error.
    pub build: fn(&mut PrimCall<'_>) -> Option<Nodes>,
    /// Whether the result is a list even of one tensor.
    pub gives_list: bool,
}

/// Every primitive, in the order of the language reference.
pub const PRIMITIVES: &[Primitive] = &[
    conv::CONV,
    conv::DWCONV,
    transpose::CONV_TRANSPOSE,
    conv::BINARY_CONV,
    conv::WS_CONV,
    linear::LINEAR,
    bn::BN,
    gn::GN,
    act::ACT,
    pool::MAX_POOL,
    pool::AVG_POOL,
    pool::GLOBAL_POOL,
    pool::ADAPTIVE_POOL,
    resize::RESIZE,
    join::CONCAT,
    rearrange::SPLIT,
    rearrange::SHUFFLE,
    rearrange::DEINTERLEAVE,
    rearrange::FLATTEN,
    simple::SCALE,
    learned::GAIN,
    learned::OFFSET,
    bypass::BYPASS,
    shift::TEMPORAL_SHIFT,
    drop::DROPOUT,
    drop::DROP_PATH,
    simple::SOFTMAX,
    simple::IDENTITY,
    simple::ZERO,
];

/// Activations, each also a block of its own.
pub use act::KINDS as ACTIVATIONS;
pub use elementwise::{add, mul};
pub use rearrange::slice;

/// The primitive of that name.
pub fn named(name: &str) -> Option<&'static Primitive> {
    PRIMITIVES.iter().find(|primitive| primitive.name == name)
}
