//! An optimiser over the touched tensors alone.
//!
//! [`Rule`] says how a tensor moves. What belongs to a tensor besides (momentum, means, its number of steps) begins at
//! its first step and is saved under its path.

use crate::torch::{self, AdamStep, RmsPropStep, SgdStep, Tensor, TorchError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, Selection};

/// What holds for all parameters of an optimiser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How gradients move weights.
    pub rule: Rule,
    /// What happens to the tensors that no gradient has reached.
    pub untouched: Untouched,
}

/// What a step does to a tensor without a gradient.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Untouched {
    /// It keeps every bit, and so do its momentum and means.
    #[default]
    Skip,
    /// Its gradient counts as zero: decay shrinks it, and the momentum of earlier steps goes on moving it. So it was
    /// in DSNAS, whose weights all carried a gradient; it costs time and memory for all tensors in every step.
    Zero,
}

/// What holds for one parameter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// Multiplies the learning rate of a step.
    pub lr_scale: f64,
    /// The share of the parameter that is added to its gradient.
    pub weight_decay: f64,
}

impl Default for Group {
    fn default() -> Self {
        Self { lr_scale: 1.0, weight_decay: 0.0 }
    }
}

/// What is said of some parameters; of two rules that say something of one, the later counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupRule {
    /// Which.
    pub of: Selection,
    /// Multiplies their learning rate.
    #[serde(default)]
    pub lr_scale: Option<f64>,
    /// Their weight decay.
    #[serde(default)]
    pub weight_decay: Option<f64>,
}

impl GroupRule {
    /// What its numbers lack, if anything, as the end of a sentence.
    pub fn fault(&self) -> Option<&'static str> {
        let sound = |value: Option<f64>| value.is_none_or(|v| v.is_finite() && v >= 0.0);
        let holds = sound(self.lr_scale) && sound(self.weight_decay);
        (!holds).then_some("needs scales and decays of at least 0")
    }
}

/// Why an optimiser could not be made, stepped or restored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OptimiserError {
    /// Settings without a meaning.
    #[error("the optimiser {0}")]
    Settings(&'static str),
    /// A selection of parameters that there are none of.
    #[error("`{0}` selects no parameter of this network")]
    Idle(String),
    /// Two parameters were given one path.
    #[error("two parameters are called `{0}`")]
    Twice(String),
    /// A saved state names a parameter that is not there, or something that the rule does not keep.
    #[error("the optimiser state has `{0}`, which is no parameter of this network")]
    Unknown(String),
    /// A saved state lacks a part of what its parameter needs.
    #[error("the optimiser state has `{path}` without its `{part}`")]
    Partial {
        /// The parameter's path.
        path: String,
        /// What is missing.
        part: &'static str,
    },
    /// A saved state does not fit its parameter.
    #[error("the optimiser state of `{path}` is {found:?}, and the parameter is {expected:?}")]
    Shape {
        /// The parameter's path.
        path: String,
        /// The shape in the state.
        found: Vec<i64>,
        /// The shape of the parameter.
        expected: Vec<i64>,
    },
    /// libtorch failed.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// An optimiser over parameters that the caller numbers by their order in [`Optimiser::new`].
#[derive(Debug)]
pub struct Optimiser {
    settings: Settings,
    groups: Vec<Group>,
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    path: String,
    parameter: Tensor,
    /// One per [`Part`]; undefined until the first step, and for ever what the rule does not keep.
    states: [Tensor; 4],
    /// Index into the distinct groups.
    group: usize,
}

/// What may belong to a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Momentum,
    Mean,
    Square,
    /// How many steps it took; one number.
    Steps,
}

impl Part {
    const ALL: [Self; 4] = [Self::Momentum, Self::Mean, Self::Square, Self::Steps];

    /// What follows the parameter's path.
    fn suffix(self) -> &'static str {
        match self {
            Self::Momentum => "",
            Self::Mean => "/mean",
            Self::Square => "/square",
            Self::Steps => "/steps",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Momentum => "momentum",
            Self::Mean => "mean",
            Self::Square => "square",
            Self::Steps => "steps",
        }
    }

    fn is_kept(self, rule: Rule) -> bool {
        match rule {
            Rule::Sgd { momentum, .. } => self == Self::Momentum && momentum > 0.0,
            Rule::Adam { .. } | Rule::AdamW { .. } => self != Self::Momentum,
            Rule::RmsProp { momentum, centred, .. } => match self {
                Self::Momentum => momentum > 0.0,
                Self::Mean => centred,
                Self::Square => true,
                Self::Steps => false,
            },
        }
    }
}

