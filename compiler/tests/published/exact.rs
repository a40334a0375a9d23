//! Exact answers about published spaces: distributions, marginals and draws under limits.

use std::collections::BTreeMap;

use nasc_compiler::analysis::{
    Allowed, NODE_LIMIT, census, conflict, marginals, mean, nearest, spread,
};
use nasc_compiler::arch::Arch;
use nasc_compiler::budget::parse_limit;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::ir::{DecisionId, Limit};
use nasc_compiler::random::Stream;
use num_bigint::BigUint;

use super::support::{compiled, vector, written};

/// Relative tolerance of the published numbers, which have up to seventeen digits.
const TOLERANCE: f64 = 1e-12;

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= TOLERANCE * expected.abs()
}

fn limits(texts: &[&str]) -> Vec<Limit> {
    texts.iter().map(|text| parse_limit(text).unwrap()).collect()
}

/// The value that Pearson's statistic of that many degrees of freedom passes once in a thousand times
/// (Wilson and Hilferty's approximation).
fn critical(freedom: f64) -> f64 {
    let part = 2.0 / (9.0 * freedom);
    freedom * (1.0 - part + 3.0902 * part.sqrt()).powi(3)
}

#[test]
fn the_distribution_of_spos_is_the_published_one_to_its_last_digit() {
    let space = compiled("spos.nas");
    let known = vector("spos_flops_distribution.json");
    let number = |key: &str| known[key].as_f64().unwrap();
    let histogram = census(&space, Measure::Macs, None, &[], NODE_LIMIT).unwrap().histogram();
    assert_eq!(histogram.min(), known["min_macs"].as_u64());
    assert_eq!(histogram.max(), known["max_macs"].as_u64());
    let (average, deviation) = mean(&space, Measure::Macs, None, &[], NODE_LIMIT).unwrap().unwrap();
    assert_eq!((average, deviation), (number("mean"), number("std")));
    assert_eq!((histogram.mean(), histogram.std()), (average, deviation));
    let rest = 5_419_008 + 32_112_640 + 1_024_000;
    assert_eq!((average - f64::from(rest)) / 1e6 * 1e6, number("dsnas_mean_blocks_M"));
    let gate = histogram.share(Some(290_000_000 + u64::try_from(rest).unwrap()), None);
    assert!(close(gate, number("dsnas_gate_P(blocks>=290M)_uniform")), "{gate}");
    for (bound, share) in known["cdf"].as_object().unwrap() {
        let found = histogram.share(None, Some(bound.parse().unwrap()));
        assert!(close(found, share.as_f64().unwrap()), "{bound}: {found}");
    }
    let all = histogram.share(Some(290_000_000), Some(360_000_000));
    assert!(close(all, number("in_290_360")), "{all}");

    // SPOS's sampler: a bin drawn uniformly, up to 500 networks until one is in it, else any network.
    let mut mixed = vec![[0.0_f64; 4]; 20];
    let bins = known["bins"].as_object().unwrap();
    assert_eq!(bins.len(), 7);
    for (name, share) in bins {
        let (low, high) = name.trim_matches(['[', ']']).split_once(',').unwrap();
        let band = format!("macs in {low}M..={high}M");
        let allowed = Allowed::new(&space, &limits(&[&band]), NODE_LIMIT).unwrap();
        let part = histogram.share(
            Some(low.parse::<u64>().unwrap() * 1_000_000),
            Some(high.parse::<u64>().unwrap() * 1_000_000),
        );
        assert!(close(part, share.as_f64().unwrap()), "{name}: {part}");
        let count: BigUint = allowed.count().unwrap();
        assert!(close(count.to_string().parse::<f64>().unwrap() / 2_f64.powi(40), part));
        let draws = known["expected_draws_per_bin"][name].as_f64().unwrap();
        assert!(close(1.0 / part, draws), "{name}");
        let failed = (1.0 - part).powi(500);
        let published = known["prob_timeout_500"][name].as_f64().unwrap();
        // Five hundred factors, each as exact as the share.
        assert!((failed / published - 1.0).abs() < 500.0 * TOLERANCE, "{name}: {failed}");
        let inside = marginals(&space, &limits(&[&band]), NODE_LIMIT).unwrap();
        assert_eq!(inside.len(), 20);
        for (mixed, inside) in mixed.iter_mut().zip(&inside) {
            assert_eq!(inside.exists, 1.0);
            for (mixed, share) in mixed.iter_mut().zip(&inside.options) {
                *mixed += (failed * 0.25 + (1.0 - failed) * share) / 7.0;
            }
        }
    }
    for (layer, (found, row)) in
        mixed.iter().zip(known["binned_sampler_marginals"].as_array().unwrap()).enumerate()
    {
        for (found, share) in found.iter().zip(row.as_array().unwrap()) {
            assert!(close(*found, share.as_f64().unwrap()), "layer {layer}: {found} {share}");
        }
    }
    for (option, share) in
        known["binned_sampler_mean_over_layers"].as_array().unwrap().iter().enumerate()
    {
        let found = mixed.iter().map(|shares| shares[option]).sum::<f64>() / 20.0;
        assert!(close(found, share.as_f64().unwrap()), "{option}: {found}");
    }
}

