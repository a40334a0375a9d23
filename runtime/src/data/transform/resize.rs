//! Bilinear, antialiased resizing of RGB bytes.

use fast_image_resize::images::{TypedCroppedImage, TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions};

use super::Window;
use crate::data::Image;

/// The library's buffers, and one of our own.
#[derive(Debug, Default)]
pub(crate) struct Resizer {
    resizer: fast_image_resize::Resizer,
    spare: Vec<u8>,
}

impl Resizer {
    /// A buffer of unspecified content.
    pub(super) fn buffer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spare)
    }

    /// Takes a buffer back for a later image.
    pub(super) fn recycle(&mut self, pixels: Vec<u8>) {
        if pixels.capacity() > self.spare.capacity() {
            self.spare = pixels;
        }
    }

    /// The window of an image at another size. No pixel outside the window is read.
    #[expect(
        clippy::expect_used,
        reason = "windows lie within their image, and buffers have its size"
    )]
    pub(crate) fn resize(
        &mut self,
        image: &Image,
        window: Window,
        width: u32,
        height: u32,
    ) -> Vec<u8> {
        let mut pixels = self.buffer();
        pixels.resize(width as usize * height as usize * 3, 0);
        let source =
            TypedImageRef::<U8x3>::from_buffer(image.width(), image.height(), image.pixels())
                .expect("three bytes per pixel");
        let Window { left, top, width: wide, height: high } = window;
        let source = TypedCroppedImage::new(source, left, top, wide, high)
            .expect("a window lies within its image");
        let mut target = TypedImage::<U8x3>::from_buffer(width, height, &mut pixels)
            .expect("three bytes per pixel");
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        // The form for one type of pixel: the general one would compile the code of all thirteen.
        self.resizer.resize_typed(&source, &mut target, &options).expect("neither side is empty");
        pixels
    }
}

/// The size a window takes when its shorter side becomes `side`; torchvision's rounding.
pub(crate) fn with_shorter_side(window: Window, side: u32) -> (u32, u32) {
    let (width, height) = (u64::from(window.width), u64::from(window.height));
    let longer = |long: u64, short: u64| (u64::from(side) * long / short) as u32;
    if width <= height { (side, longer(height, width)) } else { (longer(width, height), side) }
}

/// The whole of an image.
pub(crate) fn everything(image: &Image) -> Window {
    Window { left: 0, top: 0, width: image.width(), height: image.height() }
}

/// The whole of an image, or the middle of one so long that enlarging it whole would fill the memory.
fn not_too_long(image: &Image) -> Window {
    let Window { width, height, .. } = everything(image);
    let longest = width.min(height).saturating_mul(8);
    let cut = |side: u32| ((side - side.min(longest)) / 2, side.min(longest));
    let ((left, width), (top, height)) = (cut(width), cut(height));
    Window { left, top, width, height }
}

/// The central `size` x `size` pixels after the shorter side became `side` (at least `size`).
pub(super) fn shorter_side_then_centre(
    image: &Image,
    side: u32,
    size: u32,
    resizer: &mut Resizer,
) -> Vec<u8> {
    let window = not_too_long(image);
    let (width, height) = with_shorter_side(window, side);
    let resized = ((width, height) != (image.width(), image.height()))
        .then(|| Image::new(width, height, resizer.resize(image, window, width, height)));
    let source = resized.as_ref().unwrap_or(image);
    // Half a pixel goes to the even side, as in torchvision.
    let start = |whole: u32| (f64::from(whole - size) / 2.0).round_ties_even() as usize;
    let (left, top, size) = (start(width), start(height), size as usize);
    let mut pixels = resizer.buffer();
    pixels.clear();
    for row in source.pixels().chunks_exact(width as usize * 3).skip(top).take(size) {
        pixels.extend_from_slice(&row[left * 3..(left + size) * 3]);
    }
    if let Some(resized) = resized {
        resizer.recycle(resized.into_pixels());
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_side_keeps_the_proportion() {
        let window = |width, height| Window { left: 0, top: 0, width, height };
        assert_eq!(with_shorter_side(window(500, 375), 256), (341, 256));
        assert_eq!(with_shorter_side(window(3, 7), 6), (6, 14));
        assert_eq!(with_shorter_side(window(4, 4), 9), (9, 9));
        let thread = Image::new(1, 60_000, vec![7; 180_000]);
        let square = shorter_side_then_centre(&thread, 256, 224, &mut Resizer::default());
        assert_eq!(square, vec![7; 224 * 224 * 3]);
    }

    #[test]
    fn reduction_averages_what_it_covers() {
        // Stripes of one pixel: without antialiasing some columns would stay black or white.
        let pixels = (0..64 * 64).flat_map(|i| [if i % 2 == 0 { 0 } else { 255 }; 3]).collect();
        let image = Image::new(64, 64, pixels);
        let reduced = Resizer::default().resize(&image, everything(&image), 8, 8);
        assert!(reduced.iter().all(|&byte| (118..=138).contains(&byte)), "{reduced:?}");
    }

    #[test]
    fn only_the_window_is_read() {
        let mut pixels = vec![0; 10 * 10 * 3];
        for y in 3..7 {
            pixels[(y * 10 + 3) * 3..(y * 10 + 7) * 3].fill(200);
        }
        let image = Image::new(10, 10, pixels);
        let window = Window { left: 3, top: 3, width: 4, height: 4 };
        let mut resizer = Resizer::default();
        for side in [2, 3, 9] {
            assert!(resizer.resize(&image, window, side, side).iter().all(|&byte| byte == 200));
        }
    }

    #[test]
    fn the_centre_is_cut_after_resizing() {
        let pixels = (0..4).flat_map(|_| (0..8_u8).flat_map(|x| [x * 10; 3])).collect();
        let cut =
            shorter_side_then_centre(&Image::new(8, 4, pixels), 4, 4, &mut Resizer::default());
        assert_eq!(cut[..12].iter().step_by(3).copied().collect::<Vec<_>>(), [20, 30, 40, 50]);
        assert_eq!(cut.len(), 48);
    }
}
