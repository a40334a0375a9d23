//! Reports and pictures of a space, as text.
//!
//! Everything here is a pure function from a checked graph to text (or to plain data that prints
//! itself). Nothing is written to a file or a terminal.

mod columns;
mod dot;
mod drawing;
mod mermaid;
pub mod report;
pub mod snapshot;
mod summary;
#[cfg(test)]
mod tests;

pub use dot::dot;
pub use mermaid::mermaid;
pub use summary::{Range, Summary, grouped, summary};
