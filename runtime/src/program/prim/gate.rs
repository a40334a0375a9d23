//! What gates do to tensors: sums of branches, masked channels, mixed kernels, bypasses at any width.

use super::Run;
use crate::program::Cut;
use crate::program::mean::Mean;
use crate::torch::{self, Tensor, TorchError};

/// A weighted sum of branches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Blend {
    /// Which alternative.
    pub on: Mean,
    /// The alternatives of the operands, in their order.
    pub alternatives: Box<[i64]>,
}

/// Channels times the weight of the networks that have them, or times one and zero image by image.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mask {
    /// How many channels are in use of each run, and how many there are.
    pub segments: Box<[(Mean, i64)]>,
}

/// Kernels of several sizes around one centre: their weighted sum, or image by image the one of its size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kernels {
    /// The size of the kernel.
    pub on: Mean,
    /// Every size, in order.
    pub sizes: Box<[SizedKernel]>,
    /// Whether every image has its own.
    pub per_image: bool,
}

/// A kernel of one size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SizedKernel {
    /// The size.
    pub size: i64,
    /// The kernel.
    pub weight: Cut,
    /// The zeros around its input.
    pub padding: Box<[i64]>,
}

/// Channels that are computed up to some place and carried from there on, where the place varies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Through {
    /// How many computed ones are kept.
    pub keep: Mean,
    /// Where the carried ones end at the latest.
    pub until: i64,
    /// How many channels there are.
    pub width: i64,
}

impl Blend {
    pub(super) fn apply(
        &self,
        run: &Run<'_, '_>,
        operands: &[&Tensor],
    ) -> Result<Tensor, TorchError> {
        let Some(first) = operands.first() else { unreachable!("a blend has a branch") };
        let options = (first.kind(), first.device());
        let count = self.alternatives.len();
        let weights = self.on.take(run.gates, |leaf| {
            let mut row = vec![0.0; count];
            if let Some(place) = self.alternatives.iter().position(|&known| known == leaf) {
                row[place] = 1.0;
            }
            torch::row(&row, options)
        })?;
        let mut sum: Option<Tensor> = None;
        for (place, operand) in operands.iter().enumerate() {
            let weight = torch::beside(&weights.f_narrow(-1, place as i64, 1)?, operand)?;
            let term = torch::mul(operand, &weight)?;
            sum = Some(match sum {
                Some(sum) => torch::add(&sum, &term)?,
                None => term,
            });
        }
        Ok(sum.unwrap_or_else(|| first.shallow_clone()))
    }
}

impl Mask {
    pub(super) fn apply(
        &self,
        run: &mut Run<'_, '_>,
        input: &Tensor,
    ) -> Result<Tensor, TorchError> {
        if let Some(known) = run.masks.get(self) {
            return torch::mul(input, &torch::beside(known, input)?);
        }
        let made = self.make(run.gates, input)?;
        let output = torch::mul(input, &torch::beside(&made, input)?)?;
        run.masks.insert(self.clone(), made);
        Ok(output)
    }

    /// `[C]` or `[N, C]`.
    fn make(&self, gates: &[Option<Tensor>], input: &Tensor) -> Result<Tensor, TorchError> {
        let options = (input.kind(), input.device());
        let parts: Vec<Tensor> = self
            .segments
            .iter()
            .map(|(active, max)| active.take(gates, |leaf| leading(leaf, *max, options)))
            .collect::<Result<_, _>>()?;
        if let [only] = &*parts {
            return Ok(only.shallow_clone());
        }
        let rows = parts.iter().filter(|part| part.dim() > 1).map(|part| part.size()[0]).max();
        let spread = |part: &Tensor| -> Result<Tensor, TorchError> {
            Ok(match rows {
                Some(rows) => part.f_expand([rows, *part.size().last().unwrap_or(&0)], false)?,
                None => part.shallow_clone(),
            })
        };
        let parts: Vec<Tensor> = parts.iter().map(spread).collect::<Result<_, _>>()?;
        torch::concat(&parts.iter().collect::<Vec<_>>(), -1)
    }
}

