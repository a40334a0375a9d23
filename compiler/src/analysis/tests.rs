//! Counts, distributions and draws against enumeration and against published numbers.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigUint;

use super::{Census, count, extremes, reach};
use crate::arch::Arch;
use crate::cost::{Factor, Measure, Sum, Table};
use crate::pass::Checked;
use crate::random::Stream;
use crate::sketch::{assignments, chain, drawn};
use crate::vary::{Diagrams, Leaf, TRUE, Vary};

/// MACs of the four candidates in each of SPOS's twenty layers, by stage: its first layer, the others.
const SPOS: [([u64; 4], [u64; 4], usize); 4] = [
    (
        [13_396_992, 15_805_440, 19_418_112, 13_146_112],
        [7_325_696, 8_931_328, 11_339_776, 12_343_296],
        4,
    ),
    (
        [26_304_768, 28_111_104, 30_820_608, 20_296_192],
        [10_599_680, 11_603_200, 13_108_480, 16_746_240],
        4,
    ),
    (
        [30_670_080, 31_673_600, 33_178_880, 21_199_360],
        [10_317_440, 10_819_200, 11_571_840, 15_899_520],
        8,
    ),
    (
        [30_387_840, 30_889_600, 31_642_240, 20_634_880],
        [10_176_320, 10_427_200, 10_803_520, 15_476_160],
        4,
    ),
];
/// Stem, last convolution, classifier.
const SPOS_REST: u64 = 5_419_008 + 32_112_640 + 1_024_000;

/// A cost of its own for every option of every decision.
///
/// `costs[d][o]` is what option `o` of decision `d` adds to `base`.
fn by_table(base: u64, costs: &[Vec<u64>]) -> Sum {
    let mut diagrams = Diagrams::default();
    let mut factors = vec![Factor { presence: TRUE, terms: Vec::new(), coefficient: base }];
    for options in costs {
        let decision = diagrams.add_decision(options.len() as u32);
        let values: Vec<Vary> = options.iter().map(|&cost| diagrams.int(cost as i64)).collect();
        let term = diagrams.choose(decision, &values);
        factors.push(Factor { presence: TRUE, terms: vec![term], coefficient: 1 });
    }
    Sum { diagrams, factors }
}

fn spos() -> (Vec<Vec<u64>>, Census) {
    let mut costs = Vec::new();
    for (first, others, layers) in SPOS {
        costs.push(first.to_vec());
        costs.extend(vec![others.to_vec(); layers - 1]);
    }
    let census = Census::of(by_table(SPOS_REST, &costs), TRUE).unwrap();
    (costs, census)
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12 * expected.abs().max(1.0)
}

#[test]
fn the_distribution_of_spos_is_the_published_one() {
    let (_, census) = spos();
    let histogram = census.histogram();
    assert_eq!(histogram.total(), BigUint::from(1_099_511_627_776_u64));
    assert_eq!(histogram.min(), Some(270_359_360));
    assert_eq!(histogram.max(), Some(398_609_216));
    assert!(close(histogram.mean(), 327_174_272.0));
    assert!((histogram.std() - 11_830_933.965_726_29).abs() < 1e-3);
    for (limit, share) in [
        (290, 0.000_782_992_070_526_233_9),
        (310, 0.076_051_906_877_182_77),
        (330, 0.589_192_612_103_943_2),
        (350, 0.975_278_742_239_424_9),
    ] {
        assert!(close(histogram.share(None, Some(limit * 1_000_000)), share), "{limit}M");
    }
    let bin = |low: u64, high: u64| histogram.share(Some(low * 1_000_000), Some(high * 1_000_000));
    assert!(close(bin(290, 300), 0.010_871_245_114_685_735));
    assert!(close(bin(320, 330), 0.318_139_541_789_605_6));
    assert!(close(bin(290, 360), 0.997_157_458_771_653_2));
    let limit = Some(330_000_000);
    assert_eq!(census.within(None, limit), histogram.within(None, limit));
    let median = histogram.quantile(0.5).unwrap();
    assert!(histogram.share(None, Some(median)) >= 0.5);
    assert!(histogram.share(None, Some(median - 1)) < 0.5);
    let drawn = histogram.ranges(32);
    assert_eq!((drawn.len(), drawn[0].0), (32, 270_359_360));
    assert!(close(drawn.iter().map(|(_, _, part)| part).sum(), 1.0));
}

