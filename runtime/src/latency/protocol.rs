//! What is run how often, in which order, and what counts.
//!
//! A unit is run until it is warm, then timed until there are enough runs and enough time; the median and the
//! percentiles of these count. Units come in an order drawn from a seed, so that whatever drifts hits no kind of
//! unit more than others. The first few of that order are anchors: now and then they are timed again, and where one
//! takes notably longer or shorter than at first, what was measured since it last did not is thrown away.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use nasc_compiler::cost::latency::Entry;
use nasc_compiler::random::Stream;

/// How is measured. Times are nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Protocol {
    /// The fewest runs before anything counts.
    pub warm_runs: u64,
    /// The least time of those.
    pub warm_time: u64,
    /// The fewest runs that count.
    pub runs: u64,
    /// The least time of those.
    pub time: u64,
    /// How many units are anchors.
    pub anchors: usize,
    /// After how many units anchors are timed again.
    pub every: usize,
    /// By which part of its first time an anchor may be off; any if `None`.
    pub drift: Option<f64>,
    /// What the order is drawn from.
    pub seed: u64,
}

impl Default for Protocol {
    fn default() -> Self {
        Self {
            warm_runs: 10,
            warm_time: 200_000_000,
            runs: 50,
            time: 1_000_000_000,
            anchors: 3,
            every: 100,
            drift: Some(0.05),
            seed: 0,
        }
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |ns: u64| ns as f64 * 1e-6;
        write!(
            f,
            "{} runs and {} ms to warm up, then {} runs and {} ms; shuffled by seed {}; {} anchors every {} units",
            self.warm_runs,
            ms(self.warm_time),
            self.runs,
            ms(self.time),
            self.seed,
            self.anchors,
            self.every
        )?;
        match self.drift {
            Some(drift) => write!(f, ", off by {} % at most", drift * 100.0),
            None => f.write_str(", however far they drift"),
        }
    }
}

/// What runs units and says how long that took.
pub trait Stand {
    /// A unit that is ready to run.
    type Unit;
    /// Why one is not, or does not.
    type Error;

    /// Makes a unit ready.
    ///
    /// # Errors
    /// The text is no unit that the stand knows, or the world is wrong.
    fn set_up(&mut self, key: &str) -> Result<Self::Unit, Self::Error>;

    /// Runs a unit once and gives the nanoseconds that it took.
    ///
    /// # Errors
    /// The world is wrong.
    fn run(&mut self, unit: &mut Self::Unit) -> Result<u64, Self::Error>;
}

/// Why a measurement came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError<E: std::error::Error + 'static> {
    /// A unit could not be run.
    #[error("`{key}` cannot be measured")]
    Stand {
        /// The unit.
        key: String,
        /// Why not.
        source: E,
    },
    /// The machine is not what it was.
    #[error(
        "the machine is not quiet: `{key}` took {before} ns at first and {after} ns now, so that nothing measured \
         between is kept"
    )]
    Drift {
        /// The anchor.
        key: String,
        /// Its median at first.
        before: u64,
        /// Its median now.
        after: u64,
    },
}

/// What has been done, for whoever looks on.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The unit that was measured last.
    pub key: &'a str,
    /// How many units are measured.
    pub done: usize,
    /// How many there are.
    pub all: usize,
    /// Whether the anchors have just been found where they were.
    pub is_checked: bool,
}

/// Who looks on: is shown every step with all entries, and may stop.
pub type Watch<'a> = dyn FnMut(Seen<'_>, &BTreeMap<String, Entry>) -> ControlFlow<()> + 'a;

