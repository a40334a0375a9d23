//! Images at another size.

use super::{Tensor, TorchError};

/// How values between places are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interpolation {
    /// The value at `floor(place * from / to)`.
    Nearest,
    /// Between the neighbours, in proportion to their distance, along every spatial axis.
    Linear {
        /// Whether the outermost places of both images lie on each other, or the outer edges of these places.
        align_corners: bool,
    },
}

/// `input` `[N, C, H, W]` (or `[N, C, T, H, W]`) with its spatial axes at `size`.
///
/// Places correspond by the ratio of the two sizes. With a `factor` that height and width were multiplied by, and
/// rounded afterwards, they correspond by the factor, as PyTorch has it; aligned corners need none.
pub fn resize(
    input: &Tensor,
    size: &[i64],
    interpolation: Interpolation,
    factor: Option<f64>,
) -> Result<Tensor, TorchError> {
    Ok(match (size.len(), interpolation) {
        (3, Interpolation::Nearest) => input.f_upsample_nearest3d(size, None, factor, factor)?,
        (3, Interpolation::Linear { align_corners }) => {
            input.f_upsample_trilinear3d(size, align_corners, None, factor, factor)?
        }
        (_, Interpolation::Nearest) => input.f_upsample_nearest2d(size, factor, factor)?,
        (_, Interpolation::Linear { align_corners }) => {
            input.f_upsample_bilinear2d(size, align_corners, factor, factor)?
        }
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::from_slice;

    const ALIGNED: Interpolation = Interpolation::Linear { align_corners: true };
    const LINEAR: Interpolation = Interpolation::Linear { align_corners: false };

    fn flat(tensor: &Tensor) -> Vec<f64> {
        Vec::try_from(tensor.flatten(0, -1)).unwrap()
    }

    /// A row of two, read at other widths.
    #[test]
    fn places_correspond_as_the_mode_says() {
        let row = from_slice(&[0.0, 12.0], &[1, 1, 1, 2]).unwrap();
        for (interpolation, width, expected) in [
            (Interpolation::Nearest, 4, vec![0.0, 0.0, 12.0, 12.0]),
            (Interpolation::Nearest, 3, vec![0.0, 0.0, 12.0]),
            (Interpolation::Nearest, 1, vec![0.0]),
            (LINEAR, 4, vec![0.0, 3.0, 9.0, 12.0]),
            (LINEAR, 1, vec![6.0]),
            (ALIGNED, 4, vec![0.0, 4.0, 8.0, 12.0]),
            (ALIGNED, 3, vec![0.0, 6.0, 12.0]),
        ] {
            let found = flat(&resize(&row, &[1, width], interpolation, None).unwrap());
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-12, "{interpolation:?} {width}: {found}");
            }
            assert_eq!(found.len(), expected.len());
        }
    }

    #[test]
    fn three_axes_are_resized_as_two_are() {
        let image = from_slice(&[0.0, 4.0, 8.0, 12.0], &[1, 1, 2, 2]).unwrap();
        let video = image.unsqueeze(2).repeat([1, 1, 3, 1, 1]);
        for interpolation in [Interpolation::Nearest, LINEAR, ALIGNED] {
            let flat_image = resize(&image, &[5, 3], interpolation, None).unwrap();
            let resized = resize(&video, &[6, 5, 3], interpolation, None).unwrap();
            assert_eq!(resized.size(), [1, 1, 6, 5, 3]);
            for frame in 0..6 {
                let error = (resized.select(2, frame) - &flat_image).abs().max();
                assert!(error.double_value(&[]) < 1e-12, "{interpolation:?}");
            }
        }
        assert!(resize(&image, &[0, 3], Interpolation::Nearest, None).is_err());
    }

    /// Three places times 1.5 are four: by the ratio of sizes the last one begins at 2.25, by the factor at 2.
    #[test]
    fn a_factor_that_was_rounded_counts() {
        let row = from_slice(&[0.0, 6.0, 12.0], &[1, 1, 1, 3]).unwrap();
        let row = Tensor::cat(&[&row, &row, &row], 2);
        let last = |factor| {
            let resized = resize(&row, &[4, 4], LINEAR, factor).unwrap();
            resized.double_value(&[0, 0, 0, 2])
        };
        assert!((last(None) - 6.0 * 1.375).abs() < 1e-12);
        assert!((last(Some(1.5)) - 6.0 * (2.5 / 1.5 - 0.5)).abs() < 1e-12);
        let aligned =
            |factor| resize(&row, &[4, 4], ALIGNED, factor).unwrap().double_value(&[0, 0, 0, 2]);
        assert_eq!(aligned(None), aligned(Some(1.5)));
    }
}
