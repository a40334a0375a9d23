//! Small kernels made of larger ones.

use super::{Tensor, TorchError};

/// A weight `[O, I, kernel…]` with a smaller kernel of `side` places per axis: the centre of each kernel, as a row of
/// `n` places, times the transpose of `matrix` `[n, n]`. One matrix serves all channels.
///
/// Source: Cai et al. 2020, "Once-for-All", section 3.3, as its published code does it.
pub fn shrink_kernel(weight: &Tensor, matrix: &Tensor, side: i64) -> Result<Tensor, TorchError> {
    let mut centre = weight.shallow_clone();
    for (axis, length) in weight.size().into_iter().enumerate().skip(2) {
        centre = centre.f_narrow(axis as i64, (length - side) / 2, side)?;
    }
    let size = centre.size();
    Ok(centre.f_flatten(2, -1)?.f_linear(matrix, None::<&Tensor>)?.f_reshape(size)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{Stride, conv, from_slice};
    use serde_json::Value;

    const VECTORS: &str = include_str!("../../../tests/vectors/ofa_elastic.json");

    /// The vector's formula: `((a k + b) mod m - off) / off`, element by element.
    fn fill([a, b, m, off]: [i64; 4], shape: &[i64]) -> Tensor {
        let count: i64 = shape.iter().product();
        let element = |k: i64| ((a * k + b) % m - off) as f64 / off as f64;
        from_slice(&(0..count).map(element).collect::<Vec<_>>(), shape).unwrap()
    }

    /// The vector is rounded, and was computed in single precision.
    fn assert_close(found: &Tensor, expected: &[f64], what: &str) {
        let found = Vec::<f64>::try_from(found.flatten(0, -1)).unwrap();
        assert_eq!(found.len(), expected.len(), "{what}");
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{what}: {found}");
        }
    }

    #[test]
    fn kernels_of_three_come_from_those_of_five() {
        let all: Value = serde_json::from_str(VECTORS).unwrap();
        let case = &all["kernel_transform"];
        let rows = |name: &str| -> Vec<f64> {
            let rows: Vec<Vec<f64>> = serde_json::from_value(case[name].clone()).unwrap();
            rows.concat()
        };
        let seven = fill([37, 5, 101, 50], &[2, 1, 7, 7]);
        let five = shrink_kernel(&seven, &fill([17, 3, 89, 44], &[25, 25]), 5).unwrap();
        assert_close(&five, &rows("k5"), "5x5");
        let three = shrink_kernel(&five, &fill([13, 7, 61, 30], &[9, 9]), 3).unwrap();
        assert_close(&three, &rows("k3"), "3x3");
        let eye = Tensor::eye(9, (seven.kind(), seven.device()));
        let plain = shrink_kernel(&seven, &eye, 3).unwrap();
        // Written down with two places.
        for (found, expected) in Vec::<f64>::try_from(plain.flatten(0, -1))
            .unwrap()
            .iter()
            .zip(rows("k3_without_transform"))
        {
            assert!((found - expected).abs() < 5e-3);
        }
        let input = fill([29, 1, 97, 48], &[1, 2, 6, 6]);
        let way = Stride { stride: vec![1, 1], padding: vec![1, 1], dilation: vec![1, 1] };
        let expected: Vec<f64> = serde_json::from_value(case["y3"].clone()).unwrap();
        assert_close(&conv(&input, &three, None, &way, 2).unwrap(), &expected, "output");
        // The first channel alone, with the kernel of five.
        let way = Stride { padding: vec![2, 2], ..way };
        let [first, five] = [input.narrow(1, 0, 1), five.narrow(0, 0, 1)];
        let expected: Vec<f64> = serde_json::from_value(case["y5_c1_sub"].clone()).unwrap();
        assert_close(&conv(&first, &five, None, &way, 1).unwrap(), &expected, "one channel");
    }
}
