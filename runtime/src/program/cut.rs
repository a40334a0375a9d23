//! The part of a parameter that one network uses.

use std::ops::Deref;

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{AxisSlice, Graph, ParamId};

use crate::torch::{self, Tensor, TorchError};

/// The places of one axis that are used: runs of `(start, length)`, in order and apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AxisCut {
    /// Which axis.
    pub axis: i64,
    /// The runs. One is a view of the full tensor; several are copied together.
    pub runs: Box<[(i64, i64)]>,
}

/// A parameter, and what is used of it. Axes that are used whole are not listed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cut {
    /// The parameter.
    pub param: ParamId,
    /// The axes of which a part is used.
    pub axes: Box<[AxisCut]>,
    /// How the kernel gets smaller, after the cut of the other axes.
    pub shrinks: Box<[Shrink]>,
    /// The shape of the part.
    pub shape: Box<[i64]>,
}

/// A kernel made of the centre of a larger one by a learned matrix.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shrink {
    /// The matrix, as wide as the smaller kernel has places.
    pub matrix: ParamId,
    /// The places of the smaller kernel along each axis.
    pub side: i64,
}

/// A tensor that is either the store's own or made for the moment.
pub(crate) enum Part<'a> {
    Own(&'a Tensor),
    Made(Tensor),
}

impl Deref for Part<'_> {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        match self {
            Self::Own(tensor) => tensor,
            Self::Made(tensor) => tensor,
        }
    }
}

impl Cut {
    /// What `arch` uses of a parameter.
    pub(crate) fn of(graph: &Graph, arch: &Arch, id: ParamId) -> Self {
        let param = graph.param(id);
        let (mut axes, mut shape) = (Vec::new(), Vec::with_capacity(param.full.len()));
        for (axis, (&full, slice)) in param.full.iter().zip(&param.slices).enumerate() {
            let full = i64::from(full);
            let runs = runs(graph, arch, full, slice);
            let length = runs.iter().map(|(_, length)| length).sum();
            shape.push(length);
            if length != full {
                axes.push(AxisCut { axis: axis as i64, runs: runs.into() });
            }
        }
        Self { param: id, axes: axes.into(), shrinks: Box::default(), shape: shape.into() }
    }

    /// What `arch` uses of a convolution's weight, with `matrices` from larger to smaller kernels.
    pub(crate) fn of_kernel(graph: &Graph, arch: &Arch, id: ParamId, matrices: &[ParamId]) -> Self {
        let cut = Self::of(graph, arch, id);
        let axes = cut.shape.len().saturating_sub(2) as u32;
        let mut from = graph.param(id).full.get(2).map_or(0, |&side| i64::from(side));
        let mut shrinks = Vec::new();
        for &matrix in matrices {
            let places = graph.param(matrix).full.first().map_or(0, |&places| i64::from(places));
            // A copy of a weight for one kernel size is no larger than that.
            if let Some(side) = (1..from).find(|side| side.pow(axes) == places) {
                shrinks.push(Shrink { matrix, side });
                from = side;
            }
        }
        if shrinks.is_empty() {
            return cut;
        }
        let axes = cut.axes.into_iter().filter(|cut| cut.axis < 2).collect();
        Self { axes, shrinks: shrinks.into(), ..cut }
    }

    /// Every parameter that the part is made of.
    pub fn params(&self) -> impl Iterator<Item = ParamId> {
        std::iter::once(self.param).chain(self.shrinks.iter().map(|shrink| shrink.matrix))
    }

    /// Whether the part lies in memory of its own, so that a change to it must be put back.
    pub(crate) fn is_copied(&self) -> bool {
        self.axes.iter().any(|axis| axis.runs.len() > 1)
    }

    /// The part, of the full tensors in the order of the space's parameters. Differentiable.
    pub(crate) fn take<'a>(&self, params: &'a [Tensor]) -> Result<Part<'a>, TorchError> {
        let full = tensor(params, self.param);
        let mut part: Option<Tensor> = None;
        for AxisCut { axis, runs } in &self.axes {
            let from = part.as_ref().unwrap_or(full);
            let taken = if let [(start, length)] = runs[..] {
                torch::narrow(from, *axis, start, length)?
            } else {
                let pieces: Vec<Tensor> = runs
                    .iter()
                    .map(|&(start, length)| torch::narrow(from, *axis, start, length))
                    .collect::<Result<_, _>>()?;
                torch::concat(&pieces.iter().collect::<Vec<_>>(), *axis)?
            };
            part = Some(taken);
        }
        for Shrink { matrix, side } in &self.shrinks {
            let from = part.as_ref().unwrap_or(full);
            part = Some(torch::shrink_kernel(from, tensor(params, *matrix), *side)?);
        }
        Ok(part.map_or(Part::Own(full), Part::Made))
    }

    /// Writes a value of the part's shape back to where it came from, for a parameter of one axis.
    /// Autograd does not see it: a tensor saved for a backward pass stays valid.
    pub(crate) fn put(&self, params: &[Tensor], value: &Tensor) -> Result<(), TorchError> {
        let _guard = torch::no_grad();
        let full = tensor(params, self.param).f_data()?;
        let Some(AxisCut { axis, runs }) = self.axes.first() else {
            return Ok(full.shallow_clone().f_copy_(value)?);
        };
        debug_assert_eq!(self.shape.len(), 1, "only statistics are written back");
        let mut from = 0;
        for &(start, length) in runs {
            let piece = torch::narrow(value, *axis, from, length)?;
            torch::narrow(&full, *axis, start, length)?.f_copy_(&piece)?;
            from += length;
        }
        Ok(())
    }
}

fn tensor(params: &[Tensor], id: ParamId) -> &Tensor {
    match params.get(id.index()) {
        Some(tensor) => tensor,
        None => unreachable!("a run is handed one tensor per parameter of its space"),
    }
}

/// The used runs of an axis, neighbouring ones joined.
fn runs(graph: &Graph, arch: &Arch, full: i64, slice: &AxisSlice) -> Vec<(i64, i64)> {
    let int = |value| graph.value(value, arch).as_int().unwrap_or(0);
    match slice {
        AxisSlice::Whole => vec![(0, full)],
        AxisSlice::Centre(size) => vec![((full - int(*size)) / 2, int(*size))],
        AxisSlice::Prefixes(segments) => {
            let (mut runs, mut start): (Vec<(i64, i64)>, i64) = (Vec::new(), 0);
            for segment in segments {
                let active = int(segment.active);
                match runs.last_mut() {
                    _ if active == 0 => {}
                    Some((before, length)) if *before + *length == start => *length += active,
                    _ => runs.push((start, active)),
                }
                start += i64::from(segment.max);
            }
            runs
        }
    }
}
