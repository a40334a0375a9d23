//! The protocol against a stand with a clock of its own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::ControlFlow;

use nasc_compiler::cost::latency::Entry;

use super::*;

/// A stand on which the unit `u7` takes 7 ms, times what the machine is slowed by after so many set-ups.
struct Fake {
    set_up: Vec<String>,
    runs: u64,
    slower: Vec<(usize, f64)>,
}

impl Fake {
    fn new(slower: &[(usize, f64)]) -> Self {
        Self { set_up: Vec::new(), runs: 0, slower: slower.to_vec() }
    }
}

impl Stand for Fake {
    type Unit = u64;
    type Error = Infallible;

    fn set_up(&mut self, key: &str) -> Result<u64, Infallible> {
        self.set_up.push(key.to_owned());
        Ok(key[1..].parse::<u64>().unwrap() * 1_000_000)
    }

    fn run(&mut self, unit: &mut u64) -> Result<u64, Infallible> {
        self.runs += 1;
        let slower = self.slower.iter().rev().find(|(after, _)| self.set_up.len() > *after);
        Ok((*unit as f64 * slower.map_or(1.0, |(_, factor)| *factor)) as u64)
    }
}

fn keys(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("u{number}")).collect()
}

fn quick() -> Protocol {
    let (warm_time, time) = (0, 0);
    Protocol { warm_runs: 2, warm_time, runs: 3, time, every: 10, ..Protocol::default() }
}

