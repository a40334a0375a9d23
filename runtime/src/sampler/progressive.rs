//! Progressive shrinking (OFA, Cai et al., ICLR 2020): kernels become elastic first, then depths, then widths.
//!
//! The training has five parts, of 120, 25, 120, 25 and 120 epochs there: kernels; depths down to the largest but one,
//! then all; widths likewise. A part trains 1, 2 and 4 networks per step for kernels, depths and widths, gradients
//! summed; each learns from the labels and, as much, from what the largest network says in train mode. Decisions that
//! are none of these (branches, resolution) are free from the beginning.

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{DecisionKind, Op};
use nasc_compiler::random::Stream;
use nasc_compiler::vary::DecisionId;

use super::sandwich::ends;
use super::{Done, Entry, Learns, Parameter, Pass, Sampler, SamplerError, Setting, Step, Target};
use crate::search::draw::ATTEMPTS;

/// Its line in the table.
pub(super) const ENTRY: Entry = Entry {
    name: "progressive",
    about: "kernels become elastic first, then depths, then widths, taught by the largest (OFA)",
    parameters: &[
        Parameter { name: "kernel", default: 120.0, about: "length of the kernels' part" },
        Parameter { name: "depth_first", default: 25.0, about: "length of the depths' first part" },
        Parameter { name: "depth", default: 120.0, about: "length of the depths' second part" },
        Parameter { name: "width_first", default: 25.0, about: "length of the widths' first part" },
        Parameter { name: "width", default: 120.0, about: "length of the widths' second part" },
        Parameter {
            name: "distil",
            default: 1.0,
            about: "what the largest network's opinion counts",
        },
    ],
    uses_arch_images: false,
    minds_priors: false,
    make: |setting| Ok(Box::new(Progressive::new(setting)?)),
};

/// What a decision is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Kernel,
    Depth,
    Width,
    Other,
}

/// What every decision of a space is about: a value that some kernel reads, that some select reads, or that some width
/// reads and neither of these does.
pub(super) fn about(space: &nasc_compiler::pass::Checked) -> Vec<About> {
    let mut found = vec![About::Other; space.decisions.len()];
    let mut set = |values: &[nasc_compiler::vary::Vary], about: About| {
        for &value in values {
            for DecisionId(decision) in space.diagrams.support(value) {
                let known = &mut found[decision as usize];
                let is_value = space.decisions[decision as usize].kind == DecisionKind::Value;
                if is_value && (*known == About::Other || *known == About::Width) {
                    *known = about;
                }
            }
        }
    };
    for (_, node) in space.nodes() {
        match &node.op {
            Op::Select { on } => set(&[*on], About::Depth),
            Op::Prim { attributes, .. } => {
                for attribute in attributes.iter().filter(|a| &*a.name == "kernel") {
                    set(&attribute.values, About::Kernel);
                }
            }
            _ => {}
        }
    }
    for (_, node) in space.nodes() {
        if matches!(node.op, Op::Prim { .. })
            && let Some(&channels) = node.shape.axes.first()
        {
            for DecisionId(decision) in space.diagrams.support(channels) {
                let known = &mut found[decision as usize];
                let is_value = space.decisions[decision as usize].kind == DecisionKind::Value;
                if is_value && *known == About::Other {
                    *known = About::Width;
                }
            }
        }
    }
    found
}

struct Progressive {
    setting: Setting,
    most: Arch,
    about: Vec<About>,
    /// Per decision, its options from the largest network's downwards: the option of the largest first.
    orders: Vec<Vec<u16>>,
}

impl Progressive {
    fn new(setting: Setting) -> Result<Self, SamplerError> {
        let [_, most] = ends(&setting)?;
        let space = &setting.space;
        let about = about(space);
        let orders = space.decisions.iter().zip(&most.0).map(|(decision, &largest)| {
            let mut order: Vec<u16> = (0..decision.options.len() as u16).collect();
            let size =
                |option: u16| decision.options[option as usize].parse::<f64>().unwrap_or(0.0);
            order.sort_by(|&a, &b| {
                (b == largest)
                    .cmp(&(a == largest))
                    .then(size(b).total_cmp(&size(a)))
                    .then(a.cmp(&b))
            });
            order
        });
        let orders = orders.collect();
        Ok(Self { setting, most, about, orders })
    }

    /// The part of the training that a step belongs to, from 0.
    fn part(&self, step: &Step) -> usize {
        let names = ["kernel", "depth_first", "depth", "width_first", "width"];
        let lengths = names.map(|name| self.setting.options.get(name).max(0.0));
        let total: f64 = lengths.iter().sum();
        let mut left = step.progress() * total;
        for (part, length) in lengths.into_iter().enumerate() {
            if left < length {
                return part;
            }
            left -= length;
        }
        4
    }

    /// How many options of a decision are open in a part, of the largest downwards.
    fn open(&self, decision: usize, part: usize) -> usize {
        let all = self.orders[decision].len();
        match self.about[decision] {
            About::Kernel | About::Other => all,
            About::Depth => [1, 2, all, all, all][part].min(all),
            About::Width => [1, 1, 1, 2, all][part].min(all),
        }
    }

    fn draw(&self, step: &Step, part: usize, number: u64) -> Result<Arch, SamplerError> {
        let space = &self.setting.space;
        for attempt in 0..ATTEMPTS {
            let at = [step.number, number, attempt];
            let mut stream = Stream::new(self.setting.seed, "path", &at);
            let options = self.orders.iter().enumerate().map(|(decision, order)| {
                order[stream.below(self.open(decision, part) as u64) as usize]
            });
            let arch = space.canonical(&Arch(options.collect()));
            if space.is_valid(&arch) {
                return Ok(arch);
            }
        }
        Err(SamplerError::NoNetwork(ATTEMPTS))
    }
}

impl Sampler for Progressive {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        let part = self.part(step);
        let networks = [1, 2, 2, 4, 4][part];
        let soft = self.setting.options.get("distil");
        let taught = usize::from(soft > 0.0);
        if earlier.len() < taught {
            let pass = Pass::path(self.most.clone());
            let pass = Pass { learns: Learns::Nothing, keeps_outputs: true, drops: false, ..pass };
            return Ok(Some(pass));
        }
        let number = earlier.len() - taught;
        if number >= networks {
            return Ok(None);
        }
        let pass = Pass::path(self.draw(step, part, number as u64)?);
        let target = Target::Distilled { from: 0, labels: 1.0, soft };
        Ok(Some(if taught == 1 { Pass { target, ..pass } } else { pass }))
    }
}