#[test]
fn draws_under_a_limit_keep_it_at_the_far_tail() {
    let (costs, census) = spos();
    let cost = |arch: &Arch| -> u64 {
        let layers = costs.iter().zip(&arch.0).map(|(options, &o)| options[usize::from(o)]);
        SPOS_REST + layers.sum::<u64>()
    };
    let mut stream = Stream::new(0, "tail", &[]);
    for (low, high) in [(0, 290), (290, 300), (320, 330), (380, 400)] {
        let (low, high) = (low * 1_000_000, high * 1_000_000);
        for _ in 0..200 {
            let arch = census.draw(Some(low), Some(high), &mut stream).unwrap();
            assert!((low..=high).contains(&cost(&arch)));
        }
    }
    let [least, most] = [270_359_360, 398_609_216].map(|cost| (Some(cost), Some(cost)));
    assert_eq!(cost(&census.first(least.0, least.1).unwrap()), 270_359_360);
    assert_eq!(cost(&census.first(most.0, most.1).unwrap()), 398_609_216);
    assert_eq!(census.draw(None, Some(270_359_359), &mut stream), None);
    assert_eq!(census.draw(Some(398_609_217), None, &mut stream), None);
}

#[test]
fn a_chain_of_twenty_fours_has_so_many_networks() {
    assert_eq!(count(&chain(20)), Some(BigUint::from(1_099_511_627_776_u64)));
}

/// All distinct valid networks, with their costs.
fn enumerated(space: &Checked) -> BTreeMap<Arch, u64> {
    let table = Table::new(space, Measure::Macs, None).unwrap();
    let canonical: BTreeSet<Arch> =
        assignments(space).iter().map(|arch| space.canonical(arch)).collect();
    canonical
        .into_iter()
        .filter(|arch| space.is_valid(arch))
        .map(|arch| (arch.clone(), table.cost(&arch)))
        .collect()
}

#[test]
fn counts_and_distributions_are_those_of_enumeration() {
    let mut stream = Stream::new(0, "census", &[]);
    for _ in 0..30 {
        let space = drawn(&mut stream);
        let networks = enumerated(&space);
        assert_eq!(count(&space), Some(BigUint::from(networks.len())));
        let census = Census::take(&space, Some(Measure::Macs), None).unwrap();
        let mut bins: BTreeMap<u64, u32> = BTreeMap::new();
        for &cost in networks.values() {
            *bins.entry(cost).or_default() += 1;
        }
        let expected: Vec<(u64, BigUint)> =
            bins.iter().map(|(&cost, &count)| (cost, count.into())).collect();
        let histogram = census.histogram();
        assert_eq!(histogram.bins, expected);
        let costs: Vec<u64> = bins.keys().copied().collect();
        for _ in 0..20 {
            let low = stream.choose(&costs).unwrap() + stream.below(2);
            let high = stream.choose(&costs).unwrap() - stream.below(2);
            let inside = networks.values().filter(|&&c| c >= low && c <= high).count();
            assert_eq!(census.within(Some(low), Some(high)), BigUint::from(inside));
            assert_eq!(histogram.within(Some(low), Some(high)), BigUint::from(inside));
        }
        let ends = extremes(&space, Measure::Macs, None).unwrap();
        for ((cost, arch), expected) in ends.iter().zip([costs.first(), costs.last()]) {
            assert_eq!(Some(cost), expected);
            assert_eq!(networks.get(arch), Some(cost));
            assert_eq!(census.first(Some(*cost), Some(*cost)).as_ref(), Some(arch));
        }
        let all = Census::take(&space, None, None).unwrap();
        assert_eq!(all.within(None, None), BigUint::from(networks.len()));
    }
}

