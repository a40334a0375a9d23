//! What measuring units and measuring networks have in common.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use nasc_compiler::cost::latency::{LatencyTable, read, write};
use nasc_runtime::latency::{Bench, Protocol};
use nasc_runtime::run::interrupt::Interrupt;
use nasc_runtime::supernet::Place;
use nasc_runtime::torch::{self, Device, Kind};

use crate::cli::TimingArgs;
use crate::exit::{Failure, INTERRUPTED, Outcome, chain};
use crate::print;

/// The most work per core that a machine may have besides.
const BUSY: f64 = 0.5;

/// What governs cores that keep their clock.
const STEADY: &str = "performance";

/// The protocol that the arguments ask for.
pub fn protocol(args: &TimingArgs) -> Outcome<Protocol> {
    let nanoseconds = |seconds: f64| {
        if (0.0..1e6).contains(&seconds) {
            Ok((seconds * 1e9) as u64)
        } else {
            Err(Failure::input(format!("{seconds} is no number of seconds")))
        }
    };
    let usual = Protocol::default();
    Ok(Protocol {
        warm_runs: args.warm_runs,
        warm_time: nanoseconds(args.warm_seconds)?,
        runs: args.runs,
        time: nanoseconds(args.seconds)?,
        drift: if args.noisy { None } else { usual.drift },
        seed: args.seed,
        ..usual
    })
}

/// The protocol in words, with what the stand does besides.
pub fn words(args: &TimingArgs, protocol: &Protocol) -> String {
    let mut words = protocol.to_string();
    if args.cold {
        words.push_str("; caches emptied before every run");
    }
    if !args.cores.is_empty() {
        let cores: Vec<String> = args.cores.iter().map(ToString::to_string).collect();
        let _ = write!(words, "; on cores {}", cores.join(", "));
    }
    if let Some(governor) = governor(args) {
        let _ = write!(words, "; governor {governor}");
    }
    words
}

/// Makes the machine ready: its cores, its threads, and that it is quiet.
pub fn bench(args: &TimingArgs, threads: u32, batch: u32) -> Outcome<Bench> {
    if !args.noisy
        && let Some(load) = load_per_core()
        && load > BUSY
    {
        return Err(Failure::world(format!(
            "the machine is busy: {load:.2} jobs a core; `--noisy` measures all the same"
        )));
    }
    if let Some(governor) = governor(args).filter(|governor| governor != STEADY) {
        print::error_line(&format!(
            "warning: the cores change their clock (governor `{governor}`); times spread less under `{STEADY}`"
        ));
    }
    if !args.cores.is_empty() && !torch::pin_to_cores(&args.cores) {
        return Err(Failure::world("the system does not keep the process to these cores"));
    }
    torch::set_threads(threads.max(1) as usize);
    let device =
        torch::parse_device(&args.device).map_err(|error| Failure::world(chain(&error)))?;
    let place = Place { kind: Kind::Float, device, channels_last: device == Device::Cpu };
    Bench::new(place, i64::from(batch.max(1)), args.cold)
        .map_err(|error| Failure::world(chain(&error)))
}

/// What the system calls the machine.
pub fn machine(device: &str) -> String {
    if device != "cpu" {
        return device.to_owned();
    }
    let known = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = known.lines().find_map(|line| line.strip_prefix("model name"));
    model.map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |model| model.trim_start_matches([' ', '\t', ':']).to_owned(),
    )
}

/// What governs the clock of the first core that is measured on, where the system says so.
fn governor(args: &TimingArgs) -> Option<String> {
    if args.device != "cpu" {
        return None;
    }
    let core = args.cores.first().copied().unwrap_or(0);
    let path = format!("/sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor");
    std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// How many jobs each core had to do in the last minute.
fn load_per_core() -> Option<f64> {
    let known = std::fs::read_to_string("/proc/loadavg").ok()?;
    let load: f64 = known.split(' ').next()?.parse().ok()?;
    let cores = std::thread::available_parallelism().ok()?.get();
    Some(load / cores as f64)
}

/// The table of a file.
pub fn table(path: &Path) -> Outcome<LatencyTable> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::world(format!("cannot read `{shown}`: {error}")))?;
    read(&text).map_err(|reason| Failure::input(format!("`{shown}` is no table: {reason}")))
}

/// Replaces the table of a file.
pub fn save(path: &Path, table: &LatencyTable) -> Outcome {
    nasc_runtime::run::atomic::write(path, write(table).as_bytes())
        .map_err(|error| Failure::world(chain(&error)))
}

/// A wish to stop that CTRL-C sets.
pub fn interrupt() -> Outcome<Interrupt> {
    let interrupt = Interrupt::default();
    let flag = interrupt.clone();
    let handler = move || {
        if flag.is_set() {
            std::process::exit(i32::from(INTERRUPTED));
        }
        print::error_line("stopping after this one; once more to stop at once");
        flag.set();
    };
    ctrlc::set_handler(handler)
        .map_err(|error| Failure::world(format!("cannot listen for interrupts: {error}")))?;
    Ok(interrupt)
}

/// A bar where there is a terminal.
pub fn bar(all: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(all);
    let template = "[{bar:30}] {pos}/{len}  {elapsed} of about {duration}  {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
