//! The figures, as signed distances.
//!
//! Each lies within about the unit circle around the origin. Distances are negative inside. They are
//! exact near the outline, which is where a renderer reads them; away from it they have the right
//! sign and never exceed the true distance.

/// A kind of figure, which is a class of the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// A shaft with a head, pointing right.
    Arrow,
    /// A filled circle.
    Circle,
    /// A circle less another one.
    Crescent,
    /// Two crossed bars.
    Cross,
    /// A heart, point down.
    Heart,
    /// A regular hexagon.
    Hexagon,
    /// A circular band.
    Ring,
    /// A square.
    Square,
    /// A star with five points.
    Star,
    /// An equilateral triangle.
    Triangle,
}

/// All figures in the order of their names, which is the order of the labels.
pub const FIGURES: [Figure; 10] = [
    Figure::Arrow,
    Figure::Circle,
    Figure::Crescent,
    Figure::Cross,
    Figure::Heart,
    Figure::Hexagon,
    Figure::Ring,
    Figure::Square,
    Figure::Star,
    Figure::Triangle,
];

type Point = (f64, f64);

const ARROW: [Point; 7] =
    [(1.0, 0.0), (0.1, 0.8), (0.1, 0.3), (-0.95, 0.3), (-0.95, -0.3), (0.1, -0.3), (0.1, -0.8)];
const CROSS: [Point; 12] = [
    (0.3, 0.95),
    (-0.3, 0.95),
    (-0.3, 0.3),
    (-0.95, 0.3),
    (-0.95, -0.3),
    (-0.3, -0.3),
    (-0.3, -0.95),
    (0.3, -0.95),
    (0.3, -0.3),
    (0.95, -0.3),
    (0.95, 0.3),
    (0.3, 0.3),
];
/// Half the square root of 3.
const H3: f64 = 0.866_025_403_784_438_6;
const HEXAGON: [Point; 6] =
    [(1.0, 0.0), (0.5, H3), (-0.5, H3), (-1.0, 0.0), (-0.5, -H3), (0.5, -H3)];
const SQUARE: [Point; 4] = [(0.72, 0.72), (-0.72, 0.72), (-0.72, -0.72), (0.72, -0.72)];
const TRIANGLE: [Point; 3] = [(1.0, 0.0), (-0.5, H3), (-0.5, -H3)];
/// Five points at radius 1, five notches at radius 0.42, from cosines and sines of multiples of 36 degrees.
const STAR: [Point; 10] = {
    const C36: f64 = 0.809_016_994_374_947_4;
    const S36: f64 = 0.587_785_252_292_473_1;
    const C72: f64 = 0.309_016_994_374_947_4;
    const S72: f64 = 0.951_056_516_295_153_5;
    const N: f64 = 0.42;
    [
        (1.0, 0.0),
        (N * C36, N * S36),
        (C72, S72),
        (-N * C72, N * S72),
        (-C36, S36),
        (-N, 0.0),
        (-C36, -S36),
        (-N * C72, -N * S72),
        (C72, -S72),
        (N * C36, -N * S36),
    ]
};

impl Figure {
    /// The name of the class and of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arrow => "arrow",
            Self::Circle => "circle",
            Self::Crescent => "crescent",
            Self::Cross => "cross",
            Self::Heart => "heart",
            Self::Hexagon => "hexagon",
            Self::Ring => "ring",
            Self::Square => "square",
            Self::Star => "star",
            Self::Triangle => "triangle",
        }
    }

    /// The signed distance of a point from the outline.
    pub fn distance(self, x: f64, y: f64) -> f64 {
        let circle = |cx: f64, cy: f64, radius: f64| length(x - cx, y - cy) - radius;
        match self {
            Self::Arrow => polygon(&ARROW, x, y),
            Self::Circle => circle(0.0, 0.0, 0.85),
            Self::Crescent => circle(0.0, 0.0, 0.95).max(-circle(0.48, 0.0, 0.75)),
            Self::Cross => polygon(&CROSS, x, y),
            Self::Heart => heart(x, y),
            Self::Hexagon => polygon(&HEXAGON, x, y),
            Self::Ring => circle(0.0, 0.0, 0.72).abs() - 0.2,
            Self::Square => polygon(&SQUARE, x, y),
            Self::Star => polygon(&STAR, x, y),
            Self::Triangle => polygon(&TRIANGLE, x, y),
        }
    }
}

