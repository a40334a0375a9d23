//! The course of a learning rate over a training run.
//!
//! Pure functions of the step: a resumed run continues exactly, and nothing is to be saved.

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// A learning rate for each step of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// The rate that the course starts from.
    pub base: f64,
    /// How the rate goes on from there.
    pub course: Course,
    /// For so many steps the rate rises.
    pub warmup_steps: u64,
    /// The rate that the first of them starts from. The rate then rises in a straight line to `base`, and the course
    /// begins after the warm-up. Without it the rate of the course is multiplied by `t / warmup_steps` at step `t`.
    pub warmup_from: Option<f64>,
    /// After how many steps the course comes to its end, warm-up included; the number of steps of the run if absent.
    pub horizon: Option<u64>,
    /// The rate changes after every so many steps: with the steps of an epoch, once an epoch.
    pub every: u64,
    /// Whether a step has the rate of the steps before it, so that the first one has `base`; else its own, so that the
    /// last one ends the course.
    pub from_zero: bool,
}

/// The shape of a schedule, without its height.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Course {
    /// The base rate throughout.
    Constant,
    /// `base * (1 - t / total)` at step `t`: zero at the last one (Single Path One-Shot).
    Linear,
    /// In a straight line from `base` down to `floor * base` at the last step (BN-NAS).
    LinearTo {
        /// The share of the base rate at the end.
        floor: f64,
    },
    /// Half a cosine from `base` down to `floor * base` at the last step (SGDR, section 3, without restarts).
    Cosine {
        /// The share of the base rate at the end.
        floor: f64,
    },
    /// The rate is multiplied by `factor` after every `every` steps.
    Step {
        /// Steps between two drops.
        every: u64,
        /// What a drop leaves.
        factor: f64,
    },
    /// The rate falls smoothly, by `factor` over every `every` steps, until it stays at `floor * base` (`BigNAS`).
    Exponential {
        /// Steps over which it falls by `factor`.
        every: f64,
        /// What is left after them.
        factor: f64,
        /// The share of the base rate at which it stays.
        #[serde(default)]
        floor: f64,
    },
}

impl Default for Schedule {
    /// A cosine from 0.05 to zero.
    fn default() -> Self {
        Self {
            base: 0.05,
            course: Course::Cosine { floor: 0.0 },
            warmup_steps: 0,
            warmup_from: None,
            horizon: None,
            every: 1,
            from_zero: false,
        }
    }
}

impl Schedule {
    /// The rate of step `step` in `1..=total`.
    ///
    /// Without a `warmup_from`, warm-up does not lengthen the course: it holds the first steps down.
    pub fn rate(&self, step: u64, total: u64) -> f64 {
        let every = self.every.max(1);
        let before = step.saturating_sub(1) / every * every;
        let at = if self.from_zero { before } else { before + every };
        let end = self.horizon.unwrap_or(total);
        let warm = self.warmup_steps;
        let Some(from) = self.warmup_from else {
            let warmth = if at < warm { at as f64 / warm as f64 } else { 1.0 };
            return self.base * self.course.share(at, before, end) * warmth;
        };
        if at < warm {
            from + (self.base - from) * (at as f64 / warm as f64)
        } else {
            let (at, before) = (at - warm, before.saturating_sub(warm));
            self.base * self.course.share(at, before, end.saturating_sub(warm))
        }
    }
}

