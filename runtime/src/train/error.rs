//! Why a training or an evaluation could not go on.

use crate::data::DataError;
use crate::optimise::OptimiserError;
use crate::program::ProgramError;
use crate::run::checkpoint::CheckpointError;
use crate::run::journal::JournalError;
use crate::sampler::SamplerError;
use crate::supernet::StoreError;
use crate::torch::TorchError;

/// A training or an evaluation that ended early.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The loss, or what came of it, is no number. Nothing of the step was saved.
    #[error("{what} is {value} at step {step} of `{stage}`, on the path {path}")]
    Diverged {
        /// The loss, the gradient or a tensor.
        what: String,
        /// `NaN` or an infinity.
        value: f64,
        /// The stage.
        stage: String,
        /// The step, from 1.
        step: u64,
        /// The architecture as text.
        path: String,
    },
    /// A tensor did not fit.
    #[error(
        "out of memory while {doing}: it was predicted to take {}, and {} were in use at the peak; \
         a smaller batch needs less ({source})",
        mebibytes(Some(*predicted)), mebibytes(*peak)
    )]
    OutOfMemory {
        /// What was being done.
        doing: String,
        /// Bytes that weights, gradients, momentum and activations were expected to take.
        predicted: u64,
        /// The most bytes the process or the device ever held.
        peak: Option<u64>,
        /// What libtorch said.
        source: TorchError,
    },
    /// The run was asked to stop, and everything is saved.
    #[error("interrupted after step {step} of `{stage}`; resume it to go on")]
    Interrupted {
        /// The stage.
        stage: String,
        /// The last step that counts.
        step: u64,
    },
    /// A checkpoint was made under other settings.
    #[error("the checkpoint of `{stage}` was made under other settings: {what}")]
    OtherSettings {
        /// The stage.
        stage: String,
        /// What differs.
        what: String,
    },
    /// A checkpoint without the moving averages of all weights.
    #[error("the checkpoint of `{0}` has not the moving averages of all weights")]
    Averages(String),
    /// There are too few images to train on.
    #[error("there are no images to train on")]
    NoImages,
    /// The network has no output to train.
    #[error("`{0}` has no output of classes to train")]
    NoOutput(String),
    /// The sampler asks for images that this run has not.
    #[error("the sampler asks for the images `{0}`, which this run does not have")]
    NoStream(&'static str),
    /// A pass builds on something of an earlier one that was not kept.
    #[error("the sampler asks for the {0} of pass {1}, which it did not say to keep")]
    NotKept(&'static str, usize),
    /// Images.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The event log.
    #[error(transparent)]
    Log(#[from] JournalError),
    /// A run of the network.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The weights.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The optimiser.
    #[error(transparent)]
    Optimiser(#[from] OptimiserError),
    /// The sampler.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// libtorch.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

impl TrainError {
    /// What libtorch said, if it was libtorch.
    pub fn torch(&self) -> Option<&TorchError> {
        match self {
            Self::Program(error) => error.torch(),
            Self::Store(StoreError::Torch { source, .. })
            | Self::OutOfMemory { source, .. }
            | Self::Optimiser(OptimiserError::Torch(source))
            | Self::Torch(source) => Some(source),
            _ => None,
        }
    }
}

fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(
        || "an unknown amount".to_owned(),
        |bytes| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
    )
}
