//! Rows of a batch that go apart and come together again.

use super::{Device, Kind, Tensor, TorchError, concat, is_channels_last, narrow};

/// Runs `run` on the rows of each kind of `input` `[N, …]` apart, with the kind, and gives the results `[N, …]` in the
/// order of the rows. Row `n` is of the kind `k` where `kinds[n, k]` of `[N, K]` is not zero (of several, the
/// first). The result of a row of no kind is zero.
///
/// Kinds without a row do not run (but for the first on one row where nothing else says what a result is like), and
/// where all rows are of one kind nothing is copied. Reads `kinds` on the CPU, so it waits for a card.
///
/// # Errors
/// What `run` says; or `kinds` does not fit to `input`.
pub fn by_rows(
    input: &Tensor,
    kinds: &Tensor,
    mut run: impl FnMut(usize, &Tensor) -> Result<Tensor, TorchError>,
) -> Result<Tensor, TorchError> {
    let rows_of = rows_of_kinds(input, kinds)?;
    let count = kinds.size()[0];
    let mut there = rows_of.iter().enumerate().filter(|(_, rows)| !rows.is_empty());
    if let (Some((kind, rows)), None) = (there.next(), there.next())
        && rows.len() as i64 == count
    {
        return run(kind, input);
    }
    let mut results = Vec::new();
    // Where each row's result stands among all.
    let mut places = vec![-1; count as usize];
    let mut next = 0;
    for (kind, rows) in rows_of.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
        results.push(run(kind, &picked(input, rows)?)?);
        for &row in rows {
            places[row as usize] = next;
            next += 1;
        }
    }
    if next < count {
        let like = match results.first() {
            Some(first) => narrow(first, 0, 0, 1)?,
            None => run(0, &narrow(input, 0, 0, 1)?)?,
        };
        results.push(like.f_zeros_like()?);
        places.iter_mut().filter(|place| **place < 0).for_each(|place| *place = next);
    }
    picked(&concat(&results.iter().collect::<Vec<_>>(), 0)?, &places)
}

/// The rows of each kind, in order.
fn rows_of_kinds(input: &Tensor, kinds: &Tensor) -> Result<Vec<Vec<i64>>, TorchError> {
    let (size, rows) = (kinds.size(), input.size().first().copied());
    let (&[count, width], true) = (&*size, size.first().copied() == rows) else {
        return Err(TorchError::Refused(format!(
            "kinds of rows {size:?} for a batch {:?}",
            input.size()
        )));
    };
    let on_cpu = kinds.f_to_device(Device::Cpu)?.f_to_kind(Kind::Double)?;
    let told = Vec::<f64>::try_from(&on_cpu.f_reshape([count * width])?)?;
    let mut rows_of = vec![Vec::new(); width as usize];
    for (row, told) in told.chunks_exact(width.max(1) as usize).enumerate() {
        if let Some(kind) = told.iter().position(|&weight| weight != 0.0) {
            rows_of[kind].push(row as i64);
        }
    }
    Ok(rows_of)
}

/// Those rows, copied.
fn picked(input: &Tensor, rows: &[i64]) -> Result<Tensor, TorchError> {
    let rows = Tensor::f_from_slice(rows)?.f_to_device(input.device())?;
    if is_channels_last(input)? {
        // Picking makes memory of the order of the axes.
        return Ok(input.f_movedim_int(1, -1)?.f_index_select(0, &rows)?.f_movedim_int(-1, 1)?);
    }
    Ok(input.f_index_select(0, &rows)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{backward, bit_equal, channels_last, scale};

    const F64: (Kind, Device) = (Kind::Double, Device::Cpu);

    fn kinds(rows: &[[f64; 3]]) -> Tensor {
        Tensor::from_slice(&rows.concat()).view([rows.len() as i64, 3])
    }

    #[test]
    fn every_row_has_the_result_of_its_kind() {
        let plain = Tensor::arange(5 * 12, F64).view([5, 3, 2, 2]);
        let told = kinds(&[
            [0.0, 0.0, 1.0],
            [1.0, 0.0, 0.0],
            [0.0, 0.0, 1.0],
            [0.0, 0.0, 0.0],
            [1.0, 0.0, 0.0],
        ]);
        let factors = Tensor::from_slice(&[30.0, 10.0, 30.0, 0.0, 10.0]).view([5, 1, 1, 1]);
        for input in [plain.shallow_clone(), channels_last(&plain).unwrap()] {
            let input = input.detach().set_requires_grad(true);
            let mut ran = Vec::new();
            let result = by_rows(&input, &told, |kind, rows| {
                ran.push((kind, rows.size()[0]));
                scale(rows, 10.0 * (kind + 1) as f64)
            });
            let result = result.unwrap();
            assert_eq!(ran, [(0, 2), (2, 2)]);
            assert!(bit_equal(&result.detach(), &(&plain * &factors)).unwrap());
            assert_eq!(is_channels_last(&result).unwrap(), is_channels_last(&input).unwrap());
            backward(&result.sum(Kind::Double)).unwrap();
            let expected = factors.expand([5, 3, 2, 2], false).contiguous();
            assert!(bit_equal(&input.grad(), &expected).unwrap());
        }
    }

    #[test]
    fn one_kind_runs_on_the_batch_itself() {
        let input = Tensor::arange(6, F64).view([3, 2]);
        let told = kinds(&[[0.0, 1.0, 0.0]; 3]);
        let result = by_rows(&input, &told, |kind, rows| {
            assert_eq!((kind, rows.data_ptr()), (1, input.data_ptr()));
            Ok(rows.shallow_clone())
        });
        assert_eq!(result.unwrap().data_ptr(), input.data_ptr());
    }

    #[test]
    fn rows_of_no_kind_have_the_shape_of_a_result() {
        let input = Tensor::arange(6, F64).view([3, 2]);
        let result = by_rows(&input, &kinds(&[[0.0; 3]; 3]), |_, rows| narrow(rows, 1, 0, 1));
        assert!(bit_equal(&result.unwrap(), &Tensor::zeros([3, 1], F64)).unwrap());
    }

    #[test]
    fn kinds_that_do_not_fit_are_refused() {
        let input = Tensor::arange(6, F64).view([3, 2]);
        for told in [kinds(&[[1.0, 0.0, 0.0]; 2]), Tensor::ones([3], F64)] {
            let result = by_rows(&input, &told, |_, rows| Ok(rows.shallow_clone()));
            assert!(matches!(result, Err(TorchError::Refused(_))));
        }
    }
}