/// Measures `keys` into `known`, which may hold some of them already, and shows every step to `seen`, with all
/// entries, so that they can be kept. Gives whether all are measured: `seen` may stop it after any unit.
///
/// # Errors
/// A unit cannot be run, or an anchor drifts; `known` then lacks what may be wrong.
pub fn measure<S: Stand>(
    keys: &[String],
    known: &mut BTreeMap<String, Entry>,
    stand: &mut S,
    protocol: &Protocol,
    seen: &mut Watch<'_>,
) -> Result<bool, MeasureError<S::Error>>
where
    S::Error: std::error::Error + 'static,
{
    let mut order: Vec<&String> = keys.iter().collect();
    order.sort_unstable();
    order.dedup();
    Stream::new(protocol.seed, "latency", &[]).shuffle(&mut order);
    let all = order.len();
    let anchors: Vec<&String> = order.iter().copied().take(protocol.anchors).collect();
    let mut done = order.iter().filter(|key| known.contains_key(**key)).count();
    let mut since: Vec<&String> = Vec::new();
    // What was kept of an earlier run holds for this one only if its anchors do.
    let mut is_checked = done == 0;
    for (place, &key) in order.iter().enumerate() {
        if known.contains_key(key) {
            continue;
        }
        if !is_checked {
            check(&anchors, known, &mut since, stand, protocol)?;
            is_checked = true;
        }
        let entry = time_key(key, stand, protocol)?;
        known.insert(key.clone(), entry);
        since.push(key);
        done += 1;
        let is_last = place + 1 == all;
        let is_due = since.len() >= protocol.every.max(1);
        if is_due || is_last {
            check(&anchors, known, &mut since, stand, protocol)?;
        }
        let step = Seen { key, done, all, is_checked: since.is_empty() };
        if seen(step, known).is_break() && done < all {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Times the anchors that are known again. What was measured since they were last found where they were is forgotten
/// if one drifts.
fn check<S: Stand>(
    anchors: &[&String],
    known: &mut BTreeMap<String, Entry>,
    since: &mut Vec<&String>,
    stand: &mut S,
    protocol: &Protocol,
) -> Result<(), MeasureError<S::Error>>
where
    S::Error: std::error::Error + 'static,
{
    let Some(drift) = protocol.drift else {
        since.clear();
        return Ok(());
    };
    for &anchor in anchors {
        let Some(first) = known.get(anchor) else { continue };
        let before = first.median;
        let after = time_key(anchor, stand, protocol)?.median;
        if after.abs_diff(before) as f64 > drift * before as f64 {
            for key in since.drain(..) {
                known.remove(key);
            }
            return Err(MeasureError::Drift { key: anchor.clone(), before, after });
        }
    }
    since.clear();
    Ok(())
}

fn time_key<S: Stand>(
    key: &str,
    stand: &mut S,
    protocol: &Protocol,
) -> Result<Entry, MeasureError<S::Error>>
where
    S::Error: std::error::Error + 'static,
{
    let failed = |source| MeasureError::Stand { key: key.to_owned(), source };
    let mut unit = stand.set_up(key).map_err(failed)?;
    timed(protocol, || stand.run(&mut unit)).map_err(failed)
}

/// Warms up by running, then runs as often and as long as the protocol says, and sums up what these runs took.
///
/// # Errors
/// The first of a run.
pub fn timed<E>(protocol: &Protocol, mut run: impl FnMut() -> Result<u64, E>) -> Result<Entry, E> {
    let (mut runs, mut time) = (0, 0_u64);
    while runs < protocol.warm_runs || time < protocol.warm_time {
        // A run that a clock finds too short to see takes time too.
        time = time.saturating_add(run()?.max(1));
        runs += 1;
    }
    let mut taken = Vec::new();
    let mut time = 0_u64;
    while (taken.len() as u64) < protocol.runs.max(1) || time < protocol.time {
        let one = run()?.max(1);
        time = time.saturating_add(one);
        taken.push(one);
    }
    taken.sort_unstable();
    // The smallest of which so many hundredths are no larger.
    let part = |percent: usize| taken[(taken.len() * percent).div_ceil(100).saturating_sub(1)];
    Ok(Entry { median: part(50), p10: part(10), p90: part(90), n: taken.len() as u64 })
}
