//! Files to RGB bytes: JPEG and PNG, told apart by content.
//!
//! Grey, palette, alpha, 16-bit and CMYK images all become 8-bit RGB; alpha is dropped, not blended,
//! and the orientation of EXIF is not applied (torchvision's loader does the same). A file that is
//! truncated or corrupt gives an error and never a partly grey image. The declared size is bounded
//! before a pixel is allocated.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::{DataError, Image};

/// The most pixels an image may declare: 100 million, 300 MB decoded.
pub const MAX_PIXELS: u64 = 100_000_000;

/// Reads and decodes a file.
pub fn read(path: &Path) -> Result<Image, DataError> {
    let bytes = std::fs::read(path).map_err(|source| DataError::read(path, source))?;
    decode(&bytes, path)
}

/// Decodes the bytes of a file; `path` is for messages.
pub fn decode(bytes: &[u8], path: &Path) -> Result<Image, DataError> {
    if bytes.is_empty() {
        return Err(DataError::decode(path, "the file is empty"));
    }
    let (format, decoder) = open(Cursor::new(bytes), path)?;
    if format == ImageFormat::Jpeg && !jpeg_is_whole(bytes) {
        return Err(DataError::decode(path, "the JPEG is truncated"));
    }
    let decoded = DynamicImage::from_decoder(decoder)
        .map_err(|error| DataError::decode(path, sentence(&error)))?;
    let rgb = decoded.into_rgb8();
    Ok(Image::new(rgb.width(), rgb.height(), rgb.into_raw()))
}

/// The size (width, height) a file declares, from its head alone.
pub fn dimensions(path: &Path) -> Result<(u32, u32), DataError> {
    let file = File::open(path).map_err(|source| DataError::read(path, source))?;
    let (_, decoder) = open(BufReader::new(file), path)?;
    Ok(decoder.dimensions())
}

fn open<'a>(
    bytes: impl BufRead + Seek + 'a,
    path: &Path,
) -> Result<(ImageFormat, impl ImageDecoder + 'a), DataError> {
    let mut reader = ImageReader::new(bytes)
        .with_guessed_format()
        .map_err(|source| DataError::read(path, source))?;
    let Some(format @ (ImageFormat::Jpeg | ImageFormat::Png)) = reader.format() else {
        return Err(DataError::decode(path, "it is neither a JPEG nor a PNG"));
    };
    let mut limits = Limits::default();
    // 16-bit RGBA is the largest form that is decoded before it becomes RGB.
    limits.max_alloc = Some(8 * MAX_PIXELS);
    reader.limits(limits);
    let decoder =
        reader.into_decoder().map_err(|error| DataError::decode(path, sentence(&error)))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(DataError::decode(path, "it has no pixels"));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(DataError::TooLarge {
            path: path.to_owned(),
            width,
            height,
            limit: MAX_PIXELS,
        });
    }
    Ok((format, decoder))
}

/// A library's message in one line.
fn sentence(error: &image::ImageError) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the entropy-coded data of a JPEG ends with its end-of-image marker.
///
/// The decoder fills what is missing with grey, so that a file cut short would train unnoticed. Bytes
/// after the marker are common and harmless. Segments are stepped over by their length, because a
/// thumbnail inside one has an end marker of its own.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(offset) = bytes.get(at..).and_then(|rest| rest.iter().position(|&b| b == 0xFF)) {
        let Some(&marker) = bytes.get(at + offset + 1) else { return false };
        at += offset + 2;
        match marker {
            0xD9 => return true,
            // A filling byte: the marker's code follows.
            0xFF => at -= 1,
            // A stuffed zero, a restart or another marker without a segment.
            0x00 | 0x01 | 0xD0..=0xD8 => {}
            _ => match bytes.get(at..at + 2) {
                Some(length) => at += usize::from(u16::from_be_bytes([length[0], length[1]])),
                None => return false,
            },
        }
    }
    false
}

#[cfg(test)]
mod tests;
