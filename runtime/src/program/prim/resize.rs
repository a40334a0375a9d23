//! Images at another size.

use nasc_compiler::vary::Real;

use crate::program::ProgramError;
use crate::program::site::Site;
use crate::torch::{self, Interpolation, Tensor, TorchError};

/// An interpolation of `[N, C, H, W]` or `[N, C, T, H, W]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Resize {
    /// The size of each spatial axis afterwards.
    pub size: Vec<i64>,
    /// How values between places are found.
    pub interpolation: Interpolation,
    /// The factor that the size comes from, if it was given.
    pub factor: Option<Real>,
}

pub(super) fn lower(site: &Site<'_>) -> Result<Resize, ProgramError> {
    let interpolation = match site.text("mode")? {
        "nearest" => Interpolation::Nearest,
        _ => Interpolation::Linear { align_corners: site.flag("align_corners")? },
    };
    let factor = if site.has("scale") { Some(site.real("scale")?) } else { None };
    Ok(Resize { size: site.ints("size")?, interpolation, factor })
}

impl Resize {
    pub(super) fn apply(&self, input: &Tensor) -> Result<Tensor, TorchError> {
        torch::resize(input, &self.size, self.interpolation, self.factor.map(Real::value))
    }
}
