//! GDAS (Dong and Yang, CVPR 2019): the option with the largest Gumbel draw runs alone, times one, and its
//! derivative goes through the relaxed draw. Weights learn first, then the logits on images of their own.
//!
//! The temperature falls evenly from `tau` to `tau_least` over the epochs.

use nasc_compiler::arch::Arch;

use super::dsnas::options_of;
use super::snas::relaxed;
use super::{
    Distribution, Done, Entry, Gates, Parameter, Pass, Sampler, SamplerError, Setting, Step, Told,
};
use crate::alpha::{Rows, estimator};

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "gdas",
    about: "the option of the largest Gumbel draw alone; logits learn on their own images (GDAS)",
    parameters: &[
        Parameter::rate(3e-4),
        Parameter::BETA1,
        Parameter::BETA2,
        Parameter::weight_decay(1e-3),
        Parameter { name: "tau", default: 10.0, about: "the first temperature" },
        Parameter { name: "tau_least", default: 0.1, about: "the last temperature" },
    ],
    uses_arch_images: true,
    minds_priors: true,
    make: |setting| {
        let distribution = Distribution::normal(&setting, [0.0, 1e-3]);
        Ok(Box::new(Gdas { distribution, setting, drawn: (Rows::new(), 1.0) }))
    },
};

#[derive(Debug, Clone)]
struct Gdas {
    distribution: Distribution,
    setting: Setting,
    /// The relaxed gates of the pass for the logits, and their temperature.
    drawn: (Rows, f64),
}

impl Gdas {
    fn temperature(&self, step: &Step) -> f64 {
        let [from, to] = ["tau", "tau_least"].map(|name| self.setting.options.get(name));
        from - (from - to) * step.epoch() as f64 / (step.epochs() - 1).max(1) as f64
    }

    /// A draw that is a network of the space: its relaxed gates, and the largest of each.
    fn draw(&self, step: &Step, pass: u64) -> Result<(Rows, Arch), SamplerError> {
        let (space, temperature) = (&self.distribution.space, self.temperature(step));
        let attempts = 10_000;
        for attempt in 0..attempts {
            let number = (step.number * 2 + pass) * attempts + attempt;
            let rows = &self.distribution.logits.rows;
            let gates = relaxed(rows, temperature, self.distribution.seed, number);
            let largest = crate::alpha::Logits { rows: gates.clone() }.best();
            let arch = Arch(largest.into_iter().map(|option| option as u16).collect());
            if space.is_valid(&space.canonical(&arch)) {
                return Ok((gates, arch));
            }
        }
        Err(SamplerError::NoNetwork(attempts))
    }
}

impl Sampler for Gdas {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        match earlier.len() {
            0 => {
                let (_, arch) = self.draw(step, 0)?;
                Ok(Some(Pass::path(self.distribution.space.canonical(&arch))))
            }
            1 => {
                let (gates, arch) = self.draw(step, 1)?;
                self.drawn = (gates, self.temperature(step));
                let told = arch.0.iter().map(|&option| Told::Scaled(option, 1.0)).collect();
                Ok(Some(Pass::new(Gates::Mixture(told)).for_gates()))
            }
            _ => Ok(None),
        }
    }

    fn learn(&mut self, _: &Step, done: &[Done]) -> Result<f64, SamplerError> {
        let Some(done) = done.get(1) else { return Ok(1.0) };
        let (gates, temperature) = &self.drawn;
        let taken = options_of(&done.pass.gates);
        let gradient = gates.iter().enumerate().map(|(decision, gates)| {
            let mut row = vec![0.0; gates.len()];
            row[taken[decision] as usize] = done.gate(decision).first().copied().unwrap_or(0.0);
            estimator::through_relaxed(gates, *temperature, &row)
        });
        self.distribution.step(gradient.collect(), 0.0);
        Ok(1.0)
    }

    fn distribution(&self) -> Option<&Distribution> {
        Some(&self.distribution)
    }

    fn distribution_mut(&mut self) -> Option<&mut Distribution> {
        Some(&mut self.distribution)
    }
}
