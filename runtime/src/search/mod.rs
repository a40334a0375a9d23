//! Search: which networks of a space to evaluate, and in which order.
//!
//! Everything here is a pure function of a seed and of the fitness that a [`Judge`] gives: no
//! tensors, no files, no clock. Whatever is drawn comes from a stream named by seed, generation and
//! attempt, so a search that is begun again from its start, with a judge that remembers what it
//! gave, goes the same way; that is how an interrupted search is resumed.
//!
//! The modules in order, each using only those before it: [`draw`] (random networks of a graph),
//! [`space`] (the networks as a search sees them), [`judge`] (what evaluates them), [`offspring`]
//! (new networks from old ones), `survey` (networks drawn at random that are new), [`evolution`],
//! [`random`] (the baseline), [`networks`] (the space of a checked graph, under limits).

pub mod draw;
pub mod evolution;
pub mod judge;
pub mod networks;
pub mod offspring;
pub mod random;
pub mod space;
mod survey;

pub use evolution::{Evolution, evolve};
pub use judge::{Evaluated, Fitness, Found, Judge, SearchError, Shortage};
pub use networks::{LimitError, Networks};
pub use random::random_search;
pub use space::Space;
