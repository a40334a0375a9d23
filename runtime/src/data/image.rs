//! One decoded image.

/// RGB bytes in the order `[height, width, 3]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Image {
    /// An image of the given size.
    ///
    /// # Panics
    /// If `pixels` does not have `3 * width * height` bytes, or a side is 0.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Self {
        assert!(width > 0 && height > 0, "an image has pixels");
        assert_eq!(pixels.len(), width as usize * height as usize * 3, "three bytes per pixel");
        Self { width, height, pixels }
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The bytes, `[height, width, 3]`.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Splits the image into its buffer, for reuse.
    pub(super) fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }
}
