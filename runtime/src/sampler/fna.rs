//! The sampler of FNA (Fang et al., ICLR 2020) and FNA++: weights learn from single paths, the logits from all
//! options at once, on images of their own, at the price of the logarithm of the expected cost.
//!
//! For the first `warm_up` of the training paths are uniform and logits rest. Then single steps alternate: one of the
//! logits, `steps` of the weights, whose paths are drawn by the softmax of the logits (at temperature 1). Steps of
//! the logits weigh all options by the softmax at `temperature`; their price is `price * ln(E[cost]) / ln(base)` with
//! the cost in thousands of millions of multiply-adds, beyond what all networks share.

use nasc_compiler::cost::Measure;

use super::price::Price;
use super::{
    Distribution, Done, Entry, Gates, Parameter, Pass, Sampler, SamplerError, Setting, Step,
};
use crate::alpha::{Rows, Settled, estimator};

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "fna",
    about: "single paths; logits learn from all options on their own images, at a price (FNA)",
    parameters: &[
        Parameter { name: "warm_up", default: 0.5, about: "share of the training without logits" },
        Parameter {
            name: "steps",
            default: 1.0,
            about: "steps of the weights per one of the logits",
        },
        Parameter { name: "temperature", default: 1.0, about: "temperature of the mixture" },
        Parameter::rate(3e-4),
        Parameter::BETA1,
        Parameter::BETA2,
        Parameter::weight_decay(1e-3),
        Parameter { name: "clip", default: 35.0, about: "longest gradient of the logits" },
        Parameter { name: "price", default: 0.02, about: "what the logarithm of the cost counts" },
        Parameter { name: "base", default: 10.0, about: "base of the logarithm" },
    ],
    uses_arch_images: true,
    minds_priors: true,
    make: |setting| Ok(Box::new(Fna::new(&setting)?)),
};

#[derive(Debug, Clone)]
struct Fna {
    distribution: Distribution,
    price: Option<Price>,
    setting: Setting,
}

impl Fna {
    fn new(setting: &Setting) -> Result<Self, SamplerError> {
        let Setting { space, options, .. } = setting;
        if options.get("base") <= 0.0 || options.get("base") == 1.0 {
            let message = "the base of `fna` is above 0 and not 1".to_owned();
            return Err(SamplerError::Unsuitable(message));
        }
        let distribution = Distribution::normal(setting, [0.0, 1e-3]);
        let price = options.is_on("price").then(|| Price::new(space, Measure::Macs, 1e9));
        Ok(Self { distribution, price: price.transpose()?, setting: setting.clone() })
    }

    fn number(&self, name: &str) -> f64 {
        self.setting.options.get(name)
    }

    /// Whether a step is one of the logits.
    fn is_for_logits(&self, step: &Step) -> bool {
        let first = (self.number("warm_up") * step.total as f64).ceil() as u64 + 1;
        let round = self.setting.options.count("steps") as u64 + 1;
        step.number >= first && (step.number - first).is_multiple_of(round)
    }

    /// The gradient of the logits: of the loss, and of the price.
    fn gradient(&self, done: &Done) -> Rows {
        let temperature = self.number("temperature");
        let gates = self.distribution.rows_of(done);
        let rows = self.distribution.logits.rows.iter();
        let mut gradient: Rows =
            rows.zip(&gates).map(|(row, g)| estimator::mixture(row, temperature, g)).collect();
        if let Some(price) = &self.price {
            let probabilities = self.distribution.probabilities(temperature);
            let terms = ["price", "base"].map(|name| self.number(name));
            let (_, by_logits) = price.logarithmic(&probabilities, temperature, terms);
            for (sum, more) in gradient.iter_mut().flatten().zip(by_logits.iter().flatten()) {
                *sum += more;
            }
        }
        gradient
    }
}

impl Sampler for Fna {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        if !earlier.is_empty() {
            return Ok(None);
        }
        if self.is_for_logits(step) {
            let weights = self.distribution.probabilities(self.number("temperature"));
            let gates: Gates = self.distribution.mixture(&weights);
            return Ok(Some(Pass::new(gates).for_gates()));
        }
        let at = [step.number, 0];
        let arch = if step.progress() < self.number("warm_up") {
            self.distribution.draw_evenly(at)?
        } else {
            self.distribution.draw("path", at, &Settled::default())?
        };
        Ok(Some(Pass::path(arch)))
    }

    fn learn(&mut self, _: &Step, done: &[Done]) -> Result<f64, SamplerError> {
        if let [done] = done
            && done.pass.learns.gates()
        {
            let gradient = self.gradient(done);
            self.distribution.step(gradient, self.number("clip"));
        }
        Ok(1.0)
    }

    fn distribution(&self) -> Option<&Distribution> {
        Some(&self.distribution)
    }

    fn distribution_mut(&mut self) -> Option<&mut Distribution> {
        Some(&mut self.distribution)
    }
}
