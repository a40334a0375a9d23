//! A stage's state as a checkpoint, and back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::TrainError;
use super::step::Stepper;
use crate::optimise::Averages;
use crate::run::checkpoint::{Checkpoint, Group, SpaceTag};
use crate::run::tensors::{Dtype, RawTensor, Tensors};
use crate::supernet::{ParamStore, StoreError};
use crate::torch::{self, Raw, Tensor, TorchError};

/// What a stage keeps besides tensors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The settings that the steps were made with, as text.
    pub settings: String,
    /// The sum of the losses of the epoch that is under way.
    pub loss: f64,
    /// How many losses are in it.
    pub losses: u64,
    /// The mean loss of the epoch before.
    pub last_epoch: Option<f64>,
    /// How many batches of images for the architecture were taken.
    #[serde(default)]
    pub arch_batches: u64,
    /// How often each option was trained, a row per decision.
    #[serde(default)]
    pub visits: Vec<Vec<u64>>,
    /// The accuracies of the probe when it was last looked at.
    #[serde(default)]
    pub probe: Vec<f64>,
}

/// The state after `step`, which lies in `epoch`.
///
/// # Errors
/// libtorch gave out.
pub fn checkpoint(
    stepper: &Stepper<'_>,
    space: &SpaceTag,
    arch: Option<&str>,
    (step, epoch): (u64, u64),
    progress: &Progress,
) -> Result<Checkpoint, TrainError> {
    let store = stepper.supernet.store();
    let (mut weights, mut buffers) = (Tensors::new(), Tensors::new());
    for (entry, tensor) in store.entries().iter().zip(store.tensors()) {
        let group = if entry.role.is_buffer() { &mut buffers } else { &mut weights };
        group.insert(entry.path.to_string(), to_raw(tensor)?);
    }
    let mut groups = BTreeMap::from([(Group::Weights, weights), (Group::Buffers, buffers)]);
    let moved = stepper.optimiser.state();
    let raw = moved.iter().map(|(path, tensor)| Ok((path.clone(), to_raw(tensor)?)));
    groups.insert(Group::Optimiser, raw.collect::<Result<_, TorchError>>()?);
    let learned = stepper.sampler.state().into_iter();
    groups.insert(Group::Architecture, learned.map(|(name, row)| (name, of_row(&row))).collect());
    let averages = stepper.averages.as_ref().map(Averages::state).unwrap_or_default();
    let raw = averages.iter().map(|(path, tensor)| Ok((path.clone(), to_raw(tensor)?)));
    groups.insert(Group::Ema, raw.collect::<Result<_, TorchError>>()?);
    #[expect(clippy::expect_used, reason = "progress is a struct of numbers and strings")]
    let progress = ron::to_string(progress).expect("progress is always valid RON");
    Ok(Checkpoint {
        stage: stepper.stage.to_owned(),
        step,
        epoch,
        space: space.clone(),
        arch: arch.map(str::to_owned),
        groups,
        progress,
    })
}

/// Puts the optimiser and the sampler of a stepper where a checkpoint left them; the weights come by
/// [`load_weights`].
///
/// # Errors
/// The state does not fit.
pub fn restore(
    stepper: &mut Stepper<'_>,
    groups: &BTreeMap<Group, Tensors>,
) -> Result<(), TrainError> {
    let tensors = |group| -> Result<BTreeMap<String, Tensor>, TorchError> {
        let found = groups.get(&group).into_iter().flatten();
        found.map(|(path, raw)| Ok((path.clone(), from_raw(raw)?))).collect()
    };
    stepper.optimiser.restore(&tensors(Group::Optimiser)?)?;
    let learned = groups.get(&Group::Architecture).into_iter().flatten();
    stepper.sampler.restore(learned.map(|(name, raw)| (name.clone(), to_row(raw))).collect())?;
    if let Some(averages) = &mut stepper.averages
        && !averages.restore(&tensors(Group::Ema)?)?
    {
        return Err(TrainError::Averages(stepper.stage.to_owned()));
    }
    Ok(())
}

/// Puts the weights and buffers of a checkpoint into a store.
///
/// # Errors
/// A tensor is missing, unknown, or of another shape.
pub fn load_weights(
    store: &mut ParamStore,
    groups: &BTreeMap<Group, Tensors>,
) -> Result<(), StoreError> {
    let parts = [Group::Weights, Group::Buffers];
    let tensors = parts.iter().filter_map(|group| groups.get(group)).flatten();
    store.load(&tensors.map(|(path, raw)| (path.clone(), to_torch(raw))).collect())
}

/// All tensors of a store as bytes, by path.
///
/// # Errors
/// libtorch gave out.
pub fn to_tensors(store: &ParamStore) -> Result<Tensors, TorchError> {
    let all = store.entries().iter().zip(store.tensors());
    all.map(|(entry, tensor)| Ok((entry.path.to_string(), to_raw(tensor)?))).collect()
}

/// Puts tensors as bytes into a store.
///
/// # Errors
/// A tensor is missing, unknown, or of another shape.
pub fn from_tensors(store: &mut ParamStore, tensors: &Tensors) -> Result<(), StoreError> {
    store.load(&tensors.iter().map(|(path, raw)| (path.clone(), to_torch(raw))).collect())
}

/// A row of numbers as a tensor of a file.
fn of_row(row: &[f64]) -> RawTensor {
    let bytes = row.iter().flat_map(|number| number.to_le_bytes()).collect();
    RawTensor { dtype: Dtype::F64, shape: vec![row.len()], bytes }
}

fn to_row(raw: &RawTensor) -> Vec<f64> {
    let number = |bytes: &[u8]| bytes.try_into().map_or(f64::NAN, f64::from_le_bytes);
    raw.bytes.chunks(8).map(number).collect()
}

fn to_raw(tensor: &Tensor) -> Result<RawTensor, TorchError> {
    let Raw { dtype, shape, bytes } = torch::to_bytes(tensor)?;
    let dtype = Dtype::try_from(dtype)
        .map_err(|_| TorchError::Malformed("the type has no file form".to_owned()))?;
    Ok(RawTensor { dtype, shape, bytes })
}

fn to_torch(raw: &RawTensor) -> Raw {
    let RawTensor { dtype, shape, bytes } = raw;
    Raw { dtype: (*dtype).into(), shape: shape.clone(), bytes: bytes.clone() }
}

fn from_raw(raw: &RawTensor) -> Result<Tensor, TorchError> {
    torch::from_bytes(raw.dtype.into(), &raw.shape, &raw.bytes)
}
