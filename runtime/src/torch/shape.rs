//! Moving channels about: concatenation, slices, shuffles.

use super::{Tensor, TorchError, is_channels_last};

/// Joins tensors along `axis`.
pub fn concat(tensors: &[&Tensor], axis: i64) -> Result<Tensor, TorchError> {
    Ok(Tensor::f_cat(tensors, axis)?)
}

/// `length` places of `axis` from `start` on; shares memory with `input`.
pub fn narrow(input: &Tensor, axis: i64, start: i64, length: i64) -> Result<Tensor, TorchError> {
    Ok(input.f_narrow(axis, start, length)?)
}

/// Every `step`-th place of `axis` in `start..end`; shares memory with `input`.
pub fn slice(
    input: &Tensor,
    axis: i64,
    start: i64,
    end: i64,
    step: i64,
) -> Result<Tensor, TorchError> {
    Ok(input.f_slice(axis, start, end, step)?)
}

/// Flattens everything behind the first axis: `[N, …]` to `[N, product]`.
pub fn flatten(input: &Tensor) -> Result<Tensor, TorchError> {
    Ok(input.f_flatten(1, -1)?)
}

/// The even channels (0, 2, …) and the odd ones of `[N, C, …]`.
///
/// With an even number of channels the two are one view taken apart, so that the backward pass writes their gradients
/// into one tensor instead of adding two that are half zeros.
pub fn deinterleave(input: &Tensor) -> Result<(Tensor, Tensor), TorchError> {
    let channels = input.f_size_of(1)?;
    if channels % 2 != 0 {
        return Ok((slice(input, 1, 0, channels, 2)?, slice(input, 1, 1, channels, 2)?));
    }
    let pairs = split_channels(input, channels / 2, 2)?;
    let mut halves = pairs.folded.f_unbind(pairs.inner)?.into_iter();
    let (Some(even), Some(odd)) = (halves.next(), halves.next()) else {
        unreachable!("an axis of size two has two places")
    };
    Ok((pairs.order.restore(&even)?, pairs.order.restore(&odd)?))
}

/// Deals the channels of `[N, C, …]` out: those at `g * C / groups + i` come to `i * groups + g` (ShuffleNet,
/// section 3.1). `groups` divides the number of channels.
pub fn shuffle(input: &Tensor, groups: i64) -> Result<Tensor, TorchError> {
    let channels = input.f_size_of(1)?;
    if groups < 1 || channels % groups != 0 {
        return Err(TorchError::Refused(format!(
            "{channels} channels cannot be dealt to {groups}"
        )));
    }
    let dealt = split_channels(input, groups, channels / groups)?;
    let swapped = dealt.folded.f_transpose(dealt.inner - 1, dealt.inner)?;
    dealt.order.restore(&swapped.f_flatten(dealt.inner - 1, dealt.inner)?)
}

/// A tensor whose channels are folded into two axes.
struct Split {
    folded: Tensor,
    /// The second of the two axes.
    inner: i64,
    order: Order,
}

/// Where the channels stand while they are folded: last where memory has them last, so that nothing is copied and
/// results keep that memory order.
enum Order {
    ChannelsSecond,
    ChannelsLast,
}

impl Order {
    fn restore(&self, tensor: &Tensor) -> Result<Tensor, TorchError> {
        match self {
            Self::ChannelsSecond => Ok(tensor.shallow_clone()),
            Self::ChannelsLast => Ok(tensor.f_movedim_int(-1, 1)?),
        }
    }
}

fn split_channels(input: &Tensor, outer: i64, inner: i64) -> Result<Split, TorchError> {
    if is_channels_last(input)? {
        let last = input.f_movedim_int(1, -1)?;
        let axis = last.dim() as i64;
        let folded = last.f_unflatten(-1, [outer, inner])?;
        return Ok(Split { folded, inner: axis, order: Order::ChannelsLast });
    }
    let folded = input.f_unflatten(1, [outer, inner])?;
    Ok(Split { folded, inner: 2, order: Order::ChannelsSecond })
}

