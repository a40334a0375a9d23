//! Channels that go around a layer.

use super::{Tensor, TorchError};

/// The channels of `computed` `[N, M, …]` and, behind them, those of `carried` `[N, C, …]` from `M` up to
/// `min(C, limit)`: where a filter is missing, the input channel of its number takes its place. There are
/// `max(min(C, limit), M)` of them; `computed` may have none.
///
/// Source: Yang et al. 2021, "`NetAdaptV2`", channel-level bypass connections.
pub fn bypass(computed: &Tensor, carried: &Tensor, limit: i64) -> Result<Tensor, TorchError> {
    let (kept, available) = (channels(computed)?, channels(carried)?);
    let around = available.min(limit) - kept;
    if around <= 0 {
        return Ok(computed.shallow_clone());
    }
    Ok(Tensor::f_cat(&[computed, &carried.f_narrow(1, kept, around)?], 1)?)
}

fn channels(tensor: &Tensor) -> Result<i64, TorchError> {
    let size = tensor.size();
    let second = size.get(1).copied();
    second.ok_or_else(|| TorchError::Refused(format!("a tensor {size:?} has no channels")))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{Stride, bit_equal, conv, from_slice, relu};
    use serde_json::Value;

    const VECTORS: &str = include_str!("../../../tests/vectors/netadaptv2_reference.json");

    /// The vector's formula: `((a k + b) mod m - off) / off`, element by element.
    fn fill([a, b, m, off]: [i64; 4], shape: &[i64]) -> Tensor {
        let count: i64 = shape.iter().product();
        let element = |k: i64| ((a * k + b) % m - off) as f64 / off as f64;
        from_slice(&(0..count).map(element).collect::<Vec<_>>(), shape).unwrap()
    }

    /// A layer of `T` filters 3x3 with bias and `ReLU`, of which the first `M` are left.
    #[test]
    fn missing_filters_pass_on_the_channels_in_their_place() {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        let cases = vectors["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 12);
        for case in cases {
            let int = |name: &str| case[name].as_i64().unwrap();
            let (channels, filters, kept) = (int("C"), int("T"), int("M"));
            let input = fill([29, 1, 97, 48], &[1, channels, 3, 3]);
            let weight = fill([37, 5, 101, 50], &[filters, channels, 3, 3]);
            let bias = fill([13, 3, 31, 15], &[filters]);
            let way = Stride { stride: vec![1, 1], padding: vec![1, 1], dilation: vec![1, 1] };
            let computed = relu(&conv(&input, &weight, Some(&bias), &way, 1).unwrap()).unwrap();
            let output = bypass(&computed.narrow(1, 0, kept), &input, filters).unwrap();
            assert_eq!(output.size(), [1, int("Z"), 3, 3]);
            if kept == 0 {
                assert!(bit_equal(&output, &input.narrow(1, 0, int("Z"))).unwrap());
            }
            let rows: Vec<Vec<f64>> = serde_json::from_value(case["y"].clone()).unwrap();
            let found = Vec::<f64>::try_from(output.flatten(0, -1)).unwrap();
            for (found, expected) in found.iter().zip(rows.concat()) {
                // The vector is rounded to five places.
                assert!((found - expected).abs() < 1e-5, "{case}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn widths_are_the_published_ones() {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        let rows: Vec<[i64; 4]> =
            serde_json::from_value(vectors["Z_table_C_T_M_Z"].clone()).unwrap();
        for [channels, limit, kept, expected] in rows {
            let (computed, carried) =
                (fill([3, 1, 7, 3], &[1, kept, 1, 1]), fill([3, 1, 7, 3], &[1, channels, 1, 1]));
            let output = bypass(&computed, &carried, limit).unwrap();
            assert_eq!(output.size()[1], expected, "{channels} {limit} {kept}");
        }
    }
}
