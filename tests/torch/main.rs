//! Whole networks on libtorch. One binary, because a process linked to libtorch starts slowly.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod blocks;
mod compiled;
mod cuda;
mod dsnas;
mod fill;
mod many;
mod memory;
mod mixture;
mod path;
mod primitives;
mod published;
mod recalibration;
mod recipes;
mod remap;
mod run;
mod samplers;
mod sort;
mod state_dicts;
mod subnet;
mod supernet;
mod torchvision;
mod whole;