/// The 0.08 % of Single Path One-Shot with the fewest multiply-adds.
#[test]
fn draws_at_the_far_tail_of_spos_have_the_exact_marginals() {
    const DRAWS: u32 = 40_000;
    let space = compiled("spos.nas");
    let tail = limits(&["macs <= 290M"]);
    let allowed = Allowed::new(&space, &tail, NODE_LIMIT).unwrap();
    assert_eq!(allowed.acceptance(), 1.0);
    let table = Table::new(&space, Measure::Macs, None).unwrap();
    let mut seen = vec![[0_u32; 4]; 20];
    let mut stream = Stream::new(5, "tail", &[]);
    for _ in 0..DRAWS {
        let arch = allowed.draw(&mut stream).unwrap();
        assert!(table.cost(&arch) <= 290_000_000);
        for (seen, &option) in seen.iter_mut().zip(&arch.0) {
            seen[usize::from(option)] += 1;
        }
    }
    let exact = marginals(&space, &tail, NODE_LIMIT).unwrap();
    for (layer, (seen, exact)) in seen.iter().zip(&exact).enumerate() {
        let statistic: f64 = seen
            .iter()
            .zip(&exact.options)
            .map(|(&seen, share)| {
                let expected = share * f64::from(DRAWS);
                (f64::from(seen) - expected).powi(2) / expected
            })
            .sum();
        // Twenty layers are looked at; the first alone must pass at its own level.
        let most = if layer == 0 { critical(3.0) } else { 2.0 * critical(3.0) };
        assert!(statistic < most, "layer {layer}: {statistic}");
    }
}

const SMALL: &str = "space s() {
    input image: [3, 8, 8]
    let x = image -> conv(8)
    let depth = choose depth in {1, 2, 3}
    for i in 0..depth as loop {
        x = x -> conv(8, kernel: choose k in {1, 3, 5})
    }
    let w = choose w in {4, 8, 12}
    if w == 8 { x = x -> conv(8, kernel: choose extra in {1, 3}) }
    output y = x -> conv(w) -> conv(2)
}
";

/// Networks whose costs are nearly all different.
const UNEVEN: &str = "space s() {
    input image: [3, 8, 8]
    let x = image -> conv(8)
    for i in 0..4 as layer {
        x = x -> conv(choose w in {3, 5, 6, 7, 9, 10}, kernel: 1 + 2 * i) -> conv(8)
    }
    output y = x -> conv(2)
}
";

#[test]
fn draws_under_limits_are_uniform_over_all_networks_of_a_small_space() {
    for (text, texts, exact) in [
        (SMALL, &["macs <= 300K"][..], true),
        (SMALL, &["macs in 60K..=250K", "params <= 4000"][..], true),
        (UNEVEN, &["macs <= 300K"][..], true),
        (UNEVEN, &["macs <= 300K"][..], false),
    ] {
        let space = written(text);
        let limits = limits(texts);
        let all = Allowed::new(&space, &limits, NODE_LIMIT).unwrap();
        // Few nodes are rounded, and some draws rejected.
        let rough = (8..100).find_map(|nodes| {
            let rough = Allowed::new(&space, &limits, nodes).ok();
            rough.filter(|rough| rough.count().is_none() && rough.acceptance() >= 0.5)
        });
        let networks = if exact { &all } else { rough.as_ref().unwrap() };
        let number = all.count().unwrap().to_string().parse::<u32>().unwrap();
        assert!(number >= 20, "{number}");
        let mut seen: BTreeMap<Arch, u32> = BTreeMap::new();
        let mut stream = Stream::new(2, "small", &[]);
        for _ in 0..100 * number {
            *seen.entry(networks.draw(&mut stream).unwrap()).or_default() += 1;
        }
        assert_eq!(seen.len(), number as usize);
        let statistic: f64 =
            seen.values().map(|&count| (f64::from(count) - 100.0).powi(2) / 100.0).sum();
        assert!(statistic < critical(f64::from(number) - 1.0), "{texts:?} {exact}: {statistic}");
    }
}

