//! The order of a tensor's memory.

use super::{Tensor, TorchError, shim};

/// The tensor with its channels last in memory; its shape stays `[N, C, …]`. Tensors with neither two nor three spatial
/// axes, and those that lie so already, come back as they are. Differentiable.
///
/// Convolutions, their gradients and pooling are faster in this order on CPUs, and it spreads from an input and its
/// weights through a whole network.
pub fn channels_last(tensor: &Tensor) -> Result<Tensor, TorchError> {
    shim::channels_last(tensor)
}

/// Whether memory runs channels-last and not also in the plain order, as with one channel or one pixel.
pub fn is_channels_last(tensor: &Tensor) -> Result<bool, TorchError> {
    shim::is_channels_last(tensor)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{Device, Kind, bit_equal};

    #[test]
    fn only_the_memory_order_changes() {
        let options = (Kind::Float, Device::Cpu);
        for (size, changes) in [
            (vec![2, 3, 4, 5], true),
            (vec![2, 3, 2, 4, 5], true),
            (vec![2, 3, 4], false),
            (vec![2, 1, 4, 5], false),
            (vec![2, 3, 1, 1], false),
        ] {
            let plain = Tensor::randn(&size[..], options);
            let last = channels_last(&plain).unwrap();
            assert_eq!(is_channels_last(&last).unwrap(), changes, "{size:?}");
            assert!(!is_channels_last(&plain).unwrap());
            assert!(bit_equal(&plain, &last).unwrap());
        }
    }
}