/// The signed distance from the line segment between two points, thickened by `radius`.
pub(super) fn bar(x: f64, y: f64, from: Point, to: Point, radius: f64) -> f64 {
    square_to_edge(x, y, from, to).sqrt() - radius
}

fn length(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

fn square_to_edge(x: f64, y: f64, (ax, ay): Point, (bx, by): Point) -> f64 {
    let (ex, ey, px, py) = (bx - ax, by - ay, x - ax, y - ay);
    let along = ((px * ex + py * ey) / (ex * ex + ey * ey)).clamp(0.0, 1.0);
    let (dx, dy) = (px - along * ex, py - along * ey);
    dx * dx + dy * dy
}

/// The nearest edge gives the distance, the parity of edges crossed by a ray to the right the sign.
fn polygon(corners: &[Point], x: f64, y: f64) -> f64 {
    let mut nearest = f64::INFINITY;
    let mut inside = false;
    let mut last = corners[corners.len() - 1];
    for &corner in corners {
        nearest = nearest.min(square_to_edge(x, y, last, corner));
        if (last.1 > y) != (corner.1 > y) {
            let crossing = last.0 + (y - last.1) / (corner.1 - last.1) * (corner.0 - last.0);
            inside ^= x < crossing;
        }
        last = corner;
    }
    if inside { -nearest.sqrt() } else { nearest.sqrt() }
}

/// A square on its corner with a half circle on each upper side.
fn heart(x: f64, y: f64) -> f64 {
    // The y axis points down. Half the square's diagonal, and its centre below the origin.
    const HALF: f64 = 0.78;
    const DROP: f64 = 0.18;
    let y = y - DROP;
    let corners = [(0.0, HALF), (HALF, 0.0), (0.0, -HALF), (-HALF, 0.0)];
    let radius = HALF * std::f64::consts::FRAC_1_SQRT_2;
    let lobe = length(x.abs() - HALF / 2.0, y + HALF / 2.0) - radius;
    polygon(&corners, x, y).min(lobe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_figures_fill_the_unit_circle() {
        assert!(FIGURES.is_sorted_by_key(|figure| figure.name()));
        for figure in FIGURES {
            let (mut inside, mut outside) = (0, 0);
            for i in 0..200 {
                for k in 0..200 {
                    let (x, y) = (f64::from(i) / 80.0 - 1.25, f64::from(k) / 80.0 - 1.25);
                    if figure.distance(x, y) < 0.0 {
                        inside += 1;
                        outside += usize::from(length(x, y) > 1.08);
                    }
                }
            }
            // Between an eighth and all but a tenth of the square around the unit circle.
            assert!((3200..23_000).contains(&inside), "{} {inside}", figure.name());
            assert_eq!(outside, 0, "{}", figure.name());
        }
    }

    #[test]
    fn distances_change_no_faster_than_the_place() {
        for figure in FIGURES {
            for i in 0..60 {
                for k in 0..60 {
                    let (x, y) = (f64::from(i) / 20.0 - 1.5, f64::from(k) / 20.0 - 1.5);
                    let here = figure.distance(x, y);
                    assert!((figure.distance(x + 0.01, y) - here).abs() < 0.010_001);
                    assert!((figure.distance(x, y + 0.01) - here).abs() < 0.010_001);
                }
            }
        }
    }

    #[test]
    fn known_points_have_known_distances() {
        assert_eq!(Figure::Circle.distance(3.0, 4.0), 5.0 - 0.85);
        assert!((Figure::Square.distance(1.72, 0.0) - 1.0).abs() < 1e-12);
        assert!((Figure::Square.distance(0.0, 0.0) + 0.72).abs() < 1e-12);
        assert!((Figure::Ring.distance(0.72, 0.0) + 0.2).abs() < 1e-12);
        assert!((Figure::Triangle.distance(1.5, 0.0) - 0.5).abs() < 1e-12);
        assert!((bar(0.0, 3.0, (-1.0, 0.0), (1.0, 0.0), 0.5) - 2.5).abs() < 1e-12);
    }
}
