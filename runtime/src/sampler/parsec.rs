//! PARSEC (Casale, Gordon and Fusi, 2019) and FP-NAS (Yan et al., CVPR 2021): networks are drawn from the
//! distribution, and count by how likely they make the labels; no gates are needed.
//!
//! A step draws `K` networks. Each trains the weights on one batch, weighed by its share in the likelihood (summed up
//! while they run, so that only one is in memory); then each is judged on images of the architecture's own, and the
//! logits go up the gradient of the marginal likelihood there. The likelihood of a network is
//! `exp(-likelihood * mean loss)`.
//!
//! FP-NAS draws as many networks as the entropy asks for, puts a price on those above `target`, and from `joint` of the
//! training on learns one row for all decisions of a layer (those with one parent in their paths) instead of one
//! each, beginning with the same distribution.

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::random::Stream;

use super::state::{put_learned, take_learned, take_number};
use super::{
    Done, Entry, Gates, Health, Learns, Parameter, Pass, Sampler, SamplerError, Setting, State,
    Step,
};
use crate::alpha::{Adam, Logits, Online, Posterior, joint, resource, samples_for, softmax};
use crate::search::draw::ATTEMPTS;

/// Most options of one joint row.
const MOST_JOINT: usize = 4096;

/// Its line in the table.
pub(super) const PARSEC: Entry = Entry {
    name: "parsec",
    about: "networks count by their likelihood; logits learn on their own images (PARSEC)",
    parameters: &[
        Parameter { name: "samples", default: 8.0, about: "networks per step" },
        Parameter {
            name: "likelihood",
            default: 1.0,
            about: "what the mean loss is multiplied with",
        },
        Parameter::rate(0.016),
        Parameter::BETA1,
        Parameter::BETA2,
        Parameter { name: "warm_up", default: 0.0, about: "share of the training without logits" },
    ],
    uses_arch_images: true,
    minds_priors: true,
    make: |setting| Ok(Box::new(Parsec::new(setting)?)),
};

/// That of FP-NAS.
pub(super) const FP_NAS: Entry = Entry {
    name: "fp_nas",
    about: "as parsec, with as many networks as the entropy asks for, a price, and joint rows (FP-NAS)",
    parameters: &[
        Parameter { name: "factor", default: 0.25, about: "networks per nat of entropy" },
        Parameter { name: "least", default: 2.0, about: "fewest networks per step" },
        Parameter {
            name: "likelihood",
            default: 1.0,
            about: "what the mean loss is multiplied with",
        },
        Parameter {
            name: "target",
            default: 0.0,
            about: "millions of MACs that cost nothing; 0: no price",
        },
        Parameter { name: "price", default: 0.5, about: "what the price counts" },
        Parameter {
            name: "joint",
            default: 0.5,
            about: "share of the training before joint rows; 1: never",
        },
        Parameter::rate(0.016),
        Parameter::BETA1,
        Parameter::BETA2,
        Parameter { name: "warm_up", default: 0.0, about: "share of the training without logits" },
    ],
    uses_arch_images: true,
    minds_priors: true,
    make: |setting| Ok(Box::new(Parsec::new(setting)?)),
};

struct Parsec {
    setting: Setting,
    /// The decisions that each row is about, one or those of a layer.
    groups: Vec<Vec<usize>>,
    logits: Logits,
    adam: Adam,
    online: Online,
    costs: Option<Table>,
    /// The networks of the step that is under way, an option per row each.
    drawn: Vec<Vec<usize>>,
    effective: Option<f64>,
}

impl Parsec {
    fn new(setting: Setting) -> Result<Self, SamplerError> {
        let space = &setting.space;
        let groups: Vec<Vec<usize>> = (0..space.decisions.len()).map(|d| vec![d]).collect();
        let rows = space.decisions.iter().map(|decision| vec![0.0; decision.options.len()]);
        let logits = Logits { rows: rows.collect() };
        let adam = Self::optimiser(&setting, &logits);
        let costs = if setting.options.is_on("target") {
            let table = Table::new(space, Measure::Macs, None);
            Some(table.map_err(|error| SamplerError::Unsuitable(error.to_string()))?)
        } else {
            None
        };
        let online = Online::default();
        let (drawn, effective) = (Vec::new(), None);
        let mut made = Self { setting, groups, logits, adam, online, costs, drawn, effective };
        // What is closed is never drawn, and has no gradient.
        made.close();
        Ok(made)
    }

