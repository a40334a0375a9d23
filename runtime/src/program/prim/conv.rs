//! Convolutions, with weights as they are, standardised or binarised.

use nasc_compiler::ir::{Kind, Role};
use nasc_compiler::vary::Real;

use super::{Kernels, Run};
use crate::program::cut::Part;
use crate::program::site::Site;
use crate::program::{Cut, ProgramError};
use crate::torch::{self, Stride, Tensor, TorchError};

/// A convolution of `[N, C, H, W]` or `[N, C, T, H, W]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Conv {
    /// `[out, in / groups, kernel…]`.
    pub weight: Cut,
    /// What the weight becomes before it is used.
    pub filters: Filters,
    /// A factor per filter, `[out, 1, 1, …]`, after that.
    pub gain: Option<Cut>,
    /// `[out]`.
    pub bias: Option<Cut>,
    /// How the kernel moves.
    pub way: Stride,
    /// Groups of channels that do not see each other.
    pub groups: i64,
    /// Kernels that are mixed instead of the weight, of which that is the largest.
    pub mixed: Option<Kernels>,
}

/// What is done to a convolution's weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filters {
    /// Nothing.
    Plain,
    /// Mean and deviation of each filter are set.
    Standardised(Standard),
    /// Only signs and the mean size of each filter are left, after a standardisation if there is one.
    Binarised(Option<Standard>),
}

/// The numbers of a standardisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Standard {
    /// The deviation times the root of the fan-in; without it the deviation is one.
    pub gamma: Option<Real>,
    /// Added to the deviation that is divided by.
    pub eps: Real,
}

pub(super) fn lower(site: &Site<'_>) -> Result<Conv, ProgramError> {
    let standard =
        |gamma| -> Result<_, ProgramError> { Ok(Standard { gamma, eps: site.real("eps")? }) };
    let filters = match site.kind {
        Kind::BinaryConv if site.flag("standardise")? => {
            Filters::Binarised(Some(standard(Some(site.real("gamma")?))?))
        }
        Kind::BinaryConv => Filters::Binarised(None),
        Kind::WsConv if site.flag("scaled")? => {
            Filters::Standardised(standard(Some(site.real("gamma")?))?)
        }
        Kind::WsConv => Filters::Standardised(standard(None)?),
        _ => Filters::Plain,
    };
    Ok(Conv {
        weight: site.kernel(Role::ConvWeight)?,
        filters,
        gain: site.param(Role::Gain),
        bias: site.param(Role::Bias),
        way: Stride {
            stride: site.ints("stride")?,
            padding: site.ints("pad")?,
            dilation: site.ints("dilation")?,
        },
        groups: site.int("groups")?,
        mixed: None,
    })
}

impl Conv {
    pub(super) fn cuts(&self) -> Vec<&Cut> {
        let mixed = self.mixed.iter().flat_map(|mixed| &mixed.cuts);
        std::iter::once(&self.weight).chain(&self.gain).chain(&self.bias).chain(mixed).collect()
    }

    pub(super) fn apply(&self, run: &Run<'_, '_>, input: &Tensor) -> Result<Tensor, TorchError> {
        let low = |part| run.precision.low(part);
        let weight = match &self.mixed {
            Some(mixed) => Part::Made(mixed.take(run)?),
            None => self.weight.take(run.params)?,
        };
        let bias = self.bias.as_ref().map(|bias| low(bias.take(run.params)?)).transpose()?;
        let made = self.filters.apply(&weight)?;
        let weight = made.map_or(weight, Part::Made);
        let weight = match &self.gain {
            Some(gain) => Part::Made(torch::mul(&weight, &*gain.take(run.params)?)?),
            None => weight,
        };
        let (input, weight) = (low(Part::Own(input))?, low(weight)?);
        torch::conv(&input, &weight, bias.as_deref(), &self.way, self.groups)
    }
}

impl Filters {
    /// The weight to use, unless it is the given one.
    fn apply(self, weight: &Tensor) -> Result<Option<Tensor>, TorchError> {
        let standard = |Standard { gamma, eps }: Standard| {
            torch::standardised(weight, gamma.map(Real::value), eps.value())
        };
        Ok(match self {
            Self::Plain => None,
            Self::Standardised(by) => Some(standard(by)?),
            Self::Binarised(None) => Some(torch::binarised(weight)?),
            Self::Binarised(Some(by)) => Some(torch::binarised(&standard(by)?)?),
        })
    }
}
