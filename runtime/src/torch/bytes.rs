//! Tensors as bytes: what checkpoints are written from and read into.

use super::{Device, Kind, Tensor, TorchError};
use safetensors::Dtype;

/// A tensor outside libtorch: little-endian elements in row-major order of the shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    /// The type of the elements.
    pub dtype: Dtype,
    /// The length of each axis.
    pub shape: Vec<usize>,
    /// All elements, without gaps.
    pub bytes: Vec<u8>,
}

/// Copies a tensor out, from any device and memory order.
pub fn to_bytes(tensor: &Tensor) -> Result<Raw, TorchError> {
    let kind = tensor.f_kind()?;
    let Some((_, dtype)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        return Err(TorchError::Malformed(format!("elements of kind {kind:?} have no file form")));
    };
    let flat = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_contiguous()?;
    let count = flat.numel();
    let mut bytes = vec![0; count * kind.elt_size_in_bytes()];
    flat.f_copy_data_u8(&mut bytes, count)?;
    let shape = flat.size().into_iter().map(|length| length as usize).collect();
    Ok(Raw { dtype: *dtype, shape, bytes })
}

/// Copies a tensor in; it lies on the CPU in row-major order.
pub fn from_bytes(dtype: Dtype, shape: &[usize], bytes: &[u8]) -> Result<Tensor, TorchError> {
    let Some((kind, _)) = KINDS.iter().find(|(_, known)| *known == dtype) else {
        return Err(TorchError::Malformed(format!("elements of type {dtype:?} are not supported")));
    };
    let expected = shape
        .iter()
        .try_fold(kind.elt_size_in_bytes(), |product, length| product.checked_mul(*length));
    if expected != Some(bytes.len()) {
        let found = bytes.len();
        return Err(TorchError::Malformed(format!(
            "{found} bytes are given for the shape {shape:?} of {dtype:?}"
        )));
    }
    let size: Vec<i64> = shape.iter().map(|length| *length as i64).collect();
    Ok(Tensor::f_from_data_size(bytes, &size, *kind)?)
}

/// A tensor of `shape` on the CPU, from its elements in row-major order.
pub fn from_slice<T: tch::kind::Element>(
    elements: &[T],
    shape: &[i64],
) -> Result<Tensor, TorchError> {
    Ok(Tensor::f_from_slice(elements)?.f_reshape(shape)?)
}

/// Whether two tensors have one kind, one shape and the same bits in every element; memory order and device do not
/// count, and a NaN equals itself.
pub fn bit_equal(a: &Tensor, b: &Tensor) -> Result<bool, TorchError> {
    Ok(to_bytes(a)? == to_bytes(b)?)
}

const KINDS: [(Kind, Dtype); 10] = [
    (Kind::Float, Dtype::F32),
    (Kind::Double, Dtype::F64),
    (Kind::Half, Dtype::F16),
    (Kind::BFloat16, Dtype::BF16),
    (Kind::Bool, Dtype::BOOL),
    (Kind::Uint8, Dtype::U8),
    (Kind::Int8, Dtype::I8),
    (Kind::Int16, Dtype::I16),
    (Kind::Int, Dtype::I32),
    (Kind::Int64, Dtype::I64),
];

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::channels_last;

    #[test]
    fn every_kind_returns_as_it_went() {
        for (kind, dtype) in KINDS {
            let tensor = Tensor::from_slice(&[0.0, 1.0, 3.0, 100.0f64]).view([2, 2]).to_kind(kind);
            let raw = to_bytes(&tensor).unwrap();
            assert_eq!((raw.dtype, &raw.shape[..]), (dtype, &[2, 2][..]));
            let back = from_bytes(raw.dtype, &raw.shape, &raw.bytes).unwrap();
            assert_eq!(back.kind(), kind);
            assert!(bit_equal(&tensor, &back).unwrap());
        }
    }

    #[test]
    fn bytes_are_little_endian_and_row_major() {
        let tensor = from_slice(&[1.0f32, -2.0, 0.0, 4.0], &[1, 2, 1, 2]).unwrap();
        let raw = to_bytes(&channels_last(&tensor).unwrap()).unwrap();
        assert_eq!(raw.bytes, [0, 0, 128, 63, 0, 0, 0, 192, 0, 0, 0, 0, 0, 0, 128, 64]);
    }

    #[test]
    fn odd_tensors_return_too() {
        let scalar = Tensor::from_slice(&[5i64]).view([0i64; 0]);
        let empty = Tensor::zeros([3, 0], (Kind::Float, Device::Cpu));
        let learned = Tensor::from_slice(&[f32::NAN]).set_requires_grad(true);
        for tensor in [scalar, empty, learned] {
            let raw = to_bytes(&tensor).unwrap();
            let back = from_bytes(raw.dtype, &raw.shape, &raw.bytes).unwrap();
            assert!(bit_equal(&tensor, &back).unwrap());
        }
    }

    #[test]
    fn a_wrong_number_of_bytes_is_an_error() {
        for (shape, bytes) in [(&[2][..], 7), (&[2], 9), (&[usize::MAX, 2], 8)] {
            let refused = from_bytes(Dtype::F32, shape, &vec![0; bytes]);
            assert!(matches!(refused, Err(TorchError::Malformed(_))));
        }
        assert!(from_bytes(Dtype::U64, &[1], &[0; 8]).is_err());
    }

    #[test]
    fn equality_sees_every_bit() {
        let (plus, minus) = (Tensor::from_slice(&[0.0f32]), Tensor::from_slice(&[-0.0f32]));
        assert!(!bit_equal(&plus, &minus).unwrap());
        assert!(!bit_equal(&plus, &plus.view([1, 1])).unwrap());
        assert!(!bit_equal(&plus, &plus.to_kind(Kind::Double)).unwrap());
    }
}