#[test]
fn what_an_option_reaches_is_what_its_networks_cost() {
    let mut stream = Stream::new(0, "reach", &[]);
    for _ in 0..30 {
        let space = drawn(&mut stream);
        let networks = enumerated(&space);
        let found = reach(&space, Measure::Macs, None, 10_000).unwrap();
        let span = |costs: &mut dyn Iterator<Item = u64>| {
            costs.fold(None, |span: Option<(u64, u64)>, cost| {
                Some(span.map_or((cost, cost), |(low, high)| (low.min(cost), high.max(cost))))
            })
        };
        let all = span(&mut networks.values().copied()).unwrap();
        assert_eq!((found.least, found.most), all);
        for (id, decision) in space.decision_ids() {
            let here = space.diagrams.options_where(id, &[decision.exists, space.valid]);
            for option in 0..decision.options.len() as u32 {
                let with = networks.iter().filter(|(arch, _)| arch.option(id) == option);
                let expected = span(&mut with.clone().map(|(_, &cost)| cost));
                assert_eq!(found.options[id.index()][option as usize], expected);
                let exists = |arch: &Arch| {
                    let leaf = space.diagrams.eval(decision.exists, |d| arch.option(d));
                    *leaf == Leaf::Bool(true)
                };
                let taken = with.clone().any(|(arch, _)| exists(arch));
                assert_eq!(here[option as usize], taken);
            }
        }
        assert_eq!(reach(&space, Measure::Macs, None, 0), None);
    }
}

#[test]
fn draws_are_uniform_over_the_networks_under_the_limit() {
    let mut stream = Stream::new(0, "uniform", &[]);
    for _ in 0..4 {
        let space = drawn(&mut stream);
        let networks = enumerated(&space);
        let mut costs: Vec<u64> = networks.values().copied().collect();
        costs.sort_unstable();
        let limit = costs[costs.len() / 2];
        let under = networks.values().filter(|&&cost| cost <= limit).count();
        let census = Census::take(&space, Some(Measure::Macs), None).unwrap();
        let draws = 200 * under;
        let mut seen: BTreeMap<Arch, u32> = BTreeMap::new();
        for _ in 0..draws {
            let arch = census.draw(None, Some(limit), &mut stream).unwrap();
            assert!(networks[&arch] <= limit);
            *seen.entry(arch).or_default() += 1;
        }
        assert_eq!(seen.len(), under);
        // Pearson's statistic has mean `under - 1` and variance twice that.
        let square = |count: u32| (f64::from(count) - 200.0).powi(2) / 200.0;
        let statistic: f64 = seen.values().map(|&count| square(count)).sum();
        let freedom = under as f64 - 1.0;
        assert!(statistic < freedom + 6.0 * (2.0 * freedom).sqrt() + 1.0, "{statistic} {freedom}");
    }
}

#[test]
fn counts_beyond_machine_integers_are_exact() {
    let layers = 90;
    let costs = vec![vec![1_u64, 2, 3, 4]; layers];
    let census = Census::of(by_table(7, &costs), TRUE).unwrap();
    assert_eq!(census.within(None, None), BigUint::from(4_u32).pow(90));
    assert_eq!(census.within(None, Some(97)), BigUint::from(1_u32));
    assert_eq!(census.within(None, Some(98)), BigUint::from(91_u32));
    // By symmetry around the mean, which is a cost itself here.
    let mean = 7 + 225;
    let below = census.within(None, Some(mean - 1));
    assert_eq!(census.within(Some(mean + 1), None), below);
    assert_eq!(census.histogram().mean(), mean as f64);
    let mut stream = Stream::new(0, "big", &[]);
    let arch = census.draw(Some(mean), Some(mean), &mut stream).unwrap();
    assert_eq!(arch.0.iter().map(|&o| u64::from(o) + 1).sum::<u64>(), 225);
}

#[test]
fn a_network_without_decisions_is_counted_once() {
    let network = crate::pass::fix(&chain(2), &Arch(vec![1, 3]));
    assert_eq!(count(&network), Some(BigUint::from(1_u32)));
    let census = Census::take(&network, Some(Measure::Macs), None).unwrap();
    let cost = Table::new(&network, Measure::Macs, None).unwrap().cost(&Arch::default());
    assert_eq!(census.histogram().bins, [(cost, BigUint::from(1_u32))]);
    assert_eq!(census.first(None, None), Some(Arch::default()));
}

#[test]
fn a_space_without_a_valid_network_is_empty() {
    let mut graph = chain(2).into_graph();
    graph.valid = crate::vary::FALSE;
    let space = Checked::seal(graph);
    assert_eq!(count(&space), Some(BigUint::ZERO));
    let census = Census::take(&space, Some(Measure::Macs), None).unwrap();
    assert!(census.histogram().bins.is_empty());
    assert_eq!(extremes(&space, Measure::Macs, None), None);
    assert_eq!(census.first(None, None), None);
}
