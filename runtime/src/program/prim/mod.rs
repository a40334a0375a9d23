//! The primitives as calls of libtorch: one file per family.
//!
//! Each family has a value with everything that a call needs, made from a [`Site`] by `lower` and run
//! by `apply`. Equal values compute the same.

mod act;
mod bypass;
mod conv;
mod conv_transpose;
mod drop;
mod elementwise;
mod gate;
mod group_norm;
mod learned;
mod linear;
mod norm;
mod pool;
mod rearrange;
mod resize;

use nasc_compiler::ir::Kind;
use rustc_hash::FxHashMap;

use super::site::Site;
use super::{Cut, Norms, Precision, ProgramError};
use crate::torch::{self, Tensor, TorchError};

pub use act::Activation;
pub use bypass::Bypass;
pub use conv::{Conv, Filters, Standard};
pub use conv_transpose::ConvTranspose;
pub use drop::Drop;
pub use elementwise::{Scale, Zero};
pub use gate::{Blend, Kernels, Mask, SizedKernel, Through};
pub use group_norm::GroupNorm;
pub use learned::Learned;
pub use linear::Linear;
pub use norm::{Norm, Running};
pub use pool::Pool;
pub use rearrange::Slice;
pub use resize::Resize;

pub(super) use bypass::needs as bypass_needs;

/// A primitive with everything resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Call {
    /// A convolution.
    Conv(Conv),
    /// A transposed convolution.
    ConvTranspose(ConvTranspose),
    /// A fully connected layer.
    Linear(Linear),
    /// A batch normalisation.
    Norm(Norm),
    /// A group normalisation.
    GroupNorm(GroupNorm),
    /// An activation function.
    Act(Activation),
    /// Softmax along an axis of `[N, C, …]`.
    Softmax {
        /// The axis, the batch's being 0.
        axis: i64,
    },
    /// Softmax over equal runs of the channels of `[N, C, …]`: one place of all runs sums to one.
    SoftmaxOverRuns {
        /// How many runs.
        runs: i64,
    },
    /// Any pooling.
    Pool(Pool),
    /// An interpolation.
    Resize(Resize),
    /// The operands' channels, one after another.
    Concat,
    /// A range of channels.
    Slice(Slice),
    /// Channels dealt to so many groups.
    Shuffle {
        /// How many.
        groups: i64,
    },
    /// The even channels, and then the odd ones.
    Deinterleave,
    /// Computed channels, and carried ones behind them.
    Bypass(Bypass),
    /// Channels exchanged between frames of `[N, C, T, H, W]`.
    TemporalShift {
        /// How many go each way.
        fold: i64,
    },
    /// `[N, …]` to `[N, product]`.
    Flatten,
    /// The sum of two.
    Add,
    /// The product of two.
    Mul,
    /// The product with a constant.
    Scale(Scale),
    /// The product or sum with something learned.
    Learned(Learned),
    /// Zeros.
    Zero(Zero),
    /// Dropout of elements or of whole images.
    Drop(Drop),
    /// A weighted sum of branches.
    Blend(Blend),
    /// Channels weighed by gates.
    Mask(Mask),
    /// Computed and carried channels at a varying place.
    Through(Through),
}

/// What a primitive becomes in one architecture.
#[expect(clippy::large_enum_variant, reason = "made once per operation, and taken apart at once")]
pub(super) enum Lowered {
    /// A call.
    Call(Call),
    /// Nothing: the result is the operand.
    Alias,
    /// One half of a deinterleaving.
    Half { odd: bool },
}

/// What a call gives.
pub enum Given {
    /// One tensor.
    One(Tensor),
    /// Two.
    Two(Tensor, Tensor),
}

/// What calls of a run share.
pub struct Run<'a, 'n> {
    /// The full tensors of the space.
    pub params: &'a [Tensor],
    /// What batch normalisations do.
    pub norms: &'a mut Norms<'n>,
    /// Whether dropout drops.
    pub training: bool,
    /// The numbers that calls compute with.
    pub precision: Precision,
    /// The numbers of the gates, one entry per decision; empty where there are none.
    pub gates: &'a [Option<Tensor>],
    /// The masks of the run so far.
    pub masks: FxHashMap<Mask, Tensor>,
}

impl<'a, 'n> Run<'a, 'n> {
    /// A run without gates.
    pub fn plain(params: &'a [Tensor], norms: &'a mut Norms<'n>, training: bool) -> Self {
        let precision = Precision::default();
        Self { params, norms, training, precision, gates: &[], masks: FxHashMap::default() }
    }
}

