//! The sampler of Single Path One-Shot's published code: a range of multiply-adds is drawn first, each as likely, and
//! then uniform networks until one falls into it, at most `tries` times; after that the step takes a network as it
//! comes.
//!
//! The code has seven ranges of 10 M from 290 M to 360 M, ends included. For other spaces `from` and
//! `to` are the mean less and plus three deviations of its uniform networks, which is where those lie.

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::random::Stream;
use nasc_compiler::sample::uniform;

use super::{Done, Entry, Parameter, Pass, Sampler, SamplerError, Setting, Step};
use crate::search::draw::ATTEMPTS;

/// Networks that tell where a space lies.
const SURVEY: u64 = 2000;

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "flops_bins",
    about: "one path per step from a range of MACs, each range as likely (SPOS's published code)",
    parameters: &[
        Parameter { name: "bins", default: 7.0, about: "how many ranges" },
        Parameter { name: "from", default: 0.0, about: "millions of MACs where the first begins" },
        Parameter {
            name: "to",
            default: 0.0,
            about: "millions of MACs where the last ends; 0: by survey",
        },
        Parameter { name: "tries", default: 500.0, about: "draws until a range is given up" },
    ],
    uses_arch_images: false,
    minds_priors: false,
    make: |setting| Ok(Box::new(FlopsBins::new(setting)?)),
};

struct FlopsBins {
    setting: Setting,
    macs: Table,
    from: f64,
    width: f64,
}

impl FlopsBins {
    fn new(setting: Setting) -> Result<Self, SamplerError> {
        let (space, options) = (&setting.space, &setting.options);
        let macs = Table::new(space, Measure::Macs, None)
            .map_err(|error| SamplerError::Unsuitable(error.to_string()))?;
        let [mut from, mut to] = ["from", "to"].map(|name| options.get(name) * 1e6);
        if to <= 0.0 {
            let mut stream = Stream::new(setting.seed, "survey", &[]);
            let costs: Vec<f64> = (0..SURVEY)
                .filter_map(|_| uniform(space, &mut stream))
                .map(|arch| macs.cost(&arch) as f64)
                .collect();
            let count = costs.len().max(1) as f64;
            let mean = costs.iter().sum::<f64>() / count;
            let deviation = (costs.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / count).sqrt();
            (from, to) = (mean - 3.0 * deviation, mean + 3.0 * deviation);
        }
        if to < from {
            let message = "`to` of `flops_bins` lies below `from`".to_owned();
            return Err(SamplerError::Unsuitable(message));
        }
        let width = (to - from) / options.count("bins").max(1) as f64;
        Ok(Self { setting, macs, from, width })
    }

    fn draw(&self, stream: &mut Stream) -> Option<Arch> {
        let bins = self.setting.options.count("bins").max(1) as u64;
        let low = self.from + self.width * stream.below(bins) as f64;
        let high = low + self.width;
        for _ in 0..self.setting.options.count("tries") {
            let arch = uniform(&self.setting.space, stream)?;
            let cost = self.macs.cost(&arch) as f64;
            if (low..=high).contains(&cost) {
                return Some(arch);
            }
        }
        uniform(&self.setting.space, stream)
    }
}

impl Sampler for FlopsBins {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        if !earlier.is_empty() {
            return Ok(None);
        }
        let arch = self.draw(&mut Stream::new(self.setting.seed, "path", &[step.number]));
        Ok(Some(Pass::path(arch.ok_or(SamplerError::NoNetwork(ATTEMPTS))?)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use std::collections::BTreeMap;

    use super::*;
    use crate::sampler::{Gates, named};
    use crate::supernet::tests::toy;

    /// Every range is drawn as often, whatever its share of the space.
    #[test]
    fn ranges_are_as_likely() {
        let space = toy::space();
        let macs = Table::new(&space, Measure::Macs, None).unwrap();
        let mut stream = Stream::new(0, "all", &[]);
        let mut costs: Vec<u64> =
            (0..500).map(|_| macs.cost(&uniform(&space, &mut stream).unwrap())).collect();
        costs.sort_unstable();
        let [from, middle, to] = [costs[0], costs[100], costs[499]].map(|c| c as f64 / 1e6);
        // The lower range is a fifth of the space.
        let given = |bins: f64, from: f64, to: f64| {
            BTreeMap::from(
                [("bins", bins), ("from", from), ("to", to)].map(|(n, v)| (n.to_owned(), v)),
            )
        };
        let to = to.min(middle + (middle - from));
        let mut sampler =
            named("flops_bins").unwrap().make(&space, 3, &[], &given(2.0, from, to)).unwrap();
        let mut low = 0;
        for number in 1..=600 {
            let step = Step { number, total: 600, per_epoch: 600, images: 8 };
            let pass = sampler.next_pass(&step, &[]).unwrap().unwrap();
            let Gates::Path(arch) = &pass.gates else { unreachable!() };
            let cost = macs.cost(arch) as f64 / 1e6;
            assert!(cost >= from && cost <= to + 1e-9);
            low += u32::from(cost <= middle);
        }
        assert!((250..=350).contains(&low), "{low} of 600");
    }
}
