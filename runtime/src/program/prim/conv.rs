//! Convolutions, with weights as they are, standardised or binarised.

use nasc_compiler::ir::{Kind, Role};
use nasc_compiler::vary::Real;

use super::{Kernels, Run, SizedKernel};
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
    /// Kernels of several sizes instead of the weight, which is the largest.
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
        let sizes = self.mixed.iter().flat_map(|mixed| &mixed.sizes).map(|sized| &sized.weight);
        std::iter::once(&self.weight).chain(&self.gain).chain(&self.bias).chain(sizes).collect()
    }

    pub(super) fn apply(&self, run: &Run<'_, '_>, input: &Tensor) -> Result<Tensor, TorchError> {
        let filters = |weight: &Cut| self.filters.of(weight.take(run.params)?);
        match &self.mixed {
            None => self.with(run, input, filters(&self.weight)?, &self.way.padding),
            Some(mixed) if mixed.per_image => mixed.apart(run, input, |images, sized| {
                let SizedKernel { weight, padding, .. } = sized;
                self.with(run, images, filters(weight)?, padding)
            }),
            Some(mixed) => {
                let own = |weight: &Cut| Ok(filters(weight)?.shallow_clone());
                let sum = Part::Made(mixed.sum(run, own)?);
                self.with(run, input, sum, &self.way.padding)
            }
        }
    }

    /// The convolution with a weight in its place, and the zeros that go with its size.
    fn with(
        &self,
        run: &Run<'_, '_>,
        input: &Tensor,
        weight: Part<'_>,
        padding: &[i64],
    ) -> Result<Tensor, TorchError> {
        let low = |part| run.precision.low(part);
        let bias = self.bias.as_ref().map(|bias| low(bias.take(run.params)?)).transpose()?;
        let weight = match &self.gain {
            Some(gain) => Part::Made(torch::mul(&weight, &*gain.take(run.params)?)?),
            None => weight,
        };
        let (input, weight) = (low(Part::Own(input))?, low(weight)?);
        let own = (*padding != *self.way.padding)
            .then(|| Stride { padding: padding.to_vec(), ..self.way.clone() });
        let way = own.as_ref().unwrap_or(&self.way);
        torch::conv(&input, &weight, bias.as_deref(), way, self.groups)
    }
}

impl Filters {
    /// The weight to use.
    fn of(self, weight: Part<'_>) -> Result<Part<'_>, TorchError> {
        let standard = |Standard { gamma, eps }: Standard| {
            torch::standardised(&weight, gamma.map(Real::value), eps.value())
        };
        Ok(Part::Made(match self {
            Self::Plain => return Ok(weight),
            Self::Standardised(by) => standard(by)?,
            Self::Binarised(None) => torch::binarised(&weight)?,
            Self::Binarised(Some(by)) => torch::binarised(&standard(by)?)?,
        }))
    }
}
