//! The intermediate representation: one graph that stands for every network of a space.
//!
//! A [`Graph`] has nodes (inputs, primitive operations, selects, outputs) joined by ordered operands,
//! a table of decisions, and a table of parameters. Whatever differs between the networks is a
//! [`Vary`] in the graph's [`Diagrams`]: attributes, dimensions, guards.
//!
//! What the parts mean:
//! - A node *exists* in a network where its `guard` holds and something live uses it; after the
//!   liveness pass `presence` says where. A decision exists where its guard holds and something live
//!   reads it.
//! - A [`Select`](Op::Select) has one operand per alternative and passes on the one whose number its
//!   `on` has; the others are not live through it.
//! - A parameter has its largest shape; its slices say which part a smaller network uses. Nodes may
//!   share parameters (instances made with `shared`).
//! - Node, parameter and decision ids are numbered in elaboration order, which is a topological order.
//!
//! The invariants are listed, and checked, in [`verify`]. Deliberately absent: weights, sources,
//! anything about how a graph is run.

mod candidate;
mod graph;
mod kind;
mod layout;
mod limit;
mod param;
pub mod remap;
pub mod stored;
pub mod text;
pub mod verify;

pub use candidate::last_norms;
pub use graph::{
    Decision, DecisionKind, Forbidden, Graph, Node, NodeId, Op, OptionLabel, Origin, Source,
};
pub use kind::{Attribute, Kind};
pub use layout::{Layout, Segment, Segments, Shape};
pub use limit::{Limit, Metric};
pub use param::{AxisSlice, COPY, Key, Param, ParamId, Role};
pub use remap::Remap;

pub use crate::vary::{DecisionId, Diagrams, Values, Vary};
