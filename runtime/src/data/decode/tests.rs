//! Formats, and files that are not what they say.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write as _;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgb, Rgba};

use super::*;

/// Left half red, right half blue; what the JPEG fixtures show too.
const RED: [u8; 3] = [200, 60, 30];
const BLUE: [u8; 3] = [20, 90, 220];
const CMYK: &[u8] = include_bytes!("fixtures/cmyk.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("fixtures/progressive.jpg");

fn flag() -> DynamicImage {
    ImageBuffer::from_fn(8, 8, |x, _| Rgb(if x < 4 { RED } else { BLUE })).into()
}

fn png(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn jpeg(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 95)).unwrap();
    bytes
}

fn decoded(bytes: &[u8]) -> Image {
    decode(bytes, Path::new("a.jpg")).unwrap()
}

fn refused(bytes: &[u8]) -> String {
    decode(bytes, Path::new("some/a.jpg")).unwrap_err().to_string()
}

fn assert_flag(image: &Image) {
    assert_eq!((image.width(), image.height()), (8, 8));
    for (at, expected) in [(8 * 3 + 3, RED), (6 * 24 + 18, BLUE)] {
        for (byte, expected) in image.pixels()[at..].iter().zip(expected) {
            assert!(byte.abs_diff(expected) <= 6, "{byte} {expected}");
        }
    }
}

#[test]
fn colour_images_of_every_form_become_rgb() {
    assert_eq!(decoded(&png(&flag())).pixels(), flag().as_bytes());
    for bytes in [CMYK, PROGRESSIVE, &jpeg(&flag())] {
        assert_flag(&decoded(bytes));
    }
    let clear: DynamicImage = ImageBuffer::from_pixel(2, 1, Rgba([9_u8, 8, 7, 0])).into();
    assert_eq!(decoded(&png(&clear)).pixels(), [9, 8, 7, 9, 8, 7]);
    let deep: DynamicImage = ImageBuffer::from_pixel(1, 1, Rgb([0_u16, 0x8080, 0xFFFF])).into();
    assert_eq!(decoded(&png(&deep)).pixels(), [0, 0x80, 0xFF]);
}

#[test]
fn grey_images_become_rgb() {
    let grey: DynamicImage = ImageBuffer::from_pixel(1, 1, Luma([77_u8])).into();
    let clear: DynamicImage = ImageBuffer::from_pixel(1, 1, LumaA([77_u8, 3])).into();
    let deep: DynamicImage = ImageBuffer::from_pixel(1, 1, Luma([0x4D4D_u16])).into();
    for image in [&grey, &clear, &deep] {
        assert_eq!(decoded(&png(image)).pixels(), [77; 3]);
    }
    let found = decoded(&jpeg(&grey));
    assert!(found.pixels().iter().all(|byte| byte.abs_diff(77) <= 1));
}

/// A file cut anywhere is refused, or was cut after its last pixel.
#[test]
fn no_prefix_gives_a_damaged_image() {
    for whole in [jpeg(&flag()), png(&flag()), CMYK.to_vec(), PROGRESSIVE.to_vec()] {
        let image = decoded(&whole);
        for end in 0..whole.len() {
            match decode(&whole[..end], Path::new("some/a.jpg")) {
                Ok(found) => assert!(found == image && end + 20 > whole.len(), "{end}"),
                Err(error) => assert!(error.to_string().contains("`some/a.jpg`")),
            }
        }
        let trailing = [&whole[..], b"\r\nnotes of a camera"].concat();
        assert_eq!(decoded(&trailing), image);
    }
    let cut = jpeg(&flag());
    assert_eq!(
        refused(&cut[..cut.len() - 10]),
        "cannot decode `some/a.jpg`: the JPEG is truncated"
    );
}

/// Damage anywhere gives an image or an error, never a panic.
#[test]
fn damage_does_not_stop_the_program() {
    for whole in [jpeg(&flag()), png(&flag()), CMYK.to_vec(), PROGRESSIVE.to_vec()] {
        for at in 0..whole.len() {
            for damage in [0x01, 0x80, 0xFF] {
                let mut bytes = whole.clone();
                bytes[at] ^= damage;
                let _ = decode(&bytes, Path::new("a.jpg"));
            }
        }
    }
}

#[test]
fn other_files_are_refused_by_what_they_hold() {
    assert_eq!(refused(b""), "cannot decode `some/a.jpg`: the file is empty");
    let neither = "cannot decode `some/a.jpg`: it is neither a JPEG nor a PNG";
    assert_eq!(refused(b"GIF89a and so on, for as long as it takes"), neither);
    assert_eq!(refused(b"not an image at all, merely a line of text"), neither);
    let gone = read(Path::new("/nowhere/a.jpg")).unwrap_err().to_string();
    assert!(gone.starts_with("cannot read `/nowhere/a.jpg`"), "{gone}");
}

/// The size is judged by the head, before pixels are allocated.
#[test]
fn a_huge_image_is_refused_by_its_head() {
    // The head of the frame holds height and width after marker, length and precision.
    let mut large = jpeg(&flag());
    let frame = large.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    large[frame + 5..frame + 9].fill(0xFA);
    let expected =
        "cannot decode `some/a.jpg`: its 64250x64250 pixels are more than the 100000000 allowed";
    assert_eq!(refused(&large), expected);
    // The same for PNG, whose head carries a checksum: 60000 x 60000 pixels of 8-bit RGB.
    let mut large = Vec::from(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice());
    large.extend([0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 2, 0, 0, 0]);
    large.extend(crc(&large[12..]).to_be_bytes());
    large.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    assert!(refused(&large).contains("60000x60000 pixels"), "{}", refused(&large));
}

#[test]
fn the_size_is_read_from_the_head() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let wide: DynamicImage = ImageBuffer::from_pixel(5, 3, Rgb([1_u8; 3])).into();
    file.write_all(&png(&wide)).unwrap();
    assert_eq!(dimensions(file.path()).unwrap(), (5, 3));
}

/// The checksum of PNG, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum: u32, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| sum >> 1 ^ (0xEDB8_8320 * (sum & 1)))
    })
}
