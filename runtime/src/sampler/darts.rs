//! DARTS (Liu, Simonyan and Yang, ICLR 2019): all options, weighed by the softmax of their logits, which learn
//! on images of their own before the weights do.
//!
//! `order` 2 takes the gradient at weights that one training step would give, and adds what the step's own
//! dependence on the logits is worth, by a central difference along the gradient there (radius 0.01 over its length,
//! from the weights as they are).

use super::{
    At, DataStream, Distribution, Done, Entry, Learns, Parameter, Pass, Sampler, SamplerError,
    Setting, Step,
};
use crate::alpha::{Rows, estimator};

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "darts",
    about: "all options, weighed by softmax; logits learn on their own images (DARTS)",
    parameters: &[
        Parameter { name: "order", default: 1.0, about: "1, or 2 for the unrolled gradient" },
        Parameter::rate(3e-4),
        Parameter::BETA1,
        Parameter::BETA2,
        Parameter::weight_decay(1e-3),
        Parameter { name: "warm_up", default: 0.0, about: "epochs in which logits do not move" },
    ],
    uses_arch_images: true,
    minds_priors: true,
    make: |setting| Ok(Box::new(Darts::new(&setting)?)),
};

#[derive(Debug, Clone)]
struct Darts {
    distribution: Distribution,
    setting: Setting,
}

impl Darts {
    fn new(setting: &Setting) -> Result<Self, SamplerError> {
        let Setting { space: _, options, .. } = setting;
        if ![1.0, 2.0].contains(&options.get("order")) {
            return Err(SamplerError::Unsuitable("the order of `darts` is 1 or 2".to_owned()));
        }
        let distribution = Distribution::normal(setting, [0.0, 1e-3]);
        Ok(Self { distribution, setting: setting.clone() })
    }

    /// The gradient of the logits by the passes for them.
    fn gradient(&self, done: &[Done]) -> Rows {
        let rows = |done: &Done| -> Rows {
            let gates = self.distribution.rows_of(done);
            let logits = self.distribution.logits.rows.iter();
            logits.zip(&gates).map(|(row, g)| estimator::mixture(row, 1.0, g)).collect()
        };
        let [_, validation, plus, minus] = done else {
            return done.first().map(rows).unwrap_or_default();
        };
        let radius = estimator::radius(validation.length);
        let moved = [rows(plus), rows(minus)];
        rows(validation)
            .iter()
            .enumerate()
            .map(|(decision, row)| {
                let moved = [&*moved[0][decision], &*moved[1][decision]];
                estimator::unrolled(row, moved, radius, validation.rate)
            })
            .collect()
    }
}

impl Sampler for Darts {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        let warm = (step.epoch() as f64) < self.setting.options.get("warm_up");
        let looks = match (warm, self.setting.options.get("order")) {
            (true, _) => 0,
            (false, order) if order > 1.0 => 4,
            _ => 1,
        };
        if earlier.len() == looks && looks > 0 {
            let gradient = self.gradient(earlier);
            self.distribution.step(gradient, 0.0);
        }
        let pass = Pass::new(self.distribution.mixture(&self.distribution.probabilities(1.0)));
        Ok(match (looks, earlier.len()) {
            (looks, made) if made == looks => Some(pass),
            (looks, made) if made > looks => None,
            (1, _) => Some(pass.for_gates()),
            (_, 0) => Some(Pass { keeps_gradient: true, ..pass }),
            (_, 1) => {
                Some(Pass { at: At::Unrolled { by: 0 }, keeps_gradient: true, ..pass.for_gates() })
            }
            (_, made) => {
                let length = if made == 2 { 0.01 } else { -0.01 };
                let at = At::Along { by: 1, length };
                let images = DataStream::WEIGHTS;
                Some(Pass { at, images, learns: Learns::Gates, ..pass })
            }
        })
    }

    fn distribution(&self) -> Option<&Distribution> {
        Some(&self.distribution)
    }

    fn distribution_mut(&mut self) -> Option<&mut Distribution> {
        Some(&mut self.distribution)
    }
}
