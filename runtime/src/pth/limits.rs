//! What reading a file may cost.

/// Bounds that a file is refused at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Values that its pickles make, and entries of their memos.
    pub values: usize,
    /// Bytes of all that is unpacked.
    pub unpacked: usize,
    /// Bytes of all tensors, each dense and on its own.
    pub tensors: usize,
}

impl Limits {
    /// Those of a file of so many bytes. Weights hardly shrink when they are packed and are seldom shared, so that
    /// eight times the file and a little is much; a state dict makes some thirty values for each of its tensors.
    pub fn of(length: usize) -> Self {
        const LITTLE: usize = 64 << 20;
        let bytes = length.saturating_mul(8).saturating_add(LITTLE);
        Self { values: 1 << 20, unpacked: bytes, tensors: bytes }
    }
}
