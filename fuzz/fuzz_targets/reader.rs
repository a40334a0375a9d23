//! The readers of weights, taken from the runtime by their files, so that no fuzz target needs libtorch.

#[path = "../../runtime/src/pth/tests/build.rs"]
pub mod build;

#[path = "../../runtime/src/pth/mod.rs"]
pub mod pth;

#[path = "run.rs"]
pub mod run;

/// What is small enough to be reached soon.
pub const LIMITS: pth::Limits =
    pth::Limits { values: 1 << 12, unpacked: 1 << 20, tensors: 1 << 16 };

/// Reads a file; whatever is read keeps the limits, and can be written and read again.
pub fn check(bytes: &[u8]) {
    let Ok(state) = pth::from_bytes(bytes, None, &LIMITS) else { return };
    let total: usize = state.tensors.iter().map(|(_, tensor)| tensor.bytes.len()).sum();
    assert!(total <= LIMITS.tensors);
    let written = pth::to_bytes(&state.tensors).expect("what is read can be written");
    let again = pth::from_bytes(&written, None, &pth::Limits::of(written.len()));
    assert_eq!(again.expect("what is written can be read").tensors, state.tensors);
}
