//! Drawn spaces: elastic widths, kernels and depth, branches with and without normalisation, residuals,
//! gates, bypasses and tensors with several readers. Small enough to take every network apart.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nasc_compiler::Checked;
use nasc_compiler::analysis::{Census, Score, best, count};
use nasc_compiler::arch::Arch;
use nasc_compiler::budget::parse_limit;
use nasc_compiler::cost::latency::{Interpolation, Keys, LatencyError, attach, keys, keys_of};
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::emit::summary;
use nasc_compiler::ir::DecisionId;
use nasc_compiler::pass::fix;
use nasc_compiler::random::Stream;
use nasc_compiler::sample::Limits;

use super::super::{compiled, nanoseconds, table};
use super::naive;

/// What a layer can be, with `wide`, `tied` and `x` around it.
const LAYERS: [&str; 9] = [
    "x -> choose op { a: block(wide, tied)\n b: conv(wide)\n c: identity }",
    "x + (x -> conv(wide, kernel: tied) -> bn) -> relu6",
    "x -> choose norm { yes: plain(wide)\n no: conv(wide, bias: true) } -> hswish",
    "x -> gated",
    "x -> kept -> conv(wide)",
    "x -> two",
    "concat(x -> conv(2), x -> max_pool(3, stride: 1)) -> conv(wide) -> gain -> offset",
    "x -> chosen(wide)",
    "x -> dropout(0.1) -> bn -> relu",
];

