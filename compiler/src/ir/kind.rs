//! The closed set of primitives, by name.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::vary::Values;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)+) => {
        /// A primitive operation. What each one takes, gives and costs is in `prim`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $($(#[$doc])* $variant,)+ }

        impl Kind {
            /// All primitives, in the order of the language reference.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name that the language and the text form use.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

kinds! {
    /// Convolution, 2-D or 3-D by the rank of its input.
    Conv "conv",
    /// Transposed convolution: the gradient of a convolution as an operation.
    ConvTranspose "conv_transpose",
    /// Convolution with binarised weights.
    BinaryConv "binary_conv",
    /// Convolution with standardised weights.
    WsConv "ws_conv",
    /// Matrix product over channels.
    Linear "linear",
    /// Batch normalisation.
    Bn "bn",
    /// Group normalisation.
    Gn "gn",
    /// An activation, by its kind.
    Act "act",
    /// Maximum over windows.
    MaxPool "max_pool",
    /// Mean over windows.
    AvgPool "avg_pool",
    /// Mean over all positions; gives `[C, 1, 1]`.
    GlobalPool "global_pool",
    /// Mean over a grid of windows that covers the input.
    AdaptivePool "adaptive_pool",
    /// The tensor at another size.
    Resize "resize",
    /// Channels of the operands, one after another.
    Concat "concat",
    /// A range of channels.
    Slice "slice",
    /// The interleaving of channel groups.
    Shuffle "shuffle",
    /// Every second channel, from the first or from the second.
    Deinterleave "deinterleave",
    /// All axes in one.
    Flatten "flatten",
    /// Element-wise sum, with axes of size one spread.
    Add "add",
    /// Element-wise product, with axes of size one spread.
    Mul "mul",
    /// Product with a constant.
    Scale "scale",
    /// Product with learned factors.
    Gain "gain",
    /// Sum with learned shifts.
    Offset "offset",
    /// Leading channels of one tensor, and those of another behind them.
    Bypass "bypass",
    /// Some channels a frame later, some a frame earlier.
    TemporalShift "temporal_shift",
    /// Zeroes elements at random in training.
    Dropout "dropout",
    /// Zeroes whole images at random in training.
    DropPath "drop_path",
    /// Normalised exponentials along an axis.
    Softmax "softmax",
    /// The operand itself.
    Identity "identity",
    /// Zeros.
    Zero "zero",
}

impl Kind {
    /// The primitive of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// One attribute of an operation: a value, or one per spatial axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name in the primitive's signature.
    pub name: Cow<'static, str>,
    /// Its values.
    pub values: Values,
}
