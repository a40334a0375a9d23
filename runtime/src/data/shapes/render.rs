//! Scenes to pixels.

use super::paint::{Colour, mix};
use super::scene::{Scene, Surface};
use crate::data::Image;

/// Samples per pixel along each axis.
const SAMPLES: u32 = 2;

/// Renders a square image: each sample is blended by how far the outline reaches into it, a pixel is
/// the mean of its samples, and noise is added last.
pub(super) fn render(scene: &Scene, size: u32) -> Image {
    let step = 1.0 / f64::from(size * SAMPLES);
    let mut grain = scene.grain.clone();
    let mut pixels = Vec::with_capacity(size as usize * size as usize * 3);
    for row in 0..size {
        for column in 0..size {
            let mut sum = [0.0; 3];
            for sample in 0..SAMPLES * SAMPLES {
                let x = (f64::from(column * SAMPLES + sample % SAMPLES) + 0.5) * step;
                let y = (f64::from(row * SAMPLES + sample / SAMPLES) + 0.5) * step;
                let colour = colour_at(scene, x, y, step);
                sum.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value);
            }
            // Half of the noise is common to the channels, as in a camera.
            let common = grain.normal();
            for value in sum {
                let noise =
                    scene.noise * (common + grain.normal()) * std::f64::consts::FRAC_1_SQRT_2;
                let value = value / f64::from(SAMPLES * SAMPLES) + noise;
                pixels.push((value.clamp(0.0, 1.0) * 255.0).round() as u8);
            }
        }
    }
    Image::new(size, size, pixels)
}

fn colour_at(scene: &Scene, x: f64, y: f64, step: f64) -> Colour {
    let ground = scene.background.at(2.0 * x - 1.0, 2.0 * y - 1.0);
    scene.surfaces.iter().fold(ground, |behind, surface| over(behind, surface, x, y, step))
}

/// A surface blended over the colour behind it.
fn over(behind: Colour, surface: &Surface, x: f64, y: f64, step: f64) -> Colour {
    let (dx, dy) = (x - surface.x, y - surface.y);
    let reach = surface.outline.reach() * surface.radius + step;
    if dx * dx + dy * dy > reach * reach {
        return behind;
    }
    let (cos, sin) = surface.turn;
    let (u, v) = ((dx * cos + dy * sin) / surface.radius, (dy * cos - dx * sin) / surface.radius);
    let distance = surface.outline.distance(u, v) * surface.radius;
    let coverage = (0.5 - distance / step).clamp(0.0, 1.0) * surface.opacity;
    if coverage == 0.0 { behind } else { mix(behind, surface.paint.at(u, v), coverage) }
}
