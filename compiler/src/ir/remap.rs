//! How a space is to be filled from the weights of a seed network.
//!
//! What a file says, checked: the seed exists, the policies are known, the paths name something on
//! their side. Which tensor becomes which is worked out from it and from both graphs elsewhere.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Origin;

macro_rules! policies {
    ($(#[$doc:meta])* $policy:ident $name:literal {
        $(#[$first_doc:meta])* $first:ident $first_word:literal,
        $($(#[$word_doc:meta])* $variant:ident $word:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $policy {
            $(#[$first_doc])*
            #[default]
            $first,
            $($(#[$word_doc])* $variant,)*
        }

        impl $policy {
            /// What it is called before the colon.
            pub const NAME: &str = $name;
            /// The words that it knows, the default first.
            pub const WORDS: &[&str] = &[$first_word, $($word,)*];

            /// The policy of that word.
            pub fn of(word: &str) -> Option<Self> {
                match word {
                    $first_word => Some(Self::$first),
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The word.
            pub fn word(self) -> &'static str {
                match self {
                    Self::$first => $first_word,
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

policies! {
    /// What a layer is filled from that the seed's stage does not have.
    Depth "depth" {
        /// The last layer of the stage.
        Last "last",
        /// The stage's layers again, from the first one on.
        Cycle "cycle",
        /// Each layer of the stage as often as its neighbours.
        Interleave "interleave",
    }
}

policies! {
    /// Which of the seed's channels a narrower axis takes.
    Width "width" {
        /// The leading ones.
        First "first",
        /// Those with the largest sum of magnitudes.
        L1 "l1",
        /// Those with the largest standard deviation.
        Std "std",
        /// Those with the largest scale in the normalisation behind them.
        BnGamma "bn_gamma",
    }
}

policies! {
    /// Where a kernel goes in a larger one.
    Kernel "kernel" {
        /// Around the centre.
        Center "center",
        /// Spread over the places of a dilated one.
        Dilate "dilate",
        /// Nowhere: a kernel of another size is not filled.
        None "none",
    }
}

policies! {
    /// What new places of convolutions hold. Those of normalisations keep their initial values.
    Fill "fill" {
        /// Zeros.
        Zero "zero",
        /// What a new network would hold.
        Fresh "fresh",
        /// For new output channels what a new network would hold, and zeros elsewhere: the function is
        /// kept as with zeros, and the new channels learn.
        Live "live",
    }
}

policies! {
    /// How layers of a stage are matched.
    Slots "slots" {
        /// By number.
        InOrder "in_order",
        /// By rank among the layers that are there, as if those left out came last: what FNA's builder for
        /// detection does.
        SkipsLast "skips_last",
    }
}

/// A path of the space and the path of the seed that it is filled from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// A part of the space.
    pub target: Arc<str>,
    /// A part of the seed.
    pub source: Arc<str>,
}

/// A whole `remap`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remap {
    /// The file of the seed, by the name under which it was read.
    pub file: Arc<str>,
    /// The seed network in it.
    pub seed: Arc<str>,
    /// The seed's parameters as the file sets them, in order.
    pub set: Vec<(String, String)>,
    /// What extra layers are filled from.
    pub depth: Depth,
    /// Which channels are taken.
    pub width: Width,
    /// Where kernels go.
    pub kernel: Kernel,
    /// What fills the rest.
    pub fill: Fill,
    /// How layers are matched.
    pub slots: Slots,
    /// Where names differ; equal names match by themselves.
    pub pairs: Vec<Pair>,
    /// Where it was written.
    pub origin: Origin,
}

/// One line, as a summary shows it.
impl std::fmt::Display for Remap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, seed, set, depth, width, kernel, fill, slots, pairs, origin: _ } = self;
        write!(f, "{seed}")?;
        if !set.is_empty() {
            let set: Vec<String> =
                set.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            write!(f, "({})", set.join(", "))?;
        }
        write!(f, " of {file}: depth {}, width {}, ", depth.word(), width.word())?;
        write!(f, "kernel {}, fill {}, slots {}", kernel.word(), fill.word(), slots.word())?;
        match pairs.len() {
            0 => Ok(()),
            1 => f.write_str(", 1 pair"),
            pairs => write!(f, ", {pairs} pairs"),
        }
    }
}
