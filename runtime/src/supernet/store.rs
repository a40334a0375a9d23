//! All parameters and buffers of a space.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use nasc_compiler::ir::{Graph, ParamId, Role};
use rustc_hash::FxHashMap;
use safetensors::Dtype;
use sha2::{Digest, Sha256};

use crate::torch::{self, Device, Kind, Raw, Tensor, TorchError};

/// What the tensors of a store are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Single or double precision.
    pub kind: Kind,
    /// Where they lie.
    pub device: Device,
    /// Whether the weights of convolutions, and with them all images, have their channels last in
    /// memory. It changes no shape, only speed and the last bits of results.
    pub channels_last: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self { kind: Kind::Float, device: Device::Cpu, channels_last: true }
    }
}

impl Place {
    /// An input `[N, C, …]` as tensors of this place want it.
    ///
    /// # Errors
    /// If it does not fit into memory.
    pub fn of_input(&self, input: &Tensor) -> Result<Tensor, TorchError> {
        let input = input.f_to_device(self.device)?.f_to_kind(self.kind)?;
        if self.channels_last { torch::channels_last(&input) } else { Ok(input) }
    }
}

/// What is known of a tensor besides its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path in the space.
    pub path: Arc<str>,
    /// What it is for.
    pub role: Role,
    /// Its shape in the largest network.
    pub shape: Vec<usize>,
}

impl Entry {
    /// How many scalars it has.
    pub fn scalars(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Why tensors do not fit into a store.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// A tensor of the network is not among those given.
    #[error("there is no tensor `{path}`, which the network needs")]
    Missing {
        /// The tensor.
        path: String,
    },
    /// A tensor was given that the network does not have.
    #[error("the network has no tensor `{path}`")]
    Unknown {
        /// The tensor.
        path: String,
    },
    /// A tensor of another shape was given.
    #[error("tensor `{path}` has the shape {found:?}, and the network needs {expected:?}")]
    Shape {
        /// The tensor.
        path: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape in the network.
        expected: Vec<usize>,
    },
    /// A tensor of another type was given.
    #[error("tensor `{path}` holds {found:?}, and the network needs {expected:?}")]
    Dtype {
        /// The tensor.
        path: String,
        /// The type of its elements.
        found: Dtype,
        /// The type in the network.
        expected: Dtype,
    },
    /// libtorch failed.
    #[error("tensor `{path}`: {source}")]
    Torch {
        /// The tensor.
        path: String,
        /// What libtorch said.
        source: TorchError,
    },
}

/// All parameters and buffers of a space, in elaboration order.
#[derive(Debug)]
pub struct ParamStore {
    entries: Vec<Entry>,
    /// One per entry; those that are trained are leaves that require a gradient.
    tensors: Vec<Tensor>,
    by_path: FxHashMap<Arc<str>, ParamId>,
    place: Place,
}

impl ParamStore {
    /// The tensors of a space: zeros, but ones where a normalisation scales.
    ///
    /// # Errors
    /// If they do not fit into memory.
    pub fn new(space: &Graph, place: Place) -> Result<Self, StoreError> {
        let (mut entries, mut tensors) = (Vec::new(), Vec::new());
        let mut by_path = FxHashMap::default();
        for (index, param) in space.params.iter().enumerate() {
            let shape: Vec<usize> = param.full.iter().map(|&length| length as usize).collect();
            let entry = Entry { path: param.path.clone(), role: param.role, shape };
            tensors.push(named(&entry.path, leaf(&entry, place))?);
            by_path.insert(param.path.clone(), ParamId(index as u32));
            entries.push(entry);
        }
        Ok(Self { entries, tensors, by_path, place })
    }

    /// What the tensors are made of.
    pub fn place(&self) -> Place {
        self.place
    }

    /// What is known of the tensors, in elaboration order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The tensors, in elaboration order.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The tensor of a parameter of the store's space.
    pub fn tensor(&self, id: ParamId) -> &Tensor {
        &self.tensors[id.index()]
    }

    /// The parameter of that path.
    pub fn find(&self, path: &str) -> Option<ParamId> {
        self.by_path.get(path).copied()
    }

    /// The trained tensors with what is known of them, in elaboration order.
    pub fn trainable(&self) -> impl Iterator<Item = (ParamId, &Entry, &Tensor)> {
        let all = self.entries.iter().zip(&self.tensors).enumerate();
        all.map(|(index, (entry, tensor))| (ParamId(index as u32), entry, tensor))
            .filter(|(_, entry, _)| !entry.role.is_buffer())
    }

    /// How many scalars are trained.
    pub fn trainable_scalars(&self) -> u64 {
        self.trainable().map(|(_, entry, _)| entry.scalars() as u64).sum()
    }

    /// Sets a tensor's elements, given in row-major order.
    pub(super) fn fill(&mut self, id: ParamId, elements: &[f64]) -> Result<(), StoreError> {
        let entry = &self.entries[id.index()];
        let shape: Vec<i64> = entry.shape.iter().map(|&length| length as i64).collect();
        let made = torch::from_slice(elements, &shape);
        named(&entry.path, made.and_then(|value| copy(&self.tensors[id.index()], &value)))
    }