    fn optimiser(setting: &Setting, logits: &Logits) -> Adam {
        let number = |name| setting.options.get(name);
        Adam::new(logits, number("lr"), [number("beta1"), number("beta2")])
    }

    fn sizes(&self, group: &[usize]) -> Vec<usize> {
        group.iter().map(|&d| self.setting.space.decisions[d].options.len()).collect()
    }

    /// Makes one row of all decisions of a layer.
    fn join(&mut self) {
        let space = &self.setting.space;
        let parent = |d: usize| space.decisions[d].path.rsplit_once('.').map_or("", |(p, _)| p);
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for decision in 0..space.decisions.len() {
            let open = groups.iter_mut().find(|group| {
                let options: usize = group
                    .iter()
                    .chain([&decision])
                    .map(|&d| space.decisions[d].options.len())
                    .product();
                parent(group[0]) == parent(decision) && options <= MOST_JOINT
            });
            match open {
                Some(group) => group.push(decision),
                None => groups.push(vec![decision]),
            }
        }
        let rows = groups.iter().map(|group| {
            let rows: Vec<&[f64]> = group.iter().map(|&d| &*self.logits.rows[d]).collect();
            joint(&rows)
        });
        self.logits = Logits { rows: rows.collect() };
        self.adam = Self::optimiser(&self.setting, &self.logits);
        self.groups = groups;
    }

    fn is_joint(&self) -> bool {
        self.groups.len() < self.setting.space.decisions.len()
    }

    /// Closes what has a prior of zero, and opens the rest, as likely as the row is in the mean.
    fn close(&mut self) {
        let decisions = &self.setting.space.decisions;
        let is_open = |decision: usize, option: usize| {
            decisions[decision].prior.as_ref().is_none_or(|prior| prior[option] > 0.0)
        };
        for (group, row) in self.groups.iter().zip(&mut self.logits.rows) {
            let finite: Vec<f64> = row.iter().copied().filter(|logit| logit.is_finite()).collect();
            let mean = finite.iter().sum::<f64>() / finite.len().max(1) as f64;
            for (place, logit) in row.iter_mut().enumerate() {
                let (mut rest, mut open) = (place, true);
                for &decision in group.iter().rev() {
                    let count = decisions[decision].options.len();
                    open &= is_open(decision, rest % count);
                    rest /= count;
                }
                *logit = match (open, logit.is_finite()) {
                    (true, true) => *logit,
                    (true, false) => mean,
                    (false, _) => f64::NEG_INFINITY,
                };
            }
        }
    }

    /// The network of an option per row.
    fn network(&self, drawn: &[usize]) -> Arch {
        let mut options = vec![0_u16; self.setting.space.decisions.len()];
        for (group, &taken) in self.groups.iter().zip(drawn) {
            let mut rest = taken;
            for &decision in group.iter().rev() {
                let count = self.setting.space.decisions[decision].options.len();
                options[decision] = (rest % count) as u16;
                rest /= count;
            }
        }
        Arch(options.into_iter().collect())
    }

    fn draw(&self, step: &Step, number: u64) -> Result<Vec<usize>, SamplerError> {
        let space = &self.setting.space;
        for attempt in 0..ATTEMPTS {
            let at = [step.number, number, attempt];
            let drawn = self.logits.draw(&mut Stream::new(self.setting.seed, "path", &at));
            if space.is_valid(&space.canonical(&self.network(&drawn))) {
                return Ok(drawn);
            }
        }
        Err(SamplerError::NoNetwork(ATTEMPTS))
    }

    /// How many networks a step draws.
    fn count(&self) -> usize {
        let options = &self.setting.options;
        match options.count("samples") {
            0 => {
                let least = options.count("least").max(2);
                samples_for(self.logits.entropy(), options.get("factor"), least)
            }
            samples => samples.max(2),
        }
    }

    /// The probability of every option of every decision.
    fn probabilities(&self) -> Vec<Vec<f64>> {
        let decisions = &self.setting.space.decisions;
        let mut made: Vec<Vec<f64>> =
            decisions.iter().map(|d| vec![0.0; d.options.len()]).collect();
        for (group, row) in self.groups.iter().zip(&self.logits.rows) {
            let sizes = self.sizes(group);
            for (place, probability) in softmax(row).into_iter().enumerate() {
                let mut rest = place;
                for (&decision, size) in group.iter().zip(&sizes).rev() {
                    made[decision][rest % size] += probability;
                    rest /= size;
                }
            }
        }
        made
    }
}