fn run(
    keys: &[String],
    known: &mut BTreeMap<String, Entry>,
    stand: &mut Fake,
    protocol: &Protocol,
    most: usize,
) -> Result<bool, MeasureError<Infallible>> {
    let mut seen = 0;
    measure(keys, known, stand, protocol, &mut |_, _| {
        seen += 1;
        if seen == most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

#[test]
fn every_unit_is_measured_once_and_anchors_again() {
    let (keys, mut known, mut stand) = (keys(25), BTreeMap::new(), Fake::new(&[]));
    assert_eq!(run(&keys, &mut known, &mut stand, &quick(), 0), Ok(true));
    assert_eq!(known.len(), 25);
    for (key, entry) in &known {
        let median = key[1..].parse::<u64>().unwrap() * 1_000_000;
        assert_eq!(*entry, Entry { median, p10: median, p90: median, n: 3 });
    }
    // Anchors after 10, 20 and 25 units.
    assert_eq!(stand.set_up.len(), 25 + 3 * 3);
    assert_eq!(stand.runs, (25 + 9) * 5);
    let anchors = &stand.set_up[..3];
    assert_eq!(stand.set_up[10..13], *anchors);
    assert_eq!(stand.set_up[23..26], *anchors);
    assert_ne!(stand.set_up[..10], keys[..10], "the order is drawn");
    let mut again = Fake::new(&[]);
    run(&keys, &mut BTreeMap::new(), &mut again, &quick(), 0).unwrap();
    assert_eq!(again.set_up, stand.set_up, "from the seed");
    let mut other = Fake::new(&[]);
    let protocol = Protocol { seed: 1, ..quick() };
    run(&keys, &mut BTreeMap::new(), &mut other, &protocol, 0).unwrap();
    assert_ne!(other.set_up, stand.set_up);
}

#[test]
fn runs_go_on_until_there_are_enough_and_for_long_enough() {
    let protocol = Protocol::default();
    // 3 ms each: 67 runs are 200 ms, 334 are a second.
    let mut count = 0;
    let entry = timed(&protocol, || {
        count += 1;
        Ok::<u64, Infallible>(3_000_000)
    });
    assert_eq!(entry, Ok(Entry { median: 3_000_000, p10: 3_000_000, p90: 3_000_000, n: 334 }));
    assert_eq!(count, 67 + 334);
    // 100 ms each: as many runs as are asked for.
    assert_eq!(timed(&protocol, || Ok::<u64, Infallible>(100_000_000)).unwrap().n, 50);
    // The first runs do not count, and the middle is no mean.
    let mut count = 0;
    let protocol = Protocol { warm_time: 0, time: 0, runs: 100, ..protocol };
    let entry = timed(&protocol, || {
        count += 1;
        Ok::<u64, Infallible>(if count <= 10 { 9_999 } else { (count - 10) * (count - 10) })
    });
    assert_eq!(entry, Ok(Entry { median: 2500, p10: 100, p90: 8100, n: 100 }));
}

#[test]
fn a_machine_that_drifts_keeps_nothing_since_its_anchors_held() {
    // Slower after the second round of anchors.
    let (keys, mut known) = (keys(40), BTreeMap::new());
    let mut stand = Fake::new(&[(27, 1.06)]);
    let error = run(&keys, &mut known, &mut stand, &quick(), 0).unwrap_err();
    let anchor = stand.set_up[0].clone();
    let before = known[&anchor].median;
    let after = (before as f64 * 1.06) as u64;
    assert_eq!(error, MeasureError::Drift { key: anchor, before, after });
    assert_eq!(known.len(), 20);
    assert!(known.values().all(|entry| entry.median % 1_000_000 == 0));
    // The same command goes on once the machine is quiet again, and asks the anchors first.
    let mut quiet = Fake::new(&[]);
    assert_eq!(run(&keys, &mut known, &mut quiet, &quick(), 0), Ok(true));
    assert_eq!(known.len(), 40);
    assert_eq!(quiet.set_up[..3], stand.set_up[..3]);
    assert_eq!(quiet.set_up.len(), 3 + 20 + 2 * 3);
    // Within the bound, or without one, it is kept.
    let small = Fake::new(&[(27, 1.04)]);
    let large = Fake::new(&[(27, 1.5)]);
    let lax = Protocol { drift: None, ..quick() };
    for (mut stand, protocol) in [(small, quick()), (large, lax)] {
        let mut known = BTreeMap::new();
        assert_eq!(run(&keys, &mut known, &mut stand, &protocol, 0), Ok(true));
        assert_eq!(known.len(), 40);
    }
}

#[test]
fn what_was_stopped_goes_on_where_it_was() {
    let keys = keys(30);
    let mut whole = BTreeMap::new();
    let mut first = Fake::new(&[]);
    run(&keys, &mut whole, &mut first, &quick(), 0).unwrap();
    let anchors = &first.set_up[..3];
    for stopped in [1, 5, 10, 29] {
        let mut known = BTreeMap::new();
        let mut stand = Fake::new(&[]);
        assert_eq!(run(&keys, &mut known, &mut stand, &quick(), stopped), Ok(false));
        assert_eq!(known.len(), stopped);
        assert_eq!(run(&keys, &mut known, &mut stand, &quick(), 0), Ok(true));
        assert_eq!(known, whole);
        let measured = |key: &String| stand.set_up.iter().filter(|other| *other == key).count();
        assert!(keys.iter().filter(|key| !anchors.contains(key)).all(|key| measured(key) == 1));
    }
    // What is all there is not touched.
    let mut stand = Fake::new(&[]);
    assert_eq!(run(&keys, &mut whole, &mut stand, &quick(), 0), Ok(true));
    assert_eq!(stand.runs, 0);
}

#[test]
fn a_report_tells_a_line_from_noise() {
    let line: Vec<(u64, u64)> = (1..=50).map(|n| (n * 1000, n * 1500 + 700)).collect();
    let report = additivity(&line).unwrap();
    assert_eq!(report.networks, 50);
    assert!((report.slope - 1.5).abs() < 1e-9 && (report.offset - 700.0).abs() < 1e-6);
    assert!((report.spearman - 1.0).abs() < 1e-12);
    // By hand: |2 - 4| / 4, |4 - 4| / 4, |3 - 2| / 2, |5 - 8| / 8.
    let report = additivity(&[(2, 4), (4, 4), (3, 2), (5, 8)]).unwrap();
    assert!((report.mape - (0.5 + 0.0 + 0.5 + 0.375) / 4.0 * 100.0).abs() < 1e-9);
    // Ranks 1 3 2 4 and 2.5 2.5 1 4: 1 - covariance by hand 3 / sqrt(5 * 4.5).
    assert!((report.spearman - 3.0 / 22.5_f64.sqrt()).abs() < 1e-12, "{}", report.spearman);
    assert_eq!(additivity(&[(1, 2), (2, 3)]), None);
    assert_eq!(additivity(&[(1, 2), (1, 3), (1, 4)]), None);
}

/// The stand measures what keys say.
#[test]
fn units_are_run() {
    let place = crate::supernet::Place::default();
    let mut bench = Bench::new(place, 2, true).unwrap();
    for key in [
        "conv;in=3x8x8;to=4x4x4;k=3;s=2;p=1;bias=1;then=relu6,add",
        "deinterleave;in=4x4x4;to=2x4x4",
        "linear;in=4x1x1;to=5;bias=1",
        "mul;in=4x4x4,4x1x1;to=4x4x4",
    ] {
        let mut unit = bench.set_up(key).unwrap();
        assert!(bench.run(&mut unit).is_ok(), "{key}");
    }
    assert!(bench.set_up("conv;in=3x8x8;to=4x5x4;k=9;s=2;p=0").is_err());
    assert!(bench.set_up("nothing").is_err());
}
