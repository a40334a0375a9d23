//! Weight-sharing supernets on libtorch: training, search, derivation, evaluation.
//!
//! # Layers
//!
//! A module uses only those above it in this list.
//!
//! - [`run`]: the folder of a run: events, checkpoints, results. Knows nothing of libtorch.
//! - [`pth`]: `PyTorch`'s files of weights. Knows nothing of libtorch.
//! - [`seed`]: weights of trained networks, in and out. Knows nothing of libtorch.
//! - [`data`]: images and labels on their way to a training step. Knows nothing of libtorch.
//! - [`torch`]: libtorch. The only module with `unsafe` code and the only one that names `tch`.
//! - [`alpha`]: architecture parameters and what they learn. Knows neither libtorch nor files.
//! - [`loss`]: what a classifier is trained and judged by.
//! - [`optimise`]: optimisers, schedules and clipping, over tensors with paths.
//! - [`program`]: from a checked graph to calls of libtorch.
//! - [`supernet`]: weights, and what is done with them and a program.
//! - [`remap`]: filling weights from a seed's.
//! - [`latency`]: how long units and networks take.
//! - [`sampler`]: what a training step runs.
//! - [`search`]: which networks to evaluate, without tensors and files.
//! - [`train`]: training and evaluating a space or a network.
//! - [`job`]: a whole run, stage by stage.

#![deny(unsafe_code)]

pub mod alpha;
pub mod data;
pub mod job;
pub mod latency;
pub mod loss;
pub mod optimise;
pub mod program;
pub mod pth;
pub mod remap;
pub mod run;
pub mod sampler;
pub mod search;
pub mod seed;
pub mod supernet;
pub mod torch;
pub mod train;