/// The parameters of a group that take part in a step, and their states by part.
#[derive(Default)]
struct Lists<'a> {
    parameters: Vec<&'a Tensor>,
    momenta: Vec<&'a mut Tensor>,
    means: Vec<&'a mut Tensor>,
    squares: Vec<&'a mut Tensor>,
    steps: Vec<&'a mut Tensor>,
}

impl Lists<'_> {
    fn step(&mut self, rule: Rule, group: Group, rate: f64) -> Result<(), TorchError> {
        let Self { parameters, momenta, means, squares, steps } = self;
        let Group { lr_scale, weight_decay } = group;
        let rate = rate * lr_scale;
        match rule {
            Rule::Sgd { momentum, nesterov } => {
                let step = SgdStep { rate, momentum, weight_decay, nesterov };
                torch::sgd_step(parameters, momenta, step)
            }
            Rule::Adam { betas, eps } | Rule::AdamW { betas, eps } => {
                let decoupled = matches!(rule, Rule::AdamW { .. });
                let step = AdamStep { rate, betas, eps, weight_decay, decoupled };
                torch::adam_step(parameters, means, squares, steps, step)
            }
            Rule::RmsProp { smoothing, momentum, eps, centred, tensorflow } => {
                let step = RmsPropStep {
                    rate,
                    smoothing,
                    momentum,
                    eps,
                    weight_decay,
                    centred,
                    tensorflow,
                };
                torch::rmsprop_step(parameters, squares, means, momenta, step)
            }
        }
    }
}

impl Optimiser {
    /// An optimiser that has taken no step yet. The parameters stay shared with the caller.
    pub fn new(
        settings: Settings,
        parameters: impl IntoIterator<Item = (String, Tensor, Group)>,
    ) -> Result<Self, OptimiserError> {
        if let Some(fault) = settings.rule.fault() {
            return Err(OptimiserError::Settings(fault));
        }
        let (mut groups, mut slots, mut paths) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (path, parameter, group) in parameters {
            if !paths.insert(path.clone()) {
                return Err(OptimiserError::Twice(path));
            }
            let known = groups.iter().position(|known| *known == group);
            let group = known.unwrap_or_else(|| {
                groups.push(group);
                groups.len() - 1
            });
            let states = Part::ALL.map(|_| Tensor::new());
            slots.push(Slot { path, parameter, states, group });
        }
        Ok(Self { settings, groups, slots })
    }

    /// How many parameters there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no parameter at all.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// One step at this learning rate over the parameters numbered in `touched`, of which those without a gradient are
    /// left alone. A number that is repeated counts once. If the untouched count as zero, all parameters take part,
    /// those without a gradient with one of zero, and have none afterwards.
    ///
    /// # Panics
    /// When a number is not that of a parameter.
    pub fn step(&mut self, touched: &[usize], rate: f64) -> Result<(), OptimiserError> {
        let Settings { rule, untouched } = self.settings;
        let all = untouched == Untouched::Zero;
        let mut chosen = vec![all; self.slots.len()];
        for &index in touched {
            chosen[index] = true;
        }
        let filled = if all { self.fill()? } else { Vec::new() };
        let mut lists: Vec<Lists<'_>> = Vec::new();
        lists.resize_with(self.groups.len(), Lists::default);
        for (slot, _) in self.slots.iter_mut().zip(chosen).filter(|(_, chosen)| *chosen) {
            let [momentum, mean, square, steps] = &mut slot.states;
            let list = &mut lists[slot.group];
            list.parameters.push(&slot.parameter);
            list.momenta.push(momentum);
            list.means.push(mean);
            list.squares.push(square);
            list.steps.push(steps);
        }
        for (group, mut lists) in self.groups.iter().zip(lists) {
            lists.step(rule, *group, rate)?;
        }
        torch::drop_gradients(&self.parameters(&filled))?;
        Ok(())
    }

    /// Gives a gradient of zero to the parameters that have none, and tells which.
    fn fill(&self) -> Result<Vec<usize>, TorchError> {
        let all = self.slots.iter().enumerate();
        let bare = all.filter(|(_, slot)| !slot.parameter.grad().defined());
        let bare: Vec<usize> = bare.map(|(index, _)| index).collect();
        torch::fill_gradients(&self.parameters(&bare))?;
        Ok(bare)
    }