impl Course {
    /// The share of the base rate after `steps` of `total` steps, for a step that has so many `before` it.
    fn share(&self, steps: u64, before: u64, total: u64) -> f64 {
        let share = (steps as f64 / total.max(1) as f64).min(1.0);
        match *self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - share,
            Self::LinearTo { floor } => 1.0 - (1.0 - floor) * share,
            Self::Cosine { floor } => floor + (1.0 - floor) * 0.5 * (1.0 + (PI * share).cos()),
            Self::Step { every, factor } => {
                let drops = before / every.max(1);
                factor.powi(i32::try_from(drops).unwrap_or(i32::MAX))
            }
            Self::Exponential { every, factor, floor } => {
                factor.powf(steps as f64 / every).max(floor)
            }
        }
    }

    /// What its numbers lack, if anything, as the end of a sentence.
    pub fn fault(&self) -> Option<&'static str> {
        let share = |share: f64| (0.0..=1.0).contains(&share);
        let fault = match *self {
            Self::LinearTo { floor } | Self::Cosine { floor } if !share(floor) => {
                "needs a floor from 0 to 1"
            }
            Self::Exponential { every, factor, floor }
                if !(share(floor) && share(factor) && every.is_finite() && every > 0.0) =>
            {
                "needs a factor and a floor from 0 to 1, and steps above 0"
            }
            _ => return None,
        };
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn schedule(base: f64, course: Course, warmup_steps: u64) -> Schedule {
        Schedule { base, course, warmup_steps, ..Schedule::default() }
    }

    #[test]
    fn linear_is_that_of_single_path_one_shot() {
        let linear = schedule(0.5, Course::Linear, 0);
        assert_eq!(linear.rate(1, 150_000), 0.499_996_666_666_666_64);
        assert_eq!(linear.rate(75_000, 150_000), 0.25);
        assert_eq!(linear.rate(150_000, 150_000), 0.0);
    }

    #[test]
    fn cosine_falls_to_its_floor() {
        let cosine = schedule(2.0, Course::Cosine { floor: 0.1 }, 0);
        assert!((cosine.rate(50, 100) - 1.1).abs() < 1e-15);
        // cos(pi / 3) is a half: a quarter of the way down.
        assert!((cosine.rate(100, 300) - 1.55).abs() < 1e-15);
        assert!((cosine.rate(100, 100) - 0.2).abs() < 1e-15);
    }

    #[test]
    fn steps_drop_after_their_number_of_steps() {
        let step = schedule(1.0, Course::Step { every: 10, factor: 0.5 }, 0);
        let rates = [1, 10, 11, 20, 21].map(|t| step.rate(t, 100));
        assert_eq!(rates, [1.0, 1.0, 0.5, 0.5, 0.25]);
    }

    #[test]
    fn warm_up_rises_to_the_course_and_leaves_it() {
        let warm = schedule(1.0, Course::Constant, 4);
        assert_eq!([1, 2, 3, 4, 5].map(|t| warm.rate(t, 8)), [0.25, 0.5, 0.75, 1.0, 1.0]);
        let both = schedule(1.0, Course::Linear, 4);
        assert_eq!([2, 4, 6].map(|t| both.rate(t, 8)), [0.375, 0.5, 0.25]);
    }

    #[test]
    fn no_run_is_too_short() {
        for course in [
            Course::Constant,
            Course::Linear,
            Course::Cosine { floor: 0.0 },
            Course::Step { every: 0, factor: 0.5 },
        ] {
            let rate = schedule(0.1, course, 1).rate(1, 0);
            assert!(rate.is_finite());
        }
    }

    #[test]
    fn a_recipe_may_name_one_part() {
        let read: Schedule = ron::from_str("(base: 0.3, course: linear)").unwrap();
        assert_eq!(read, schedule(0.3, Course::Linear, 0));
        let read: Schedule = ron::from_str("(course: step(every: 30, factor: 0.1))").unwrap();
        assert_eq!(read.course, Course::Step { every: 30, factor: 0.1 });
        assert!(ron::from_str::<Schedule>("(bases: 0.3)").is_err());
        let text = ron::to_string(&read).unwrap();
        assert_eq!(ron::from_str::<Schedule>(&text).unwrap(), read);
    }

    fn numbers(case: &str) -> std::collections::BTreeMap<String, f64> {
        let vectors = include_str!("../../../tests/vectors/dsnas_misc.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        serde_json::from_value(vectors[case].clone()).unwrap()
    }

    fn assert_follows(schedule: &Schedule, total: u64, case: &str, per_epoch: u64) {
        let mut checked = 0;
        for (at, expected) in numbers(case) {
            let Some((epoch, iteration)) =
                at.strip_prefix("epoch").and_then(|at| at.split_once("_iter"))
            else {
                continue;
            };
            let (epoch, iteration): (u64, u64) =
                (epoch.parse().unwrap(), iteration.parse().unwrap());
            let found = schedule.rate(epoch * per_epoch + iteration + 1, total);
            assert!((found - expected).abs() < 1e-12, "{at}: {found} for {expected}");
            checked += 1;
        }
        assert!(checked >= 5);
    }

    /// Of 240 epochs in the schedule 85 are run, the first five of them warming up.
    #[test]
    fn dsnas_runs_a_part_of_its_course() {
        let search = Schedule {
            base: 0.5,
            course: Course::Cosine { floor: 0.0 },
            warmup_steps: 5 * 1252,
            warmup_from: Some(1e-4),
            horizon: Some(240 * 1252),
            from_zero: true,
            ..Schedule::default()
        };
        assert_follows(&search, 85 * 1252, "lr_dsnas_search_240_warmup5_niter1252", 1252);
        let base = numbers("lr_dsnas_child_160_nowarmup")["base_lr_from_checkpoint_of_epoch_80"];
        let child = Schedule { base, from_zero: true, ..Schedule::default() };
        assert_follows(&child, 160 * 1252, "lr_dsnas_child_160_nowarmup", 1252);
    }

    #[test]
    fn spos_falls_evenly_from_its_first_step() {
        let spos = schedule(0.5, Course::Linear, 0);
        let known = numbers("lr_spos_first10_iters");
        assert_eq!(known.len(), 10);
        for (step, expected) in known {
            let found = spos.rate(step.parse().unwrap(), 150_000);
            assert!((found - expected).abs() < 1e-15, "{step}: {found}");
        }
    }

    /// `0.25 * (1 - t / delta)` with a delta that ends the run at 5e-4.
    #[test]
    fn bnnas_ends_at_its_floor() {
        let floor = 5e-4 / 0.25;
        let schedule = schedule(0.25, Course::LinearTo { floor }, 0);
        let (total, delta) = (24_040, 24_088.176_352_705_41);
        for step in [1_u64, 2, 12_020, 24_039, 24_040] {
            let expected = 0.25 * (1.0 - step as f64 / delta);
            assert!((schedule.rate(step, total) - expected).abs() < 1e-15, "{step}");
        }
        assert!((schedule.rate(total, total) - 5e-4).abs() < 1e-15);
    }

    /// Epoch `e` of `E`, from 0, has `1 - (e + 1) / E` of the rate: the last one has none.
    #[test]
    fn binary_networks_change_their_rate_once_an_epoch() {
        let schedule = Schedule { every: 10, ..schedule(5e-4, Course::Linear, 0) };
        for step in 1..=2560 {
            let epoch = (step - 1) / 10;
            let expected = 5e-4 * (1.0 - (epoch + 1) as f64 / 256.0);
            assert!((schedule.rate(step, 2560) - expected).abs() < 1e-18, "{step}");
        }
        assert_eq!(schedule.rate(2551, 2560), 0.0);
        let before = Schedule { from_zero: true, ..schedule };
        assert_eq!([1, 10, 11].map(|t| before.rate(t, 20)), [5e-4, 5e-4, 2.5e-4]);
    }

    #[test]
    fn an_exponential_course_stays_at_its_floor() {
        let course = Course::Exponential { every: 10.0, factor: 0.25, floor: 0.05 };
        let schedule = schedule(2.0, course, 0);
        let rates = [5, 10, 20, 21, 22, 1000].map(|t| schedule.rate(t, 1000));
        assert_eq!(rates[..3], [1.0, 0.5, 0.125]);
        assert!(rates[3] < 0.125 && rates[3] > 0.1);
        assert_eq!(rates[4..], [0.1, 0.1]);
    }

    #[test]
    fn courses_without_meaning_are_told() {
        let fault = |text: &str| ron::from_str::<Course>(text).unwrap().fault();
        assert_eq!(fault("exponential(every: 10, factor: 0.5)"), None);
        assert_eq!(fault("cosine(floor: 0.5)"), None);
        assert!(fault("linear_to(floor: 2)").is_some());
        assert!(fault("exponential(every: 0, factor: 0.5)").is_some());
        assert!(fault("exponential(every: 1, factor: 1.5)").is_some());
    }
}
