//! Stochastic gradient descent with momentum, over the touched tensors alone.
//!
//! With gradient `g`, parameter `p` and weight decay `d`, a step is
//!
//! ```text
//! g' = g + d * p
//! v  = g'                  at the tensor's first step, afterwards  momentum * v + g'
//! p  = p - rate * v        with Nesterov                           p - rate * (g' + momentum * v)
//! ```
//!
//! as in PyTorch (without dampening). "First" counts per tensor: a supernet touches some for the first time late.

use crate::torch::{self, SgdStep, Tensor, TorchError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What holds for all parameters of an optimiser.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The share of the old momentum that a step keeps, in `0.0..1.0`.
    pub momentum: f64,
    /// Whether to look ahead along the momentum.
    pub nesterov: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { momentum: 0.9, nesterov: false }
    }
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

/// Why an optimiser could not be made, stepped or restored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SgdError {
    /// Settings without a meaning.
    #[error("{0}")]
    Settings(&'static str),
    /// Two parameters were given one path.
    #[error("two parameters are called `{0}`")]
    Twice(String),
    /// A saved state names a parameter that is not there.
    #[error("the optimiser state has `{0}`, which is no parameter of this network")]
    Unknown(String),
    /// A saved momentum does not fit its parameter.
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

/// An optimiser over parameters that the caller numbers by their order in [`Sgd::new`].
#[derive(Debug)]
pub struct Sgd {
    settings: Settings,
    groups: Vec<Group>,
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    path: String,
    parameter: Tensor,
    /// Undefined until the first step.
    momentum: Tensor,
    /// Index into the distinct groups.
    group: usize,
}

impl Sgd {
    /// An optimiser without momentum yet. The parameters stay shared with the caller.
    pub fn new(
        settings: Settings,
        parameters: impl IntoIterator<Item = (String, Tensor, Group)>,
    ) -> Result<Self, SgdError> {
        if !(0.0..1.0).contains(&settings.momentum) {
            return Err(SgdError::Settings("the momentum of sgd lies in 0.0..1.0"));
        }
        if settings.nesterov && settings.momentum == 0.0 {
            return Err(SgdError::Settings("nesterov's look-ahead needs a momentum above zero"));
        }
        let (mut groups, mut slots, mut paths) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (path, parameter, group) in parameters {
            if !paths.insert(path.clone()) {
                return Err(SgdError::Twice(path));
            }
            let known = groups.iter().position(|known| *known == group);
            let group = known.unwrap_or_else(|| {
                groups.push(group);
                groups.len() - 1
            });
            slots.push(Slot { path, parameter, momentum: Tensor::new(), group });
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
    /// left alone. A number that is repeated counts once.
    ///
    /// # Panics
    /// When a number is not that of a parameter.
    pub fn step(&mut self, touched: &[usize], rate: f64) -> Result<(), SgdError> {
        let Settings { momentum, nesterov } = self.settings;
        let mut chosen = vec![false; self.slots.len()];
        for &index in touched {
            chosen[index] = true;
        }
        let mut lists: Vec<(Vec<&Tensor>, Vec<&mut Tensor>)> = Vec::new();
        lists.resize_with(self.groups.len(), Default::default);
        for (slot, _) in self.slots.iter_mut().zip(chosen).filter(|(_, chosen)| *chosen) {
            let (parameters, buffers) = &mut lists[slot.group];
            parameters.push(&slot.parameter);
            buffers.push(&mut slot.momentum);
        }
        for (group, (parameters, mut buffers)) in self.groups.iter().zip(lists) {
            let Group { lr_scale, weight_decay } = *group;
            let step = SgdStep { rate: rate * lr_scale, momentum, weight_decay, nesterov };
            torch::sgd_step(&parameters, &mut buffers, step)?;
        }
        Ok(())
    }

    /// Where a step along `gradient` at this learning rate would take a parameter, which does not move. Without
    /// Nesterov's look-ahead, as DARTS unrolls.
    ///
    /// # Panics
    /// When the number is not that of a parameter.
    pub fn ahead(&self, number: usize, gradient: &Tensor, rate: f64) -> Result<Tensor, SgdError> {
        let Slot { parameter, momentum, group, .. } = &self.slots[number];
        let Group { lr_scale, weight_decay } = self.groups[*group];
        let _guard = torch::no_grad();
        let mut moved = torch::add(gradient, &torch::scale(parameter, weight_decay)?)?;
        if momentum.defined() {
            moved = torch::add(&moved, &torch::scale(momentum, self.settings.momentum)?)?;
        }
        Ok(torch::add(parameter, &torch::scale(&moved, -rate * lr_scale)?)?)
    }

    /// The parameters numbered in `touched`, for clipping and for dropping their gradients.
    ///
    /// # Panics
    /// When a number is not that of a parameter.
    pub fn parameters(&self, touched: &[usize]) -> Vec<&Tensor> {
        touched.iter().map(|&index| &self.slots[index].parameter).collect()
    }

    /// The momentum of every parameter that ever took a step, by path. The tensors are shared, not copied: save them
    /// before the next step.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        self.slots
            .iter()
            .filter(|slot| slot.momentum.defined())
            .map(|slot| (slot.path.clone(), slot.momentum.shallow_clone()))
            .collect()
    }

    /// Puts a saved state in place of the present one. Parameters that it does not name have not taken a step yet.
    /// After an error nothing has changed.
    pub fn restore(&mut self, state: &BTreeMap<String, Tensor>) -> Result<(), SgdError> {
        let mut momenta = Vec::with_capacity(self.slots.len());
        let mut found = 0;
        for slot in &self.slots {
            let Some(saved) = state.get(&slot.path) else {
                momenta.push(Tensor::new());
                continue;
            };
            found += 1;
            if saved.size() != slot.parameter.size() {
                return Err(SgdError::Shape {
                    path: slot.path.clone(),
                    found: saved.size(),
                    expected: slot.parameter.size(),
                });
            }
            momenta.push(own_copy(saved, &slot.parameter)?);
        }
        if found < state.len() {
            let paths: BTreeSet<&str> = self.slots.iter().map(|slot| &*slot.path).collect();
            let unknown = state.keys().find(|path| !paths.contains(path.as_str()));
            return Err(SgdError::Unknown(unknown.cloned().unwrap_or_default()));
        }
        for (slot, momentum) in self.slots.iter_mut().zip(momenta) {
            slot.momentum = momentum;
        }
        Ok(())
    }
}

/// A copy of `saved` with the parameter's memory order, kind and device.
fn own_copy(saved: &Tensor, parameter: &Tensor) -> Result<Tensor, TorchError> {
    let _guard = torch::no_grad();
    let mut copy = parameter.f_detach()?.f_empty_like()?;
    copy.f_copy_(saved)?;
    Ok(copy)
}

#[cfg(test)]
mod tests;
