//! Places in a source text.
//!
//! A span holds byte offsets and nothing else: which file it belongs to is known to whoever holds
//! the tree, so that one parsed file can be shared.

use std::ops::Range;

/// A half-open range of byte offsets into one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset just past the last byte; equal to `start` for an empty place.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The offsets as a range of `usize`, as slices and diagnostics want them.
    pub const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}