#[test]
fn draws_by_prior_are_as_likely_as_their_options() {
    let space = written(
        "space s() {
    input image: [3, 8, 8]
    let x = image -> conv(8)
    let w = choose w in {4, 8} prior {4: 0.75, 8: 0.25}
    if w == 8 { x = x -> conv(8, kernel: choose extra in {1, 3} prior {1: 0.9, 3: 0.1}) }
    output y = x -> conv(w) -> conv(2)
}
",
    );
    let networks = Allowed::by_prior(&space, &[], NODE_LIMIT).unwrap();
    let mut seen: BTreeMap<Arch, f64> = BTreeMap::new();
    let mut stream = Stream::new(2, "prior", &[]);
    for _ in 0..10_000 {
        *seen.entry(networks.draw(&mut stream).unwrap()).or_default() += 1.0;
    }
    let chance = |w, extra| seen[&Arch(vec![w, extra])] / 10_000.0;
    // Six standard deviations each.
    assert!((chance(0, 0) - 0.75).abs() < 0.026);
    assert!((chance(1, 0) - 0.225).abs() < 0.026);
    assert!((chance(1, 1) - 0.025).abs() < 0.01);
}

/// Once-for-all with its twenty-five resolutions has too many networks of different cost for an exact
/// count; one resolution has not.
#[test]
fn once_for_all_is_counted_between_bounds_and_drawn_from_at_all_resolutions() {
    let space = compiled("ofa_mobilenet_v3.nas");
    let limits = limits(&["macs <= 300M"]);
    let allowed = Allowed::new(&space, &limits, 300_000).unwrap();
    assert_eq!(allowed.count(), None);
    assert!(allowed.acceptance() >= 0.9, "{}", allowed.acceptance());
    let table = Table::new(&space, Measure::Macs, None).unwrap();
    let mut stream = Stream::new(0, "ofa", &[]);
    for _ in 0..500 {
        assert!(table.cost(&allowed.draw(&mut stream).unwrap()) <= 300_000_000);
    }
    // One draw in so many is allowed: what is counted lies about there.
    let everything = Allowed::new(&space, &[], NODE_LIMIT).unwrap();
    let inside = (0..4000)
        .filter(|_| table.cost(&everything.draw(&mut stream).unwrap()) <= 300_000_000)
        .count() as f64;
    let [least, most] =
        allowed.between().map(|count| count.to_string().parse::<f64>().unwrap() * 4000.0);
    let total = everything.count().unwrap().to_string().parse::<f64>().unwrap();
    // Five standard deviations are below 160.
    assert!(inside > least / total - 160.0 && inside < most / total + 160.0, "{inside}");
    let shares = allowed.shares();
    let first = &shares[0];
    assert_eq!(first.len(), 25);
    assert!(first.iter().all(|(low, high)| low <= high && *low > 0.0));
    assert!(first.iter().map(|(low, _)| low).sum::<f64>() <= 1.0);
    assert!(first.iter().map(|(_, high)| high).sum::<f64>() >= 1.0);

    let found = spread(&space, Measure::Macs, None, &[], NODE_LIMIT, 2000).unwrap();
    assert!(!found.is_exact());
    let [low, high] = found.within(None, Some(300_000_000));
    let [least, most] = allowed.between();
    assert!(low <= most && high >= least, "both hold the truth");
    let [low, high] = found.quantile(0.5).unwrap();
    assert!(low <= high && (high - low) as f64 <= 0.02 * high as f64, "{low} {high}");
    let (average, _) = mean(&space, Measure::Macs, None, &[], NODE_LIMIT).unwrap().unwrap();
    assert!(found.low.mean() <= average && average <= found.high.mean());
}

