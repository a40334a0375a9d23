//! Fault injection: dying at a chosen place, to prove that nothing saved is lost.
//!
//! Code that changes a run folder passes named points. With `NASC_FAULT=checkpoint.tensors_written`
//! in the environment the process aborts at the first passing of that point, with
//! `NASC_FAULT=train.step:120` at the 120th; an abort runs no destructor and flushes no buffer, just
//! as SIGKILL. Tests inside one process use [`plan_here`] and [`caught`]: the thread then unwinds
//! instead. Unset, a point costs two loads.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable that holds the plan, `point` or `point:n`.
pub const VARIABLE: &str = "NASC_FAULT";

/// Every point there is, in the order of a run.
pub const POINTS: &[&str] = &[
    "log.line_half_written",
    "log.line_written",
    "results.line_half_written",
    "results.line_written",
    "atomic.half_written",
    "atomic.before_rename",
    "atomic.renamed",
    "checkpoint.tensors_written",
    "checkpoint.manifest_written",
    "checkpoint.half_pruned",
    "train.before_backward",
    "train.before_update",
    "train.step",
    "evaluate.batch",
    "evaluate.candidate",
    "search.generation",
];

/// Why a plan cannot be followed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FaultError {
    /// The named point does not exist, so the plan would never fire.
    #[error("`{VARIABLE}` names `{0}`, which is no fault point")]
    UnknownPoint(String),
    /// The number after the colon is none.
    #[error("`{VARIABLE}` is `{0}`, expected `point` or `point:n` with n from 1")]
    Malformed(String),
}

/// The payload that unwinds out of a point planned with [`plan_here`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Injected {
    /// The point that fired.
    pub point: &'static str,
}

#[derive(Debug, PartialEq, Eq)]
struct Plan {
    point: &'static str,
    nth: u64,
}

static FROM_ENVIRONMENT: OnceLock<Result<Option<Plan>, FaultError>> = OnceLock::new();
static PASSED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static HERE: RefCell<Option<Plan>> = const { RefCell::new(None) };
}

fn parse(text: &str) -> Result<Plan, FaultError> {
    let malformed = || FaultError::Malformed(text.to_owned());
    let (name, nth) = match text.split_once(':') {
        Some((name, nth)) => (name, nth.parse().map_err(|_| malformed())?),
        None => (text, 1),
    };
    if nth == 0 {
        return Err(malformed());
    }
    let point = POINTS.iter().find(|point| **point == name);
    let point = point.ok_or_else(|| FaultError::UnknownPoint(name.to_owned()))?;
    Ok(Plan { point, nth })
}

fn from_environment() -> &'static Result<Option<Plan>, FaultError> {
    FROM_ENVIRONMENT.get_or_init(|| match std::env::var(VARIABLE) {
        Ok(text) if !text.is_empty() => parse(&text).map(Some),
        _ => Ok(None),
    })
}

/// Refuses a plan in the environment that could never fire; to be asked once at the start of a
/// process, because a misspelt point would make a crash test pass for nothing.
///
/// # Errors
/// The plan is malformed or names a point that does not exist.
pub fn check() -> Result<(), FaultError> {
    match from_environment() {
        Ok(_) => Ok(()),
        Err(FaultError::UnknownPoint(name)) => Err(FaultError::UnknownPoint(name.clone())),
        Err(FaultError::Malformed(text)) => Err(FaultError::Malformed(text.clone())),
    }
}

/// Whether a plan names this point, so that a writer cuts a write in two only when asked to.
pub fn awaits(point: &str) -> bool {
    let abroad = matches!(from_environment(), Ok(Some(plan)) if plan.point == point);
    abroad || HERE.with_borrow(|plan| plan.as_ref().is_some_and(|plan| plan.point == point))
}

/// Passes a point: dies here when the plan says so.
pub fn point(name: &'static str) {
    debug_assert!(POINTS.contains(&name), "`{name}` is missing from `fault::POINTS`");
    if let Ok(Some(plan)) = from_environment()
        && plan.point == name
        && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == plan.nth
    {
        std::process::abort();
    }
    let fires = HERE.with_borrow_mut(|here| {
        let Some(plan) = here.as_mut().filter(|plan| plan.point == name) else { return false };
        plan.nth -= 1;
        if plan.nth == 0 {
            *here = None;
            return true;
        }
        false
    });
    if fires {
        // Past the panic hook: an injected fault is expected and prints nothing.
        resume_unwind(Box::new(Injected { point: name }));
    }
}

/// Plans an unwinding at the `nth` passing (from 1) of `point` by this thread; replaces the plan
/// before it. `None` when there is no such point or `nth` is 0.
#[must_use]
pub fn plan_here(point: &str, nth: u64) -> Option<()> {
    let plan = parse(&format!("{point}:{nth}")).ok()?;
    HERE.set(Some(plan));
    Some(())
}

/// Runs `work` and catches the fault planned for this thread; any other panic goes on. The plan is
/// gone afterwards, whether it fired or not.
///
/// # Errors
/// The fault that fired.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Injected> {
    let outcome = catch_unwind(AssertUnwindSafe(work));
    HERE.set(None);
    outcome.map_err(|payload| match payload.downcast::<Injected>() {
        Ok(injected) => *injected,
        Err(other) => resume_unwind(other),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_plan_is_a_point_and_a_count() {
        assert_eq!(parse("train.step").unwrap(), Plan { point: "train.step", nth: 1 });
        assert_eq!(parse("train.step:12").unwrap(), Plan { point: "train.step", nth: 12 });
        assert_eq!(parse("nowhere"), Err(FaultError::UnknownPoint("nowhere".into())));
        for text in ["train.step:0", "train.step:", "train.step:x"] {
            assert_eq!(parse(text), Err(FaultError::Malformed(text.into())), "{text}");
        }
    }

    #[test]
    fn fires_at_the_planned_passing_and_only_there() {
        plan_here("train.step", 3).unwrap();
        let mut passed = 0;
        let outcome = caught(|| {
            for _ in 0..5 {
                point("train.before_update");
                point("train.step");
                passed += 1;
            }
        });
        assert_eq!(outcome, Err(Injected { point: "train.step" }));
        assert_eq!(passed, 2);
        assert_eq!(caught(|| point("train.step")), Ok(()), "a plan fires once");
    }

    #[test]
    fn points_are_told_apart() {
        for (index, point) in POINTS.iter().enumerate() {
            assert!(!POINTS[..index].contains(point), "`{point}` is listed twice");
        }
        assert!(plan_here("train.stepp", 1).is_none());
    }
}
