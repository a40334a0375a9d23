//! Architecture parameters: a row of logits per decision, how networks are drawn from them, and what they learn.
//!
//! Everything here is arithmetic on f64 and knows neither tensors nor files. A differentiable search asks libtorch
//! for one number per gate: what the loss changes by with the factor that an option's result is multiplied with.
//! From these *gate gradients* an [`estimator`] makes the gradient of the logits; samplers that score whole
//! networks ([`Posterior`]) need their losses alone. So the published estimators stand side by side, and are the
//! same on every device.
//!
//! - [`Logits`]: softmax, draws, entropy.
//! - [`estimator`]: DSNAS, SNAS, GDAS, `DARTS`, `ProxylessNAS`.
//! - [`Posterior`]: PARSEC and FP-NAS.
//! - [`resource`]: what one costly network pays; what distributions pay is `sampler/price.rs`.
//! - [`Adam`], [`Settled`]: how rows move, and when they stop.
//! - [`joint()`]: from one row per variable to one per combination, without a change of the distribution.
//! - [`kendall()`]: how well one ranking of networks agrees with another.

pub mod estimator;
mod joint;
mod kendall;
mod logits;
mod optimiser;
mod posterior;
pub mod resource;
mod settled;
#[cfg(test)]
mod tests;

pub use joint::{joint, sum_of};
pub use kendall::{Kendall, kendall};
pub use logits::{Logits, log_softmax, softmax};
pub use optimiser::Adam;
pub use posterior::{Online, Posterior, samples_for};
pub use settled::Settled;

/// A number per option of every decision, as logits and their gradients are kept: one row per
/// decision, one entry per option.
pub type Rows = Vec<Vec<f64>>;
