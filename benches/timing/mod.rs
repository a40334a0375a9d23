//! Medians, and lines that hold them against budgets.

use std::time::{Duration, Instant};

/// Prints a time, and its part of the budget.
pub fn ratio(what: &str, time: Duration, budget: Duration) {
    let share = time.as_secs_f64() / budget.as_secs_f64();
    println!("{what:<52} {time:>12.2?}   {share:6.3} of the budget of {budget:?}");
}

/// The median of so many runs of `work`, after one that does not count.
pub fn median(runs: usize, mut work: impl FnMut()) -> Duration {
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
