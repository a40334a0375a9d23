//! Channels shifted along time.

use super::{Tensor, TorchError};

/// `input` `[N, C, T, H, W]` with its first `fold` channels one frame earlier and the next `fold` one frame later; the
/// others stay. Frames that nothing moves to are zero. `2 * fold <= C`.
///
/// Source: Lin et al. 2019, "TSM: Temporal Shift Module", section 4.1.
pub fn temporal_shift(input: &Tensor, fold: i64) -> Result<Tensor, TorchError> {
    let size = input.size();
    let &[_, channels, frames, _, _] = &size[..] else {
        return Err(TorchError::Refused(format!("a tensor {size:?} has no frames")));
    };
    if fold < 0 || 2 * fold > channels {
        return Err(TorchError::Refused(format!(
            "{fold} of {channels} channels cannot move both ways"
        )));
    }
    let early = input.f_narrow(1, 0, fold)?;
    let late = input.f_narrow(1, fold, fold)?;
    let rest = input.f_narrow(1, 2 * fold, channels - 2 * fold)?;
    if frames == 0 || fold == 0 {
        return Ok(input.shallow_clone());
    }
    let nothing = early.f_narrow(2, 0, 1)?.f_zeros_like()?;
    let early = Tensor::f_cat(&[&early.f_narrow(2, 1, frames - 1)?, &nothing], 2)?;
    let late = Tensor::f_cat(&[&nothing, &late.f_narrow(2, 0, frames - 1)?], 2)?;
    Ok(Tensor::f_cat(&[early, late, rest], 1)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{backward, channels_last, from_slice, is_channels_last};

    fn video() -> Tensor {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
        from_slice(&values, &[1, 3, 3, 1, 1]).unwrap()
    }

    fn flat(tensor: &Tensor) -> Vec<f64> {
        Vec::try_from(tensor.flatten(0, -1)).unwrap()
    }

    #[test]
    fn parts_of_the_channels_move_both_ways() {
        let input = video().set_requires_grad(true);
        let shifted = temporal_shift(&input, 1).unwrap();
        assert_eq!(flat(&shifted), [2.0, 3.0, 0.0, 0.0, 4.0, 5.0, 7.0, 8.0, 9.0]);
        backward(&shifted.sum(shifted.kind())).unwrap();
        assert_eq!(flat(&input.grad()), [0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(flat(&temporal_shift(&video(), 0).unwrap()), flat(&video()));
        let still = video().narrow(2, 0, 1);
        assert_eq!(flat(&temporal_shift(&still, 1).unwrap()), [0.0, 0.0, 7.0]);
    }

    #[test]
    fn memory_order_stays_and_wrong_shapes_are_errors() {
        let wide = channels_last(&video().repeat([2, 2, 1, 4, 4])).unwrap();
        assert!(is_channels_last(&temporal_shift(&wide, 2).unwrap()).unwrap());
        assert!(temporal_shift(&video(), 2).is_err());
        assert!(temporal_shift(&video().squeeze_dim(4), 1).is_err());
    }
}
