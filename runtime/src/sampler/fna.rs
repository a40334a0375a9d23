//! The sampler of FNA (Fang et al., ICLR 2020) and FNA++: weights learn from single paths, the logits from all
//! options at once, on images of their own, at the price of the logarithm of the expected cost.
//!
//! For the first `warm_up` of the training paths are uniform and logits rest. Then single steps alternate: one of the
//! logits, `steps` of the weights, whose paths are drawn by the softmax of the logits (at temperature 1). Steps of
//! the logits weigh all options by the softmax at `temperature`; their price is `price * ln(E[cost]) / ln(base)` with
//! the cost in thousands of millions of multiply-adds, beyond what all networks share.

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::Measure;

use super::price::{Price, through_softmax};
use super::{
    Distribution, Done, Entry, Gates, Health, Parameter, Pass, Sampler, SamplerError, Setting,
    State, Step,
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
        Parameter { name: "lr", default: 3e-4, about: "learning rate of the logits (Adam)" },
        Parameter { name: "beta1", default: 0.5, about: "Adam's first decay" },
        Parameter { name: "beta2", default: 0.999, about: "Adam's second decay" },
        Parameter { name: "weight_decay", default: 1e-3, about: "weight decay of the logits" },
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
        let Setting { space, seed, options, .. } = setting;
        if options.get("base") <= 0.0 || options.get("base") == 1.0 {
            let message = "the base of `fna` is above 0 and not 1".to_owned();
            return Err(SamplerError::Unsuitable(message));
        }
        let betas = [options.get("beta1"), options.get("beta2")];
        let adam = (options.get("lr"), betas, options.get("weight_decay"));
        let distribution = Distribution::normal(space, *seed, [0.0, 1e-3], adam);
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
            let (cost, by_options) = price.mean(&probabilities);
            let by_logits = through_softmax(&probabilities, temperature, &by_options);
            let factor = self.number("price") / self.number("base").ln() / cost;
            for (sum, more) in gradient.iter_mut().flatten().zip(by_logits.iter().flatten()) {
                *sum += factor * more;
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

    fn discretise(&self) -> Option<Arch> {
        self.distribution.best()
    }

    fn health(&self) -> Option<Health> {
        Some(Health::of(&self.distribution.space, &self.distribution.logits))
    }

    fn state(&self) -> State {
        self.distribution.state()
    }

    fn restore(&mut self, state: State) -> Result<(), SamplerError> {
        self.distribution.restore(state)
    }
}
