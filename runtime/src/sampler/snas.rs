//! SNAS (Xie et al., ICLR 2019): all options at once, weighed by a draw from the Concrete distribution, which weights
//! and logits learn from in the same pass.
//!
//! The temperature falls with the epochs `e` of `E` as `least + (1 - (e + 1) / E) (1 - least)`, as the authors' code
//! has it. The price is `price * ln(Σ z cost)` in millions of MACs, with the drawn weights `z`.

use nasc_compiler::cost::Measure;
use nasc_compiler::random::Stream;

use super::price::Price;
use super::{
    Distribution, Done, Entry, Learns, Parameter, Pass, Sampler, SamplerError, Setting, Step,
};
use crate::alpha::{Rows, estimator};

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "snas",
    about: "all options, weighed by Concrete draws; weights and logits learn together (SNAS)",
    parameters: &[
        Parameter::rate(3e-4),
        Parameter::BETA1,
        Parameter::BETA2,
        Parameter::weight_decay(1e-3),
        Parameter { name: "clip", default: 10.0, about: "longest gradient of the logits" },
        Parameter { name: "least", default: 0.03, about: "the last temperature" },
        Parameter { name: "price", default: 0.0, about: "price of the logarithm of the MACs" },
    ],
    uses_arch_images: false,
    minds_priors: true,
    make: |setting| Ok(Box::new(Snas::new(&setting)?)),
};

#[derive(Debug, Clone)]
struct Snas {
    distribution: Distribution,
    price: Option<Price>,
    setting: Setting,
    /// The weights of the step that is under way, and their temperature.
    drawn: (Rows, f64),
}

impl Snas {
    fn new(setting: &Setting) -> Result<Self, SamplerError> {
        let Setting { space, options, .. } = setting;
        let distribution = Distribution::normal(setting, [1.0, 0.01]);
        let price = options.is_on("price").then(|| Price::new(space, Measure::Macs, 1e6));
        let drawn = (Rows::new(), 1.0);
        Ok(Self { distribution, price: price.transpose()?, setting: setting.clone(), drawn })
    }
}

/// Relaxed weights of every decision, drawn for a step.
pub(super) fn relaxed(rows: &Rows, temperature: f64, seed: u64, step: u64) -> Rows {
    let mut stream = Stream::new(seed, "gumbel", &[step]);
    let row = |row: &Vec<f64>| {
        // A uniform number is never zero here.
        let noise: Vec<f64> =
            row.iter().map(|_| estimator::gumbel(stream.unit().max(f64::MIN_POSITIVE))).collect();
        estimator::relaxed(row, &noise, temperature)
    };
    rows.iter().map(row).collect()
}

impl Sampler for Snas {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        if !earlier.is_empty() {
            return Ok(None);
        }
        let least = self.setting.options.get("least");
        let share = (step.epoch() + 1) as f64 / step.epochs() as f64;
        let temperature = least + (1.0 - share) * (1.0 - least);
        let rows = &self.distribution.logits.rows;
        let weights = relaxed(rows, temperature, self.distribution.seed, step.number);
        let gates = self.distribution.mixture(&weights);
        self.drawn = (weights, temperature);
        Ok(Some(Pass { learns: Learns::Both, ..Pass::new(gates) }))
    }

    fn learn(&mut self, _: &Step, done: &[Done]) -> Result<f64, SamplerError> {
        let Some(done) = done.first() else { return Ok(1.0) };
        let mut gates = self.distribution.rows_of(done);
        let (weights, temperature) = &self.drawn;
        if let Some(price) = &self.price {
            let (cost, gradient) = price.mean(weights);
            let factor = self.setting.options.get("price") / (cost + price.constant);
            for (gate, more) in gates.iter_mut().flatten().zip(gradient.into_iter().flatten()) {
                *gate += factor * more;
            }
        }
        let row = |(z, g): (&Vec<f64>, &Vec<f64>)| estimator::through_relaxed(z, *temperature, g);
        let gradient = weights.iter().zip(&gates).map(row).collect();
        self.distribution.step(gradient, self.setting.options.get("clip"));
        Ok(1.0)
    }

    fn distribution(&self) -> Option<&Distribution> {
        Some(&self.distribution)
    }

    fn distribution_mut(&mut self) -> Option<&mut Distribution> {
        Some(&mut self.distribution)
    }
}
