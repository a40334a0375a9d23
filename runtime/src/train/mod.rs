//! Training and evaluating a space or a network.
//!
//! [`train`] runs a stage of training to its end: it takes up the newest checkpoint of the stage if
//! there is one, steps, reports to the event log, saves, and stops between two steps when asked to.
//! [`step`] is one step of it, [`feed`] turns images into tensors, [`state`] a supernet and its
//! optimiser into a checkpoint and back, [`evaluate`] measures networks, with batch normalisations
//! recalibrated on training images if wanted.
//!
//! What it promises: a run that was killed at any moment and taken up again gives the same bits as
//! one that was not, at equal numbers of threads. All randomness is named by seed and step; nothing
//! depends on the clock but the speeds in the log. A network without decisions is a space of one
//! network, so retraining is training.

mod error;
pub mod evaluate;
pub mod feed;
pub mod memory;
mod probe;
mod settings;
mod stage;
pub mod state;
pub mod step;
mod teacher;
mod trainable;

pub use error::TrainError;
pub use evaluate::{evaluate, evaluate_many, recalibrate};
pub use feed::Feed;
pub use probe::Probe;
pub use settings::{Recalibration, Training};
pub use stage::{Images, Stage, Trained, train};
pub use step::Batches;
pub use teacher::Teacher;
