//! What is counted: the rules by which papers and programs count, each with a name.
//!
//! A new rule is a variant here, its name, and what its operations add in `operation.rs`.

use crate::ir::Metric;
use crate::pass::{Checked, TableId};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// Multiply-adds of convolutions and linear layers, for one image.
    Macs,
    /// The same, and an addition for every element that a convolution or linear layer with a bias
    /// gives: what mmdetection counts.
    MacsBias,
    /// Multiply-adds, where a transposed convolution counts at the positions of what it gives instead
    /// of what it reads: what counters do that treat it like a convolution.
    MacsAtOutputs,
    /// Multiply-adds, of which those of binary convolutions count a sixty-fourth, rounded up for each
    /// convolution: what papers on binary networks call operations.
    OpsBinary,
    /// What `thop` counts in evaluation: multiply-adds of convolutions (transposed ones at the positions
    /// of what they give) and linear layers; four operations for every element of a batch normalisation
    /// with scale and shift, two of one without; what a mean over a grid reads and gives, what other
    /// means and resizing give (bilinear: eleven each), what `prelu` reads, and of a softmax three for
    /// each value less one for each group.
    Thop,
    /// What `fvcore` counts in evaluation: multiply-adds of convolutions and linear layers; two
    /// operations for every element of a batch normalisation with scale and shift, one of one without,
    /// five and four of a group normalisation; in pictures what a mean over a grid reads and what
    /// resizing gives (bilinear: four each).
    Fvcore,
    /// Two operations for a multiply-add: what PyTorch's own counter counts.
    TorchFlops,
    /// What BN-NAS's code counts: multiply-adds of convolutions, and for each value of a linear layer as
    /// many products as it reads and one sum less.
    Bnnas,
    /// Multiply-adds, and what means over a grid read: what `mobile_cv` counts.
    MobileCv,
    /// Trainable scalars.
    Params,
    /// Trainable scalars outside normalisations.
    ParamsWithoutBn,
    /// Bytes of the weights that a network keeps: trainable scalars and running statistics, at four bytes.
    WeightBytes,
    /// Nanoseconds by a table that is attached to the space.
    Latency(TableId),
}

impl Measure {
    /// All that need nothing from outside.
    pub const ALL: [Self; 12] = [
        Self::Macs,
        Self::MacsBias,
        Self::MacsAtOutputs,
        Self::OpsBinary,
        Self::Thop,
        Self::Fvcore,
        Self::TorchFlops,
        Self::Bnnas,
        Self::MobileCv,
        Self::Params,
        Self::ParamsWithoutBn,
        Self::WeightBytes,
    ];

    /// The measure that a limit's metric bounds; none for memory, which is no sum, and for a latency
    /// whose table is not attached.
    pub fn of(space: &Checked, metric: &Metric) -> Option<Self> {
        match metric {
            Metric::Macs => Some(Self::Macs),
            Metric::Params => Some(Self::Params),
            Metric::Memory | Metric::MemoryTraining => None,
            Metric::Latency(name) => space.table_named(name).map(Self::Latency),
        }
    }

    /// The measure of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Macs => "macs",
            Self::MacsBias => "macs_bias",
            Self::MacsAtOutputs => "macs_at_outputs",
            Self::OpsBinary => "ops_binary",
            Self::Thop => "thop",
            Self::Fvcore => "fvcore",
            Self::TorchFlops => "torch_flops",
            Self::Bnnas => "bnnas",
            Self::MobileCv => "mobile_cv",
            Self::Params => "params",
            Self::ParamsWithoutBn => "params_without_bn",
            Self::WeightBytes => "weight_bytes",
            Self::Latency(_) => "latency",
        }
    }
}
