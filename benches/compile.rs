//! How long a space takes to compile, and one of its networks to cost: medians, against the budgets.
//!
//! `cargo bench --bench compile --no-default-features`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may panic, and prints")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::ir::DecisionId;
use nasc_compiler::random::Stream;
use nasc_compiler::sample::{Limits, uniform};
use nasc_compiler::{Checked, Options, compile};

/// Networks that each timing goes over.
const NETWORKS: usize = 1000;

fn main() {
    for name in ["spos", "mobilenet_v2", "demo"] {
        let files = files(name);
        let time = median(31, || {
            black_box(checked(&files));
        });
        ratio(&format!("compile {name}"), time, Duration::from_millis(20));
    }
    let space = checked(&files("spos"));
    let table = Table::new(&space, Measure::Macs, None).unwrap();
    let stream = |index: usize| Stream::new(0, "bench", &[index as u64]);
    let archs: Vec<_> = (0..NETWORKS).map(|i| uniform(&space, &mut stream(i)).unwrap()).collect();
    let time = median(31, || {
        for arch in &archs {
            black_box(table.cost(black_box(arch)));
        }
    });
    ratio("cost of a network", time / NETWORKS as u32, Duration::from_micros(1));
    let time = median(31, || {
        for (index, arch) in archs.iter().enumerate() {
            let decision = DecisionId((index % 20) as u32);
            black_box(table.change(black_box(arch), decision, (index % 4) as u32));
        }
    });
    ratio("cost of a mutation", time / NETWORKS as u32, Duration::from_nanos(200));
    let mut tail = space.limits.clone();
    tail[0].max = Some(290_000_000);
    let limits = Limits::new(&space, &tail).unwrap();
    let time = median(31, || {
        for index in 0..NETWORKS {
            black_box(limits.draw(&space, &mut stream(index)));
        }
    });
    ratio("uniform sample at the 0.08 % tail", time / NETWORKS as u32, Duration::from_micros(20));
}

fn files(name: &str) -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("spaces/{name}.nas"));
    BTreeMap::from([("space.nas".to_owned(), std::fs::read_to_string(path).unwrap())])
}

fn checked(files: &BTreeMap<String, String>) -> Checked {
    compile(files, "space.nas", &Options::default()).unwrap().checked.unwrap()
}

fn ratio(what: &str, time: Duration, budget: Duration) {
    let share = time.as_secs_f64() / budget.as_secs_f64();
    println!("{what:<36} {time:>12.2?}   {share:6.3} of the budget of {budget:?}");
}

fn median(runs: usize, mut work: impl FnMut()) -> Duration {
    work();
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[runs / 2]
}
