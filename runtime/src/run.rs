//! A run: one folder that holds everything a search leaves behind.
//!
//! | file | what it is | written |
//! | --- | --- | --- |
//! | `recipe.ron` | what was asked for ([`recipe`]) | once, at the start |
//! | `events.jsonl` | what happened ([`event`], [`log`]) | line by line |
//! | `results.jsonl` | every evaluation ever made ([`results`]) | line by line |
//! | `checkpoints/` | weights and optimiser state ([`checkpoint`]) | every so many steps |
//! | `best.nas`, `best.safetensors` | the found network ([`weights`]) | at the end of a stage |
//! | `summary.json` | the figures of a finished run | last |
//!
//! The promise: a process killed at any moment leaves a folder from which a resumed run goes on
//! exactly, and nothing that was saved before is lost. Whole files are therefore replaced
//! atomically ([`atomic`]), growing files heal a torn tail ([`journal`]), and [`fault`] lets tests
//! die at the worst places.
//!
//! Nothing here knows of libtorch: tensors are names, shapes and bytes. Modules further down the
//! list use only those above.

pub mod fault;

pub mod atomic;
pub mod interrupt;
pub mod tensors;

pub mod journal;
pub mod weights;

pub mod checkpoint;
pub mod event;
pub mod report;
pub mod results;

pub mod history;
pub mod log;

pub mod folder;
pub mod recipe;

#[cfg(test)]
mod killed;
