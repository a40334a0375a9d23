//! Why a run could not go on.

use std::path::PathBuf;

use crate::data::DataError;
use crate::program::ProgramError;
use crate::remap::RemapError;
use crate::run::atomic::WriteError;
use crate::run::journal::JournalError;
use crate::run::weights::WeightsError;
use crate::search::{LimitError, SearchError};
use crate::supernet::{ExtractError, StoreError};
use crate::torch::TorchError;
use crate::train::TrainError;

/// A stage that ended early.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The limits leave nothing to search.
    #[error("no network of `{space}` meets the limits{hint}")]
    NoNetwork {
        /// The space.
        space: String,
        /// The nearest that there is, if it is known.
        hint: String,
    },
    /// The data and the space disagree about the classes.
    #[error(
        "the data has {classes} classes, but `{space}` gives {outputs}; `--set classes={classes}` \
         may mend it"
    )]
    Classes {
        /// The space.
        space: String,
        /// Classes of the data.
        classes: usize,
        /// Numbers that the space's first output has.
        outputs: i64,
    },
    /// The data and the space disagree about the images.
    #[error(
        "the recipe's images are {found:?}, but `{space}` takes {expected:?}; \
         `data.transform.size` of the recipe may mend it"
    )]
    Input {
        /// The space.
        space: String,
        /// The shape of an image as the recipe makes it.
        found: Vec<i64>,
        /// The shape of the space's input.
        expected: Vec<i64>,
    },
    /// The space is not one of classifiers of images.
    #[error("`{space}` has {inputs} inputs and {outputs} outputs; one of each is needed here")]
    Arity {
        /// The space.
        space: String,
        /// How many inputs it has.
        inputs: usize,
        /// How many outputs it has.
        outputs: usize,
    },
    /// The space with other parameters cannot stand for it.
    #[error("`{space}` with `{}` {reason}; a part of its training cannot take it in its place", set.join("`, `"))]
    Variant {
        /// The space.
        space: String,
        /// What is set, as `name=value`.
        set: Vec<String>,
        /// What is different, said of the space with that.
        reason: String,
    },
    /// The space says that its networks share nothing.
    #[error(
        "the networks of `{0}` share nothing (`@own`), so there is no supernet to train; derive a \
         network and train that"
    )]
    Apart(String),
    /// The recipe begins with a seed, and the space has none.
    #[error(
        "the recipe adapts from a seed network, but `{0}` names none; a `remap` in its file does"
    )]
    NoSeed(String),
    /// Weights are not those of the seed.
    #[error(
        "`{}` does not have the weights of `{seed}`: `{tensor}` {reason}; `nasc import` makes a file that has them",
        path.display()
    )]
    SeedWeights {
        /// The file.
        path: PathBuf,
        /// The seed network.
        seed: String,
        /// The first tensor that is not there, or has another shape.
        tensor: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The seed's weights cannot be taken over.
    #[error(transparent)]
    Remap(#[from] RemapError),
    /// The sampler learns nothing that could be taken as its network.
    #[error(
        "the sampler `{0}` settles on no network; search by `evolution` or `random` instead of `learned`"
    )]
    NothingLearned(String),
    /// The most probable network within limits cannot be found.
    #[error("the most probable network within the limits cannot be found: {0}")]
    Unanswered(String),
    /// A phase names a class that the data does not have.
    #[error("a phase asks for the class `{0}`, which the images do not have")]
    NoClass(String),
    /// A phase names a decision that the space does not have.
    #[error("a phase closes options of `{0}`, and no decision of the space has such a path")]
    NoDecision(String),
    /// A phase closes all options of a decision.
    #[error("a phase leaves nothing of `{path}`: it has none of `{labels}`")]
    NothingOpen {
        /// The decision.
        path: String,
        /// What the phase names.
        labels: String,
    },
    /// A sampler could not be made.
    #[error(transparent)]
    Sampler(#[from] crate::sampler::SamplerError),
    /// Channels are to be sorted, and no width of the space can be.
    #[error(
        "no channels of `{0}` can be sorted: none has an elastic width, or something depends on their order"
    )]
    NothingToSort(String),
    /// There are too few networks to have an order.
    #[error("a probe needs two networks, and `{space}` has given {networks}")]
    SmallProbe {
        /// The space.
        space: String,
        /// How many there are.
        networks: usize,
    },
    /// The file of the probe's networks cannot be used.
    #[error("`{}`, line {line}: {reason}", path.display())]
    ProbeFile {
        /// The file.
        path: PathBuf,
        /// The line, from 1; 0 for the file as a whole.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A network cannot teach here.
    #[error("the teacher `{}` does not suit: {reason}", path.display())]
    Teacher {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no sampler of that name.
    #[error("there is no sampler `{0}`; there are {names}", names = known_samplers())]
    NoSampler(String),
    /// A summary of a run that was begun otherwise.
    #[error("`{}` is no summary: {reason}", path.display())]
    Summary {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Training or evaluation.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Limits.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// Images.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The event log or the result store.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A file of weights.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A file of the run folder.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The found network could not be cut out.
    #[error(transparent)]
    Extract(#[from] ExtractError),
}

impl JobError {
    /// Whether the run was asked to stop and can go on later.
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Train(TrainError::Interrupted { .. }))
    }

    /// Whether what was asked for is wrong, rather than files, memory or libtorch.
    pub fn is_input(&self) -> bool {
        use crate::sampler::SamplerError::{MissingState, UnknownState};
        match self {
            Self::Sampler(error) => !matches!(error, MissingState(_) | UnknownState(_)),
            Self::Classes { .. }
            | Self::Input { .. }
            | Self::Arity { .. }
            | Self::Variant { .. }
            | Self::Apart(_)
            | Self::NoSeed(_)
            | Self::SeedWeights { .. }
            | Self::NothingLearned(_)
            | Self::NoClass(_)
            | Self::NoDecision(_)
            | Self::NothingOpen { .. }
            | Self::NothingToSort(_)
            | Self::SmallProbe { .. }
            | Self::ProbeFile { .. }
            | Self::Teacher { .. }
            | Self::NoSampler(_) => true,
            _ => false,
        }
    }

    /// Whether no network meets the limits.
    pub fn is_no_network(&self) -> bool {
        matches!(self, Self::NoNetwork { .. })
    }

    pub(super) fn of_search(error: SearchError<Self>, space: &str, hint: String) -> Self {
        match error {
            SearchError::NoNetwork => Self::NoNetwork { space: space.to_owned(), hint },
            SearchError::Judge(error) => error,
        }
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::Train(error.into())
    }
}

impl From<TorchError> for JobError {
    fn from(error: TorchError) -> Self {
        Self::Train(error.into())
    }
}

impl From<ProgramError> for JobError {
    fn from(error: ProgramError) -> Self {
        Self::Train(error.into())
    }
}

fn known_samplers() -> String {
    let names: Vec<String> =
        crate::sampler::SAMPLERS.iter().map(|entry| format!("`{}`", entry.name)).collect();
    names.join(", ")
}
