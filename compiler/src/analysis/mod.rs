//! Exact questions about all networks of a space at once.
//!
//! [`count`] says how many distinct networks there are. A [`Census`] walks the decisions in order
//! through an automaton whose states are what is still undecided at a cut, and keeps for every state
//! how many ways there are to go on at every cost: from it come the exact distribution of an additive
//! cost, the number of networks under a limit, and a uniformly random network under a limit
//! without rejection. [`best()`] finds the networks of the highest additive score under any number of
//! limits, [`nearest`] what stands in the way where there is none. [`extremes`] finds the cheapest and
//! the dearest network, [`reach`] what those with each option cost.
//!
//! Deliberately absent: rounding. Where a census does not fit its budget
//! there is none.

mod automaton;
mod best;
mod census;
mod count;
mod extreme;
mod histogram;
mod price;
mod reach;
mod relax;
mod tally;
#[cfg(test)]
mod tests;

pub use best::{BestError, Found, Score, best};
pub use census::Census;
pub use count::{count, distinct};
pub use extreme::extremes;
pub use histogram::Histogram;
pub use reach::{Reach, reach};
pub use relax::{Nearest, nearest};