/// Where both fit, what is rounded holds what is exact.
#[test]
fn rounded_answers_hold_the_exact_ones() {
    for (file, texts) in [
        ("spos.nas", &["macs <= 310M"][..]),
        ("spos.nas", &["macs in 300M..=320M", "params <= 3.3M"][..]),
        ("proxyless.nas", &["macs <= 300M"][..]),
        ("fna_ssdlite.nas", &["macs <= 800M"][..]),
    ] {
        let space = compiled(file);
        let limits = limits(texts);
        let exact = Allowed::new(&space, &limits, NODE_LIMIT).unwrap();
        let number = exact.count().unwrap();
        let mut inexact = 0;
        for nodes in [2_000, 10_000, 50_000] {
            let Ok(rough) = Allowed::new(&space, &limits, nodes) else { continue };
            let [least, most] = rough.between();
            assert!(least <= number && number <= most, "{file} {texts:?} {nodes}");
            inexact += usize::from(rough.count().is_none());
            for (exact, rough) in exact.shares().iter().zip(rough.shares()) {
                for ((share, _), (low, high)) in exact.iter().zip(rough) {
                    let slack = 1e-12;
                    assert!(low <= share + slack && share - slack <= high, "{file} {texts:?}");
                }
            }
        }
        assert!(inexact > 0, "{file} {texts:?}");
        let exact = census(&space, Measure::Macs, None, &[], NODE_LIMIT).unwrap().histogram();
        let rough = spread(&space, Measure::Macs, None, &[], NODE_LIMIT, 100).unwrap();
        for q in [0.0, 0.01, 0.3, 0.5, 0.9, 1.0] {
            let [low, high] = rough.quantile(q).unwrap();
            let value = exact.quantile(q).unwrap();
            assert!(low <= value && value <= high, "{file} {q}");
            let [least, most] = rough.within(Some(value / 2), Some(value));
            let number = exact.within(Some(value / 2), Some(value));
            assert!(least <= number && number <= most, "{file} {q}");
        }
    }
}

/// Five spaces under limits that no network keeps, alone or together. The least of a chain of layers is
/// found by the test itself: of each layer the least, since they add up.
#[test]
fn certificates_name_the_least_and_the_limits_that_conflict() {
    for file in ["spos.nas", "fairnas.nas", "nasbench201.nas", "proxyless.nas", "detnas_300m.nas"] {
        let space = compiled(file);
        let table = Table::new(&space, Measure::Macs, None).unwrap();
        // Any network to begin with; layers that add up can be lowered one by one, in any order.
        let mut arch = space.seed_arch();
        loop {
            let before = table.cost(&arch);
            for (id, decision) in space.decision_ids() {
                for option in 0..decision.options.len() as u32 {
                    let mut other = arch.clone();
                    other.set(id, option);
                    if space.is_valid(&other) && table.cost(&other) < table.cost(&arch) {
                        arch = other;
                    }
                }
            }
            if table.cost(&arch) == before {
                break;
            }
        }
        let least = table.cost(&arch);
        let below = format!("macs < {least}");
        let given = limits(&[&below, "params >= 1"]);
        let found = nearest(&space, &given).unwrap();
        assert_eq!(found.len(), 1, "{file}");
        assert_eq!((found[0].limit, found[0].value, found[0].alone), (0, least, true), "{file}");
        assert_eq!(table.cost(&found[0].arch), least, "{file}");
        assert_eq!(conflict(&space, &given).unwrap(), Some(vec![0]), "{file}");
        let just = format!("macs <= {least}");
        assert_eq!(conflict(&space, &limits(&[&just])).unwrap(), None, "{file}");
    }
    // Together, though each alone can be kept.
    let space = compiled("spos.nas");
    let given = limits(&["params >= 1M", "macs <= 275M", "params <= 3.2M"]);
    let found = nearest(&space, &given).unwrap();
    assert_eq!(conflict(&space, &given).unwrap(), Some(vec![1, 2]));
    let [macs, params] =
        [Measure::Macs, Measure::Params].map(|m| Table::new(&space, m, None).unwrap());
    assert_eq!(found.iter().map(|near| near.limit).collect::<Vec<_>>(), [1, 2]);
    for near in &found {
        assert!(near.alone);
        let (table, other, most) = if near.limit == 1 {
            (&macs, &params, 3_200_000)
        } else {
            (&params, &macs, 275_000_000)
        };
        assert_eq!(table.cost(&near.arch), near.value);
        assert!(other.cost(&near.arch) <= most);
        // No single layer can be changed for the better.
        for layer in 0..20 {
            for option in 0..4 {
                let mut arch = near.arch.clone();
                arch.set(DecisionId(layer), option);
                assert!(other.cost(&arch) > most || table.cost(&arch) >= near.value);
            }
        }
    }
}