impl Sampler for Parsec {
    fn next_pass(&mut self, step: &Step, earlier: &[Done]) -> Result<Option<Pass>, SamplerError> {
        let options = &self.setting.options;
        let joins = options.get("joint") > 0.0 && step.progress() >= options.get("joint");
        let learns = step.progress() >= options.get("warm_up");
        if earlier.is_empty() {
            if joins && !self.is_joint() {
                self.join();
            }
            let count = self.count() as u64;
            self.drawn =
                (0..count).map(|number| self.draw(step, number)).collect::<Result<_, _>>()?;
            self.online = Online::default();
        }
        let count = self.drawn.len();
        let path = |drawn: &[usize]| Pass::path(self.setting.space.canonical(&self.network(drawn)));
        Ok(match earlier.len() {
            made if made < count => Some(path(&self.drawn[made])),
            made if learns && made < 2 * count => {
                let pass = path(&self.drawn[made - count]).for_gates();
                Some(Pass { learns: Learns::Nothing, ..pass })
            }
            _ => None,
        })
    }

    fn weigh(&mut self, pass: &Pass, loss: f64) -> [f64; 2] {
        if !pass.learns.weights() {
            return [1.0, pass.scale];
        }
        let (keep, add) = self.online.take(-self.setting.options.get("likelihood") * loss);
        [keep, add]
    }

    fn learn(&mut self, _: &Step, done: &[Done]) -> Result<f64, SamplerError> {
        let count = self.drawn.len();
        if done.len() > count {
            let losses: Vec<f64> = done[count..].iter().map(|done| done.loss).collect();
            let posterior = Posterior::of(&losses, self.setting.options.get("likelihood"));
            self.effective = Some(posterior.effective_samples());
            let gradient = match &self.costs {
                Some(costs) => {
                    let target = self.setting.options.get("target") * 1e6;
                    let penalty = |done: &Done| match &done.pass.gates {
                        Gates::Path(arch) => resource::hinge(costs.cost(arch) as f64, target),
                        Gates::Mixture(_) => 0.0,
                    };
                    let penalties: Vec<f64> = done[count..].iter().map(penalty).collect();
                    let strength = self.setting.options.get("price");
                    posterior.gradient_with_cost(&self.logits, &self.drawn, &penalties, strength)
                }
                None => posterior.gradient(&self.logits, &self.drawn),
            };
            self.adam.step(&mut self.logits, &gradient);
        }
        Ok(1.0 / self.online.total())
    }

    fn discretise(&self) -> Option<Arch> {
        let space = &self.setting.space;
        let best = space.canonical(&self.network(&self.logits.best()));
        if space.is_valid(&best) {
            return Some(best);
        }
        // The likeliest of many draws.
        let at = Step { number: 0, total: 1, per_epoch: 1, images: 0 };
        let drawn = (0..1000).filter_map(|number| self.draw(&at, number).ok());
        let likely = |drawn: &Vec<usize>| self.logits.log_probability(drawn);
        let best = drawn.max_by(|a, b| likely(a).total_cmp(&likely(b)));
        best.map(|drawn| space.canonical(&self.network(&drawn)))
    }

    fn health(&self) -> Option<Health> {
        let rows = self.probabilities();
        let logits =
            Logits { rows: rows.iter().map(|row| row.iter().map(|p| p.ln()).collect()).collect() };
        let health = Health::of(&self.setting.space, &logits);
        let entropy = self.logits.entropy();
        Some(Health { entropy, effective_samples: self.effective, ..health })
    }

    fn state(&self) -> State {
        let mut state = State::new();
        put_learned(&mut state, &self.logits, &self.adam);
        state.insert("joint".to_owned(), vec![f64::from(u8::from(self.is_joint()))]);
        state
    }

    fn restore(&mut self, mut state: State) -> Result<(), SamplerError> {
        if take_number(&mut state, "joint")? != 0.0 && !self.is_joint() {
            self.join();
        }
        take_learned(&mut state, &mut self.logits, &mut self.adam)?;
        self.close();
        super::state::finish(state)
    }
}

#[cfg(test)]
mod tests {
    use crate::alpha::sum_of;

    #[test]
    fn places_of_joint_rows_are_the_combinations() {
        let sizes = [3, 2, 4];
        let mut seen = 0;
        for a in 0..3 {
            for b in 0..2 {
                for c in 0..4 {
                    assert_eq!(sum_of(&sizes, &[a, b, c]), seen);
                    seen += 1;
                }
            }
        }
    }
}
