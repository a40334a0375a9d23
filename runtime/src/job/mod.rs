//! A whole run: from a space and images to a found and retrained network.
//!
//! A [`Job`] is what all stages share: the recipe, the space, the images, the run folder. The stages
//! in order, after the weights of a seed network where the recipe wants some: [`train_supernet`],
//! [`search`](mod@search), [`derive`], [`retrain`], [`eval`], [`summary`]; [`whole`] runs them all. Each takes up
//! what it finds in the run folder: killed and called again it goes on where it was, and called after its end it
//! gives its result again and changes nothing.
//!
//! The images have three parts that are never mixed. Weights are trained (and statistics
//! recalibrated) on one part of the training images, candidates are scored on the other, held out
//! by a seed, and the test images are opened by [`eval`] alone.
//!
//! Progress goes to the event log and nowhere else. Deliberately absent: reading of `.nas` files,
//! printing, choosing a device.

mod adapt;
mod alone;
mod candidates;
mod context;
mod derive;
mod error;
mod eval;
pub mod images;
mod phases;
mod probe;
mod retrain;
mod search;
mod summary;
mod supernet;
mod teacher;
mod whole;

#[cfg(test)]
mod tests;

pub use context::{Job, Spaces};
pub use derive::{cut, derive};
pub use error::JobError;
pub use eval::{eval, eval_network, judge};
pub use images::Images;
pub use retrain::{Retrained, retrain, retrain_other};
pub use search::{Searched, search};
pub use summary::{Entry, Figures, Summary, summary};
pub use supernet::{TrainedSupernet, train_supernet};
pub use whole::whole;