impl Kernels {
    /// The weight to use for all images, of the largest kernel's shape, where `filters` is what becomes of the
    /// kernel of each size.
    pub(super) fn sum(
        &self,
        run: &Run<'_, '_>,
        filters: impl Fn(&Cut) -> Result<Tensor, TorchError>,
    ) -> Result<Tensor, TorchError> {
        let parts: Vec<Tensor> =
            self.sizes.iter().map(|sized| filters(&sized.weight)).collect::<Result<_, _>>()?;
        let Some(first) = parts.first() else { unreachable!("a mixture has a kernel") };
        let weights = self.weights(run, (first.kind(), first.device()))?;
        let sides = |tensor: &Tensor| tensor.size().split_off(2);
        let largest = parts.iter().map(sides).max().unwrap_or_default();
        let mut sum: Option<Tensor> = None;
        for (place, part) in parts.iter().enumerate() {
            let own = sides(part);
            // The last axis comes first where padding is said.
            let around: Vec<i64> = largest
                .iter()
                .zip(&own)
                .rev()
                .flat_map(|(full, side)| [(full - side) / 2, full - side - (full - side) / 2])
                .collect();
            let padded = part.f_constant_pad_nd(&around)?;
            let term = torch::mul(&padded, &weights.f_narrow(-1, place as i64, 1)?)?;
            sum = Some(match sum {
                Some(sum) => torch::add(&sum, &term)?,
                None => term,
            });
        }
        Ok(sum.unwrap_or_else(|| first.shallow_clone()))
    }

    /// Runs `conv` on the images of every size apart, and gives their results in the order of the images; those of
    /// images that have no size, since they do not come here, are zero.
    pub(super) fn apart(
        &self,
        run: &Run<'_, '_>,
        input: &Tensor,
        conv: impl Fn(&Tensor, &SizedKernel) -> Result<Tensor, TorchError>,
    ) -> Result<Tensor, TorchError> {
        let weights = self.weights(run, (input.kind(), input.device()))?;
        torch::by_rows(input, &weights, |place, images| conv(images, &self.sizes[place]))
    }

    /// What every size counts: `[K]`, or `[N, K]` image by image.
    fn weights(
        &self,
        run: &Run<'_, '_>,
        options: (torch::Kind, torch::Device),
    ) -> Result<Tensor, TorchError> {
        self.on.take(run.gates, |leaf| {
            let there = |sized: &SizedKernel| f64::from(u8::from(sized.size == leaf));
            torch::row(&self.sizes.iter().map(there).collect::<Vec<_>>(), options)
        })
    }
}

impl Through {
    pub(super) fn apply(
        &self,
        run: &Run<'_, '_>,
        computed: &Tensor,
        carried: &Tensor,
    ) -> Result<Tensor, TorchError> {
        let options = (computed.kind(), computed.device());
        let kept = self.keep.take(run.gates, |leaf| leading(leaf, self.width, options))?;
        let ones = Tensor::f_ones_like(&kept)?;
        let around = torch::beside(&ones.f_sub(&kept)?, computed)?;
        let kept = torch::beside(&kept, computed)?;
        let available = carried.size().get(1).copied().unwrap_or(0).min(self.until);
        let carried = widened(&torch::narrow(carried, 1, 0, available)?, self.width)?;
        let computed = torch::mul(&widened(computed, self.width)?, &kept)?;
        torch::add(&computed, &torch::mul(&carried, &around)?)
    }
}

/// Ones for the leading channels, then zeros.
fn leading(
    active: i64,
    max: i64,
    options: (torch::Kind, torch::Device),
) -> Result<Tensor, TorchError> {
    let row: Vec<f64> = (0..max).map(|place| f64::from(u8::from(place < active))).collect();
    torch::row(&row, options)
}

/// With channels of zeros behind, up to `width`.
fn widened(tensor: &Tensor, width: i64) -> Result<Tensor, TorchError> {
    let size = tensor.size();
    let missing = width - size.get(1).copied().unwrap_or(0);
    if missing <= 0 {
        return Ok(tensor.shallow_clone());
    }
    let mut around = vec![0; 2 * (size.len() - 2)];
    around.extend([0, missing]);
    Ok(tensor.f_constant_pad_nd(&around)?)
}
