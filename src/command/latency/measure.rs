//! `nasc latency measure`.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use nasc_compiler::cost::latency::{Header, Keys, LatencyTable, keys};
use nasc_runtime::latency::{MeasureError, measure as run};
use nasc_runtime::torch;

use super::timing::{bar, bench, interrupt, machine, protocol, save, table, words};
use crate::cli::{SpaceArgs, TimingArgs};
use crate::exit::{Failure, INTERRUPTED, Outcome, chain};
use crate::{load, print};

/// How often what is measured is written.
const SAVED: Duration = Duration::from_secs(5);

/// Measures the units of a space that a table does not have yet.
pub fn measure(
    args: &SpaceArgs,
    out: &Path,
    timing: &TimingArgs,
    name: Option<&str>,
    overwrite: bool,
) -> Outcome {
    let (space, _) = load::untabled(args)?;
    let wanted = keys(&space, Keys::Units).map_err(Failure::input)?;
    let protocol = protocol(timing)?;
    let (threads, batch) = (timing.threads.unwrap_or(1), timing.batch.unwrap_or(1));
    let header = Header {
        device: name.map_or_else(|| machine(&timing.device), str::to_owned),
        threads,
        batch,
        dtype: "f32".to_owned(),
        libraries: vec![
            format!("nasc {}", env!("CARGO_PKG_VERSION")),
            format!("libtorch {}", torch::version()),
        ],
        protocol: words(timing, &protocol),
        keys: Keys::Units,
    };
    let mut made = begun(out, header, overwrite)?;
    let mut bench = bench(timing, threads, batch)?;
    let interrupt = interrupt()?;
    let bar = bar(wanted.len() as u64);
    let mut saved = Instant::now();
    let mut failed = None;
    let mut known = std::mem::take(&mut made.entries);
    let result = run(&wanted, &mut known, &mut bench, &protocol, &mut |step, entries| {
        bar.set_position(step.done as u64);
        bar.set_message(step.key.to_owned());
        if saved.elapsed() > SAVED {
            let now = LatencyTable { entries: entries.clone(), ..made.clone() };
            failed = save(out, &now).err();
            saved = Instant::now();
        }
        if failed.is_some() || interrupt.is_set() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    bar.finish_and_clear();
    if let Some(failure) = failed {
        return Err(failure);
    }
    made.entries = known;
    save(out, &made)?;
    let count = made.entries.len();
    match result {
        Ok(true) => {
            print::line(&format!("{count} units measured: {}", out.display()));
            Ok(())
        }
        Ok(false) => {
            let message = format!("stopped with {count} units; the same command goes on");
            Err(Failure { code: INTERRUPTED, message: Some(message) })
        }
        Err(error @ MeasureError::Drift { .. }) => Err(Failure::world(format!(
            "{error}; the same command goes on, and `--noisy` takes what comes"
        ))),
        Err(error) => Err(Failure::world(chain(&error))),
    }
}

/// The table to go on with, or an empty one.
fn begun(out: &Path, header: Header, overwrite: bool) -> Outcome<LatencyTable> {
    if out.exists() && !overwrite {
        let found = table(out)?;
        if found.header != header {
            return Err(Failure::input(format!(
                "`{}` was measured otherwise: on {} with {} threads and {} images, {}; `--overwrite` replaces it",
                out.display(),
                found.header.device,
                found.header.threads,
                found.header.batch,
                found.header.protocol
            )));
        }
        return Ok(found);
    }
    Ok(LatencyTable { header, entries: std::collections::BTreeMap::new(), additivity: None })
}
