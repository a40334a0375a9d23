//! A distribution as columns, in SVG.

use std::fmt::Write as _;

use super::grouped;
use crate::analysis::Histogram;

/// The style of the charts; it goes with each, so that each stands alone.
pub(super) const CHART: &str = "text{font:11px system-ui,sans-serif;fill:#57606a}\
.all{fill:#c3d3e6}.kept{fill:#0b62c4}.axis{stroke:#8c959f}.limit{stroke:#b3541e;\
stroke-dasharray:4 3}";

/// How many columns.
const COLUMNS: u64 = 64;
/// Where the columns stand.
const LEFT: f64 = 10.0;
const RIGHT: f64 = 630.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 170.0;
/// How many numbers stand at the axis.
const TICKS: u64 = 4;

/// A distribution, ready to be drawn.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    title: String,
    /// The part of all networks in each range, and that of those within limits.
    parts: Vec<(f64, Option<f64>)>,
    min: u64,
    width: u64,
    bounds: Vec<u64>,
    mean: f64,
    deviation: f64,
}

/// The distribution of all networks, and of those within limits with their part of all.
pub(super) fn columns(
    title: String,
    all: &Histogram,
    kept: Option<&(Histogram, f64)>,
    bounds: Vec<u64>,
) -> Columns {
    let (min, max) = (all.min().unwrap_or(0), all.max().unwrap_or(0));
    let width = (max - min) / COLUMNS + 1;
    let parts = (0..COLUMNS)
        .map(|column| {
            let low = min + column * width;
            let range = (Some(low), Some(low + width - 1));
            let kept = kept.map(|(kept, part)| kept.share(range.0, range.1) * part);
            (all.share(range.0, range.1), kept)
        })
        .collect();
    Columns { title, parts, min, width, bounds, mean: all.mean(), deviation: all.std() }
}

impl Columns {
    /// Units across.
    pub const WIDTH: u32 = 640;
    /// Units down.
    pub const HEIGHT: u32 = 200;

    /// The chart as a picture of its own; `None` where all networks have the same.
    pub fn svg(&self) -> Option<String> {
        Some(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\">\
             <style>{CHART}</style>{}</svg>",
            Self::WIDTH,
            Self::HEIGHT,
            self.group()?
        ))
    }

    /// What stands below it.
    pub fn caption(&self) -> String {
        let kept = if self.parts.iter().any(|(_, kept)| kept.is_some()) {
            "; dark within the limits"
        } else {
            ""
        };
        format!(
            "All networks by their {}: mean {}, standard deviation {}{kept}.",
            self.title,
            grouped(&format!("{:.0}", self.mean)),
            grouped(&format!("{:.0}", self.deviation))
        )
    }

    /// The chart without its frame.
    pub fn group(&self) -> Option<String> {
        let most = self.parts.iter().map(|(all, _)| *all).fold(0.0, f64::max);
        if self.width <= 1 || most <= 0.0 {
            return None;
        }
        let step = (RIGHT - LEFT) / COLUMNS as f64;
        let mut text = String::new();
        let title = escaped(&self.title);
        let _ = write!(text, "<text x=\"{LEFT}\" y=\"16\">{title}</text>");
        let _ = write!(
            text,
            "<text x=\"{RIGHT}\" y=\"16\" text-anchor=\"end\">tallest column: {:.2} % of all \
             networks</text>",
            most * 100.0
        );
        for (number, (all, kept)) in self.parts.iter().enumerate() {
            let x = LEFT + number as f64 * step;
            for (class, part) in [("all", Some(*all)), ("kept", *kept)] {
                let Some(part) = part.filter(|part| *part > 0.0) else { continue };
                let height = (part / most * (BOTTOM - TOP)).max(0.3);
                let _ = write!(
                    text,
                    "<rect class=\"{class}\" x=\"{x:.2}\" y=\"{:.2}\" width=\"{:.2}\" \
                     height=\"{height:.2}\"/>",
                    BOTTOM - height,
                    step - 1.0
                );
            }
        }
        let _ = write!(
            text,
            "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{BOTTOM}\" x2=\"{RIGHT}\" y2=\"{BOTTOM}\"/>"
        );
        for tick in 0..=TICKS {
            let value = self.min + self.width * COLUMNS * tick / TICKS;
            let anchor = match tick {
                0 => "start",
                TICKS => "end",
                _ => "middle",
            };
            let _ = write!(
                text,
                "<text x=\"{:.2}\" y=\"186\" text-anchor=\"{anchor}\">{}</text>",
                self.place(value),
                short(value)
            );
        }
        let last = self.min + self.width * COLUMNS;
        for &bound in self.bounds.iter().filter(|&&bound| (self.min..=last).contains(&bound)) {
            let x = self.place(bound);
            let _ = write!(
                text,
                "<line class=\"limit\" x1=\"{x:.2}\" y1=\"{TOP}\" x2=\"{x:.2}\" y2=\"{BOTTOM}\"/>"
            );
        }
        Some(text)
    }

    fn place(&self, value: u64) -> f64 {
        let part = (value - self.min) as f64 / (self.width * COLUMNS) as f64;
        LEFT + part * (RIGHT - LEFT)
    }
}

/// A number in three or four digits: `327.2M`.
fn short(number: u64) -> String {
    for (unit, suffix) in [(1_000_000_000, "G"), (1_000_000, "M"), (1000, "K")] {
        if number >= unit {
            return format!("{:.1}{suffix}", number as f64 / unit as f64);
        }
    }
    number.to_string()
}

/// Text as HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
