//! The rules by which gradients move weights.
//!
//! With gradient `g`, parameter `p`, learning rate `r` and weight decay `d`, and with `g' = g + d * p`:
//!
//! ```text
//! sgd      v = g' at the tensor's first step, afterwards  momentum * v + g'
//!          p = p - r * v                with Nesterov     p - r * (g' + momentum * v)
//! adam     m = b1 * m + (1 - b1) * g',   s = b2 * s + (1 - b2) * g'^2
//!          p = p - r * (m / (1 - b1^t)) / (sqrt(s / (1 - b2^t)) + eps)
//! adamw    as adam with g for g', after  p = p - r * d * p
//! rmsprop  s = a * s + (1 - a) * g'^2    centred          s - m^2 for s below, with m = a * m + (1 - a) * g'
//!          v = momentum * v + g' / (sqrt(s) + eps),       p = p - r * v
//! ```
//!
//! as in PyTorch. `t` counts the steps of the tensor, not of the run: a supernet touches some for the first time late.

use serde::{Deserialize, Serialize};

/// A rule and its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Stochastic gradient descent with momentum.
    Sgd {
        /// The share of the old momentum that a step keeps, in `0.0..1.0`.
        #[serde(default = "nine_tenths")]
        momentum: f64,
        /// Whether to look ahead along the momentum.
        #[serde(default)]
        nesterov: bool,
    },
    /// Adam (Kingma and Ba, 2015), with weight decay as a part of the gradient.
    Adam {
        /// What a step keeps of the mean gradient and of the mean square, each in `0.0..1.0`.
        #[serde(default = "betas")]
        betas: (f64, f64),
        /// Added to the root of the mean square.
        #[serde(default = "small")]
        eps: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
    #[serde(rename = "adamw")]
    AdamW {
        /// As in Adam.
        #[serde(default = "betas")]
        betas: (f64, f64),
        /// As in Adam.
        #[serde(default = "small")]
        eps: f64,
    },
    /// Steps divided by the root of a mean square (Hinton, 2012).
    #[serde(rename = "rmsprop")]
    RmsProp {
        /// What a step keeps of the mean square, in `0.0..1.0`.
        #[serde(default = "nine_tenths")]
        smoothing: f64,
        /// The share of the old momentum that a step keeps, in `0.0..1.0`.
        #[serde(default = "nine_tenths")]
        momentum: f64,
        /// Added to the root of the mean square, or within it.
        #[serde(default = "thousandth")]
        eps: f64,
        /// Whether the square of the mean gradient is taken off the mean square.
        #[serde(default)]
        centred: bool,
        /// The form of `TensorFlow`, with which `MobileNet`, `EfficientNet` and `BigNAS` were trained: `eps` stands
        /// within the root, the mean square begins at one, and the momentum holds the learning rate.
        #[serde(default)]
        tensorflow: bool,
    },
}

fn nine_tenths() -> f64 {
    0.9
}

fn betas() -> (f64, f64) {
    (0.9, 0.999)
}

fn small() -> f64 {
    1e-8
}

fn thousandth() -> f64 {
    1e-3
}

impl Default for Rule {
    /// Stochastic gradient descent with a momentum of 0.9.
    fn default() -> Self {
        Self::Sgd { momentum: nine_tenths(), nesterov: false }
    }
}

impl Rule {
    /// What its numbers lack, if anything, as the end of a sentence.
    pub fn fault(&self) -> Option<&'static str> {
        let share = |share: f64| (0.0..1.0).contains(&share);
        let positive = |eps: f64| eps.is_finite() && eps > 0.0;
        let (momentum_is_share, momentum) = match *self {
            Self::Sgd { momentum, .. } | Self::RmsProp { momentum, .. } => {
                (share(momentum), momentum)
            }
            Self::Adam { .. } | Self::AdamW { .. } => (true, 0.0),
        };
        let fault = match *self {
            _ if !momentum_is_share => "needs a momentum of at least 0 and below 1",
            Self::Sgd { nesterov: true, .. } if momentum == 0.0 => {
                "needs a momentum above 0 for nesterov's look-ahead"
            }
            Self::Adam { betas: (first, second), .. }
            | Self::AdamW { betas: (first, second), .. }
                if !share(first) || !share(second) =>
            {
                "needs betas of at least 0 and below 1"
            }
            Self::RmsProp { smoothing, .. } if !share(smoothing) => {
                "needs a smoothing of at least 0 and below 1"
            }
            Self::Adam { eps, .. } | Self::AdamW { eps, .. } | Self::RmsProp { eps, .. }
                if !positive(eps) =>
            {
                "needs an eps above 0"
            }
            _ => return None,
        };
        Some(fault)
    }

    /// How many numbers it keeps for each scalar that it moves.
    pub fn kept(&self) -> u64 {
        match *self {
            Self::Sgd { momentum, .. } => u64::from(momentum > 0.0),
            Self::Adam { .. } | Self::AdamW { .. } => 2,
            Self::RmsProp { momentum, centred, .. } => {
                1 + u64::from(momentum > 0.0) + u64::from(centred)
            }
        }
    }
}

#[cfg(test)]
mod tests;
