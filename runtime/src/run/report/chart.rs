//! Charts as SVG.

use std::fmt::Write as _;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 36.0;
const TOP: f64 = 10.0;
const RIGHT: f64 = 12.0;
/// Most points of a line; more are averaged in groups.
const POINTS: usize = 400;

/// How the points of a series are drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Joined, from left to right.
    Line,
    /// One dot each.
    Dots,
}

/// A chart of named series with the names of its axes.
pub(super) fn chart(
    series: &[(String, Vec<(f64, f64)>)],
    style: Style,
    [across, up]: [&str; 2],
) -> String {
    let all = || series.iter().flat_map(|(_, points)| points.iter().copied());
    let Some((x, y)) = bounds(all()) else { return String::new() };
    let place = |point: (f64, f64)| {
        let share = |value: f64, (low, high): (f64, f64)| (value - low) / (high - low);
        (
            LEFT + share(point.0, x) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - share(point.1, y) * (HEIGHT - BOTTOM - TOP),
        )
    };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{up} by {across}\">\n"
    );
    for tick in 0..=4 {
        let part = f64::from(tick) / 4.0;
        let (value_x, value_y) = (x.0 + part * (x.1 - x.0), y.0 + part * (y.1 - y.0));
        let (px, py) = place((value_x, value_y));
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{py:.1}\" y2=\"{py:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <text x=\"{px:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            py + 4.0,
            short(value_y, y.1 - y.0),
            HEIGHT - BOTTOM + 16.0,
            short(value_x, x.1 - x.0),
        );
    }
    for (index, (name, points)) in series.iter().enumerate() {
        match style {
            Style::Line => {
                let line: Vec<String> = thinned(points)
                    .into_iter()
                    .map(|point| {
                        let (px, py) = place(point);
                        format!("{px:.1},{py:.1}")
                    })
                    .collect();
                let _ = writeln!(
                    svg,
                    "<polyline class=\"s{index}\" points=\"{}\"><title>{name}</title></polyline>",
                    line.join(" ")
                );
            }
            Style::Dots => {
                for &point in points {
                    let (px, py) = place(point);
                    let _ = writeln!(
                        svg,
                        "<circle class=\"s{index}\" cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"2.5\"/>"
                    );
                }
            }
        }
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{across}</text></svg>",
        WIDTH - RIGHT,
        HEIGHT - 4.0
    );
    let legend: Vec<String> = series
        .iter()
        .enumerate()
        .map(|(index, (name, _))| format!("<span class=\"k{index}\">{name}</span>"))
        .collect();
    format!("<figure><figcaption>{up} &middot; {}</figcaption>\n{svg}</figure>\n", legend.join(" "))
}

type Bounds = (f64, f64);

/// The ranges of both axes, widened where they are a single value.
fn bounds(points: impl Iterator<Item = (f64, f64)>) -> Option<(Bounds, Bounds)> {
    let mut found: Option<(Bounds, Bounds)> = None;
    for (x, y) in points {
        let (a, b) = found.unwrap_or(((x, x), (y, y)));
        found = Some(((a.0.min(x), a.1.max(x)), (b.0.min(y), b.1.max(y))));
    }
    let widened = |(low, high): Bounds| {
        if high > low { (low, high) } else { (low - 0.5, high + 0.5) }
    };
    found.map(|(x, y)| (widened(x), widened(y)))
}

/// At most [`POINTS`] points, each the mean of a run of neighbours.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let size = points.len().div_ceil(POINTS).max(1);
    points
        .chunks(size)
        .map(|run| {
            let n = run.len() as f64;
            let sum = run.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
            (sum.0 / n, sum.1 / n)
        })
        .collect()
}

/// A number with as many digits as the span of its axis is worth.
fn short(value: f64, span: f64) -> String {
    let digits = if span >= 20.0 {
        0
    } else if span >= 2.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::{POINTS, Style, chart, thinned};

    #[test]
    fn a_long_line_is_thinned_and_keeps_its_mean() {
        let points: Vec<(f64, f64)> = (0..4000).map(|i| (f64::from(i), 2.0)).collect();
        let thin = thinned(&points);
        assert_eq!(thin.len(), POINTS);
        assert!(thin.iter().all(|point| (point.1 - 2.0).abs() < 1e-12));
    }

    #[test]
    fn nothing_gives_no_chart_and_one_point_does() {
        let axes = ["steps", "loss"];
        assert_eq!(chart(&[], Style::Line, axes), "");
        let one = chart(&[("a".to_owned(), vec![(1.0, 1.0)])], Style::Dots, axes);
        assert!(one.contains("<circle") && !one.contains("NaN"));
    }
}
