//! Weight-sharing supernets on libtorch: training, search, derivation, evaluation.
//!
//! # Layers
//!
//! A module uses only those above it in this list.
//!
//! - [`data`]: images on their way to a training step. Knows nothing of libtorch.
//! - [`torch`]: libtorch. The only module with `unsafe` code and the only one that names `tch`.
//! - [`loss`]: what a classifier is trained and judged by.
//! - [`optimise`]: optimisers, schedules and clipping, over tensors with paths.
//! - [`search`]: which networks to evaluate, without tensors and files.
//! - [`run`]: the folder of a run: recipe, events, checkpoints, results. Calls nothing of libtorch.

#![deny(unsafe_code)]

pub mod data;
pub mod loss;
pub mod optimise;
pub mod run;
pub mod search;
pub mod torch;
