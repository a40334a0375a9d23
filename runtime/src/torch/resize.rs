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
/// Places correspond by the two sizes alone, whatever factor led to them.
pub fn resize(
    input: &Tensor,
    size: &[i64],
    interpolation: Interpolation,
) -> Result<Tensor, TorchError> {
    Ok(match (size.len(), interpolation) {
        (3, Interpolation::Nearest) => input.f_upsample_nearest3d(size, None, None, None)?,
        (3, Interpolation::Linear { align_corners }) => {
            input.f_upsample_trilinear3d(size, align_corners, None, None, None)?
        }
        (_, Interpolation::Nearest) => input.f_upsample_nearest2d(size, None, None)?,
        (_, Interpolation::Linear { align_corners }) => {
            input.f_upsample_bilinear2d(size, align_corners, None, None)?
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
            let found = flat(&resize(&row, &[1, width], interpolation).unwrap());
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
            let flat_image = resize(&image, &[5, 3], interpolation).unwrap();
            let resized = resize(&video, &[6, 5, 3], interpolation).unwrap();
            assert_eq!(resized.size(), [1, 1, 6, 5, 3]);
            for frame in 0..6 {
                let error = (resized.select(2, frame) - &flat_image).abs().max();
                assert!(error.double_value(&[]) < 1e-12, "{interpolation:?}");
            }
        }
        assert!(resize(&image, &[0, 3], Interpolation::Nearest).is_err());
    }
}
