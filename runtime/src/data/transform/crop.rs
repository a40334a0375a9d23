//! What part of a training image is taken.

use nasc_compiler::random::Stream;
use serde::{Deserialize, Serialize};

use super::resize::{Resizer, shorter_side_then_centre};
use crate::data::{DataError, Image};

/// How the square input is cut from a training image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Crop {
    /// A random window, resized: for photographs larger than the input.
    Resized {
        /// Smallest and largest share of the image's area.
        scale: (f64, f64),
        /// Smallest and largest width over height; its logarithm is uniform.
        ratio: (f64, f64),
    },
    /// The image brought to the input's size, framed by `pad` black pixels, and cut out at a random
    /// place: for images of about the input's size.
    Pad {
        /// Pixels at each side.
        pad: u32,
    },
}

impl Default for Crop {
    fn default() -> Self {
        Self::Resized { scale: (0.08, 1.0), ratio: (3.0 / 4.0, 4.0 / 3.0) }
    }
}

/// A rectangle of pixels within an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Columns to the left of it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Its columns.
    pub width: u32,
    /// Its rows.
    pub height: u32,
}

impl Crop {
    pub(super) fn check(&self, size: u32) -> Result<(), DataError> {
        let ordered = |(lo, hi): (f64, f64)| lo > 0.0 && lo <= hi && hi.is_finite();
        match *self {
            Self::Resized { scale, .. } if !ordered(scale) || scale.1 > 1.0 => {
                Err(DataError::setting(
                    "crop.scale",
                    format!("is {scale:?}, not an interval in (0, 1]"),
                ))
            }
            Self::Resized { ratio, .. } if !ordered(ratio) => Err(DataError::setting(
                "crop.ratio",
                format!("is {ratio:?}, not an interval of positive numbers"),
            )),
            Self::Pad { pad } if pad > size => {
                Err(DataError::setting("crop.pad", format!("is {pad}, more than the size {size}")))
            }
            Self::Resized { .. } | Self::Pad { .. } => Ok(()),
        }
    }

    /// The bytes of the crop, `[size, size, 3]`.
    pub(super) fn apply(
        &self,
        image: &Image,
        size: u32,
        stream: &mut Stream,
        resizer: &mut Resizer,
    ) -> Vec<u8> {
        match *self {
            Self::Resized { scale, ratio } => {
                let window = random_window(image.width(), image.height(), scale, ratio, stream);
                resizer.resize(image, window, size, size)
            }
            Self::Pad { pad } => {
                let whole = shorter_side_then_centre(image, size, size, resizer);
                let right = stream.below(2 * u64::from(pad) + 1) as i64 - i64::from(pad);
                let down = stream.below(2 * u64::from(pad) + 1) as i64 - i64::from(pad);
                if (right, down) == (0, 0) {
                    return whole;
                }
                let shifted = shifted(&whole, i64::from(size), right, down, resizer.buffer());
                resizer.recycle(whole);
                shifted
            }
        }
    }
}

/// The window of `RandomResizedCrop` by torchvision's law: ten tries of an area share uniform in
/// `scale` and a log-uniform `ratio`; if none fits, the largest central window of an allowed ratio.
pub fn random_window(
    width: u32,
    height: u32,
    scale: (f64, f64),
    ratio: (f64, f64),
    stream: &mut Stream,
) -> Window {
    let (w, h) = (f64::from(width), f64::from(height));
    for _ in 0..10 {
        let area = w * h * stream.range(scale.0, scale.1);
        let aspect = stream.log_range(ratio.0, ratio.1);
        let wide = (area * aspect).sqrt().round_ties_even();
        let high = (area / aspect).sqrt().round_ties_even();
        if (1.0..=w).contains(&wide) && (1.0..=h).contains(&high) {
            let (wide, high) = (wide as u32, high as u32);
            let top = stream.below(u64::from(height - high) + 1) as u32;
            let left = stream.below(u64::from(width - wide) + 1) as u32;
            return Window { left, top, width: wide, height: high };
        }
    }
    let (wide, high) = if w / h < ratio.0 {
        (width, ((w / ratio.0).round_ties_even() as u32).clamp(1, height))
    } else if w / h > ratio.1 {
        (((h * ratio.1).round_ties_even() as u32).clamp(1, width), height)
    } else {
        (width, height)
    };
    Window { left: (width - wide) / 2, top: (height - high) / 2, width: wide, height: high }
}

/// The square image moved right and down; black comes in.
fn shifted(pixels: &[u8], size: i64, right: i64, down: i64, mut out: Vec<u8>) -> Vec<u8> {
    out.clear();
    out.resize(pixels.len(), 0);
    let columns = (size - right.abs()).max(0) as usize * 3;
    let (from, to) = ((-right).max(0) as usize * 3, right.max(0) as usize * 3);
    for y in 0..size {
        if (0..size).contains(&(y - down)) && columns > 0 {
            let (source, target) = (((y - down) * size * 3) as usize, (y * size * 3) as usize);
            out[target + to..target + to + columns]
                .copy_from_slice(&pixels[source + from..source + from + columns]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: (f64, f64) = (0.08, 1.0);
    const RATIO: (f64, f64) = (0.75, 4.0 / 3.0);

    #[test]
    fn windows_follow_the_law() {
        let mut stream = Stream::new(0, "window", &[]);
        let (mut share, mut count, mut left) = (0.0, 0.0, 0.0);
        for _ in 0..20_000 {
            let found = random_window(500, 375, SCALE, RATIO, &mut stream);
            assert!(found.width > 0 && found.left + found.width <= 500);
            assert!(found.height > 0 && found.top + found.height <= 375);
            let ratio = f64::from(found.width) / f64::from(found.height);
            assert!((0.73..1.36).contains(&ratio), "{ratio}");
            let area = f64::from(found.width) * f64::from(found.height) / (500.0 * 375.0);
            assert!((0.079..=1.0).contains(&area));
            share += area;
            count += 1.0;
            if found.width < 500 {
                left += f64::from(found.left) / f64::from(500 - found.width);
            } else {
                left += 0.5;
            }
        }
        // 0.4328 by a simulation of the law in another language: large shares often do not fit.
        assert!((0.427..0.439).contains(&(share / count)), "{}", share / count);
        assert!((left / count - 0.5).abs() < 0.02);
    }

    #[test]
    fn what_fits_nowhere_is_cut_from_the_middle() {
        let mut stream = Stream::new(0, "window", &[]);
        let whole = (1.0, 1.0);
        let middle = Window { left: 183, top: 0, width: 133, height: 100 };
        assert_eq!(random_window(500, 100, whole, RATIO, &mut stream), middle);
        let middle = Window { left: 0, top: 183, width: 100, height: 133 };
        assert_eq!(random_window(100, 500, whole, RATIO, &mut stream), middle);
        let pixel = Window { left: 0, top: 0, width: 1, height: 1 };
        assert_eq!(random_window(1, 1, SCALE, RATIO, &mut stream), pixel);
    }

    #[test]
    fn shifts_bring_in_black() {
        let pixels: Vec<u8> = (1..=12).collect();
        let moved = |right, down| shifted(&pixels, 2, right, down, Vec::new());
        assert_eq!(moved(1, 0), [0, 0, 0, 1, 2, 3, 0, 0, 0, 7, 8, 9]);
        assert_eq!(moved(-1, 1), [0, 0, 0, 0, 0, 0, 4, 5, 6, 0, 0, 0]);
        assert_eq!(moved(2, 0), [0; 12]);
    }
}