/// Resolves a primitive.
pub(super) fn lower(site: &Site<'_>) -> Result<Lowered, ProgramError> {
    Ok(match site.kind {
        Kind::Conv | Kind::BinaryConv | Kind::WsConv => {
            Lowered::Call(Call::Conv(conv::lower(site)?))
        }
        Kind::ConvTranspose => Lowered::Call(Call::ConvTranspose(conv_transpose::lower(site)?)),
        Kind::Linear => Lowered::Call(Call::Linear(linear::lower(site)?)),
        Kind::Bn => Lowered::Call(Call::Norm(norm::lower(site)?)),
        Kind::Gn => Lowered::Call(Call::GroupNorm(group_norm::lower(site)?)),
        Kind::Act => act::lower(site)?,
        Kind::Softmax => Lowered::Call(act::lower_softmax(site)?),
        Kind::MaxPool | Kind::AvgPool | Kind::GlobalPool | Kind::AdaptivePool => {
            Lowered::Call(Call::Pool(pool::lower(site)?))
        }
        Kind::Resize => Lowered::Call(Call::Resize(resize::lower(site)?)),
        Kind::Concat => rearrange::lower_concat(site),
        Kind::Slice => rearrange::lower_slice(site)?,
        Kind::Shuffle => rearrange::lower_shuffle(site)?,
        Kind::Deinterleave => Lowered::Half { odd: site.int("parity")? == 1 },
        Kind::Bypass => bypass::lower(site)?,
        Kind::TemporalShift => rearrange::lower_shift(site)?,
        Kind::Flatten => rearrange::lower_flatten(site)?,
        Kind::Add => Lowered::Call(Call::Add),
        Kind::Mul => Lowered::Call(Call::Mul),
        Kind::Scale => Lowered::Call(Call::Scale(elementwise::lower_scale(site)?)),
        Kind::Gain => Lowered::Call(Call::Learned(learned::lower_gain(site)?)),
        Kind::Offset => Lowered::Call(Call::Learned(learned::lower_offset(site)?)),
        Kind::Zero => Lowered::Call(Call::Zero(elementwise::lower_zero(site)?)),
        Kind::Dropout | Kind::DropPath => drop::lower(site)?,
        Kind::Identity => Lowered::Alias,
    })
}

impl Call {
    /// How many tensors it gives.
    pub(crate) fn results(&self) -> u32 {
        if matches!(self, Self::Deinterleave) { 2 } else { 1 }
    }

    /// The parts of parameters that it uses.
    pub fn cuts(&self) -> Vec<&Cut> {
        match self {
            Self::Conv(conv) => conv.cuts(),
            Self::ConvTranspose(conv) => std::iter::once(&conv.weight).chain(&conv.bias).collect(),
            Self::Linear(linear) => std::iter::once(&linear.weight).chain(&linear.bias).collect(),
            Self::Norm(norm) => norm.cuts(),
            Self::GroupNorm(norm) => norm.weight.iter().chain(&norm.bias).collect(),
            Self::Act(activation) => activation.cuts(),
            Self::Learned(learned) => vec![learned.cut()],
            Self::Softmax { .. }
            | Self::SoftmaxOverRuns { .. }
            | Self::Pool(_)
            | Self::Resize(_)
            | Self::Bypass(_)
            | Self::TemporalShift { .. }
            | Self::Concat
            | Self::Slice(_)
            | Self::Shuffle { .. }
            | Self::Deinterleave
            | Self::Flatten
            | Self::Add
            | Self::Mul
            | Self::Scale(_)
            | Self::Zero(_)
            | Self::Drop(_)
            | Self::Blend(_)
            | Self::Mask(_)
            | Self::Through(_) => Vec::new(),
        }
    }

    /// Calls libtorch.
    pub(super) fn apply(
        &self,
        run: &mut Run<'_, '_>,
        operands: &[&Tensor],
    ) -> Result<Given, TorchError> {
        let (Some(&first), second) = (operands.first(), operands.get(1)) else {
            unreachable!("every primitive has an operand")
        };
        let second = second.copied().unwrap_or(first);
        let raised = run.precision.operand(self, first)?;
        let first = raised.as_ref().unwrap_or(first);
        Ok(Given::One(match self {
            Self::Conv(conv) => conv.apply(run, first)?,
            Self::ConvTranspose(conv) => conv.apply(run, first)?,
            Self::Linear(linear) => linear.apply(run, first)?,
            Self::Norm(norm) => norm.apply(run, first)?,
            Self::GroupNorm(norm) => norm.apply(run, first)?,
            Self::Act(activation) => activation.apply(run, first)?,
            Self::Softmax { axis } => torch::softmax(first, *axis)?,
            Self::SoftmaxOverRuns { runs } => torch::softmax_over_runs(first, *runs)?,
            Self::Resize(resize) => resize.apply(first)?,
            Self::Pool(pool) => pool.apply(first)?,
            Self::Concat => torch::concat(operands, 1)?,
            Self::Slice(slice) => slice.apply(first)?,
            Self::Shuffle { groups } => torch::shuffle(first, *groups)?,
            Self::Deinterleave => {
                let (even, odd) = torch::deinterleave(first)?;
                return Ok(Given::Two(even, odd));
            }
            Self::Bypass(bypass) => bypass.apply(first, second)?,
            Self::TemporalShift { fold } => torch::temporal_shift(first, *fold)?,
            Self::Flatten => torch::flatten(first)?,
            Self::Add => torch::add(first, second)?,
            Self::Mul => torch::mul(first, second)?,
            Self::Scale(scale) => scale.apply(first)?,
            Self::Learned(learned) => learned.apply(run, first)?,
            Self::Zero(zero) => zero.apply(first)?,
            Self::Drop(drop) => drop.apply(first, run.training)?,
            Self::Blend(blend) => blend.apply(run, operands)?,
            Self::Mask(mask) => mask.apply(run, first)?,
            Self::Through(through) => through.apply(run, first, second)?,
        }))
    }
}
