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
    /// For this many steps the rate of the course is multiplied by `t / warmup_steps` at step `t`.
    pub warmup_steps: u64,
}

/// The shape of a schedule, without its height.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Course {
    /// The base rate throughout.
    Constant,
    /// `base * (1 - t / total)` at step `t`: zero at the last one (Single Path One-Shot).
    Linear,
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
}

impl Default for Schedule {
    /// A cosine from 0.05 to zero.
    fn default() -> Self {
        Self { base: 0.05, course: Course::Cosine { floor: 0.0 }, warmup_steps: 0 }
    }
}

impl Schedule {
    /// The rate of step `step` in `1..=total`.
    ///
    /// Warm-up does not lengthen the course: it holds the first steps down.
    pub fn rate(&self, step: u64, total: u64) -> f64 {
        let share = step as f64 / total.max(1) as f64;
        let course = match self.course {
            Course::Constant => 1.0,
            Course::Linear => 1.0 - share,
            Course::Cosine { floor } => floor + (1.0 - floor) * 0.5 * (1.0 + (PI * share).cos()),
            Course::Step { every, factor } => {
                let drops = step.saturating_sub(1) / every.max(1);
                factor.powi(i32::try_from(drops).unwrap_or(i32::MAX))
            }
        };
        let warmth =
            if step < self.warmup_steps { step as f64 / self.warmup_steps as f64 } else { 1.0 };
        self.base * course * warmth
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn schedule(base: f64, course: Course, warmup_steps: u64) -> Schedule {
        Schedule { base, course, warmup_steps }
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
}
