//! What draws at random: from generators of this thread, so that no other work of the process comes between.

use super::{Tensor, TorchError, mul, shim};

/// Seeds this thread's generators, of all devices. Every draw of the thread afterwards depends on the seed and its
/// draws before alone, so who seeds before each step can repeat any step. libtorch's own generators are left alone.
pub fn seed_draws(seed: u64) -> Result<(), TorchError> {
    shim::seed_draws(seed)
}

/// Zeroes each element with `probability` and scales the others by `1 / (1 - probability)`.
pub fn dropout(input: &Tensor, probability: f64) -> Result<Tensor, TorchError> {
    mul(input, &shim::dropout_mask(input, probability)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{Device, Kind};

    fn ones() -> Tensor {
        Tensor::ones([10_000], (Kind::Double, Device::Cpu))
    }

    fn drawn(seed: u64) -> Vec<f64> {
        seed_draws(seed).unwrap();
        Vec::try_from(dropout(&ones(), 0.25).unwrap()).unwrap()
    }

    #[test]
    fn a_probability_is_kept_in_the_mean_and_refused_outside_its_range() {
        let dropped = drawn(3);
        let zeros = dropped.iter().filter(|x| **x == 0.0).count();
        assert!((2_200..2_800).contains(&zeros), "{zeros}");
        assert!(dropped.iter().all(|x| *x == 0.0 || (x - 4.0 / 3.0).abs() < 1e-12));
        assert!(dropout(&ones(), 1.5).is_err());
        assert_eq!(dropout(&ones(), 1.0).unwrap().sum(Kind::Double).double_value(&[]), 0.0);
    }

    #[test]
    fn threads_do_not_draw_from_each_other() {
        let alone = [drawn(1), drawn(2)];
        let together = std::thread::scope(|scope| {
            let threads = [1, 2]
                .map(|seed| scope.spawn(move || (0..50).map(|_| drawn(seed)).collect::<Vec<_>>()));
            threads.map(|thread| thread.join().unwrap())
        });
        for (draws, alone) in together.iter().zip(&alone) {
            assert!(draws.iter().all(|draw| draw == alone));
        }
    }

    #[test]
    fn the_gradient_goes_where_the_values_went() {
        seed_draws(4).unwrap();
        let input = ones().set_requires_grad(true);
        let dropped = dropout(&input, 0.5).unwrap();
        dropped.sum(Kind::Double).backward();
        assert_eq!(input.grad(), dropped);
    }
}
