//! Exact optima against independent solvers.

use nasc_compiler::analysis::{Score, best, nearest};
use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::ir::{DecisionId, Limit, Metric, Origin};
use serde_json::Value;

use crate::support::{compiled, vector};

fn limit(metric: Metric, min: Option<u64>, max: Option<u64>) -> Limit {
    Limit { metric, scope: None, min, max, origin: Origin::default() }
}

/// BN-NAS searches by the mean magnitude of the last scales of each candidate, which adds up over the layers. Its
/// evolution found 11.865 under its cap.
#[test]
fn the_best_network_of_bnnas_is_that_of_the_knapsack() {
    let vector: Value = vector("bnnas_indicator.json");
    let space = compiled("bnnas_gpu.nas");
    let mut rows = vector["bn_matrix"].as_array().unwrap().iter();
    let mut scores = vec![Vec::new(); space.decisions.len()];
    for (id, decision) in space.decision_ids() {
        if decision.path.ends_with("op") {
            let row = rows.next().unwrap().as_array().unwrap();
            scores[id.index()] = row[..6].iter().map(|value| value.as_f64().unwrap()).collect();
        }
    }
    assert!(rows.next().is_none());
    let found = best(&space, &Score::Options(scores.clone()), &space.limits, 3, 1_000_000).unwrap();
    assert_eq!(found.bound, None);
    let score = found.networks[0].0;
    assert!(score > 11.865_162_372_589_111, "{score}");

    // The layers add up, so a table over capacities in units of the costs' common divisor is exact.
    let table = Table::new(&space, Measure::Macs, None).unwrap();
    let seed = space.seed_arch();
    let exists = |id: DecisionId| space.decision_exists(id, &seed);
    let layers: Vec<DecisionId> = space
        .decision_ids()
        .filter(|(id, decision)| decision.path.ends_with("op") && exists(*id))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(layers.len(), 17);
    let with = |id: DecisionId, option: u32| {
        let mut arch = seed.clone();
        arch.set(id, option);
        table.cost(&arch)
    };
    let cheapest = |id: DecisionId| (0..6).map(|option| with(id, option)).min().unwrap();
    let base: u64 =
        table.cost(&seed) - layers.iter().map(|&id| table.cost(&seed) - cheapest(id)).sum::<u64>();
    let room = space.limits[0].max.unwrap() - base;
    let unit = 4704;
    let places = (room / unit) as usize + 1;
    let mut most = vec![0.0_f64; places];
    for &id in &layers {
        let mut next = vec![f64::NEG_INFINITY; places];
        for option in 0..6 {
            let extra = with(id, option) - cheapest(id);
            assert_eq!(extra % unit, 0);
            let extra = (extra / unit) as usize;
            for place in extra..places {
                let score = most[place - extra] + scores[id.index()][option as usize];
                next[place] = next[place].max(score);
            }
        }
        most = next;
    }
    assert!((most[places - 1] - score).abs() < 1e-12, "{} {score}", most[places - 1]);
    for (value, arch) in &found.networks {
        assert!(table.cost(arch) <= space.limits[0].max.unwrap());
        assert!(*value <= score);
    }
}

/// Five spaces that no network of can keep a limit: what is named is the least there is.
#[test]
fn what_stands_in_the_way_is_named_with_the_nearest_there_is() {
    let known = [
        ("spos.nas", Some(270_359_360)),
        ("bnnas_gpu.nas", None),
        ("nasbench201.nas", None),
        ("fairnas.nas", None),
        ("fna_retinanet.nas", None),
    ];
    for (file, least) in known {
        let space = compiled(file);
        let limits = [limit(Metric::Macs, None, Some(1)), limit(Metric::Params, Some(1), None)];
        let found = nearest(&space, &limits).unwrap();
        assert_eq!(found.len(), 1, "{file}");
        assert!(found[0].alone && found[0].limit == 0, "{file}");
        let table = Table::new(&space, Measure::Macs, None).unwrap();
        assert_eq!(table.cost(&found[0].arch), found[0].value, "{file}");
        assert!(least.is_none_or(|least| least == found[0].value), "{file}");
        // Descent from there finds nothing less: no single decision can be changed for the better.
        for (id, decision) in space.decision_ids() {
            for option in 0..decision.options.len() as u32 {
                let mut other: Arch = found[0].arch.clone();
                other.set(id, option);
                let worse = table.cost(&other) >= found[0].value;
                assert!(worse || !space.is_valid(&other), "{file}");
            }
        }
    }
}
