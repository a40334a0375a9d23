//! From one decoded image to the numbers a network reads.
//!
//! Training: crop and resize, colour jitter, horizontal flip, values. Evaluation: shorter side to
//! `resize`, centre crop, values. Resizing is bilinear and antialiased (the filter grows with the
//! reduction, as Pillow's does), on 8-bit values. Every draw comes from the [`Stream`] handed in, so
//! that an augmented image is a function of (seed, epoch, image).
//!
//! A [`Transform`] is part of a run's recipe: all fields have defaults, unknown ones are refused.

mod colour;
mod crop;
mod resize;
mod values;

use nasc_compiler::random::Stream;
use serde::{Deserialize, Serialize};

pub use self::colour::Jitter;
pub use self::crop::{Crop, Window, random_window};
pub(super) use self::resize::{Resizer, everything, with_shorter_side};
pub use self::values::Values;

use super::{DataError, Image};

/// How images become inputs. The default is the usual one for photographs at 224 pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Transform {
    /// Side of the square input in pixels.
    pub size: u32,
    /// What part of a training image is taken.
    pub crop: Crop,
    /// Probability of a horizontal flip in training.
    pub flip: f64,
    /// Change of colours in training.
    pub jitter: Option<Jitter>,
    /// The shorter side in pixels before the centre crop of evaluation; at least `size`.
    pub resize: u32,
    /// The numbers that stand for the bytes.
    pub values: Values,
}

impl Default for Transform {
    fn default() -> Self {
        Self {
            size: 224,
            crop: Crop::default(),
            flip: 0.5,
            jitter: None,
            resize: 256,
            values: Values::default(),
        }
    }
}

/// Buffers of one thread, kept from image to image.
#[derive(Debug, Default)]
pub struct Workspace {
    resizer: Resizer,
    tables: Option<(Values, values::Tables)>,
}

impl Transform {
    /// For images that already have about the input's size: shifts by an eighth, no scaling.
    pub fn small(size: u32) -> Self {
        let crop = Crop::Pad { pad: size / 8 };
        Self { size, crop, resize: size, ..Self::default() }
    }

    /// What Single Path One-Shot trains and evaluates with: colour jitter of 0.4, values 0..255 in
    /// the order blue, green, red.
    pub fn spos() -> Self {
        let jitter = Some(Jitter { brightness: 0.4, contrast: 0.4, saturation: 0.4 });
        Self { jitter, values: Values::Bgr255, ..Self::default() }
    }

    /// Whether every field has a usable value.
    pub fn check(&self) -> Result<(), DataError> {
        let Self { size, crop, flip, jitter, resize, values } = self;
        if !(1..=16_384).contains(size) {
            return Err(DataError::setting("size", format!("is {size}, not within 1..=16384")));
        }
        if !(*size..=16_384).contains(resize) {
            return Err(DataError::setting(
                "resize",
                format!("is {resize}, not within {size}..=16384"),
            ));
        }
        if !(0.0..=1.0).contains(flip) {
            return Err(DataError::setting("flip", format!("is {flip}, not a probability")));
        }
        crop.check(*size)?;
        jitter.as_ref().map_or(Ok(()), Jitter::check)?;
        values.check()
    }

    /// Values per image: `size * size * 3`.
    pub fn len(&self) -> usize {
        self.size as usize * self.size as usize * 3
    }

    /// Never: an input has pixels.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Augments an image into `out` (`[size, size, 3]`).
    ///
    /// Draws in this order: the crop, the jitter, the flip.
    pub fn train(
        &self,
        image: &Image,
        stream: &mut Stream,
        space: &mut Workspace,
        out: &mut [f32],
    ) {
        let mut pixels = self.crop.apply(image, self.size, stream, &mut space.resizer);
        if let Some(jitter) = &self.jitter {
            jitter.apply(stream, &mut pixels);
        }
        let mirrored = stream.chance(self.flip);
        self.write(&pixels, mirrored, space, out);
        space.resizer.recycle(pixels);
    }

    /// Brings an image into `out` (`[size, size, 3]`) without chance.
    pub fn eval(&self, image: &Image, space: &mut Workspace, out: &mut [f32]) {
        let pixels =
            resize::shorter_side_then_centre(image, self.resize, self.size, &mut space.resizer);
        self.write(&pixels, false, space, out);
        space.resizer.recycle(pixels);
    }

