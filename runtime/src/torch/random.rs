//! libtorch's one generator per device, and what draws from it.

use super::{Tensor, TorchError};

/// Seeds the generators of all devices. Every draw afterwards depends on the seed and the draws before it alone, so who
/// seeds before each step can repeat any step.
pub fn manual_seed(seed: u64) {
    tch::manual_seed(seed.cast_signed());
}

/// Zeroes each element with `probability` and scales the others by `1 / (1 - probability)`; draws from the generator.
pub fn dropout(input: &Tensor, probability: f64) -> Result<Tensor, TorchError> {
    Ok(input.f_dropout(probability, true)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{Device, Kind};

    /// One test, because the generator is the process's: two at a time would draw between each other.
    #[test]
    fn a_probability_is_kept_in_the_mean_and_refused_outside_its_range() {
        let ones = Tensor::ones([10_000], (Kind::Double, Device::Cpu));
        let dropped = dropout(&ones, 0.25).unwrap();
        let zeros = Vec::<f64>::try_from(&dropped).unwrap().iter().filter(|x| **x == 0.0).count();
        assert!((2_200..2_800).contains(&zeros), "{zeros}");
        assert!((dropped.max().double_value(&[]) - 4.0 / 3.0).abs() < 1e-12);
        assert!(dropout(&ones, 1.5).is_err());
    }
}
