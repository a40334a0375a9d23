//! In which numbers calls compute.
//!
//! Weights, their gradients and statistics stay as they are; what changes is the kind of the tensors between calls.
//! Promises: in the weights' own kind nothing is cast, so that a run is the same bit for bit as without any of this.

use serde::{Deserialize, Serialize};

use super::cut::Part;
use super::prim::{Activation, Call};
use crate::torch::{Kind, Tensor, TorchError};

/// The numbers that calls compute with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Those of the weights.
    #[default]
    F32,
    /// Convolutions and linear layers take and give `bfloat16`. What stands between them takes what it is given; batch
    /// norms compute in single precision also then, and whatever else has weights or sums exponentials gets single
    /// precision. So does who asks for the outputs.
    Bf16,
}

/// How a run computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manner {
    /// Whether dropout drops.
    pub training: bool,
    /// The numbers of the calls.
    pub precision: Precision,
}

impl Precision {
    /// A tensor as convolutions and linear layers take it. Differentiable.
    pub(super) fn low(self, part: Part<'_>) -> Result<Part<'_>, TorchError> {
        match self {
            Self::F32 => Ok(part),
            Self::Bf16 => Ok(Part::Made(part.f_to_kind(Kind::BFloat16)?)),
        }
    }

    /// A tensor in single precision, if it is not what it was. Differentiable.
    pub(super) fn high(self, tensor: &Tensor) -> Result<Option<Tensor>, TorchError> {
        let is_low = self == Self::Bf16 && tensor.kind() == Kind::BFloat16;
        Ok(is_low.then(|| tensor.f_to_kind(Kind::Float)).transpose()?)
    }

    /// The first operand of a call, if the call cannot do with what it is given.
    pub(super) fn operand(self, call: &Call, first: &Tensor) -> Result<Option<Tensor>, TorchError> {
        let is_exact = match call {
            Call::Softmax { .. }
            | Call::SoftmaxOverRuns { .. }
            | Call::GroupNorm(_)
            | Call::Learned(_)
            | Call::Act(
                Activation::Prelu { .. } | Activation::Rsign { .. } | Activation::Rprelu { .. },
            ) => true,
            Call::Act(
                Activation::Relu
                | Activation::Relu6
                | Activation::HardSwish
                | Activation::HardSigmoid
                | Activation::Sigmoid
                | Activation::Swish
                | Activation::Gelu
                | Activation::Tanh,
            )
            | Call::Conv(_)
            | Call::ConvTranspose(_)
            | Call::Linear(_)
            | Call::Norm(_)
            | Call::Pool(_)
            | Call::Resize(_)
            | Call::Concat
            | Call::Slice(_)
            | Call::Shuffle { .. }
            | Call::Deinterleave
            | Call::Bypass(_)
            | Call::TemporalShift { .. }
            | Call::Flatten
            | Call::Add
            | Call::Mul
            | Call::Scale(_)
            | Call::Zero(_)
            | Call::Drop(_)
            | Call::Blend(_)
            | Call::Mask(_)
            | Call::Through(_) => false,
        };
        if is_exact { self.high(first) } else { Ok(None) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use nasc_compiler::arch::Arch;

    use super::*;
    use crate::program::{GateValues, Norms};
    use crate::supernet::tests::toy;
    use crate::supernet::{Place, Scheme, Supernet};
    use crate::torch;

    fn net() -> Supernet {
        let mut net = Supernet::new(toy::space(), Place::default()).unwrap();
        net.initialise(Scheme::Kaiming, 3).unwrap();
        net
    }

    fn images() -> Tensor {
        let count = 4 * 3 * toy::SIZE * toy::SIZE;
        let values: Vec<f32> = (0..count).map(|place| ((place * place) as f32).sin()).collect();
        torch::from_slice(&values, &[4, 3, toy::SIZE, toy::SIZE]).unwrap()
    }

    /// The outputs, and the gradient of the first weight.
    fn run(net: &Supernet, precision: Precision) -> [Tensor; 2] {
        let line = net.specialise(&Arch(vec![0, 1, 1, 2])).unwrap();
        let (params, gates) = (net.store().tensors(), GateValues::default());
        let manner = Manner { training: false, precision };
        let inputs = [net.place_input(&images()).unwrap()];
        let outputs = line.run_gated(params, &gates, &inputs, &mut Norms::Train, manner).unwrap();
        let first = net.store().trainable().next().unwrap().2;
        torch::drop_gradients(&[first]).unwrap();
        torch::backward(&outputs[0].square().mean(Kind::Float)).unwrap();
        [outputs[0].detach(), first.grad().copy()]
    }

    #[test]
    fn in_their_own_numbers_runs_are_what_they_were() {
        let (net, again) = (net(), net());
        let [outputs, _] = run(&net, Precision::F32);
        let line = again.specialise(&Arch(vec![0, 1, 1, 2])).unwrap();
        let params = again.store().tensors();
        let inputs = [again.place_input(&images()).unwrap()];
        let mut seen = Vec::new();
        let plain = line
            .watch(params, &inputs, &mut Norms::Train, false, |_, result| seen.push(result.kind()))
            .unwrap();
        assert!(torch::bit_equal(&outputs, &plain[0].detach()).unwrap());
        assert!(seen.iter().all(|kind| *kind == Kind::Float));
    }

    #[test]
    fn lower_numbers_give_nearly_the_same_and_leave_weights_as_they_are() {
        let (full, low) = (net(), net());
        let (exact, rough) = (run(&full, Precision::F32), run(&low, Precision::Bf16));
        assert!(rough.iter().all(|tensor| tensor.kind() == Kind::Float));
        // Seven bits behind the point, some ten layers.
        let apart = (&exact[0] - &rough[0]).abs().max().double_value(&[]);
        let size = exact[0].abs().max().double_value(&[]);
        assert!(apart > 0.0 && apart < 0.05 * size, "{apart} of {size}");
        // Before a normalisation most of a gradient cancels out: its direction is what is left.
        let length = |tensor: &Tensor| tensor.square().sum(Kind::Double).sqrt();
        let along = (&exact[1] * &rough[1]).sum(Kind::Double);
        let along = (along / length(&exact[1]) / length(&rough[1])).double_value(&[]);
        assert!(along > 0.97 && along < 1.0, "{along}");
        for (exact, rough) in full.store().tensors().iter().zip(low.store().tensors()) {
            assert_eq!(rough.kind(), Kind::Float);
            // Running statistics moved with what was seen.
            let apart = (exact - rough).abs().max().double_value(&[]);
            assert!(apart < 0.01, "{apart}");
        }
    }
}
