//! The sampler of DA-NAS (Dai et al., 2020): as training goes on, the weakest options of every decision are
//! taken out, so that ever fewer are trained on ever more data.
//!
//! The training has `stages` equal parts (the data of each is the run's own phases'). In each, weights learn from
//! single paths of what is left and the logits, every second step, from all that is left on images of their own. At
//! the end of a stage every decision gives up its least probable options, of equal ones the first, until as many are
//! left as the stage allows, going down evenly to `left`. Options keep their numbers. The paper's exact schedule is
//! not known.

use nasc_compiler::cost::Measure;

use super::price::{Price, through_softmax};
use super::{
    Distribution, Done, Entry, Health, Parameter, Pass, Sampler, SamplerError, Setting, Step,
};
use crate::alpha::{Rows, Settled};

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "danas",
    about: "options are taken out stage by stage, the least probable first (DA-NAS)",
    parameters: &[
        Parameter { name: "stages", default: 4.0, about: "how many stages the training has" },
        Parameter { name: "left", default: 1.0, about: "options per decision in the last stage" },
        Parameter::rate(3e-3),
        Parameter::BETA1,
        Parameter::BETA2,
        Parameter { name: "price", default: 0.0, about: "what the logarithm of the MACs counts" },
    ],
    uses_arch_images: true,
    minds_priors: true,
    make: |setting| Ok(Box::new(Danas::new(&setting)?)),
};

#[derive(Debug, Clone)]
struct Danas {
    distribution: Distribution,
    price: Option<Price>,
    setting: Setting,
}

impl Danas {
    fn new(setting: &Setting) -> Result<Self, SamplerError> {
        let Setting { space, options, .. } = setting;
        let distribution = Distribution::normal(setting, [0.0, 1e-3]);
        let price = options.is_on("price").then(|| Price::new(space, Measure::Macs, 1e6));
        Ok(Self { distribution, price: price.transpose()?, setting: setting.clone() })
    }

    /// How many of `all` options a stage, from 0, allows.
    fn allowed(&self, all: usize, stage: usize) -> usize {
        let last = self.setting.options.count("stages").max(1) - 1;
        let left = self.setting.options.count("left").clamp(1, all);
        if last == 0 {
            return all;
        }
        let gone = ((all - left) * stage.min(last)) as f64 / last as f64;
        all - gone.round() as usize
    }

    fn stage(&self, step: &Step) -> usize {
        let stages = self.setting.options.count("stages").max(1);
        ((step.progress() * stages as f64) as usize).min(stages - 1)
    }

    /// Takes out what the stage does not allow.
    fn prune(&mut self, stage: usize) {
        let probabilities = self.distribution.probabilities(1.0);
        for (decision, row) in probabilities.iter().enumerate() {
            let allowed = self.allowed(row.len(), stage);
            let removed = &mut self.distribution.removed[decision];
            while removed.iter().filter(|&&out| !out).count() > allowed {
                let left = (0..row.len()).filter(|&option| !removed[option]);
                let weakest = left.reduce(|a, b| if row[b] < row[a] { b } else { a });
                let Some(weakest) = weakest else { break };
                removed[weakest] = true;
            }
        }
    }
}

impl Sampler for Danas {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        match earlier.len() {
            0 => {
                self.prune(self.stage(step));
                let at = [step.number, 0];
                let arch = self.distribution.draw("path", at, &Settled::default())?;
                Ok(Some(Pass::path(arch)))
            }
            1 if step.number.is_multiple_of(2) => {
                let weights = self.distribution.probabilities(1.0);
                Ok(Some(Pass::new(self.distribution.mixture(&weights)).for_gates()))
            }
            _ => Ok(None),
        }
    }

    fn learn(&mut self, _: &Step, done: &[Done]) -> Result<f64, SamplerError> {
        let Some(done) = done.get(1) else { return Ok(1.0) };
        let probabilities = self.distribution.probabilities(1.0);
        let mut gates = self.distribution.rows_of(done);
        if let Some(price) = &self.price {
            let (cost, by_options) = price.mean(&probabilities);
            let factor = self.setting.options.get("price") / (cost + price.constant);
            for (sum, more) in gates.iter_mut().flatten().zip(by_options.iter().flatten()) {
                *sum += factor * more;
            }
        }
        let gradient: Rows = through_softmax(&probabilities, 1.0, &gates);
        self.distribution.step(gradient, 0.0);
        Ok(1.0)
    }

    fn distribution(&self) -> Option<&Distribution> {
        Some(&self.distribution)
    }

    fn distribution_mut(&mut self) -> Option<&mut Distribution> {
        Some(&mut self.distribution)
    }

    fn health(&self) -> Option<Health> {
        let mut health = Health::of(&self.distribution.space, &self.distribution.logits);
        health.probabilities = self.distribution.probabilities(1.0);
        Some(health)
    }
}