/// Sizes without the panic of an index.
trait SizeOf {
    fn f_size_of(&self, axis: usize) -> Result<i64, TorchError>;
}

impl SizeOf for Tensor {
    fn f_size_of(&self, axis: usize) -> Result<i64, TorchError> {
        let sizes = self.size();
        sizes
            .get(axis)
            .copied()
            .ok_or_else(|| TorchError::Refused(format!("a tensor {sizes:?} has no axis {axis}")))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{Device, Kind, bit_equal, channels_last};

    /// `[2, channels, 3, 3]`, every value its own.
    fn image(channels: i64) -> Tensor {
        Tensor::arange(2 * channels * 9, (Kind::Double, Device::Cpu)).view([2, channels, 3, 3])
    }

    fn picked(input: &Tensor, channels: &[i64]) -> Tensor {
        input.index_select(1, &Tensor::from_slice(channels))
    }

    #[test]
    fn channels_part_into_even_and_odd() {
        for (count, even, odd) in
            [(6, vec![0, 2, 4], vec![1, 3, 5]), (5, vec![0, 2, 4], vec![1, 3])]
        {
            let plain = image(count);
            for input in [plain.shallow_clone(), channels_last(&plain).unwrap()] {
                let (a, b) = deinterleave(&input).unwrap();
                assert!(bit_equal(&a, &picked(&plain, &even)).unwrap());
                assert!(bit_equal(&b, &picked(&plain, &odd)).unwrap());
            }
        }
    }

    #[test]
    fn channels_are_dealt_to_groups() {
        let plain = image(6);
        let by_two = picked(&plain, &[0, 3, 1, 4, 2, 5]);
        for input in [plain.shallow_clone(), channels_last(&plain).unwrap()] {
            assert!(bit_equal(&shuffle(&input, 2).unwrap(), &by_two).unwrap());
            assert!(bit_equal(&shuffle(&input, 1).unwrap(), &plain).unwrap());
        }
        assert!(shuffle(&plain, 4).is_err());
        assert!(shuffle(&plain, 0).is_err());
    }

    #[test]
    fn channels_last_stays_and_gradients_arrive() {
        let input = channels_last(&image(4)).unwrap().set_requires_grad(true);
        let shuffled = shuffle(&input, 2).unwrap();
        assert!(is_channels_last(&shuffled).unwrap());
        let (even, odd) = deinterleave(&shuffled).unwrap();
        let joined = concat(&[&even, &odd], 1).unwrap();
        assert!(is_channels_last(&joined).unwrap());
        let weights = Tensor::from_slice(&[1.0, 2.0, 3.0, 4.0f64]).view([1, 4, 1, 1]);
        (joined * weights).sum(Kind::Double).backward();
        // Shuffled by two and parted again, every channel is back in its place.
        let gradient = input.grad();
        assert!(is_channels_last(&gradient).unwrap());
        let of_first_pixels = gradient.narrow(2, 0, 1).narrow(3, 0, 1).narrow(0, 0, 1);
        assert_eq!(
            Vec::<f64>::try_from(of_first_pixels.flatten(0, -1)).unwrap(),
            [1.0, 2.0, 3.0, 4.0]
        );
    }

    #[test]
    fn slices_and_joins() {
        let input = image(6);
        let joined = concat(&[&narrow(&input, 1, 4, 2).unwrap(), &input], 1).unwrap();
        assert!(bit_equal(&joined, &picked(&input, &[4, 5, 0, 1, 2, 3, 4, 5])).unwrap());
        let third = slice(&input, 1, 1, 6, 3).unwrap();
        assert!(bit_equal(&third, &picked(&input, &[1, 4])).unwrap());
        assert!(narrow(&input, 1, 4, 3).is_err());
        assert_eq!(flatten(&input).unwrap().size(), [2, 54]);
    }
}
