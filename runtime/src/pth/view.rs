//! Tensors as windows on storages, and their elements in row-major order.

use crate::run::tensors::{Dtype, RawTensor};

/// A storage as a pickle names it, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Storage<'a> {
    pub dtype: Dtype,
    pub key: &'a str,
    /// Elements of the whole storage.
    pub whole: usize,
    /// The first element of the part.
    pub start: usize,
    /// Elements of the part.
    pub length: usize,
}

/// A tensor: elements of a storage, strides counted in elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View<'a> {
    pub storage: Storage<'a>,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

impl View<'_> {
    /// Bytes of the tensor on its own.
    pub fn bytes(&self) -> Result<usize, String> {
        let count = self.shape.iter().try_fold(1_usize, |count, axis| count.checked_mul(*axis));
        let bytes = count.and_then(|count| count.checked_mul(self.storage.dtype.bytes()));
        bytes.ok_or_else(|| format!("has the shape {:?}, which no memory holds", self.shape))
    }

    /// Whether every element lies in the storage.
    fn check(&self) -> Result<(), String> {
        let storage = self.storage;
        let steps = self.shape.iter().zip(&self.strides);
        // One past the last element; a tensor without elements touches none.
        let end = if self.shape.contains(&0) {
            Some(0)
        } else {
            steps
                .map(|(axis, stride)| (axis - 1).checked_mul(*stride))
                .try_fold(self.offset, |end, step| end.checked_add(step?))
                .and_then(|last| last.checked_add(1))
        };
        match end {
            Some(end) if end <= storage.length => Ok(()),
            Some(end) => Err(format!(
                "reaches element {end} of the storage `{}`, which has {}",
                storage.key, storage.length
            )),
            None => Err(format!("reaches past all memory in the storage `{}`", storage.key)),
        }
    }

    /// The tensor's elements, given the bytes of the whole storage.
    pub fn dense(&self, whole: &[u8]) -> Result<RawTensor, String> {
        self.check()?;
        let size = self.storage.dtype.bytes();
        let from = self.storage.start.checked_mul(size);
        let to = self.storage.start.checked_add(self.storage.length);
        let part = from.zip(to.and_then(|to| to.checked_mul(size)));
        let part = part.and_then(|(from, to)| whole.get(from..to));
        let part = part.ok_or_else(|| {
            format!("is a part of the storage `{}` that lies outside of it", self.storage.key)
        })?;
        let mut bytes = Vec::with_capacity(self.bytes()?);
        if !self.shape.contains(&0) {
            self.gather(part, size, &mut bytes);
        }
        Ok(RawTensor { dtype: self.storage.dtype, shape: self.shape.clone(), bytes })
    }

    /// Copies runs of elements that lie side by side, in row-major order. Everything was checked.
    fn gather(&self, part: &[u8], size: usize, bytes: &mut Vec<u8>) {
        let mut run = 1;
        let mut outer = self.shape.len();
        while outer > 0 {
            let (axis, stride) = (self.shape[outer - 1], self.strides[outer - 1]);
            if axis != 1 && stride != run {
                break;
            }
            run *= axis;
            outer -= 1;
        }
        let mut index = vec![0; outer];
        let mut at = self.offset;
        loop {
            bytes.extend_from_slice(&part[at * size..(at + run) * size]);
            let mut axis = outer;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                index[axis] += 1;
                at += self.strides[axis];
                if index[axis] < self.shape[axis] {
                    break;
                }
                at -= self.strides[axis] * self.shape[axis];
                index[axis] = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn view(length: usize, offset: usize, shape: &[usize], strides: &[usize]) -> View<'static> {
        let storage = Storage { dtype: Dtype::U8, key: "0", whole: length, start: 0, length };
        View { storage, offset, shape: shape.to_vec(), strides: strides.to_vec() }
    }

    fn elements(view: &View<'_>) -> Vec<u8> {
        let whole: Vec<u8> = (0..view.storage.whole as u8).collect();
        view.dense(&whole).unwrap().bytes
    }

    #[test]
    fn elements_come_in_row_major_order() {
        assert_eq!(elements(&view(6, 0, &[2, 3], &[3, 1])), [0, 1, 2, 3, 4, 5]);
        assert_eq!(elements(&view(6, 0, &[3, 2], &[1, 3])), [0, 3, 1, 4, 2, 5], "transposed");
        assert_eq!(elements(&view(9, 4, &[2, 2], &[3, 1])), [4, 5, 7, 8], "a corner");
        assert_eq!(elements(&view(1, 0, &[2, 2], &[0, 0])), [0; 4], "expanded");
        assert_eq!(elements(&view(4, 3, &[], &[])), [3], "a scalar");
        assert_eq!(elements(&view(4, 0, &[2, 0], &[7, 9])), [0_u8; 0], "nothing");
        assert_eq!(elements(&view(3, 0, &[1, 3, 1], &[99, 1, 99])), [0, 1, 2], "axes of one");
        let channels_last = view(12, 0, &[1, 3, 2, 2], &[12, 1, 6, 3]);
        assert_eq!(elements(&channels_last), [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
    }

    #[test]
    fn no_element_lies_outside() {
        for (offset, shape, strides) in [
            (1, &[6][..], &[1][..]),
            (6, &[], &[]),
            (0, &[2, 3], &[4, 1]),
            (usize::MAX, &[1], &[1]),
            (0, &[2], &[usize::MAX]),
            (0, &[usize::MAX, 3], &[usize::MAX, 1]),
        ] {
            let refused = view(6, offset, shape, strides).dense(&[0; 6]).unwrap_err();
            assert!(refused.contains("storage `0`"), "{refused}");
        }
        assert!(view(6, 0, &[3], &[1]).dense(&[0; 5]).unwrap_err().contains("outside"));
        assert!(view(1, 0, &[usize::MAX, 2], &[0, 0]).dense(&[0]).unwrap_err().contains("memory"));
    }
}