    fn write(&self, pixels: &[u8], mirrored: bool, space: &mut Workspace, out: &mut [f32]) {
        if space.tables.as_ref().is_none_or(|(values, _)| values != &self.values) {
            space.tables = Some((self.values.clone(), self.values.tables()));
        }
        if let Some((_, tables)) = &space.tables {
            tables.write(pixels, self.size as usize, mirrored, out);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn gradient(width: u32, height: u32) -> Image {
        let pixels = (0..height)
            .flat_map(|y| {
                (0..width).flat_map(move |x| [(x * 3) as u8, (y * 5) as u8, (x ^ y) as u8])
            })
            .collect();
        Image::new(width, height, pixels)
    }

    #[test]
    fn a_recipe_names_what_differs_from_the_default() {
        let text = "(size: 32, crop: Pad(pad: 4), resize: 32, jitter: Some((brightness: 0.2)))";
        let read: Transform = ron::from_str(text).unwrap();
        let jitter = Some(Jitter { brightness: 0.2, contrast: 0.0, saturation: 0.0 });
        assert_eq!(read, Transform { jitter, ..Transform::small(32) });
        assert!(ron::from_str::<Transform>("(sise: 32)").is_err());
        for transform in [Transform::default(), Transform::small(32), Transform::spos()] {
            transform.check().unwrap();
            let text = ron::to_string(&transform).unwrap();
            assert_eq!(ron::from_str::<Transform>(&text).unwrap(), transform);
        }
    }

    #[test]
    fn settings_without_meaning_are_refused() {
        let refused = |transform: Transform| transform.check().unwrap_err().to_string();
        let base = Transform::default;
        assert_eq!(
            refused(Transform { size: 0, ..base() }),
            "the setting `size` is 0, not within 1..=16384"
        );
        assert!(refused(Transform { resize: 200, ..base() }).contains("`resize` is 200"));
        assert!(refused(Transform { flip: 1.5, ..base() }).contains("`flip`"));
        assert!(
            refused(Transform { crop: Crop::Pad { pad: 300 }, ..base() }).contains("`crop.pad`")
        );
        let crop = Crop::Resized { scale: (0.5, 0.2), ratio: (1.0, 1.0) };
        assert!(refused(Transform { crop, ..base() }).contains("`crop.scale`"));
        let values = Values::Normalised { mean: [0.0; 3], std: [1.0, 0.0, 1.0] };
        assert!(refused(Transform { values, ..base() }).contains("`values.std`"));
    }

    #[test]
    fn evaluation_of_an_image_of_the_right_size_is_its_bytes() {
        let image = gradient(8, 8);
        let transform = Transform { values: Values::Bgr255, ..Transform::small(8) };
        let mut out = vec![0.0; transform.len()];
        transform.eval(&image, &mut Workspace::default(), &mut out);
        for (value, pixel) in out.chunks(3).zip(image.pixels().chunks(3)) {
            assert_eq!(value, [f32::from(pixel[2]), f32::from(pixel[1]), f32::from(pixel[0])]);
        }
    }

    #[test]
    fn an_augmented_image_depends_on_its_stream_alone() {
        let image = gradient(40, 30);
        let transform = Transform { size: 16, resize: 16, ..Transform::spos() };
        let draw = |item: u64, space: &mut Workspace| {
            let mut out = vec![0.0; transform.len()];
            transform.train(&image, &mut Stream::new(1, "augment", &[0, item]), space, &mut out);
            out
        };
        let mut used = Workspace::default();
        let first = draw(3, &mut used);
        assert_ne!(first, draw(4, &mut used));
        assert_eq!(first, draw(3, &mut used));
        assert_eq!(first, draw(3, &mut Workspace::default()));
    }

    #[test]
    fn flips_mirror_rows() {
        let image = gradient(8, 8);
        let side = |flip| {
            let transform = Transform { flip, crop: Crop::Pad { pad: 0 }, ..Transform::small(8) };
            let mut out = vec![0.0; transform.len()];
            let mut stream = Stream::new(0, "flip", &[]);
            transform.train(&image, &mut stream, &mut Workspace::default(), &mut out);
            out
        };
        let (plain, mirrored) = (side(0.0), side(1.0));
        for y in 0..8 {
            for x in 0..8 {
                let (a, b) = ((y * 8 + x) * 3, (y * 8 + 7 - x) * 3);
                assert_eq!(plain[a..a + 3], mirrored[b..b + 3]);
            }
        }
    }
}
