//! What an image shows, before any pixel: surfaces from back to front.
//!
//! Lengths are in units of the image's side, with the origin in its upper left corner and y downwards.

use nasc_compiler::random::Stream;

use super::figure::{FIGURES, Figure, bar};
use super::paint::{Colour, Paint, any_colour, contrast, near};

/// A background and what lies on it.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) background: Paint,
    /// From back to front.
    pub(super) surfaces: Vec<Surface>,
    /// Standard deviation of the sensor's noise, on the scale 0..1.
    pub(super) noise: f64,
    /// Where the noise comes from.
    pub(super) grain: Stream,
}

/// A painted outline.
#[derive(Debug, Clone)]
pub(super) struct Surface {
    pub(super) outline: Outline,
    /// Centre.
    pub(super) x: f64,
    pub(super) y: f64,
    /// Cosine and sine of the rotation.
    pub(super) turn: (f64, f64),
    /// Length of the outline's unit.
    pub(super) radius: f64,
    pub(super) paint: Paint,
    /// 0 is invisible, 1 covers what lies behind.
    pub(super) opacity: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Outline {
    Whole(Figure),
    /// What of a figure lies to one side of a line through its middle.
    Half(Figure),
    /// The border of a figure, of the given half width inwards.
    Border(Figure, f64),
    /// A bar of length 2 and the given half width.
    Bar(f64),
}

impl Outline {
    /// The signed distance of a point, in units.
    pub(super) fn distance(self, x: f64, y: f64) -> f64 {
        match self {
            Self::Whole(figure) => figure.distance(x, y),
            Self::Half(figure) => figure.distance(x, y).max(0.2 * x + y),
            Self::Border(figure, width) => (figure.distance(x, y) + width).abs() - width,
            Self::Bar(width) => bar(x, y, (-1.0, 0.0), (1.0, 0.0), width),
        }
    }

    /// A distance from the centre that no part of the outline exceeds.
    pub(super) fn reach(self) -> f64 {
        match self {
            Self::Whole(_) | Self::Half(_) | Self::Border(..) => 1.1,
            Self::Bar(width) => 1.0 + width,
        }
    }
}

/// Draws the scene of one image.
pub(super) fn draw(figure: Figure, seed: u64, purpose: &str, index: u32) -> Scene {
    let mut stream = Stream::new(seed, purpose, &[0, u64::from(index)]);
    let grain = Stream::new(seed, purpose, &[1, u64::from(index)]);
    let (ground, front) = colours(&mut stream);
    let background = Paint::draw(ground, near(ground, 0.2, &mut stream), &mut stream);
    let mut surfaces = Vec::new();

    for _ in 0..stream.below(2) {
        surfaces.push(line(&mut stream, front));
    }
    let radius = stream.range(0.28, 0.42);
    let (x, y) = (stream.range(radius, 1.0 - radius), stream.range(radius, 1.0 - radius));
    for _ in 0..=stream.below(3) {
        surfaces.push(fragment(&mut stream, front));
    }
    let turn = stream.direction();
    if stream.chance(0.25) {
        let (dx, dy) = stream.direction();
        let offset = radius * stream.range(0.08, 0.2);
        let outline = Outline::Whole(figure);
        let paint = Paint::flat([0.0; 3]);
        let (x, y, opacity) = (x + dx * offset, y + dy * offset, stream.range(0.25, 0.5));
        surfaces.push(Surface { outline, x, y, turn, radius, paint, opacity });
    }
    let paint = Paint::draw(front, near(front, 0.2, &mut stream), &mut stream);
    let outline = Outline::Whole(figure);
    surfaces.push(Surface { outline, x, y, turn, radius, paint, opacity: 1.0 });
    if stream.chance(0.2) {
        let outline = Outline::Border(figure, stream.range(0.05, 0.09));
        let paint = Paint::flat(any_colour(&mut stream));
        surfaces.push(Surface { outline, x, y, turn, radius, paint, opacity: 1.0 });
    }
    if stream.chance(0.25) {
        surfaces.push(bar_in_front(&mut stream, (x, y), radius));
    }
    let noise = stream.range(0.0, 0.03);
    Scene { background, surfaces, noise, grain }
}

/// A colour for the background and one for the figure that stands out from it.
fn colours(stream: &mut Stream) -> (Colour, Colour) {
    let ground = any_colour(stream);
    let mut best = any_colour(stream);
    // The most different of a few where none differs enough, so that the loop ends.
    for _ in 0..16 {
        if contrast(ground, best) > 0.7 {
            break;
        }
        let other = any_colour(stream);
        if contrast(ground, other) > contrast(ground, best) {
            best = other;
        }
    }
    (ground, best)
}

/// A colour for clutter: the figure's as often as any.
fn clutter_colour(stream: &mut Stream, front: Colour) -> Colour {
    if stream.chance(0.5) { near(front, 0.15, stream) } else { any_colour(stream) }
}

/// A thin line behind the figure.
fn line(stream: &mut Stream, front: Colour) -> Surface {
    let radius = stream.range(0.3, 0.7);
    Surface {
        outline: Outline::Bar(stream.range(0.01, 0.03) / radius),
        x: stream.unit(),
        y: stream.unit(),
        turn: stream.direction(),
        radius,
        paint: Paint::flat(clutter_colour(stream, front)),
        opacity: stream.range(0.6, 1.0),
    }
}

/// A small piece of any figure, which may stick out from behind the one that counts.
fn fragment(stream: &mut Stream, front: Colour) -> Surface {
    let figure = FIGURES[stream.below(FIGURES.len() as u64) as usize];
    let outline =
        if stream.chance(0.7) { Outline::Half(figure) } else { Outline::Border(figure, 0.12) };
    Surface {
        outline,
        x: stream.unit(),
        y: stream.unit(),
        turn: stream.direction(),
        radius: stream.range(0.06, 0.11),
        paint: Paint::flat(clutter_colour(stream, front)),
        opacity: stream.range(0.7, 1.0),
    }
}

/// A bar that hides a strip of the figure.
fn bar_in_front(stream: &mut Stream, (x, y): (f64, f64), figure: f64) -> Surface {
    let radius = stream.range(0.2, 0.5);
    let (dx, dy) = stream.direction();
    let offset = figure * stream.range(0.2, 0.9);
    Surface {
        outline: Outline::Bar(stream.range(0.02, 0.05) / radius),
        x: x + dx * offset,
        y: y + dy * offset,
        turn: stream.direction(),
        radius,
        paint: Paint::flat(any_colour(stream)),
        opacity: 1.0,
    }
}
