//! Pooling.

use nasc_compiler::ir::Kind;

use crate::program::ProgramError;
use crate::program::site::Site;
use crate::torch::{self, Tensor, TorchError, Window};

/// A pooling of `[N, C, H, W]` or `[N, C, T, H, W]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pool {
    /// Maxima under a window.
    Max(Window),
    /// Means under a window.
    Mean {
        /// The window.
        window: Window,
        /// Whether padding counts as zeros.
        count_padding: bool,
    },
    /// The mean of everything.
    Global,
    /// Means of nearly equal parts, so many per axis.
    Adaptive(Vec<i64>),
}

pub(super) fn lower(site: &Site<'_>) -> Result<Pool, ProgramError> {
    let window = || -> Result<Window, ProgramError> {
        Ok(Window {
            kernel: site.ints("kernel")?,
            stride: site.ints("stride")?,
            padding: site.ints("pad")?,
        })
    };
    Ok(match site.kind {
        Kind::MaxPool => Pool::Max(window()?),
        Kind::AvgPool => Pool::Mean { window: window()?, count_padding: site.flag("count_pad")? },
        Kind::AdaptivePool => Pool::Adaptive(site.ints("out")?),
        _ => Pool::Global,
    })
}

impl Pool {
    pub(super) fn apply(&self, input: &Tensor) -> Result<Tensor, TorchError> {
        match self {
            Self::Max(window) => torch::max_pool(input, window),
            Self::Mean { window, count_padding } => torch::avg_pool(input, window, *count_padding),
            Self::Global => torch::global_avg_pool(input),
            Self::Adaptive(out) => torch::adaptive_avg_pool(input, out),
        }
    }
}
