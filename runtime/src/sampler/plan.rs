//! One pass of a training step.

use nasc_compiler::arch::Arch;

/// What every decision is told in a pass.
///
/// Mixtures, subsets and options per image are further kinds of gates; whoever runs a pass matches
/// on all of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Gates {
    /// One option each: a single path, in canonical form.
    Path(Arch),
}

/// Which images a pass sees, by name. Passes of one step on one stream see one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataStream(pub &'static str);

impl DataStream {
    /// The images that weights are trained on.
    pub const WEIGHTS: Self = Self("weights");
}

/// How the gradients of a tensor that several passes of one step train come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Together {
    /// They are summed.
    Sum,
    /// Their sum is divided by the number of those passes.
    Mean,
}

/// One pass through the supernet, forwards and backwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// What the decisions are told.
    pub gates: Gates,
    /// Where the images come from.
    pub images: DataStream,
    /// What the loss is multiplied with before it goes backwards.
    pub scale: f64,
    /// Whether the weights that the pass touches learn from it. If not, it runs forwards alone.
    pub updates_weights: bool,
}

impl Pass {
    /// The ordinary pass: one path, training images, weights learn.
    pub fn path(arch: Arch) -> Self {
        let (gates, images) = (Gates::Path(arch), DataStream::WEIGHTS);
        Self { gates, images, scale: 1.0, updates_weights: true }
    }
}

/// A pass that was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// What was run.
    pub pass: Pass,
    /// Its loss, before scaling; always finite.
    pub loss: f64,
}
