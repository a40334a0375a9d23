//! Images and labels on their way to a training step.
//!
//! The way is: [`folder`] lists the files, [`decode`] turns one into RGB bytes, [`set`] holds a part of
//! the data (from files, or whole in memory), [`split`] keeps some training images back for the
//! search, [`transform`] crops, flips and scales one image, and [`loader`] yields batches in a fixed
//! order from a pool of threads. [`shapes`] is a data set that needs no file; [`probe`] measures what
//! a linear model makes of a data set.
//!
//! Everything here is a pure function of files, seed, epoch and image: the number of threads, the
//! cache and a resumption change no byte. Nothing here knows of tensors; a batch is a `Vec<f32>` in
//! the order `[N, H, W, 3]`, which is the memory of a channels-last tensor.

pub mod decode;
mod error;
pub mod folder;
mod image;
pub mod loader;
pub mod probe;
pub mod set;
pub mod shapes;
pub mod split;
pub mod transform;

pub use self::error::DataError;
pub use self::folder::{ImageFolder, Part};
pub use self::image::Image;
pub use self::loader::{Batch, Loader};
pub use self::set::Dataset;
pub use self::split::{Split, split};
pub use self::transform::Transform;
