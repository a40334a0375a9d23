//! A run that is killed at any point and taken up again ends as the run that never was.

use super::small::Small;
use crate::run::fault;

#[test]
fn killed_at_every_point_it_ends_the_same() {
    let whole = Small::new(11).end();
    // Each point early and late: two epochs of ten steps, eighteen candidates and eighteen random
    // ones in three batches each.
    for (point, times) in [
        ("train.before_backward", [1, 14]),
        ("train.before_update", [2, 33]),
        ("train.step", [3, 20]),
        ("checkpoint.tensors_written", [1, 6]),
        ("checkpoint.manifest_written", [2, 9]),
        ("checkpoint.half_pruned", [3, 8]),
        ("atomic.half_written", [2, 11]),
        ("results.line_half_written", [1, 20]),
        ("results.line_written", [9, 21]),
        ("log.line_half_written", [4, 30]),
        ("evaluate.batch", [3, 20]),
        ("evaluate.candidate", [7, 25]),
        ("search.generation", [1, 5]),
    ] {
        let small = Small::new(11);
        for nth in times {
            fault::plan_here(point, nth).unwrap();
            let died = fault::caught(|| small.end());
            assert!(died.is_err(), "{point}:{nth} never came");
        }
        assert_eq!(small.end(), whole, "{point}");
    }
}
