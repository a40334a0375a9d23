//! Elements of other types as those of networks, which are of single precision.

use half::{bf16, f16};

use crate::run::tensors::{Dtype, RawTensor};

/// Whether elements can be weights: integers and truth values are not.
pub fn is_float(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F16 | Dtype::BF16 | Dtype::F32 | Dtype::F64)
}

/// The tensor in single precision; `None` if its elements are no floats. Half precision is exact, double precision is
/// rounded to the nearest.
pub fn to_single(tensor: RawTensor) -> Option<RawTensor> {
    let RawTensor { dtype, shape, bytes } = tensor;
    let (halves, rest) = bytes.as_chunks::<2>();
    debug_assert!(rest.is_empty() || dtype.bytes() != 2, "elements are whole");
    let bytes = match dtype {
        Dtype::F32 => bytes,
        Dtype::F16 => {
            halves.iter().flat_map(|e| f16::from_le_bytes(*e).to_f32().to_le_bytes()).collect()
        }
        Dtype::BF16 => {
            halves.iter().flat_map(|e| bf16::from_le_bytes(*e).to_f32().to_le_bytes()).collect()
        }
        Dtype::F64 => {
            let (doubles, _) = bytes.as_chunks::<8>();
            doubles.iter().flat_map(|e| (f64::from_le_bytes(*e) as f32).to_le_bytes()).collect()
        }
        Dtype::Bool | Dtype::U8 | Dtype::I8 | Dtype::I16 | Dtype::I32 | Dtype::I64 => return None,
    };
    Some(RawTensor { dtype: Dtype::F32, shape, bytes })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn single(dtype: Dtype, bytes: Vec<u8>) -> Vec<f32> {
        let shape = vec![bytes.len() / dtype.bytes()];
        let tensor = to_single(RawTensor { dtype, shape, bytes }).unwrap();
        let (elements, _) = tensor.bytes.as_chunks::<4>();
        elements.iter().map(|element| f32::from_le_bytes(*element)).collect()
    }

    #[test]
    fn values_stay_what_they_are() {
        let halves = [0x3c00_u16, 0xc000, 0x0001, 0x7c00].map(u16::to_le_bytes).concat();
        assert_eq!(single(Dtype::F16, halves), [1.0, -2.0, 2.0_f32.powi(-24), f32::INFINITY]);
        let brains = [0x3f80_u16, 0xc000, 0x0001].map(u16::to_le_bytes).concat();
        assert_eq!(single(Dtype::BF16, brains), [1.0, -2.0, f32::from_bits(1 << 16)]);
        let doubles = [0.1_f64, -3.0].map(f64::to_le_bytes).concat();
        assert_eq!(single(Dtype::F64, doubles), [0.1, -3.0]);
    }

    #[test]
    fn integers_are_no_weights() {
        for dtype in Dtype::ALL {
            let tensor = RawTensor { dtype, shape: vec![1], bytes: vec![0; dtype.bytes()] };
            assert_eq!(to_single(tensor).is_some(), is_float(dtype));
        }
    }
}
