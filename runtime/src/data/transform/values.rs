//! Bytes to floating-point values.

use serde::{Deserialize, Serialize};

use crate::data::DataError;

/// The numbers that stand for the bytes of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Values {
    /// Red, green, blue as `(byte / 255 - mean) / std`.
    Normalised {
        /// Mean of each channel, on the scale 0..1.
        mean: [f32; 3],
        /// Standard deviation of each channel, on the scale 0..1.
        std: [f32; 3],
    },
    /// Blue, green, red as the bytes themselves, 0..255: what Single Path One-Shot's weights expect.
    Bgr255,
}

impl Default for Values {
    /// The statistics of `ImageNet` that most published weights expect.
    fn default() -> Self {
        Self::Normalised { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
    }
}

impl Values {
    pub(super) fn check(&self) -> Result<(), DataError> {
        let Self::Normalised { mean, std } = self else { return Ok(()) };
        if mean.iter().any(|value| !value.is_finite()) {
            return Err(DataError::setting("values.mean", format!("is {mean:?}, not finite")));
        }
        if std.iter().any(|value| !value.is_normal() || *value < 0.0) {
            return Err(DataError::setting("values.std", format!("is {std:?}, not positive")));
        }
        Ok(())
    }

    pub(super) fn tables(&self) -> Tables {
        let table = |of: &dyn Fn(f32) -> f32| std::array::from_fn(|byte| of(byte as f32));
        match self {
            Self::Normalised { mean, std } => Tables {
                channels: [0, 1, 2],
                values: std::array::from_fn(|c| table(&|byte| (byte / 255.0 - mean[c]) / std[c])),
            },
            Self::Bgr255 => {
                Tables { channels: [2, 1, 0], values: std::array::from_fn(|_| table(&|byte| byte)) }
            }
        }
    }
}

/// The value of each byte in each output channel, and the byte it is read from.
#[derive(Debug)]
pub(super) struct Tables {
    channels: [usize; 3],
    values: [[f32; 256]; 3],
}

impl Tables {
    /// Writes rows of `side` pixels, reversed where `mirrored`.
    pub(super) fn write(&self, pixels: &[u8], side: usize, mirrored: bool, out: &mut [f32]) {
        let rows = pixels.chunks_exact(3 * side).zip(out.chunks_exact_mut(3 * side));
        for (row, out) in rows {
            let pairs = out.chunks_exact_mut(3);
            if mirrored {
                pairs
                    .zip(row.chunks_exact(3).rev())
                    .for_each(|(out, pixel)| self.pixel(pixel, out));
            } else {
                pairs.zip(row.chunks_exact(3)).for_each(|(out, pixel)| self.pixel(pixel, out));
            }
        }
    }

    #[inline]
    fn pixel(&self, pixel: &[u8], out: &mut [f32]) {
        for (channel, out) in out.iter_mut().enumerate() {
            *out = self.values[channel][usize::from(pixel[self.channels[channel]])];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_scaled_and_ordered() {
        let mut out = [0.0; 6];
        let bytes = [255, 0, 51, 0, 255, 102];
        Values::default().tables().write(&bytes, 2, false, &mut out);
        let expected = [
            (1.0 - 0.485) / 0.229,
            -0.456 / 0.224,
            (0.2 - 0.406) / 0.225,
            -0.485 / 0.229,
            (1.0 - 0.456) / 0.224,
            (0.4 - 0.406) / 0.225,
        ];
        for (value, expected) in out.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{value} {expected}");
        }
        Values::Bgr255.tables().write(&bytes, 2, true, &mut out);
        assert_eq!(out, [102.0, 255.0, 0.0, 51.0, 0.0, 255.0]);
    }
}
