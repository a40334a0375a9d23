//! Ordered dropout (`NetAdaptV2`, Yang, Liu and Sze, CVPR 2021): every image of a batch has widths of its own, by masks
//! that take the last channels away; bypassed channels follow them.
//!
//! Of the images a share `full` has the largest network and a share `least` the smallest, the rest draws every width
//! by itself; how the paper draws is not known, and without these the two ends would hardly ever be trained. Kernels
//! are drawn once per step, as whatever cannot differ between images is (branches), or with `kernels` for every image.

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::DecisionKind;
use nasc_compiler::random::Stream;

use super::progressive::{About, about};
use super::sandwich::ends;
use super::{Done, Entry, Gates, Parameter, Pass, Sampler, SamplerError, Setting, Step, Told};
use crate::program::{Gate, Gating, Program, ProgramError};
use crate::search::draw::ATTEMPTS;

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "ordered_dropout",
    about: "every image has widths of its own, by masks (NetAdaptV2)",
    parameters: &[
        Parameter {
            name: "full",
            default: 0.125,
            about: "share of images with the largest network",
        },
        Parameter { name: "least", default: 0.125, about: "share of images with the smallest" },
        Parameter { name: "kernels", default: 0.0, about: "1: images have their own kernels, too" },
    ],
    uses_arch_images: false,
    minds_priors: false,
    make: |setting| Ok(Box::new(OrderedDropout::new(setting)?)),
};

struct OrderedDropout {
    setting: Setting,
    least: Arch,
    most: Arch,
    /// Whether a decision can differ between the images of a batch.
    free: Vec<bool>,
}

impl OrderedDropout {
    fn new(setting: Setting) -> Result<Self, SamplerError> {
        let [least, most] = ends(&setting)?;
        let space = &setting.space;
        let differs = |about: About| match about {
            About::Width => true,
            About::Kernel => setting.options.is_on("kernels"),
            About::Depth | About::Other => false,
        };
        let mut free: Vec<bool> = space
            .decisions
            .iter()
            .zip(about(space))
            .map(|(decision, about)| decision.kind == DecisionKind::Value && differs(about))
            .collect();
        let program = Program::lower(std::sync::Arc::clone(space));
        loop {
            let gate = |(&free, &option): (&bool, &u16)| {
                if free { Gate::PerImage } else { Gate::One(option) }
            };
            let gating = Gating(free.iter().zip(&most.0).map(gate).collect());
            match program.mix(&gating) {
                Ok(_) => break,
                Err(ProgramError::Mixture { decision, .. }) => {
                    let known = space.decision_at(&decision).map(|id| &mut free[id.index()]);
                    match known {
                        Some(free) if *free => *free = false,
                        _ => return Err(SamplerError::Unsuitable(decision)),
                    }
                }
                Err(error) => return Err(SamplerError::Unsuitable(error.to_string())),
            }
        }
        if !free.contains(&true) {
            let message = format!("`{}` has nothing that can differ between images", space.name);
            return Err(SamplerError::Unsuitable(message));
        }
        Ok(Self { setting, least, most, free })
    }

    /// The network of an image, with what all images share.
    fn image(&self, shared: &Arch, step: &Step, image: usize) -> Result<Arch, SamplerError> {
        let space = &self.setting.space;
        let seed = self.setting.seed;
        let [full, least] = ["full", "least"].map(|name| self.setting.options.get(name));
        let at = Stream::new(seed, "share of an image", &[step.number, image as u64]).unit();
        for attempt in 0..ATTEMPTS {
            let mut stream = Stream::new(seed, "image", &[step.number, image as u64, attempt]);
            let options = space.decisions.iter().enumerate().map(|(d, decision)| {
                let drawn = stream.below(decision.options.len() as u64) as u16;
                match self.free[d] {
                    false => shared.0[d],
                    true if attempt == 0 && at < full => self.most.0[d],
                    true if attempt == 0 && at < full + least => self.least.0[d],
                    true => drawn,
                }
            });
            let arch = Arch(options.collect());
            if space.is_valid(&space.canonical(&arch)) {
                return Ok(arch);
            }
        }
        Err(SamplerError::NoNetwork(ATTEMPTS))
    }
}

impl Sampler for OrderedDropout {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        if !earlier.is_empty() {
            return Ok(None);
        }
        let space = &self.setting.space;
        let mut stream = Stream::new(self.setting.seed, "path", &[step.number]);
        let options = space.decisions.iter().map(|d| stream.below(d.options.len() as u64) as u16);
        let shared = Arch(options.collect());
        let images: Vec<Arch> = (0..step.images)
            .map(|image| self.image(&shared, step, image))
            .collect::<Result<_, _>>()?;
        let told = self.free.iter().enumerate().map(|(decision, &free)| {
            if free {
                Told::PerImage(images.iter().map(|arch| arch.0[decision]).collect())
            } else {
                Told::One(shared.0[decision])
            }
        });
        Ok(Some(Pass::new(Gates::Mixture(told.collect()))))
    }
}
