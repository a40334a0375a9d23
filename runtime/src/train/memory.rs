//! How much memory a step should take.

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::memory::{Phase, peak};
use nasc_compiler::ir::Op;

use super::TrainError;
use crate::supernet::Supernet;
use crate::torch::{self, Device, Kind, TorchError};

/// Bytes that a training step of `batch` images on `arch` is expected to hold at its peak: all weights, gradients of
/// the path and the `kept` numbers of the optimiser for each, and what the compiler says of the activations.
pub fn of_training(supernet: &Supernet, arch: &Arch, batch: usize, kept: u64) -> u64 {
    let scalars: u64 = supernet.store().entries().iter().map(|e| e.scalars() as u64).sum();
    let path = supernet.specialise(arch).map_or(0, |line| {
        let entries = supernet.store().entries();
        line.params().iter().map(|id| entries[id.index()].scalars() as u64).sum()
    });
    let held = (scalars + (1 + kept) * path) * width(supernet);
    held + activations(supernet, arch, batch, Phase::Training)
}

/// Bytes that a training step of `batch` images is expected to hold at its peak when all of a space runs
/// at once: all weights, gradients and the `kept` numbers of the optimiser for each, and twice the largest
/// result of every operation.
pub fn of_mixture(supernet: &Supernet, batch: usize, kept: u64) -> u64 {
    let space = supernet.space();
    let largest = |axis| space.diagrams.int_range(axis).map_or(0, |(_, most)| most.max(0) as u64);
    let results: u64 = space
        .nodes()
        .filter(|(_, node)| matches!(node.op, Op::Prim { .. } | Op::Input { .. }))
        .map(|(_, node)| node.shape.axes.iter().map(|&axis| largest(axis)).product::<u64>())
        .sum();
    let scalars: u64 = supernet.store().entries().iter().map(|e| e.scalars() as u64).sum();
    ((2 + kept) * scalars + batch as u64 * 2 * results) * width(supernet)
}

/// Bytes that an evaluation of `arch` on batches of `batch` images is expected to hold at its peak: all weights, and
/// what the compiler says of the activations.
pub fn of_evaluation(supernet: &Supernet, arch: &Arch, batch: usize) -> u64 {
    let scalars: u64 = supernet.store().entries().iter().map(|e| e.scalars() as u64).sum();
    scalars * width(supernet) + activations(supernet, arch, batch, Phase::Inference)
}

/// The peak of the activations of a batch. The compiler counts four bytes a scalar.
fn activations(supernet: &Supernet, arch: &Arch, batch: usize, phase: Phase) -> u64 {
    peak(supernet.space(), arch, phase) / 4 * width(supernet) * batch as u64
}

fn width(supernet: &Supernet) -> u64 {
    if supernet.store().place().kind == Kind::Double { 8 } else { 4 }
}

/// An error, with what is known of memory if that was the trouble.
pub(super) fn explain(
    error: TrainError,
    doing: String,
    predicted: impl FnOnce() -> u64,
    device: Device,
) -> TrainError {
    match error.torch() {
        Some(source @ TorchError::OutOfMemory(_)) => {
            let source = source.clone();
            let peak = torch::peak_bytes(device).ok().flatten();
            TrainError::OutOfMemory { doing, predicted: predicted(), peak, source }
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::supernet::Place;
    use crate::supernet::tests::toy;

    #[test]
    fn an_error_of_memory_says_what_was_expected_and_what_was_used() {
        let lack = || TrainError::Torch(TorchError::OutOfMemory("out of memory: 9 GB".to_owned()));
        let doing = || "training `supernet` on 64 images".to_owned();
        let told = explain(lack(), doing(), || 3 << 20, Device::Cpu).to_string();
        assert!(told.contains("predicted to take 3.0 MiB"), "{told}");
        assert!(told.contains(" in use at the peak"), "{told}");
        let other = explain(TrainError::NoImages, doing(), || 0, Device::Cpu);
        assert!(matches!(other, TrainError::NoImages));
    }

    #[test]
    fn a_prediction_grows_with_the_batch_and_the_path() {
        let net = Supernet::new(toy::space(), Place::default()).unwrap();
        let (narrow, wide) = (Arch(vec![2, 2, 0, 0]), Arch(vec![1, 1, 2, 2]));
        let step = |arch, batch| of_training(&net, arch, batch, 1);
        assert!(step(&wide, 8) > step(&narrow, 8));
        assert!(step(&wide, 16) > step(&wide, 8));
        assert!(of_training(&net, &wide, 8, 2) > step(&wide, 8));
        assert!(of_evaluation(&net, &wide, 8) < step(&wide, 8));
        // The input of one image alone has 3 * 8 * 8 numbers.
        assert!(step(&narrow, 9) - step(&narrow, 8) > 4 * 3 * 64);
    }
}
