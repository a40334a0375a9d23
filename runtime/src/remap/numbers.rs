//! The seed's tensors in the precision of the target.

use nasc_compiler::remap::{Selection, Taken};
use rustc_hash::FxHashMap;

use super::RemapError;
use crate::run::tensors::Tensors;
use crate::torch::{self, Device, Kind, Tensor, TorchError};

/// The seed's tensors, each converted once.
pub(super) struct Numbers<'a> {
    seed: &'a Tensors,
    kind: Kind,
    known: FxHashMap<String, Tensor>,
}

impl<'a> Numbers<'a> {
    pub fn new(seed: &'a Tensors, kind: Kind) -> Self {
        Self { seed, kind, known: FxHashMap::default() }
    }

    /// The seed's tensor of that path and shape.
    fn tensor(&mut self, path: &str, shape: Option<&[u32]>) -> Result<Tensor, RemapError> {
        let missing = || RemapError::Missing { path: path.to_owned() };
        let raw = self.seed.get(path).ok_or_else(missing)?;
        if let Some(expected) = shape
            && !raw.shape.iter().copied().eq(expected.iter().map(|&length| length as usize))
        {
            let (path, found) = (path.to_owned(), raw.shape.clone());
            return Err(RemapError::Shape { path, found, expected: expected.to_vec() });
        }
        if let Some(known) = self.known.get(path) {
            return Ok(known.shallow_clone());
        }
        let made = torch::from_bytes(raw.dtype.into(), &raw.shape, &raw.bytes)
            .and_then(|tensor| Ok(tensor.f_to_kind(self.kind)?));
        let made = named(path, made)?;
        self.known.insert(path.to_owned(), made.shallow_clone());
        Ok(made)
    }

    /// What is taken, as bytes in row-major order, its kernel made smaller.
    pub fn taken(&mut self, taken: &Taken, chosen: &[Vec<u32>]) -> Result<Vec<u8>, RemapError> {
        let whole = self.tensor(&taken.path, Some(&taken.shape))?;
        if taken.shrinks.is_empty() {
            return Ok(named(&taken.path, torch::to_bytes(&whole))?.bytes);
        }
        let matrices: Vec<(Tensor, i64)> = taken
            .shrinks
            .iter()
            .map(|shrink| Ok((self.tensor(&shrink.matrix, None)?, i64::from(shrink.side))))
            .collect::<Result<_, RemapError>>()?;
        let made = shrunk(&whole, &matrices, taken, chosen);
        Ok(named(&taken.path, made.and_then(|made| torch::to_bytes(&made)))?.bytes)
    }

    /// The places that a selection comes to.
    pub fn chosen(&mut self, selection: &Selection) -> Result<Vec<u32>, RemapError> {
        let path = &selection.tensor;
        let tensor = self.tensor(path, None)?;
        let shape: Vec<u32> = tensor.size().iter().map(|&length| length as u32).collect();
        let fits =
            shape.get(selection.axis).is_some_and(|&n| n >= selection.start + selection.among);
        if !fits {
            let found = shape.iter().map(|&length| length as usize).collect();
            let expected = vec![selection.start + selection.among];
            return Err(RemapError::Shape { path: path.to_string(), found, expected });
        }
        let flat = tensor.f_to_kind(Kind::Double).and_then(|tensor| tensor.f_reshape([-1]));
        let flat = named(path, flat.map_err(TorchError::from))?;
        let numbers = named(path, Vec::<f64>::try_from(flat).map_err(TorchError::from))?;
        Ok(selection.choose(&shape, |place| numbers[place]))
    }
}

/// The tensor with its kernel made smaller, in the rows that are taken; zero elsewhere. A run of the seed
/// makes the same rows smaller, so that the last bits agree.
fn shrunk(
    whole: &Tensor,
    matrices: &[(Tensor, i64)],
    taken: &Taken,
    chosen: &[Vec<u32>],
) -> Result<Tensor, TorchError> {
    let places = |axis: usize| {
        let runs = taken.axes.get(axis).into_iter().flat_map(|axis| axis.sources(chosen));
        runs.fold(None, |found: Option<(i64, i64)>, place| {
            let place = place as i64;
            Some(found.map_or((place, place + 1), |(a, b)| (a.min(place), b.max(place + 1))))
        })
    };
    let (Some(rows), Some(columns)) = (places(0), places(1)) else {
        unreachable!("a kernel is that of a weight, which takes something")
    };
    // The second axis is dense where there are groups; each of these has one place of its own.
    let width = taken.shape.get(1).map_or(1, |&width| i64::from(width));
    let columns = if taken.groups[0] == 1 { columns } else { (0, width) };
    let mut part = torch::narrow(whole, 0, rows.0, rows.1 - rows.0)?;
    part = torch::narrow(&part, 1, columns.0, columns.1 - columns.0)?;
    for (matrix, side) in matrices {
        part = torch::shrink_kernel(&part, matrix, *side)?;
    }
    let shape: Vec<i64> = taken.shrunk_shape().iter().map(|&length| i64::from(length)).collect();
    let made = Tensor::f_zeros(&shape, (whole.f_kind()?, Device::Cpu))?;
    let place = torch::narrow(&made, 0, rows.0, rows.1 - rows.0)?;
    torch::narrow(&place, 1, columns.0, columns.1 - columns.0)?.f_copy_(&part)?;
    Ok(made)
}

pub(super) fn named<T>(path: &str, result: Result<T, TorchError>) -> Result<T, RemapError> {
    result.map_err(|source| RemapError::Torch { path: path.to_owned(), source })
}
