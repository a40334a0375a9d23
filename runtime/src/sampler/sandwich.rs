//! The sandwich rule (US-Net, Yu and Huang, ICCV 2019; `BigNAS`, Yu et al., ECCV 2020; `AttentiveNAS`, Wang et al.,
//! CVPR 2021): in every step the largest network, some random ones and the smallest, gradients summed.
//!
//! The largest learns from the labels, with dropout; the others from what it says (in-place distillation), without.
//! With `attentive` the random ones are chosen: of `candidates` with about one cost, drawn by the space's own
//! distribution of costs, the one with the lowest loss on the batch (1, best up) or the highest (-1, worst up).

use nasc_compiler::analysis::extremes;
use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::random::Stream;
use nasc_compiler::sample::uniform;

use super::{
    Done, Entry, Gates, Learns, Parameter, Pass, Sampler, SamplerError, Setting, Step, Target,
};
use crate::search::draw::ATTEMPTS;

/// Draws until a candidate has about the cost that is asked for.
const REDRAWS: u64 = 101;

/// Networks among which extremes are looked for where they are not known exactly.
const SURVEY: u64 = 20_000;

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "sandwich",
    about: "the largest, random and the smallest network, taught by the largest (US-Net, BigNAS)",
    parameters: &[
        Parameter { name: "random", default: 2.0, about: "random networks per step" },
        Parameter { name: "distil", default: 1.0, about: "whether others learn from the largest" },
        Parameter {
            name: "attentive",
            default: 0.0,
            about: "1: best up, -1: worst up (AttentiveNAS)",
        },
        Parameter { name: "candidates", default: 3.0, about: "candidates for each of those" },
    ],
    uses_arch_images: false,
    minds_priors: false,
    make: |setting| Ok(Box::new(Sandwich::new(setting)?)),
};

/// The smallest and the largest network by multiply-adds: exactly where the space is not too large, else the extremes
/// of the options one by one.
pub(super) fn ends(setting: &Setting) -> Result<[Arch; 2], SamplerError> {
    let space = &setting.space;
    if let Some([(_, least), (_, most)]) = extremes(space, Measure::Macs, None) {
        return Ok([least, most].map(|arch| space.canonical(&arch)));
    }
    let macs = Table::new(space, Measure::Macs, None)
        .map_err(|error| SamplerError::Unsuitable(error.to_string()))?;
    let mut stream = Stream::new(setting.seed, "ends", &[]);
    let drawn: Vec<Arch> = (0..SURVEY).filter_map(|_| uniform(space, &mut stream)).collect();
    let by_cost = |arch: &Arch| macs.cost(arch);
    let least = drawn.iter().min_by_key(|arch| by_cost(arch)).cloned();
    let most = drawn.iter().max_by_key(|arch| by_cost(arch)).cloned();
    let (Some(least), Some(most)) = (least, most) else {
        return Err(SamplerError::NoNetwork(SURVEY));
    };
    // From there, option by option, as long as one is better.
    let climb = |mut arch: Arch, better: fn(u64, u64) -> bool| -> Arch {
        loop {
            let known = macs.cost(&arch);
            let other = space.decisions.iter().enumerate().find_map(|(d, decision)| {
                (0..decision.options.len()).find_map(|option| {
                    let mut other = arch.clone();
                    other.0[d] = option as u16;
                    let other = space.canonical(&other);
                    (space.is_valid(&other) && better(macs.cost(&other), known)).then_some(other)
                })
            });
            match other {
                Some(other) => arch = other,
                None => return arch,
            }
        }
    };
    Ok([climb(least, |new, old| new < old), climb(most, |new, old| new > old)])
}

struct Sandwich {
    setting: Setting,
    least: Arch,
    most: Arch,
    macs: Table,
    /// The smallest and largest cost.
    range: [f64; 2],
}

impl Sandwich {
    fn new(setting: Setting) -> Result<Self, SamplerError> {
        let [least, most] = ends(&setting)?;
        let macs = Table::new(&setting.space, Measure::Macs, None)
            .map_err(|error| SamplerError::Unsuitable(error.to_string()))?;
        let range = [&least, &most].map(|arch| macs.cost(arch) as f64);
        Ok(Self { setting, least, most, macs, range })
    }

    fn random(&self, at: &[u64]) -> Result<Arch, SamplerError> {
        let arch = uniform(&self.setting.space, &mut Stream::new(self.setting.seed, "path", at));
        arch.ok_or(SamplerError::NoNetwork(ATTEMPTS))
    }

    /// A random network with about the cost of another one that is drawn first.
    fn candidate(&self, at: [u64; 3]) -> Result<Arch, SamplerError> {
        let [step, slot, number] = at;
        let cost = |arch: &Arch| self.macs.cost(arch) as f64;
        let wanted = cost(&self.random(&[step, slot])?);
        let near = (self.range[1] - self.range[0]) / 50.0;
        let mut last = self.random(&[step, slot, number, 0])?;
        for redraw in 1..REDRAWS {
            if (cost(&last) - wanted).abs() <= near {
                break;
            }
            last = self.random(&[step, slot, number, redraw])?;
        }
        Ok(last)
    }

    /// A pass for a network other than the largest.
    fn taught(&self, arch: Arch) -> Pass {
        let pass = Pass { drops: false, ..Pass::path(arch) };
        if self.setting.options.is_on("distil") {
            let target = Target::Distilled { from: 0, labels: 0.0, soft: 1.0 };
            return Pass { target, ..pass };
        }
        pass
    }
}

impl Sampler for Sandwich {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        let options = &self.setting.options;
        let attentive = options.get("attentive");
        let candidates = if attentive == 0.0 { 0 } else { options.count("candidates").max(1) };
        // Candidates that are only looked at, and the one that is trained.
        let slot_length = candidates + 1;
        let last = 1 + options.count("random") * slot_length;
        let made = earlier.len();
        if made == 0 {
            let keeps_outputs = options.is_on("distil");
            return Ok(Some(Pass { keeps_outputs, ..Pass::path(self.most.clone()) }));
        }
        if made >= last {
            return Ok((made == last).then(|| self.taught(self.least.clone())));
        }
        let (slot, number) = ((made - 1) / slot_length, (made - 1) % slot_length);
        let at = [step.number, slot as u64, number as u64];
        if candidates == 0 {
            return Ok(Some(self.taught(self.random(&at[..2])?)));
        }
        if number < candidates {
            let looks =
                Pass { learns: Learns::Nothing, drops: false, ..Pass::path(self.candidate(at)?) };
            return Ok(Some(looks));
        }
        let looked = &earlier[made - candidates..];
        let chosen =
            looked.iter().min_by(|a, b| (a.loss * attentive).total_cmp(&(b.loss * attentive)));
        let Some(Gates::Path(arch)) = chosen.map(|done| &done.pass.gates) else { return Ok(None) };
        Ok(Some(self.taught(arch.clone())))
    }
}