    /// Where a step along `gradient` at this learning rate would take a parameter, which does not move: under `sgd`
    /// with its momentum but without Nesterov's look-ahead, as DARTS unrolls, and under every other rule straight down
    /// the gradient.
    ///
    /// # Panics
    /// When the number is not that of a parameter.
    pub fn ahead(
        &self,
        number: usize,
        gradient: &Tensor,
        rate: f64,
    ) -> Result<Tensor, OptimiserError> {
        let Slot { parameter, states: [buffer, ..], group, .. } = &self.slots[number];
        let Group { lr_scale, weight_decay } = self.groups[*group];
        let _guard = torch::no_grad();
        let mut moved = torch::add(gradient, &torch::scale(parameter, weight_decay)?)?;
        if let Rule::Sgd { momentum, .. } = self.settings.rule
            && buffer.defined()
        {
            moved = torch::add(&moved, &torch::scale(buffer, momentum)?)?;
        }
        Ok(torch::add(parameter, &torch::scale(&moved, -rate * lr_scale)?)?)
    }

    /// The parameters numbered in `touched`, for dropping and averaging their gradients.
    ///
    /// # Panics
    /// When a number is not that of a parameter.
    pub fn parameters(&self, touched: &[usize]) -> Vec<&Tensor> {
        touched.iter().map(|&index| &self.slots[index].parameter).collect()
    }

    /// The same with their paths.
    ///
    /// # Panics
    /// When a number is not that of a parameter.
    pub fn named(&self, touched: &[usize]) -> Vec<(&str, &Tensor)> {
        touched
            .iter()
            .map(|&index| (&*self.slots[index].path, &self.slots[index].parameter))
            .collect()
    }

    /// All parameters with their paths.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.slots.iter().map(|slot| (&*slot.path, &slot.parameter))
    }

    /// What belongs to every parameter that ever took a step: its momentum under its path, its mean gradient, mean
    /// square and number of steps under the path with `/mean`, `/square` and `/steps`. The tensors are shared, not
    /// copied: save them before the next step.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        let parts = self.slots.iter().flat_map(|slot| {
            let states = Part::ALL.into_iter().zip(&slot.states);
            states.map(|(part, state)| (format!("{}{}", slot.path, part.suffix()), state))
        });
        let kept = parts.filter(|(_, state)| state.defined());
        kept.map(|(path, state)| (path, state.shallow_clone())).collect()
    }

    /// Puts a saved state in place of the present one. Parameters that it does not name have not taken a step yet.
    /// After an error nothing has changed.
    pub fn restore(&mut self, state: &BTreeMap<String, Tensor>) -> Result<(), OptimiserError> {
        let mut restored = Vec::with_capacity(self.slots.len());
        let mut known = BTreeSet::new();
        for slot in &self.slots {
            let kept = Part::ALL.map(|part| {
                let path = format!("{}{}", slot.path, part.suffix());
                let saved = state.get(&path).filter(|_| part.is_kept(self.settings.rule));
                known.extend(saved.is_some().then_some(path));
                saved
            });
            let mut states = Part::ALL.map(|_| Tensor::new());
            for ((part, saved), state) in Part::ALL.into_iter().zip(kept).zip(&mut states) {
                match saved {
                    Some(saved) => *state = slot.own(saved, part)?,
                    None if part.is_kept(self.settings.rule)
                        && kept.iter().any(Option::is_some) =>
                    {
                        let (path, part) = (slot.path.clone(), part.name());
                        return Err(OptimiserError::Partial { path, part });
                    }
                    None => {}
                }
            }
            restored.push(states);
        }
        if let Some(unknown) = state.keys().find(|path| !known.contains(*path)) {
            return Err(OptimiserError::Unknown(unknown.clone()));
        }
        for (slot, states) in self.slots.iter_mut().zip(restored) {
            slot.states = states;
        }
        Ok(())
    }
}

impl Slot {
    /// A copy of a saved state with the parameter's memory order, kind and device.
    fn own(&self, saved: &Tensor, part: Part) -> Result<Tensor, OptimiserError> {
        let _guard = torch::no_grad();
        let is_count = part == Part::Steps;
        let expected = if is_count { Vec::new() } else { self.parameter.size() };
        let found = saved.size();
        if found != expected {
            return Err(OptimiserError::Shape { path: self.path.clone(), found, expected });
        }
        let model = self.parameter.f_detach().map_err(TorchError::from)?;
        let place = (torch::Kind::Float, model.device());
        let copy = if is_count { Tensor::f_empty([0; 0], place) } else { model.f_empty_like() };
        let mut copy = copy.map_err(TorchError::from)?;
        copy.f_copy_(saved).map_err(TorchError::from)?;
        Ok(copy)
    }
}

#[cfg(test)]
mod tests;
