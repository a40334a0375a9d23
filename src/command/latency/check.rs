//! `nasc latency check`.

use std::path::Path;

use nasc_compiler::cost::latency::{Additivity, attach, deployed};
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::pass::fix;
use nasc_compiler::random::Stream;
use nasc_compiler::sample::uniform;
use nasc_runtime::latency::{Stand, additivity, timed};
use serde_json::json;

use super::timing::{bar, bench, interrupt, machine, protocol, save, table};
use crate::cli::{Format, SpaceArgs, TimingArgs};
use crate::exit::{Failure, INTERRUPTED, Outcome, chain};
use crate::{load, print};

/// Measures random networks whole and holds a table's sums against them.
pub fn check(args: &SpaceArgs, timing: &TimingArgs, n: u64) -> Outcome {
    let [given] = args.table.as_slice() else {
        return Err(Failure::input("`--table FILE` names the table to check"));
    };
    let file = given.split_once('=').map_or(given.as_str(), |(_, file)| file);
    let file = Path::new(file);
    let mut found = table(file)?;
    let header = &found.header;
    let here = machine(&timing.device);
    if header.device != here && !timing.noisy {
        return Err(Failure::input(format!(
            "the table was measured on `{}`, and this is `{here}`; `--noisy` compares them all the same",
            header.device
        )));
    }
    let (space, _) = load::untabled(&SpaceArgs { table: Vec::new(), ..args.clone() })?;
    let space = attach(space, "checked", &found, None)
        .map_err(|error| Failure::input(format!("`{}`: {error}", file.display())))?;
    let measure = space.table_named("checked").map(Measure::Latency);
    let sum = measure.map(|measure| Table::new(&space, measure, None));
    let Some(Ok(sum)) = sum else {
        return Err(Failure::input("a latency does not fit 63 bits"));
    };
    let protocol = protocol(timing)?;
    let threads = timing.threads.unwrap_or(header.threads);
    let mut bench = bench(timing, threads, timing.batch.unwrap_or(header.batch))?;
    let interrupt = interrupt()?;
    let bar = bar(n);
    let mut pairs = Vec::new();
    for number in 0..n {
        let mut stream = Stream::new(timing.seed, "latency check", &[number]);
        let Some(arch) = uniform(&space, &mut stream) else {
            return Err(Failure::input("the space has no network"));
        };
        let ready = bench.network(deployed(&fix(&space, &arch)));
        let mut network = ready.map_err(|error| Failure::world(chain(&error)))?;
        let taken = timed(&protocol, || bench.run(&mut network))
            .map_err(|error| Failure::world(chain(&error)))?;
        pairs.push((sum.cost(&arch), taken.median));
        bar.inc(1);
        if interrupt.is_set() {
            let message = Some("stopped; the table is as it was".to_owned());
            return Err(Failure { code: INTERRUPTED, message });
        }
    }
    bar.finish_and_clear();
    let Some(report) = additivity(&pairs) else {
        return Err(Failure::input("nothing can be said of so few networks, or of equal ones"));
    };
    found.additivity = Some(report);
    save(file, &found)?;
    let Additivity { networks, mape, spearman, slope, offset } = report;
    if args.format == Format::Json {
        print::json(&json!({ "additivity": report, "pairs": pairs }));
    } else {
        print::line(&format!(
            "{networks} networks: off by {mape:.2} % on average, rank correlation {spearman:.4}, \
             latency = {slope:.4} * sum {} {:.3} ms",
            if offset < 0.0 { '-' } else { '+' },
            offset.abs() * 1e-6
        ));
    }
    Ok(())
}
