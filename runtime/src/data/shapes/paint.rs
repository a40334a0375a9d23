//! Colours and the patterns that fill surfaces.

use nasc_compiler::random::Stream;

/// Red, green and blue on the scale 0..1.
pub(super) type Colour = [f64; 3];

/// What fills a surface. Places are in units of the surface: -1..1 across it.
#[derive(Debug, Clone)]
pub(super) struct Paint {
    first: Colour,
    second: Colour,
    pattern: Pattern,
}

#[derive(Debug, Clone)]
enum Pattern {
    Flat,
    /// From one colour to the other along a direction.
    Linear(f64, f64),
    /// From one colour at a centre to the other at distance 1.5.
    Radial(f64, f64),
    /// Bands across a direction; the last number is how many there are per unit.
    Stripes(f64, f64, f64),
    /// Squares along a direction, so many per unit.
    Checker(f64, f64, f64),
    /// Smooth noise: random values on a grid over -1..1.
    Clouds(Box<[[f64; CELLS + 1]; CELLS + 1]>),
}

const CELLS: usize = 6;

impl Paint {
    pub(super) fn flat(colour: Colour) -> Self {
        Self { first: colour, second: colour, pattern: Pattern::Flat }
    }

    /// A random pattern of the two colours.
    pub(super) fn draw(first: Colour, second: Colour, stream: &mut Stream) -> Self {
        let (dx, dy) = stream.direction();
        let pattern = match stream.below(8) {
            0 | 1 => Pattern::Flat,
            2 | 3 => Pattern::Linear(dx, dy),
            4 => Pattern::Radial(stream.range(-0.8, 0.8), stream.range(-0.8, 0.8)),
            5 => Pattern::Stripes(dx, dy, stream.range(0.9, 2.2)),
            6 => Pattern::Checker(dx, dy, stream.range(0.9, 1.8)),
            _ => {
                let mut values = Box::new([[0.0; CELLS + 1]; CELLS + 1]);
                values.iter_mut().flatten().for_each(|value| *value = stream.unit());
                Pattern::Clouds(values)
            }
        };
        Self { first, second, pattern }
    }

    /// The colour at a place.
    pub(super) fn at(&self, x: f64, y: f64) -> Colour {
        let share = match &self.pattern {
            Pattern::Flat => 0.0,
            Pattern::Linear(dx, dy) => 0.5 + 0.5 * (x * dx + y * dy),
            Pattern::Radial(cx, cy) => ((x - cx) * (x - cx) + (y - cy) * (y - cy)).sqrt() / 1.5,
            Pattern::Stripes(dx, dy, count) => wave((x * dx + y * dy) * count),
            Pattern::Checker(dx, dy, count) => {
                let (a, b) = (wave((x * dx + y * dy) * count), wave((x * dy - y * dx) * count));
                a + b - 2.0 * a * b
            }
            Pattern::Clouds(values) => clouds(values, x, y),
        };
        mix(self.first, self.second, share.clamp(0.0, 1.0))
    }
}

/// A colour of any hue with a wide range of saturation and lightness.
pub(super) fn any_colour(stream: &mut Stream) -> Colour {
    let (hue, saturation) = (stream.range(0.0, 6.0), stream.range(0.15, 1.0));
    let value = stream.range(0.2, 1.0);
    // Each channel is a trapezium over the hue circle, a third of the circle apart.
    [0.0, 2.0, 4.0].map(|centre: f64| {
        let offset = (hue - centre).abs();
        let share = (2.0 - offset.min(6.0 - offset)).clamp(0.0, 1.0);
        value * (1.0 - saturation * (1.0 - share))
    })
}

/// A colour at most `reach` from another in each channel.
pub(super) fn near(colour: Colour, reach: f64, stream: &mut Stream) -> Colour {
    colour.map(|channel| (channel + stream.range(-reach, reach)).clamp(0.0, 1.0))
}

/// How much two colours differ: Euclidean, green counted more than red and red more than blue.
pub(super) fn contrast(a: Colour, b: Colour) -> f64 {
    let [r, g, b] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    (0.9 * r * r + 1.5 * g * g + 0.6 * b * b).sqrt()
}

/// `a` where `share` is 0, `b` where it is 1.
pub(super) fn mix(a: Colour, b: Colour, share: f64) -> Colour {
    std::array::from_fn(|channel| a[channel] + (b[channel] - a[channel]) * share)
}

/// A square wave of period 1 with soft edges.
fn wave(phase: f64) -> f64 {
    let saw = phase - phase.floor();
    let triangle = (2.0 * saw - 1.0).abs();
    (4.0 * (triangle - 0.5) + 0.5).clamp(0.0, 1.0)
}

fn clouds(values: &[[f64; CELLS + 1]; CELLS + 1], x: f64, y: f64) -> f64 {
    let cell = |place: f64| {
        let place = ((0.5 + 0.5 * place) * CELLS as f64).clamp(0.0, CELLS as f64 - 1e-9);
        let rest = place - place.floor();
        (place.floor() as usize, rest * rest * (3.0 - 2.0 * rest))
    };
    let ((column, right), (row, down)) = (cell(x), cell(y));
    let along = |row: &[f64; CELLS + 1]| row[column] + (row[column + 1] - row[column]) * right;
    let (above, below) = (along(&values[row]), along(&values[row + 1]));
    above + (below - above) * down
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stay_between_their_colours() {
        let mut stream = Stream::new(0, "paint", &[]);
        let (first, second) = ([0.1, 0.9, 0.3], [0.6, 0.2, 0.3]);
        for _ in 0..200 {
            let paint = Paint::draw(first, second, &mut stream);
            let colour = paint.at(stream.range(-2.0, 2.0), stream.range(-2.0, 2.0));
            assert!((0.1..=0.6).contains(&colour[0]) && (0.2..=0.9).contains(&colour[1]));
            assert!((colour[2] - 0.3).abs() < 1e-12);
        }
    }

    #[test]
    fn colours_reach_every_corner() {
        let mut stream = Stream::new(0, "colour", &[]);
        let colours: Vec<Colour> = (0..2000).map(|_| any_colour(&mut stream)).collect();
        assert!(colours.iter().flatten().all(|channel| (0.0..=1.0).contains(channel)));
        for channel in 0..3 {
            assert!(colours.iter().any(|c| c[channel] > 0.9 && c[(channel + 1) % 3] < 0.2));
        }
        assert_eq!(contrast([0.2; 3], [0.2; 3]), 0.0);
        assert_eq!(mix([0.0; 3], [1.0; 3], 0.25), [0.25; 3]);
    }
}