const BLOCKS: &str = "
block block(x, wide: int, tied: int) {
    x + (x -> conv(6) -> bn -> relu6 -> dwconv(tied) -> bn -> relu6 -> conv(wide) -> bn)
}
block plain(x, wide: int) { x -> conv(wide) -> bn }
block gated(x) {
    let mid = choose mid in {2, 4}
    x * (x -> global_pool -> conv(mid, bias: true) -> relu -> conv(x.channels, bias: true) -> hsigmoid)
}
block kept(x) {
    let narrow = x -> conv(4) -> relu
    let keep = choose keep in {0, 2, 4}
    bypass(narrow -> conv(keep, kernel: 3) -> relu, narrow, keep: keep, limit: 4)
}
block two(x) {
    let y = x -> conv(x.channels) -> bn
    y + (y -> relu -> conv(x.channels, kernel: 3) -> bn)
}
block chosen(x, wide: int) {
    let kind = choose kind in [\"relu\", \"hswish\", \"identity\"]
    x -> conv(wide) -> act(kind)
}
";

/// The text of a space of a few layers.
fn drawn(stream: &mut Stream) -> String {
    let mut text = BLOCKS.to_owned();
    text += "space drawn() {\n    input image: [3, 16, 16]\n";
    text += "    let tied = choose tied in {3, 5}\n    let wide = choose wide in {4, 6, 8}\n";
    text += "    let x = image -> conv(wide, kernel: 3, stride: 2) -> bn -> relu\n";
    text += "    let depth = choose depth in {1, 2, 3}\n";
    for layer in 0..3 {
        let made = stream.choose(&LAYERS).unwrap();
        let made = made.replace("choose ", &format!("choose l{layer}_"));
        let _ = writeln!(text, "    if depth > {layer} {{ x = {made} }}");
    }
    if stream.chance(0.5) {
        text += "    forbid tied == 5 and wide == 8\n";
    }
    text + "    output logits = x -> global_pool -> flatten -> linear(5)\n}\n"
}

/// Every network once, in canonical form.
fn networks(space: &Checked) -> Vec<Arch> {
    let mut all = vec![Arch::default()];
    for (place, decision) in space.decisions.iter().enumerate() {
        let options = decision.options.len() as u32;
        all = all
            .iter()
            .flat_map(|arch| {
                (0..options).map(move |option| {
                    let mut arch = arch.clone();
                    arch.set(DecisionId(place as u32), option);
                    arch
                })
            })
            .collect();
    }
    let mut found: Vec<Arch> =
        all.iter().map(|arch| space.canonical(arch)).filter(|arch| space.is_valid(arch)).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn sums_by_table_are_those_of_the_fixed_networks() {
    let mut stream = Stream::new(3, "latency", &[]);
    let mut tails: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..60 {
        let text = drawn(&mut stream);
        let space = compiled(&text);
        let all = networks(&space);
        let known = keys(&space, Keys::Units).unwrap();
        let space = attach(space, "made", &table(&known), None).unwrap();
        let measure = Measure::Latency(space.table_named("made").unwrap());
        let sum = Table::new(&space, measure, None).unwrap();
        let mut met = Vec::new();
        let mut costs = Vec::new();
        for arch in &all {
            let naive = naive::keys(&fix(&space, arch));
            let mut own: Vec<String> = keys_of(&space, arch, Keys::Units)
                .unwrap()
                .into_iter()
                .map(|(_, key)| key)
                .collect();
            own.sort();
            assert_eq!(own, naive, "{text}");
            let cost = naive.iter().map(|key| nanoseconds(key)).sum::<u64>();
            assert_eq!(sum.cost(arch), cost);
            costs.push(cost);
            for key in &naive {
                let tail = key.split(";then=").nth(1).unwrap_or_default();
                *tails.entry(tail.to_owned()).or_default() += 1;
            }
            met.extend(naive);
        }
        blocks_do_not_vary(&space, &all);
        // The keys are those that some network has, and no others.
        met.sort();
        met.dedup();
        let mut known = known;
        known.sort();
        assert_eq!(known, met, "{text}");
        under_limits(&space, measure, &all, &costs);
    }
    for tail in ["relu6", "add", "add,relu6", "hsigmoid", "hswish", "relu,bypass:2", "bn,relu"] {
        assert!(tails.contains_key(tail), "no unit has {tail} behind it: {tails:?}");
    }
}

/// What is one entry of a published table is found alike in the space and in each of its networks.
fn blocks_do_not_vary(space: &Checked, all: &[Arch]) {
    for keys in [Keys::Proxyless, Keys::Ofa, Keys::Layers] {
        for arch in all.iter().step_by(7) {
            let sorted = |space: &Checked, arch: &Arch| {
                let found = keys_of(space, arch, keys).unwrap();
                let mut found: Vec<String> = found.into_iter().map(|(_, key)| key).collect();
                found.sort();
                found
            };
            assert_eq!(sorted(space, arch), sorted(&fix(space, arch), &Arch::default()));
        }
    }
}

/// Counts, draws and optima under a limit on the latency are those over all networks.
fn under_limits(space: &Checked, measure: Measure, all: &[Arch], costs: &[u64]) {
    let mut sorted = costs.to_vec();
    sorted.sort_unstable();
    let middle = sorted[sorted.len() / 2];
    let allowed = costs.iter().filter(|&&cost| cost <= middle).count();
    let census = Census::take(space, Some(measure), None).unwrap();
    assert_eq!(count(space).unwrap(), all.len().into());
    assert_eq!(census.within(None, Some(middle)), allowed.into());
    let bound = format!("latency(\"made\") <= {}.{:06}ms", middle / 1_000_000, middle % 1_000_000);
    let limits = vec![parse_limit(&bound).unwrap()];
    let space = space.clone().with_limits(limits.clone());
    assert_eq!(summary(&space).count_under_limits, Some(allowed.to_string()));
    let found = best(&space, &Score::Most(measure, None), &limits, 1, 100_000).unwrap();
    assert_eq!(found.networks[0].0, middle as f64);
    let limits = Limits::new(&space, &limits).unwrap();
    let mut stream = Stream::new(0, "under", &[]);
    let sum = Table::new(&space, measure, None).unwrap();
    for _ in 0..20 {
        let arch = limits.draw(&space, &mut stream).unwrap();
        assert!(sum.cost(&arch) <= middle);
    }
}

#[test]
fn what_a_table_lacks_is_named() {
    let space = compiled(&drawn(&mut Stream::new(0, "lacks", &[])));
    let known = keys(&space, Keys::Units).unwrap();
    let lacking = table(&known[2..]);
    let error = attach(space.clone(), "made", &lacking, None).unwrap_err();
    assert_eq!(error, LatencyError::Missing(known[..2].to_vec()));
    let shown = error.to_string();
    assert!(shown.starts_with("the table lacks 2 entries that networks need:\n"), "{shown}");
    assert!(shown.contains(&known[0]) && shown.contains(&known[1]), "{shown}");
    let error = attach(space.clone(), "made", &table([]), None).unwrap_err().to_string();
    assert!(error.ends_with(&format!("… and {} more", known.len() - 5)), "{error}");
    let between = Interpolation::of(&lacking);
    assert!(attach(space, "made", &lacking, Some(&between)).is_err());
}

/// A limit that names no attached table is counted by nobody.
#[test]
fn a_limit_without_its_table_counts_nothing() {
    let space = compiled(&drawn(&mut Stream::new(0, "lacks", &[])));
    let space = space.with_limits(vec![parse_limit("latency(\"made\") <= 1ms").unwrap()]);
    let numbers = summary(&space);
    assert_eq!(numbers.count_under_limits, None);
    let reason = numbers.uncounted.unwrap();
    assert!(reason.contains("its table is needed"), "{reason}");
    let all = keys(&space, Keys::Units).unwrap();
    let space = attach(space, "made", &table(&all), None).unwrap();
    assert_eq!(summary(&space).uncounted, None);
}

/// A unit counts where its first operation is.
#[test]
fn a_scope_has_the_units_that_begin_in_it() {
    let space = compiled(
        "space a() {
            input image: [3, 8, 8]
            let head = image -> conv(4, kernel: 3) -> bn
            let kernel = choose kernel in {3, 5}
            let tail = head -> relu -> conv(8, kernel: kernel)
            output logits = tail -> relu
        }",
    );
    let all = keys(&space, Keys::Units).unwrap();
    let space = attach(space, "made", &table(&all), None).unwrap();
    let measure = Measure::Latency(space.table_named("made").unwrap());
    let of = |scope, arch: &Arch| Table::new(&space, measure, scope).unwrap().cost(arch);
    for arch in networks(&space) {
        let units = keys_of(&space, &arch, Keys::Units).unwrap();
        assert_eq!(units.len(), 2);
        assert_eq!(of(Some("head"), &arch), nanoseconds(&units[0].1));
        assert_eq!(of(Some("tail"), &arch), nanoseconds(&units[1].1));
        assert_eq!(of(None, &arch), of(Some("head"), &arch) + of(Some("tail"), &arch));
    }
}