    /// Sets a tensor to a value of its shape.
    pub(super) fn set(&mut self, id: ParamId, value: &Tensor) -> Result<(), StoreError> {
        named(&self.entries[id.index()].path, copy(&self.tensors[id.index()], value))
    }

    /// Copies the tensors of another store whose paths are here, too.
    ///
    /// # Errors
    /// One has another shape here; nothing has changed then.
    pub fn copy_shared(&mut self, other: &Self) -> Result<(), StoreError> {
        let there = other.entries.iter().zip(&other.tensors);
        let shared: Vec<(ParamId, &Entry, &Tensor)> = there
            .filter_map(|(entry, value)| Some((self.find(&entry.path)?, entry, value)))
            .collect();
        for (id, entry, _) in &shared {
            let expected = &self.entries[id.index()].shape;
            if entry.shape != *expected {
                let path = entry.path.to_string();
                let (found, expected) = (entry.shape.clone(), expected.clone());
                return Err(StoreError::Shape { path, found, expected });
            }
        }
        shared.into_iter().try_for_each(|(id, _, value)| self.set(id, value))
    }

    /// Copies of all tensors, by path.
    ///
    /// # Errors
    /// If libtorch refuses.
    pub fn to_raw(&self) -> Result<BTreeMap<String, Raw>, StoreError> {
        let all = self.entries.iter().zip(&self.tensors);
        all.map(|(entry, tensor)| {
            Ok((entry.path.to_string(), named(&entry.path, torch::to_bytes(tensor))?))
        })
        .collect()
    }

    /// Puts saved values in place of the present ones. After an error nothing has changed.
    ///
    /// # Errors
    /// If a tensor is missing, unknown, or of another shape or type.
    pub fn load(&mut self, saved: &BTreeMap<String, Raw>) -> Result<(), StoreError> {
        if let Some(path) = saved.keys().find(|path| !self.by_path.contains_key(path.as_str())) {
            return Err(StoreError::Unknown { path: path.clone() });
        }
        let mut values = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let path = entry.path.to_string();
            let Some(raw) = saved.get(&path) else { return Err(StoreError::Missing { path }) };
            if raw.shape != entry.shape {
                let (found, expected) = (raw.shape.clone(), entry.shape.clone());
                return Err(StoreError::Shape { path, found, expected });
            }
            let expected = if self.place.kind == Kind::Double { Dtype::F64 } else { Dtype::F32 };
            if raw.dtype != expected {
                return Err(StoreError::Dtype { path, found: raw.dtype, expected });
            }
            values.push(named(&path, torch::from_bytes(raw.dtype, &raw.shape, &raw.bytes))?);
        }
        for ((entry, tensor), value) in self.entries.iter().zip(&self.tensors).zip(&values) {
            named(&entry.path, copy(tensor, value))?;
        }
        Ok(())
    }

    /// The SHA-256 of all paths, shapes and values, as hexadecimal digits. Equal weights have equal
    /// hashes, wherever and in whatever memory order they lie.
    ///
    /// # Errors
    /// If libtorch refuses.
    pub fn hash(&self) -> Result<String, StoreError> {
        let mut digest = Sha256::new();
        for (entry, tensor) in self.entries.iter().zip(&self.tensors) {
            let Raw { dtype, shape, bytes } = named(&entry.path, torch::to_bytes(tensor))?;
            for part in [entry.path.as_bytes(), format!("{dtype:?}{shape:?}").as_bytes(), &bytes] {
                digest.update((part.len() as u64).to_le_bytes());
                digest.update(part);
            }
        }
        Ok(digest.finalize().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }
}

fn leaf(entry: &Entry, place: Place) -> Result<Tensor, TorchError> {
    let Place { kind, device, channels_last } = place;
    let size: Vec<i64> = entry.shape.iter().map(|&length| length as i64).collect();
    let tensor = match entry.role {
        Role::NormWeight | Role::RunningVar | Role::Gain => Tensor::f_ones(size, (kind, device))?,
        Role::ConvWeight
        | Role::TransposeWeight
        | Role::LinearWeight
        | Role::Bias
        | Role::NormBias
        | Role::Offset
        | Role::Slope
        | Role::Transform
        | Role::RunningMean => Tensor::f_zeros(size, (kind, device))?,
    };
    let is_image = channels_last && matches!(entry.role, Role::ConvWeight | Role::TransposeWeight);
    let tensor = if is_image { torch::channels_last(&tensor)? } else { tensor };
    Ok(tensor.f_set_requires_grad(!entry.role.is_buffer())?)
}

/// Copies a value into a leaf: its memory order, kind and device stay.
fn copy(into: &Tensor, value: &Tensor) -> Result<(), TorchError> {
    let _guard = torch::no_grad();
    Ok(into.shallow_clone().f_copy_(value)?)
}

fn named<T>(path: &str, result: Result<T, TorchError>) -> Result<T, StoreError> {
    result.map_err(|source| StoreError::Torch { path: path.to_owned(), source })
}
