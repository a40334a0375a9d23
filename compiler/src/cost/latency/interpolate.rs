//! What lies between the entries of a table.
//!
//! Keys that differ in two numbers alone span a grid: the channels that are read and those that are
//! given, as far as the first operation lets them differ. Inside a cell of the grid whose corners are all
//! there a latency is bilinear; beyond the grid nothing is said.

use std::collections::BTreeMap;

use super::LatencyTable;

/// The entries of a table by the two numbers that may be interpolated.
#[derive(Clone, Debug, Default)]
pub struct Interpolation {
    grids: BTreeMap<String, Grid>,
}

#[derive(Clone, Debug, Default)]
struct Grid {
    points: BTreeMap<(u64, u64), u64>,
}

impl Interpolation {
    /// The grids of a table.
    pub fn of(table: &LatencyTable) -> Self {
        let mut grids: BTreeMap<String, Grid> = BTreeMap::new();
        for (key, entry) in &table.entries {
            if let Some((rest, place)) = split(key) {
                grids.entry(rest).or_default().points.insert(place, entry.median);
            }
        }
        Self { grids }
    }

    /// The latency inside the grid of the key, rounded to the nearest nanosecond.
    pub fn latency(&self, key: &str) -> Option<u64> {
        let (rest, place) = split(key)?;
        self.grids.get(&rest)?.at(place)
    }
}

impl Grid {
    /// Bilinear in the smallest cell around the place; linear where a side of the cell has no length.
    fn at(&self, (x, y): (u64, u64)) -> Option<u64> {
        if let Some(&known) = self.points.get(&(x, y)) {
            return Some(known);
        }
        // Cells whose four corners are there, the smallest by area.
        let columns: Vec<u64> = {
            let mut all: Vec<u64> = self.points.keys().map(|&(x, _)| x).collect();
            all.dedup();
            all
        };
        let mut rows: Vec<u64> = self.points.keys().map(|&(_, y)| y).collect();
        rows.sort_unstable();
        rows.dedup();
        if columns.iter().zip(&rows).len() == self.points.len() && self.is_diagonal() {
            return self.along_diagonal((x, y));
        }
        let around = |all: &[u64], at: u64| {
            let below: Vec<u64> = all.iter().copied().filter(|&other| other <= at).rev().collect();
            let above: Vec<u64> = all.iter().copied().filter(|&other| other >= at).collect();
            (below, above)
        };
        let (left, right) = around(&columns, x);
        let (low, high) = around(&rows, y);
        let mut best: Option<(u128, f64)> = None;
        for &x0 in &left {
            for &x1 in &right {
                for &y0 in &low {
                    for &y1 in &high {
                        let area = u128::from(x1 - x0 + 1) * u128::from(y1 - y0 + 1);
                        if best.is_some_and(|(known, _)| known <= area) {
                            break;
                        }
                        let corner = |x, y| self.points.get(&(x, y)).map(|&ns| ns as f64);
                        let corners =
                            (corner(x0, y0), corner(x1, y0), corner(x0, y1), corner(x1, y1));
                        let (Some(a), Some(b), Some(c), Some(d)) = corners else { continue };
                        let (u, v) = (share(x0, x, x1), share(y0, y, y1));
                        let value =
                            (a * (1.0 - u) + b * u) * (1.0 - v) + (c * (1.0 - u) + d * u) * v;
                        best = Some((area, value));
                    }
                }
            }
        }
        best.map(|(_, value)| value.round() as u64)
    }

    /// Whether no column and no row has two points, and both rise together.
    fn is_diagonal(&self) -> bool {
        self.points.keys().zip(self.points.keys().skip(1)).all(|(a, b)| a.0 < b.0 && a.1 < b.1)
    }

    /// Linear between neighbours of a diagonal, for places on the line between them.
    fn along_diagonal(&self, (x, y): (u64, u64)) -> Option<u64> {
        let (&(x0, y0), &a) = self.points.range(..(x, 0)).next_back()?;
        let (&(x1, y1), &b) = self.points.range((x, 0)..).next()?;
        let cross = |a: u64, b: u64| u128::from(a) * u128::from(b);
        if y < y0 || y > y1 || cross(x - x0, y1 - y0) != cross(y - y0, x1 - x0) {
            return None;
        }
        let share = share(x0, x, x1);
        Some((a as f64 * (1.0 - share) + b as f64 * share).round() as u64)
    }
}

/// How far a place is from the low end, 0 to 1.
fn share(low: u64, at: u64, high: u64) -> f64 {
    if high == low { 0.0 } else { (at - low) as f64 / (high - low) as f64 }
}

/// A key without the channels that it reads and gives, and these.
///
/// Only a single tensor that is read has channels to leave out. Where the groups are as many as the
/// channels they are left out with them, so that depthwise operations lie on a diagonal.
fn split(key: &str) -> Option<(String, (u64, u64))> {
    let mut rest = String::new();
    let (mut read, mut given) = (None, None);
    for (place, field) in key.split(';').enumerate() {
        let kept = match field.split_once('=') {
            Some((name @ ("in" | "to" | "out"), shape)) => {
                let (channels, space) = shape.split_once('x').unwrap_or((shape, ""));
                let channels: u64 = channels.parse().ok()?;
                if name == "in" {
                    read = Some(channels);
                } else {
                    given = Some(channels);
                }
                format!("{name}=*x{space}")
            }
            Some(("g", groups)) if groups.parse().ok() == read => "g=*".to_owned(),
            _ => field.to_owned(),
        };
        if place > 0 {
            rest.push(';');
        }
        rest.push_str(&kept);
    }
    if rest.contains(',') && rest.split(';').any(|f| f.starts_with("in=") && f.contains(',')) {
        return None;
    }
    Some((rest, (read?, given?)))
}
