//! Exact questions about all networks of a space at once.
//!
//! A question stands on a [`Ground`]: which assignments are networks, and the sums that limits bound. From it the
//! decisions are walked in order through an automaton whose states are what is still undecided at a cut; limits
//! make another automaton of that, of those ways alone that keep them. [`Allowed`] counts these and draws from them
//! uniformly without rejection, [`marginals`] says how likely each option is among them, [`mean`] and [`census`]
//! what they cost. [`best()`] finds the networks of the highest additive score under limits, [`pareto`] what can be
//! had for what it costs, [`nearest`] and [`conflict`] what stands in the way where there is none. [`count`] says
//! how many distinct networks there are without limits, [`extremes`] finds the cheapest and the dearest, [`reach`]
//! what those with each option cost.
//!
//! Where an automaton passes its budget, what was spent is rounded, down and up: counts are then
//! between two bounds, draws are still exactly uniform, and a try may fail. Nothing is ever wrong; what
//! cannot be answered is [`Unanswered`].

mod allowed;
mod best;
mod census;
mod count;
mod expand;
mod extreme;
mod ground;
mod histogram;
mod join;
mod memory;
mod numbers;
mod order;
mod outlook;
mod pareto;
mod part;
mod parted;
mod price;
mod profile;
mod reach;
mod relax;
mod restrict;
mod rough;
#[cfg(test)]
mod sides;
mod spread;
mod tally;
#[cfg(test)]
mod tests;
mod ways;
mod weigh;
mod wide;

pub use allowed::{Allowed, Marginal, NODE_LIMIT, census, marginals, mean};
pub use best::{Found, Score, best};
pub use census::Census;
pub use count::{count, distinct};
pub use extreme::extremes;
pub use ground::{Ground, Unanswered};
pub use histogram::Histogram;
pub use memory::memory_range;
pub use pareto::{Front, Point, pareto};
pub use reach::{Reach, reach};
pub use relax::{Nearest, conflict, nearest};
pub use spread::{Spread, spread};
