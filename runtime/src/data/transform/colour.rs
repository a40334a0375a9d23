//! Random brightness, contrast and saturation.

use nasc_compiler::random::Stream;
use serde::{Deserialize, Serialize};

use crate::data::DataError;

/// How far colours are moved: each factor is uniform in `[max(0, 1 - x), 1 + x]`.
///
/// The factors are drawn in the order of the fields, then the order in which the three steps are
/// applied, which is uniform too (torchvision's `ColorJitter` without hue). Bytes are rounded and
/// clamped after each step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jitter {
    /// Blends with black.
    pub brightness: f64,
    /// Blends with the mean grey of the image.
    pub contrast: f64,
    /// Blends with the grey of each pixel.
    pub saturation: f64,
}

impl Jitter {
    pub(super) fn check(&self) -> Result<(), DataError> {
        let Self { brightness, contrast, saturation } = self;
        let fields = [
            ("jitter.brightness", brightness),
            ("jitter.contrast", contrast),
            ("jitter.saturation", saturation),
        ];
        for (setting, value) in fields {
            if !(0.0..=10.0).contains(value) {
                return Err(DataError::setting(setting, format!("is {value}, not within 0..=10")));
            }
        }
        Ok(())
    }

    /// Moves the colours of RGB bytes.
    pub(super) fn apply(&self, stream: &mut Stream, pixels: &mut [u8]) {
        let mut factor = |x: f64| stream.range((1.0 - x).max(0.0), 1.0 + x) as f32;
        let factors = [self.brightness, self.contrast, self.saturation].map(&mut factor);
        let mut order = [0, 1, 2];
        stream.shuffle(&mut order);
        for step in order {
            let factor = factors[step];
            if factor == 1.0 {
                continue;
            }
            match step {
                0 => pixels.iter_mut().for_each(|byte| *byte = blend(0.0, *byte, factor)),
                1 => {
                    let sum: u64 = pixels.chunks_exact(3).map(|pixel| u64::from(grey(pixel))).sum();
                    let mean = (sum as f64 / (pixels.len() / 3) as f64).round() as f32;
                    for byte in &mut *pixels {
                        *byte = blend(mean, *byte, factor);
                    }
                }
                _ => {
                    for pixel in pixels.chunks_exact_mut(3) {
                        let grey = f32::from(grey(pixel));
                        for byte in pixel {
                            *byte = blend(grey, *byte, factor);
                        }
                    }
                }
            }
        }
    }
}

/// Luma of ITU-R 601 with Pillow's fixed-point weights.
fn grey(pixel: &[u8]) -> u8 {
    let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
    ((r * 19_595 + g * 38_470 + b * 7_471 + 0x8000) >> 16) as u8
}

fn blend(anchor: f32, byte: u8, factor: f32) -> u8 {
    // A cast saturates, which is the clamp.
    (anchor + (f32::from(byte) - anchor) * factor + 0.5).floor() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIXELS: [u8; 6] = [200, 100, 50, 10, 20, 250];

    #[test]
    fn each_step_pulls_towards_its_anchor() {
        let run = |jitter: Jitter| {
            let mut pixels = PIXELS;
            jitter.apply(&mut Stream::new(5, "jitter", &[]), &mut pixels);
            pixels
        };
        assert_eq!(run(Jitter::default()), PIXELS);
        let brighter = run(Jitter { brightness: 0.5, ..Jitter::default() });
        let ratio = f32::from(brighter[1]) / 100.0;
        assert!((0.5..=1.5).contains(&ratio) && ratio != 1.0);
        assert!((f32::from(brighter[2]) / 50.0 - ratio).abs() < 0.02);
        let saturated = run(Jitter { saturation: 0.9, ..Jitter::default() });
        assert_eq!(grey(&saturated[..3]).abs_diff(grey(&PIXELS[..3])), 0);
    }

    #[test]
    fn bytes_saturate() {
        assert_eq!(blend(0.0, 200, 2.0), 255);
        assert_eq!(blend(200.0, 10, 2.0), 0);
        assert_eq!(blend(7.0, 99, 0.0), 7);
        assert_eq!(grey(&[255, 255, 255]), 255);
    }
}
