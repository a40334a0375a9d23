//! A distribution over networks that learns: a row of logits per decision.

use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::DecisionKind;
use nasc_compiler::pass::Checked;
use nasc_compiler::random::Stream;

use super::state::{finish, put_learned, take_learned};
use super::{Gates, SamplerError, Setting, State, Told};
use crate::alpha::{Adam, Logits, Rows, Settled, softmax};
use crate::search::draw::ATTEMPTS;

/// Logits, what moves them, and draws of networks.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// The space.
    pub space: Arc<Checked>,
    /// The seed of the run.
    pub seed: u64,
    /// A row per decision.
    pub logits: Logits,
    /// What moves them.
    pub adam: Adam,
    /// Options that are out of the race: a row per decision.
    pub removed: Vec<Vec<bool>>,
}

impl Distribution {
    /// Rows around `mean` with a standard deviation. Options whose prior is zero are out.
    ///
    /// They move by the sampler's numbers `lr`, `beta1`, `beta2` and `weight_decay`, of which those it does not have
    /// are zero.
    pub fn normal(setting: &Setting, [mean, deviation]: [f64; 2]) -> Self {
        let Setting { space, seed, options: numbers, .. } = setting;
        let seed = *seed;
        let options: Vec<usize> = space.decisions.iter().map(|d| d.options.len()).collect();
        let mut stream = Stream::new(seed, "logits", &[]);
        let logits = Logits::normal(&options, mean, deviation, &mut stream);
        let betas = [numbers.get("beta1"), numbers.get("beta2")];
        let weight_decay = numbers.get("weight_decay");
        let adam = Adam { weight_decay, ..Adam::new(&logits, numbers.get("lr"), betas) };
        let removed = space.decisions.iter().map(|decision| match &decision.prior {
            Some(prior) => prior.iter().map(|&probability| probability == 0.0).collect(),
            None => vec![false; decision.options.len()],
        });
        let removed = removed.collect();
        Self { space: Arc::clone(space), seed, logits, adam, removed }
    }

    /// The probability of every option at a temperature; of those that are out, zero.
    pub fn probabilities(&self, temperature: f64) -> Rows {
        let row = |(row, removed): (&Vec<f64>, &Vec<bool>)| {
            let left: Vec<f64> = row
                .iter()
                .zip(removed)
                .map(|(logit, &out)| if out { f64::NEG_INFINITY } else { logit / temperature })
                .collect();
            softmax(&left)
        };
        self.logits.rows.iter().zip(&self.removed).map(row).collect()
    }

    /// A valid network with its options drawn by their probabilities, in canonical form: the `number`-th of a
    /// step. What is settled is as it is settled.
    ///
    /// # Errors
    /// Rules of the space took out all that were drawn.
    pub fn draw(
        &self,
        purpose: &str,
        [step, number]: [u64; 2],
        settled: &Settled,
    ) -> Result<Arch, SamplerError> {
        let left = Logits { rows: self.left() };
        self.draw_by(purpose, [step, number], |stream| {
            let mut drawn = left.draw(stream);
            settled.impose(&mut drawn);
            drawn
        })
    }

    /// A valid network drawn uniformly of what is left.
    ///
    /// # Errors
    /// As [`Self::draw`].
    pub fn draw_evenly(&self, [step, number]: [u64; 2]) -> Result<Arch, SamplerError> {
        let rows = self
            .removed
            .iter()
            .map(|row| row.iter().map(|&out| if out { f64::NEG_INFINITY } else { 0.0 }).collect());
        let even = Logits { rows: rows.collect() };
        self.draw_by("path", [step, number], |stream| even.draw(stream))
    }

    fn draw_by(
        &self,
        purpose: &str,
        [step, number]: [u64; 2],
        draw: impl Fn(&mut Stream) -> Vec<usize>,
    ) -> Result<Arch, SamplerError> {
        for attempt in 0..ATTEMPTS {
            let mut stream = Stream::new(self.seed, purpose, &[step, number, attempt]);
            let drawn = draw(&mut stream).into_iter().map(|option| option as u16);
            let arch = self.space.canonical(&Arch(drawn.collect()));
            if self.space.is_valid(&arch) {
                return Ok(arch);
            }
        }
        Err(SamplerError::NoNetwork(ATTEMPTS))
    }

    fn left(&self) -> Rows {
        let left = |(logit, &out): (&f64, &bool)| if out { f64::NEG_INFINITY } else { *logit };
        let rows = self.logits.rows.iter().zip(&self.removed);
        rows.map(|(row, removed)| row.iter().zip(removed).map(left).collect()).collect()
    }

    /// A mixture of all options that are left, with these weights; of a `keep`, every branch counts once.
    pub fn mixture(&self, weights: &Rows) -> Gates {
        let told = self.space.decisions.iter().zip(weights).zip(&self.removed);
        Gates::Mixture(
            told.map(|((decision, weights), removed)| {
                let left = || (0..weights.len()).filter(|&option| !removed[option]);
                let options: Vec<u16> = left().map(|option| option as u16).collect();
                if decision.kind == DecisionKind::Subset {
                    let weight = share_of_a_branch(&decision.options);
                    return Told::Weighted(options.clone(), vec![weight; options.len()]);
                }
                if let [only] = *options {
                    return Told::One(only);
                }
                Told::Weighted(options, left().map(|option| weights[option]).collect())
            })
            .collect(),
        )
    }

