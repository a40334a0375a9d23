//! Tables as files, and what lies between their entries.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use super::*;

fn table(entries: &[(&str, u64)]) -> LatencyTable {
    let entry = |median| Entry { median, p10: median - median / 10, p90: median + 7, n: 50 };
    LatencyTable {
        header: Header {
            device: "a \"quoted\" \\ device".to_owned(),
            threads: 1,
            batch: 1,
            dtype: "f32".to_owned(),
            libraries: vec!["libtorch 2.11.0".to_owned()],
            protocol: "none".to_owned(),
            keys: Keys::Units,
        },
        entries: entries.iter().map(|&(key, ns)| (key.to_owned(), entry(ns))).collect(),
        additivity: None,
    }
}

#[test]
fn a_file_gives_the_table_back() {
    let mut written = table(&[("conv;in=3x8x8;to=8x8x8;k=1;s=1;p=0", 1200), ("b", 7)]);
    assert_eq!(read(&write(&written)), Ok(written.clone()));
    written.additivity = Some(Additivity {
        networks: 50,
        mape: 3.25,
        spearman: 0.991,
        slope: 1.125,
        offset: -1.5e5,
    });
    assert_eq!(read(&write(&written)), Ok(written.clone()));
    written.entries = BTreeMap::new();
    assert_eq!(read(&write(&written)), Ok(written));
}

#[test]
fn damaged_files_are_told_apart() {
    let good = write(&table(&[("a", 100), ("b", 200)]));
    let wrong = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        read(&good.replace(from, to)).unwrap_err()
    };
    assert_eq!(
        wrong("version: 1", "version: 7"),
        "the table has version 7 of the format, and only 1 is known"
    );
    assert!(wrong("\"b\"", "\"a\"").contains("`a` is there twice"));
    assert_eq!(wrong("median: 100", "median: 1"), "the percentiles of `a` are not in order");
    assert!(wrong("median: 100", "median: -1").starts_with("line 14, column "));
    assert!(wrong("threads: 1", "threads: many").starts_with("line 5, column "));
    assert!(wrong("dtype: \"f32\",", "").contains("dtype"));
    assert!(wrong("n: 50", "n: 50, extra: 1").contains("extra"));
    for end in 0..good.trim_end().len() {
        assert!(read(&good[..end]).is_err(), "cut at {end}");
    }
}

/// A grid of a function that is bilinear: what lies inside has exactly its values.
#[test]
fn what_lies_inside_a_grid_is_bilinear() {
    let value = |a: u64, b: u64| 1000 + 3 * a + 5 * b + a * b;
    let key = |a: u64, b: u64| format!("conv;in={a}x14x14;to={b}x14x14;k=1;s=1;p=0;then=relu");
    let keys: Vec<(String, u64)> = [8, 16, 40]
        .into_iter()
        .flat_map(|a| [4, 20, 24].map(|b| (key(a, b), value(a, b))))
        .collect();
    let keys: Vec<(&str, u64)> = keys.iter().map(|(key, ns)| (key.as_str(), *ns)).collect();
    let table = table(&keys);
    let between = Interpolation::of(&table);
    for a in 8..=40 {
        for b in 4..=24 {
            assert_eq!(table.latency(&key(a, b), Some(&between)), Some(value(a, b)), "{a} {b}");
        }
    }
    for (a, b) in [(7, 10), (41, 10), (16, 3), (16, 25)] {
        assert_eq!(table.latency(&key(a, b), Some(&between)), None, "{a} {b}");
    }
    assert_eq!(table.latency(&key(9, 9), None), None);
    let other = key(9, 9).replace("relu", "relu6");
    assert_eq!(table.latency(&other, Some(&between)), None, "another unit");
    let elsewhere = key(9, 9).replace("14x14", "7x7");
    assert_eq!(table.latency(&elsewhere, Some(&between)), None, "another size");
}

/// Where a corner is missing the next larger cell that has all four counts; where none has, nothing.
#[test]
fn holes_of_a_grid_are_bridged_or_left() {
    let key = |a: u64, b: u64| format!("linear;in={a};to={b};bias=1");
    let points = |holes: &[(u64, u64)]| {
        let all = [10, 20, 30].into_iter().flat_map(|a| [10, 20, 30].map(|b| (a, b)));
        let kept: Vec<String> =
            all.filter(|place| !holes.contains(place)).map(|(a, b)| key(a, b)).collect();
        let entries: Vec<(&str, u64)> = kept.iter().map(|key| (key.as_str(), 100)).collect();
        table(&entries)
    };
    let at =
        |table: &LatencyTable, a, b| table.latency(&key(a, b), Some(&Interpolation::of(table)));
    assert_eq!(at(&points(&[(20, 20)]), 15, 15), Some(100));
    assert_eq!(at(&points(&[(10, 10)]), 15, 15), None);
    let corner = points(&[(20, 20), (20, 30), (30, 20), (30, 30)]);
    assert_eq!(at(&corner, 15, 15), None);
    // On an edge of the grid two neighbours are enough.
    assert_eq!(at(&corner, 10, 15), Some(100));
}

#[test]
fn depthwise_units_lie_on_a_diagonal() {
    let key = |c: u64| format!("conv;in={c}x14x14;to={c}x14x14;k=3;s=1;p=1;g={c};bias=1");
    let keys = [16, 32, 64].map(|c| (key(c), c * 10));
    let keys: Vec<(&str, u64)> = keys.iter().map(|(key, ns)| (key.as_str(), *ns)).collect();
    let table = table(&keys);
    let between = Interpolation::of(&table);
    assert_eq!(table.latency(&key(24), Some(&between)), Some(240));
    assert_eq!(table.latency(&key(48), Some(&between)), Some(480));
    assert_eq!(table.latency(&key(65), Some(&between)), None);
    assert_eq!(table.latency(&key(15), Some(&between)), None);
    let grouped = key(48).replace("g=48", "g=2");
    assert_eq!(table.latency(&grouped, Some(&between)), None);
}
