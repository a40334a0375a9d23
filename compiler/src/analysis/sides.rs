//! Spaces in two sides against enumeration.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigUint;

use super::best::{Score, scored};
use super::ground::{Bounds, Ground};
use super::parted::Parts;
use super::restrict::Side;
use super::rough::rough;
use crate::arch::Arch;
use crate::budget::parse_limit;
use crate::cost::{Measure, Table};
use crate::ir::Limit;
use crate::pass::Checked;
use crate::random::Stream;
use crate::sketch::assignments;

/// A cell whose kernels are the same wherever it stands, so many times, on one of two grids.
const SPACE: &str = "space s() {
    input image: [3, 8, 8]
    let kernels = for e in 0..3 as edge { choose kernel in {1, 3, 5, 7} }
    let stride = choose stride in {1, 2}
    let deep = choose deep in {1, 2, 3, 4}
    let x = image -> conv(4, kernel: 3, stride: stride) as stem
    for i in 0..deep as cell {
        for kernel in kernels as edge { x = x -> conv(4, kernel: kernel) }
    }
    let wide = choose wide in {4, 8}
    output y = x -> conv(wide) -> global_pool -> linear(2)
}
";

const STATES: usize = 100_000;

fn space() -> Checked {
    let files = BTreeMap::from([("s.nas".to_owned(), SPACE.to_owned())]);
    let compilation = crate::compile(&files, "s.nas", &crate::Options::default()).unwrap();
    compilation.checked.unwrap()
}

/// The networks that keep limits, one by one.
fn kept(space: &Checked, limits: &[Limit]) -> BTreeSet<Arch> {
    let tables: Vec<(Table, Bounds)> = limits
        .iter()
        .map(|limit| {
            let measure = Measure::of(space, &limit.metric).unwrap();
            let bounds = Bounds { min: limit.min, max: limit.max };
            (Table::new(space, measure, None).unwrap(), bounds)
        })
        .collect();
    let all = assignments(space).into_iter();
    all.filter(|arch| tables.iter().all(|(table, b)| b.hold(table.cost(arch)))).collect()
}

const LIMITS: [&[&str]; 5] = [
    &["macs <= 100000"],
    &["macs >= 60000"],
    &["macs in 40000..=150000"],
    &["params <= 2000"],
    &["macs <= 150000", "params in 1000..=3000"],
];

#[test]
fn two_sides_count_and_draw_what_one_by_one_is_there() {
    let space = space();
    for given in LIMITS {
        let limits: Vec<Limit> = given.iter().map(|limit| parse_limit(limit).unwrap()).collect();
        let ground = Ground::new(&space, &limits).unwrap();
        let parts = Parts::of(&ground, &[], STATES).unwrap().unwrap();
        let known = kept(&space, &limits);
        assert!(known.len() > 20 && known.len() < 1000, "{given:?}: {}", known.len());
        let whole = parts.within(STATES, Side::Outer).unwrap();
        assert!(whole.exact);
        assert_eq!(whole.total(), BigUint::from(known.len()), "{given:?}");
        let mut stream = Stream::new(0, "sides", &[]);
        let mut seen: BTreeMap<Arch, u32> = BTreeMap::new();
        for _ in 0..100 * known.len() {
            *seen.entry(whole.draw(&parts, &mut stream).unwrap()).or_default() += 1;
        }
        assert_eq!(seen.keys().cloned().collect::<BTreeSet<_>>(), known, "{given:?}");
        let chi: f64 = seen.values().map(|&n| (f64::from(n) - 100.0).powi(2) / 100.0).sum();
        let freedom = (known.len() - 1) as f64;
        assert!((chi - freedom).abs() < 6.0 * (2.0 * freedom).sqrt(), "{given:?}: {chi}");
        let options = whole.options(&parts);
        for (id, decision) in space.decision_ids() {
            for option in 0..decision.options.len() as u32 {
                let with = known.iter().filter(|arch| arch.option(id) == option).count();
                assert_eq!(options[id.index()][option as usize], BigUint::from(with), "{given:?}");
            }
        }
        for most in [24, 30, 40, 60] {
            let [outer, inner] = [Side::Outer, Side::Inner].map(|side| parts.within(most, side));
            let (Ok(outer), Ok(inner)) = (outer, inner) else { continue };
            let [outer, inner] = [outer, inner].map(|side| side.total());
            let count = BigUint::from(known.len());
            assert!(inner <= count && count <= outer, "{given:?}: {inner} {count} {outer}");
        }
    }
}

#[test]
fn two_sides_have_the_ends_and_the_best_of_all_networks() {
    let space = space();
    let all = kept(&space, &[]);
    let mut stream = Stream::new(0, "scores", &[]);
    let scores: Vec<Vec<f64>> = space
        .decisions
        .iter()
        .map(|decision| decision.options.iter().map(|_| stream.unit()).collect())
        .collect();
    let value = |arch: &Arch| -> f64 {
        space.decision_ids().map(|(id, _)| scores[id.index()][arch.option(id) as usize]).sum()
    };
    let macs = Table::new(&space, Measure::Macs, None).unwrap();
    for given in LIMITS {
        let limits: Vec<Limit> = given.iter().map(|limit| parse_limit(limit).unwrap()).collect();
        let known = kept(&space, &limits);
        let score = Score::Options(scores.clone());
        let mut ground = Ground::new(&space, &limits).unwrap();
        assert!(scored(&space, &mut ground, &score).is_ok());
        let found = rough(&space, &score, &limits, 1).unwrap();
        let best = known.iter().map(value).fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(found.bound, None);
        assert!((found.networks[0].0 - best).abs() < 1e-12, "{given:?}");
        assert!(known.contains(&found.networks[0].1), "{given:?}");
        for (score, end) in [
            (Score::Least(Measure::Macs, None), known.iter().map(|arch| macs.cost(arch)).min()),
            (Score::Most(Measure::Macs, None), known.iter().map(|arch| macs.cost(arch)).max()),
        ] {
            let found = rough(&space, &score, &limits, 1).unwrap();
            let value = found.networks[0].0.abs() as u64;
            assert!(known.contains(&found.networks[0].1), "{given:?}");
            assert_eq!((Some(value), found.bound), (end, None), "{given:?}");
        }
    }
    let mut ground = Ground::new(&space, &[]).unwrap();
    ground.count(&space, Measure::Macs, None, Bounds::default()).unwrap();
    let parts = Parts::of(&ground, &[], STATES).unwrap().unwrap();
    let costs = || all.iter().map(|arch| macs.cost(arch));
    let [(least, cheapest), (most, dearest)] = parts.extremes(0).unwrap();
    assert_eq!((Some(least), Some(most)), (costs().min(), costs().max()));
    assert_eq!((macs.cost(&cheapest), macs.cost(&dearest)), (least, most));
    let never = [parse_limit("macs <= 10").unwrap()];
    let found = rough(&space, &Score::Least(Measure::Params, None), &never, 1).unwrap();
    assert!(found.networks.is_empty() && found.bound.is_none());
}
