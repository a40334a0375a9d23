//! DSNAS (Hu et al., CVPR 2020): weights and logits learn from the same passes, single paths of which each
//! gate's derivative is the local cost of what was taken.
//!
//! A step runs `paths` networks, each on its part of the batch with its loss divided by their number, as so many
//! processes do in the authors' code. Where a network costs at least `threshold` beyond what all networks cost, its
//! price is added, undivided (see [`Price::gated`]). A decision whose best option leads by `settle` at
//! the start of an epoch is settled: it takes that option from then on, and its logits stay.
//!
//! The derivatives need batch norms with an `eps` of 1e-2 (`supernet.norm.eps`): behind a norm a factor has
//! next to no effect. The child goes on with the supernet's weights (`retrain.inherit`).

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::Measure;

use super::price::Price;
use super::state::{finish, take};
use super::{
    Distribution, Done, Entry, Gates, Learns, Parameter, Part, Pass, Sampler, SamplerError,
    Setting, State, Step, Told,
};
use crate::alpha::{Rows, Settled, estimator};

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "dsnas",
    about: "single paths; logits learn from each gate's derivative in the same pass (DSNAS)",
    parameters: &[
        Parameter::rate(1e-3),
        Parameter::BETA1,
        Parameter::BETA2,
        Parameter { name: "paths", default: 1.0, about: "networks per step, each on its part" },
        Parameter { name: "settle", default: 0.3, about: "lead that settles a decision; 0: never" },
        Parameter { name: "warm_up", default: 0.0, about: "epochs in which logits do not move" },
        Parameter { name: "threshold", default: 0.0, about: "millions of MACs that cost nothing" },
        Parameter { name: "price", default: 0.0, about: "price of a million MACs above that" },
    ],
    uses_arch_images: false,
    minds_priors: true,
    make: |setting| Ok(Box::new(Dsnas::new(&setting)?)),
};

/// Learns as DSNAS does.
#[derive(Debug, Clone)]
struct Dsnas {
    distribution: Distribution,
    settled: Settled,
    price: Option<Price>,
    setting: Setting,
}

impl Dsnas {
    fn new(setting: &Setting) -> Result<Self, SamplerError> {
        let Setting { space, options, .. } = setting;
        let distribution = Distribution::normal(setting, [1.0, 0.01]);
        let settled = Settled { options: vec![None; space.decisions.len()] };
        let price = options.is_on("price").then(|| Price::new(space, Measure::Macs, 1e6));
        Ok(Self { distribution, settled, price: price.transpose()?, setting: setting.clone() })
    }

    fn number(&self, name: &str) -> f64 {
        self.setting.options.get(name)
    }

    fn paths(&self) -> usize {
        self.setting.options.count("paths").max(1)
    }

    fn gradient(&self, done: &[Done]) -> Rows {
        let rows = &self.distribution.logits.rows;
        let mut sum: Rows = rows.iter().map(|row| vec![0.0; row.len()]).collect();
        let mut add = |gradient: Rows| {
            for (sum, more) in sum.iter_mut().flatten().zip(gradient.into_iter().flatten()) {
                *sum += more;
            }
        };
        let processes = self.paths() as f64;
        let probabilities = self.distribution.probabilities(1.0);
        for done in done {
            let taken = options_of(&done.pass.gates);
            let of_row = |(decision, row): (usize, &Vec<f64>)| {
                let cost = done.gate(decision).first().copied().unwrap_or(0.0) / processes;
                estimator::score(row, taken[decision] as usize, cost)
            };
            add(rows.iter().enumerate().map(of_row).collect());
            if let Some(price) = &self.price {
                let [threshold, by] = ["threshold", "price"].map(|name| self.number(name));
                add(price.gated(&Arch(taken), &probabilities, threshold, by));
            }
        }
        self.settled.mask(&mut sum);
        sum
    }
}

/// The options that a pass of single options takes.
pub(super) fn options_of(gates: &Gates) -> Vec<u16> {
    match gates {
        Gates::Path(arch) => arch.0.clone(),
        Gates::Mixture(told) => told
            .iter()
            .map(|told| match told {
                Told::One(option) | Told::Scaled(option, _) => *option,
                Told::Weighted(options, _) | Told::PerImage(options) => {
                    options.first().copied().unwrap_or(0)
                }
            })
            .collect(),
    }
}

impl Sampler for Dsnas {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        let paths = self.paths();
        if earlier.len() >= paths {
            return Ok(None);
        }
        if earlier.is_empty() && step.begins_epoch() && self.number("settle") > 0.0 {
            self.settled.update(&self.distribution.logits, self.number("settle"));
        }
        let index = earlier.len();
        let at = [step.number, index as u64];
        let arch = self.distribution.draw("path", at, &self.settled)?;
        let told = arch.0.iter().map(|&option| Told::Scaled(option, 1.0));
        Ok(Some(Pass {
            part: (paths > 1).then_some(Part { index, of: paths }),
            scale: 1.0 / paths as f64,
            learns: Learns::Both,
            ..Pass::new(Gates::Mixture(told.collect()))
        }))
    }

    fn learn(&mut self, step: &Step, done: &[Done]) -> Result<f64, SamplerError> {
        if step.epoch() as f64 >= self.number("warm_up") {
            let gradient = self.gradient(done);
            let before = self.distribution.logits.clone();
            self.distribution.step(gradient, 0.0);
            // Adam's momentum would still move what is settled.
            for (decision, settled) in self.settled.options.iter().enumerate() {
                if settled.is_some() {
                    self.distribution.logits.rows[decision].clone_from(&before.rows[decision]);
                }
            }
        }
        Ok(1.0)
    }

    fn distribution(&self) -> Option<&Distribution> {
        Some(&self.distribution)
    }

    fn distribution_mut(&mut self) -> Option<&mut Distribution> {
        Some(&mut self.distribution)
    }

    fn state(&self) -> State {
        let mut state = self.distribution.state();
        let settled = self.settled.options.iter().map(|o| o.map_or(-1.0, |option| option as f64));
        state.insert("settled".to_owned(), settled.collect());
        state
    }

    fn restore(&mut self, mut state: State) -> Result<(), SamplerError> {
        let settled = take(&mut state, "settled")?;
        if settled.len() != self.settled.options.len() {
            return Err(SamplerError::MissingState("settled".to_owned()));
        }
        self.distribution.restore(state)?;
        let option = |number: f64| (number >= 0.0).then_some(number as usize);
        self.settled.options = settled.into_iter().map(option).collect();
        finish(State::new())
    }
}
