//! libtorch, as the rest of the crate sees it.
//!
//! The only module that names `tch` or `torch_sys`, and the only one with `unsafe` code (the calls of the C++ shim,
//! and the allocator's thresholds). Everything here is a thin function: it returns an error instead of panicking,
//! whatever shapes and devices it is given, and keeps channels-last tensors channels-last.
//!
//! It holds no state but libtorch's own (seed, threads, gradient mode) and knows nothing of spaces, paths or training.
//! Tensors are handles: `shallow_clone` shares the memory. A tensor may move between threads, not be shared by them.

mod activation;
mod binary;
mod bypass;
mod bytes;
mod conv;
mod conv_transpose;
mod cores;
mod device;
mod elementwise;
mod error;
mod gradient;
mod kernel;
mod layout;
mod linear;
mod memory;
mod norm;
mod pool;
mod random;
mod resize;
mod rows;
mod shape;
mod shift;
mod shim;
mod standardise;
mod update;
mod weigh;

pub use activation::{
    gelu, hard_sigmoid, hard_swish, prelu, relu, relu6, sigmoid, softmax, softmax_over_runs, swish,
    tanh,
};
pub use binary::{binarised, rprelu, rsign};
pub use bypass::bypass;
pub use bytes::{Raw, bit_equal, from_bytes, from_slice, to_bytes};
pub use conv::{Stride, conv};
pub use conv_transpose::{Spread, conv_transpose};
pub use cores::pin_to_cores;
pub use device::{parse_device, set_threads, synchronize, threads, use_exact_kernels, version};
pub use elementwise::{add, mul, scale};
pub use error::TorchError;
pub use gradient::{
    backward, clamp_gradients, clip_units, derivatives, draw_near, drop_gradients, fill_gradients,
    gradient_norm, no_grad, scale_gradients,
};
pub use kernel::shrink_kernel;
pub use layout::{channels_last, is_channels_last};
pub use linear::linear;
pub use memory::{Counted, Counting, count_bytes, peak_bytes, tune_allocator};
pub use norm::{BatchNorm, batch_norm, group_norm};
pub use pool::{Window, adaptive_avg_pool, avg_pool, global_avg_pool, max_pool};
pub use random::{dropout, seed_draws};
pub use resize::{Interpolation, resize};
pub use rows::by_rows;
pub use shape::{concat, deinterleave, flatten, narrow, shuffle, slice};
pub use shift::temporal_shift;
pub use standardise::standardised;
pub use tch::{Device, Kind, Reduction, Tensor};
pub use update::{AdamStep, RmsPropStep, SgdStep, adam_step, rmsprop_step, sgd_step};
pub use weigh::{beside, row};
