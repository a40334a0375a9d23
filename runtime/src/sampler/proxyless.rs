//! `ProxylessNAS` (Cai, Zhu and Han, ICLR 2019): weights learn from single paths; every few steps the logits learn on
//! images of their own from gates that are one for what is on the path and zero for the rest.
//!
//! With `among` 0 the derivatives of all gates are taken (the full variant); with 2 those of a pair that is drawn
//! without putting back, renormalised, after which the pair keeps its share of the probability. Adam's first decay
//! is 0: any momentum would move options that had no part in the step. The price is that of the expected
//! multiply-adds, `price * (E / reference - 1)`.

use nasc_compiler::cost::Measure;
use nasc_compiler::ir::DecisionKind;
use nasc_compiler::random::Stream;

use super::price::{Price, through_softmax};
use super::{
    Distribution, Done, Entry, Gates, Parameter, Pass, Sampler, SamplerError, Setting, Step, Told,
};
use crate::alpha::{Logits, Rows, Settled, estimator, softmax};

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "proxyless",
    about: "single paths; logits learn from binary gates on their own images (ProxylessNAS)",
    parameters: &[
        Parameter { name: "among", default: 2.0, about: "gates per decision: 2, or 0 for all" },
        Parameter {
            name: "every",
            default: 5.0,
            about: "steps of the weights per one of the logits",
        },
        Parameter { name: "warm_up", default: 0.25, about: "share of the training without logits" },
        Parameter::rate(1e-3),
        Parameter { name: "beta2", default: 0.999, about: "Adam's second decay; the first is 0" },
        Parameter { name: "price", default: 0.0, about: "price of the expected MACs" },
        Parameter { name: "reference", default: 0.0, about: "millions of MACs it is relative to" },
    ],
    uses_arch_images: true,
    minds_priors: true,
    make: |setting| Ok(Box::new(Proxyless::new(&setting)?)),
};

#[derive(Debug, Clone)]
struct Proxyless {
    distribution: Distribution,
    price: Option<Price>,
    setting: Setting,
}

impl Proxyless {
    fn new(setting: &Setting) -> Result<Self, SamplerError> {
        let Setting { space, options, .. } = setting;
        if ![0, 2].contains(&options.count("among")) {
            let message = "`among` of `proxyless` is 2 or 0".to_owned();
            return Err(SamplerError::Unsuitable(message));
        }
        let distribution = Distribution::normal(setting, [0.0, 1e-3]);
        let price = options.is_on("price").then(|| Price::new(space, Measure::Macs, 1e6));
        Ok(Self { distribution, price: price.transpose()?, setting: setting.clone() })
    }

    fn learns_now(&self, step: &Step) -> bool {
        let options = &self.setting.options;
        let every = options.count("every").max(1) as u64;
        step.progress() >= options.get("warm_up") && step.number.is_multiple_of(every)
    }

    /// Gates of one for what is drawn and zero for all others, or for one other.
    fn gates(&self, step: &Step) -> Gates {
        let rows = &self.distribution.logits.rows;
        let mut stream = Stream::new(self.distribution.seed, "gates", &[step.number]);
        let pairs = Logits { rows: rows.clone() }.draw_pairs(&mut stream);
        let taken = Logits { rows: rows.clone() }.draw(&mut stream);
        let all = self.setting.options.count("among") == 0;
        let told = pairs.into_iter().zip(taken).enumerate().map(|(decision, (pair, taken))| {
            let row = &rows[decision];
            let kind = self.distribution.space.decisions[decision].kind;
            match pair {
                // A `keep` is a path like any other here, without a gate.
                _ if kind == DecisionKind::Subset => Told::One(taken as u16),
                None => Told::One(0),
                Some(_) if all => {
                    let one_hot = |option| f64::from(u8::from(option == taken));
                    let options = (0..row.len() as u16).collect();
                    Told::Weighted(options, (0..row.len()).map(one_hot).collect())
                }
                Some(pair) => {
                    let shares = softmax(&pair.map(|option| row[option]));
                    let first = f64::from(u8::from(stream.unit() < shares[0]));
                    let options = pair.iter().map(|&option| option as u16).collect();
                    Told::Weighted(options, vec![first, 1.0 - first])
                }
            }
        });
        Gates::Mixture(told.collect())
    }
}

impl Sampler for Proxyless {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        match earlier.len() {
            0 => {
                let learned = step.progress() >= self.setting.options.get("warm_up");
                let at = [step.number, 0];
                let arch = if learned {
                    self.distribution.draw("path", at, &Settled::default())?
                } else {
                    self.distribution.draw_evenly(at)?
                };
                Ok(Some(Pass::path(arch)))
            }
            1 if self.learns_now(step) => Ok(Some(Pass::new(self.gates(step)).for_gates())),
            _ => Ok(None),
        }
    }

    fn learn(&mut self, _: &Step, done: &[Done]) -> Result<f64, SamplerError> {
        let Some(done) = done.get(1) else { return Ok(1.0) };
        let Gates::Mixture(told) = &done.pass.gates else { return Ok(1.0) };
        let rows = self.distribution.logits.rows.clone();
        let all = self.setting.options.count("among") == 0;
        let mut pairs: Vec<(usize, [usize; 2])> = Vec::new();
        let mut gradient: Rows = rows.iter().map(|row| vec![0.0; row.len()]).collect();
        for (decision, told) in told.iter().enumerate() {
            let Told::Weighted(options, _) = told else { continue };
            let gates = done.gate(decision);
            gradient[decision] = match (all, &**options, &*gates) {
                (false, &[a, b], &[first, second]) => {
                    let pair = [a as usize, b as usize];
                    pairs.push((decision, pair));
                    estimator::pair(&rows[decision], pair, [first, second])
                }
                _ => estimator::mixture(&rows[decision], 1.0, &gates),
            };
        }
        if let Some(price) = &self.price {
            let probabilities = self.distribution.probabilities(1.0);
            let (_, by_options) = price.mean(&probabilities);
            let mut by_logits = through_softmax(&probabilities, 1.0, &by_options);
            // Of a pair alone, what the others would get is kept from them.
            for (decision, told) in told.iter().enumerate() {
                if let Told::Weighted(options, _) = told {
                    for (option, value) in by_logits[decision].iter_mut().enumerate() {
                        if !options.contains(&(option as u16)) {
                            *value = 0.0;
                        }
                    }
                }
            }
            let reference = self.setting.options.get("reference").max(f64::MIN_POSITIVE);
            let factor = self.setting.options.get("price") / reference;
            for (sum, more) in gradient.iter_mut().flatten().zip(by_logits.iter().flatten()) {
                *sum += factor * more;
            }
        }
        self.distribution.step(gradient, 0.0);
        for (decision, pair) in pairs {
            let before = pair.map(|option| rows[decision][option]);
            estimator::keep_share(&mut self.distribution.logits.rows[decision], pair, before);
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
