//! A supernet: a space, its program and its weights.
//!
//! [`store`] holds all parameters and buffers of a space by path, [`init`] gives them their first
//! values, [`Supernet`] runs, recalibrates and evaluates architectures on them, [`tree`] evaluates
//! many at once, [`extract`] cuts one out, [`sort`] puts channels in order. A network without decisions
//! is a supernet with one architecture, so whatever trains or evaluates the one does the other.
//!
//! Promises: a run touches the tensors of its path alone; evaluation and recalibration change no
//! tensor of the store. Deliberately absent: optimisers, sampling of architectures, files.

mod counts;
pub mod extract;
pub mod init;
pub mod sort;
pub mod store;
pub mod tree;

use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::pass::Checked;

pub use counts::{Batch, Counts};
pub use extract::{ExtractError, Network, extract};
pub use init::Scheme;
pub use sort::sort_channels;
pub use store::{Entry, ParamStore, Place, StoreError};
pub use tree::{Tree, evaluate_many};

use crate::program::{
    Averaging, GateValues, Gating, Manner, Norms, Program, ProgramError, Statistics, Straight,
};
use crate::torch::{self, Tensor, TorchError};

/// A space with weights.
#[derive(Debug)]
pub struct Supernet {
    program: Program,
    store: ParamStore,
}

impl Supernet {
    /// A supernet whose weights are zero (normalisations: one); see [`Supernet::initialise`].
    ///
    /// # Errors
    /// If the weights do not fit into memory.
    pub fn new(space: Arc<Checked>, place: Place) -> Result<Self, StoreError> {
        let store = ParamStore::new(&space, place)?;
        Ok(Self { program: Program::lower(space), store })
    }

    /// Gives every tensor its first value, which depends on the scheme, the seed and its path alone.
    ///
    /// # Errors
    /// If libtorch refuses.
    pub fn initialise(&mut self, scheme: Scheme, seed: u64) -> Result<(), StoreError> {
        init::initialise(self.program.space(), &mut self.store, scheme, seed)
    }

    /// The space.
    pub fn space(&self) -> &Arc<Checked> {
        self.program.space()
    }

    /// The space in execution order.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The weights.
    pub fn store(&self) -> &ParamStore {
        &self.store
    }

    /// The weights, to load.
    pub fn store_mut(&mut self) -> &mut ParamStore {
        &mut self.store
    }

    /// The straight line of an architecture.
    ///
    /// # Errors
    /// If the architecture is none of the space's networks.
    pub fn specialise(&self, arch: &Arch) -> Result<Arc<Straight>, ProgramError> {
        self.program.specialise(arch)
    }

    /// An input `[N, C, …]` on the device, of the kind and in the memory order of the weights.
    ///
    /// # Errors
    /// If it does not fit into memory.
    pub fn place_input(&self, input: &Tensor) -> Result<Tensor, TorchError> {
        self.store.place().of_input(input)
    }

    /// Runs an architecture on inputs `[N, C, …]` and gives the outputs in the order of the space.
    /// Autograd records unless a [`torch::NoGrad`] is alive. `training` is for dropout alone.
    ///
    /// # Errors
    /// If the architecture is none of the space's networks, or libtorch refuses.
    pub fn forward(
        &self,
        arch: &Arch,
        inputs: &[Tensor],
        norms: &mut Norms<'_>,
        training: bool,
    ) -> Result<Vec<Tensor>, ProgramError> {
        let line = self.specialise(arch)?;
        let inputs: Vec<Tensor> =
            inputs.iter().map(|input| self.place_input(input)).collect::<Result<_, _>>()?;
        line.run(self.store.tensors(), &inputs, norms, training)
    }

    /// Runs all that the gates can take on inputs `[N, C, …]`, weighed by `values`. Otherwise as [`Self::forward`].
    ///
    /// # Errors
    /// A decision changes something that cannot be mixed, or libtorch refuses.
    pub fn forward_gated(
        &self,
        gating: &Gating,
        values: &GateValues,
        inputs: &[Tensor],
        norms: &mut Norms<'_>,
        training: bool,
    ) -> Result<Vec<Tensor>, ProgramError> {
        let line = self.program.mix(gating)?;
        let inputs: Vec<Tensor> =
            inputs.iter().map(|input| self.place_input(input)).collect::<Result<_, _>>()?;
        let manner = Manner { training, ..Manner::default() };
        line.run_gated(self.store.tensors(), values, &inputs, norms, manner)
    }

    /// Statistics of the architecture's own batch normalisations over `images` (`[N, C, …]` each),
    /// computed in train mode but without dropout. The store keeps its own.
    ///
    /// # Errors
    /// The first error among the batches, or of a run.
    pub fn recalibrate<E: From<ProgramError>>(
        &self,
        arch: &Arch,
        images: impl IntoIterator<Item = Result<Tensor, E>>,
        by: Averaging,
    ) -> Result<Statistics, E> {
        let line = self.specialise(arch)?;
        let mut statistics = self.fresh_statistics(&line)?;
        let _guard = torch::no_grad();
        for batch in images {
            let batch = self.place_input(&batch?).map_err(ProgramError::from)?;
            let mut norms = Norms::Calibrate { into: &mut statistics, by };
            line.run(self.store.tensors(), &[batch], &mut norms, false)?;
        }
        Ok(statistics)
    }

    /// How well the architecture classifies `batches`, with the given statistics or the store's own.
    /// The first output are the logits `[N, K]`.
    ///
    /// # Errors
    /// The first error among the batches, or of a run.
    pub fn evaluate<E: From<ProgramError>>(
        &self,
        arch: &Arch,
        statistics: Option<&Statistics>,
        batches: impl IntoIterator<Item = Result<Batch, E>>,
    ) -> Result<Counts, E> {
        let line = self.specialise(arch)?;
        let mut counts = Counts::default();
        let _guard = torch::no_grad();
        for batch in batches {
            let Batch { images, labels } = batch?;
            let images = self.place_input(&images).map_err(ProgramError::from)?;
            let mut norms = statistics.map_or(Norms::Eval, Norms::With);
            let outputs = line.run(self.store.tensors(), &[images], &mut norms, false)?;
            if let Some(logits) = outputs.first() {
                counts.add(logits, &labels).map_err(ProgramError::from)?;
            }
        }
        Ok(counts)
    }

    fn fresh_statistics(&self, line: &Straight) -> Result<Statistics, ProgramError> {
        let Place { kind, device, .. } = self.store.place();
        Ok(Statistics::fresh(line, (kind, device))?)
    }
}

#[cfg(test)]
pub(crate) mod tests;
