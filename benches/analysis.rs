//! Costs, mutations and draws of three spaces against their budgets, and how long exact answers take.
//!
//! `cargo bench --bench analysis --no-default-features`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may panic, and prints")]

mod timing;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use nasc_compiler::analysis::{Allowed, NODE_LIMIT, Score, best, census, extremes, marginals};
use nasc_compiler::arch::Arch;
use nasc_compiler::budget::parse_limit;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::ir::DecisionId;
use nasc_compiler::random::Stream;
use nasc_compiler::{Checked, Options, compile};

use crate::timing::{median, ratio};

/// Networks that each timing goes over.
const NETWORKS: u64 = 1000;
/// Most nodes of an automaton.
const NODES: usize = 500_000;

fn main() {
    for (name, limit) in [
        ("spos", "macs <= 290M"),
        ("ofa_mobilenet_v3", "macs <= 150M"),
        ("netadaptv2_mobilenet_v3", "macs <= 150M"),
    ] {
        let space = checked(name);
        let all = Allowed::new(&space, &[], NODES).unwrap();
        let stream = |index: u64| Stream::new(0, "bench", &[index]);
        let archs: Vec<Arch> =
            (0..NETWORKS).map(|index| all.draw(&mut stream(index)).unwrap()).collect();
        for measure in [Measure::Macs, Measure::Params] {
            let table = Table::new(&space, measure, None).unwrap();
            let time = median(31, || {
                for arch in &archs {
                    black_box(table.cost(black_box(arch)));
                }
            });
            let what = format!("{} of a network of {name}", measure.name());
            ratio(&what, time / NETWORKS as u32, Duration::from_micros(1));
            let decisions = space.decisions.len() as u32;
            let time = median(31, || {
                for (index, arch) in archs.iter().enumerate() {
                    let decision = DecisionId(index as u32 % decisions);
                    let options = space.decision(decision).options.len() as u32;
                    black_box(table.change(black_box(arch), decision, index as u32 % options));
                }
            });
            let what = format!("{} of a mutation of {name}", measure.name());
            ratio(&what, time / NETWORKS as u32, Duration::from_nanos(200));
        }
        let limits = [parse_limit(limit).unwrap()];
        let mut allowed = None;
        let time = median(3, || allowed = Some(Allowed::new(&space, &limits, NODES).unwrap()));
        let allowed = allowed.unwrap();
        let [least, most] = allowed.between().map(|n| n.to_string().parse::<f64>().unwrap());
        println!("networks of {name} under {limit}: {least:.4e} to {most:.4e} in {time:.2?}");
        let time = median(31, || {
            for index in 0..NETWORKS {
                black_box(allowed.draw(&mut stream(index)));
            }
        });
        let accepted = 100.0 * allowed.acceptance();
        let what = format!("draw there, {accepted:.1} % accepted");
        ratio(&what, time / NETWORKS as u32, Duration::from_micros(20));
        println!("  {:.0} draws a second", NETWORKS as f64 / time.as_secs_f64());
    }
    let space = checked("spos");
    let limits = [parse_limit("macs <= 290M").unwrap()];
    let time = median(15, || {
        black_box(census(&space, Measure::Macs, None, &[], NODES).unwrap());
    });
    println!("distribution of spos: {time:.2?}");
    let time = median(15, || {
        black_box(marginals(&space, &limits, NODES).unwrap());
    });
    println!("marginals of spos at its tail: {time:.2?}");
    hard();
}

/// Spaces where exact answers under limits need more than the budget.
const HARD: [(&str, &[&str]); 6] = [
    ("pvnas", &["macs <= 3G"]),
    ("ofa_mobilenet_v3", &["macs <= 150M", "params <= 5M"]),
    ("netadaptv2_mobilenet_v3", &["macs <= 150M"]),
    ("netadaptv2_fastdepth", &["macs <= 300M"]),
    ("netadaptv2_fastdepth", &["params <= 2M"]),
    ("autodeeplab", &["macs <= 1G"]),
];

/// Bounds, acceptance and the best network there.
fn hard() {
    for (name, limits) in HARD {
        let space = checked(name);
        let begun = Instant::now();
        let ends = extremes(&space, Measure::Macs, None);
        let ends = ends.map(|[(least, _), (most, _)]| (least, most));
        println!("{name}: multiply-adds {ends:?} in {:.2?}", begun.elapsed());
        let shown = limits.join(", ");
        let limits: Vec<_> = limits.iter().map(|limit| parse_limit(limit).unwrap()).collect();
        let begun = Instant::now();
        match Allowed::new(&space, &limits, NODE_LIMIT) {
            Ok(allowed) => {
                let [least, most] = allowed.between();
                let accepted = 100.0 * allowed.acceptance();
                let time = begun.elapsed();
                println!("  under {shown}: {least} to {most}, {accepted:.1} %, in {time:.2?}");
                let begun = Instant::now();
                for index in 0..NETWORKS {
                    black_box(allowed.draw(&mut Stream::new(0, "bench", &[index])));
                }
                let rate = NETWORKS as f64 / begun.elapsed().as_secs_f64();
                println!("  {rate:.0} draws a second");
            }
            Err(reason) => println!("  under {shown}: {reason}"),
        }
        let begun = Instant::now();
        let score = Score::Least(Measure::Params, None);
        match best(&space, &score, &limits, 1, 5_000_000) {
            Ok(found) => {
                let score = found.networks.first().map(|(score, _)| -score);
                let bound = found.bound.map(|bound| -bound);
                println!(
                    "  least parameters {score:?}, bound {bound:?}, in {:.2?}",
                    begun.elapsed()
                );
            }
            Err(reason) => println!("  least parameters: {reason}"),
        }
    }
}

fn checked(name: &str) -> Checked {
    let file = format!("{name}.nas");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces").join(&file);
    let files = BTreeMap::from([(file.clone(), std::fs::read_to_string(path).unwrap())]);
    compile(&files, &file, &Options::default()).unwrap().checked.unwrap()
}