    /// The derivatives by gates of a [`Self::mixture`] as rows of all options, zero for those that were out.
    pub fn rows_of(&self, done: &super::Done) -> Rows {
        let mut made: Rows = self.logits.rows.iter().map(|row| vec![0.0; row.len()]).collect();
        let Gates::Mixture(told) = &done.pass.gates else { return made };
        for (decision, told) in told.iter().enumerate() {
            let row = done.gate(decision);
            match told {
                _ if self.space.decisions[decision].kind == DecisionKind::Subset => {}
                Told::Weighted(options, _) => {
                    for (option, gradient) in options.iter().zip(row) {
                        made[decision][*option as usize] = gradient;
                    }
                }
                Told::Scaled(option, _) => {
                    if let Some(gradient) = row.first() {
                        made[decision][*option as usize] = *gradient;
                    }
                }
                Told::One(_) | Told::PerImage(_) => {}
            }
        }
        made
    }

    /// Moves the logits, with the gradient's joint length held to `most` if that is above zero.
    pub fn step(&mut self, mut gradient: Rows, most: f64) {
        if most > 0.0 {
            let length = gradient.iter().flatten().map(|g| g * g).sum::<f64>().sqrt();
            let factor = most / (length + 1e-6);
            if factor < 1.0 {
                gradient.iter_mut().flatten().for_each(|g| *g *= factor);
            }
        }
        let before = self.logits.clone();
        self.adam.step(&mut self.logits, &gradient);
        // Weight decay and momentum move nothing that is out.
        for ((row, before), removed) in
            self.logits.rows.iter_mut().zip(before.rows).zip(&self.removed)
        {
            for ((logit, before), &out) in row.iter_mut().zip(before).zip(removed) {
                if out {
                    *logit = before;
                }
            }
        }
    }

    /// The most probable network: of every decision its best option, then whatever rules of the space demand, by
    /// giving up as little probability as possible one decision at a time.
    ///
    /// A `keep` takes the branches in which some decision is surest (DARTS's rule).
    pub fn best(&self) -> Option<Arch> {
        let space = &*self.space;
        let mut rows = self.left();
        for (decision, row) in self.kept_branches() {
            rows[decision] = row;
        }
        let best = Logits { rows: rows.clone() }.best();
        let arch = Arch(best.iter().map(|&option| option as u16).collect());
        let canonical = space.canonical(&arch);
        if space.is_valid(&canonical) {
            return Some(canonical);
        }
        let mut changes: Vec<(f64, usize, usize)> = Vec::new();
        for (decision, row) in rows.iter().enumerate() {
            for (option, logit) in row.iter().enumerate() {
                if option != best[decision] && logit.is_finite() {
                    changes.push((row[best[decision]] - logit, decision, option));
                }
            }
        }
        changes.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        for &(_, decision, option) in &changes {
            let mut other = arch.clone();
            other.0[decision] = option as u16;
            let other = space.canonical(&other);
            if space.is_valid(&other) {
                return Some(other);
            }
        }
        (0..1000).find_map(|number| self.draw("best", [0, number], &Settled::default()).ok())
    }

    /// For every `keep` whose branches hold decisions, the sum over the branches of each subset of the largest
    /// probability among theirs.
    fn kept_branches(&self) -> Vec<(usize, Vec<f64>)> {
        let space = &*self.space;
        let probabilities = self.probabilities(1.0);
        let mut made = Vec::new();
        for (index, decision) in space.decisions.iter().enumerate() {
            if decision.kind != DecisionKind::Subset {
                continue;
            }
            let surest = |label: &str| -> f64 {
                let inside = format!("{}.{label}.", decision.path);
                let own = space.decisions.iter().zip(&probabilities);
                let own = own.filter(|(other, _)| other.path.starts_with(&inside));
                own.flat_map(|(_, row)| row.iter().copied()).fold(0.0, f64::max)
            };
            let row: Vec<f64> =
                decision.options.iter().map(|subset| subset.split('+').map(surest).sum()).collect();
            if row.iter().any(|score| *score > 0.0) {
                made.push((index, row));
            }
        }
        made
    }

    /// What is kept between steps.
    pub fn state(&self) -> State {
        let mut state = State::new();
        put_learned(&mut state, &self.logits, &self.adam);
        let removed = self.removed.iter().flatten().map(|&out| f64::from(u8::from(out)));
        state.insert("removed".to_owned(), removed.collect());
        state
    }

    /// Takes the state back; what is not its own must have been taken before.
    ///
    /// # Errors
    /// Something is missing, or left over.
    pub fn restore(&mut self, mut state: State) -> Result<(), SamplerError> {
        take_learned(&mut state, &mut self.logits, &mut self.adam)?;
        let removed = super::state::take(&mut state, "removed")?;
        let mut removed = removed.into_iter().map(|out| out != 0.0);
        for out in self.removed.iter_mut().flatten() {
            *out =
                removed.next().ok_or_else(|| SamplerError::MissingState("removed".to_owned()))?;
        }
        finish(state)
    }
}

/// The weight of each subset under which every branch of a `keep` counts once: of `k` of `n` branches, one in `k / n`
/// subsets has a branch.
fn share_of_a_branch(subsets: &[Arc<str>]) -> f64 {
    let kept = subsets.first().map_or(1, |label| label.split('+').count());
    let mut branches: Vec<&str> = subsets.iter().flat_map(|label| label.split('+')).collect();
    branches.sort_unstable();
    branches.dedup();
    branches.len() as f64 / kept as f64 / subsets.len() as f64
}
