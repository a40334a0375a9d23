//! What decisions are told when a run is more than one plain path.

use crate::torch::{Device, Kind, Tensor, TorchError};

/// What one decision is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Gate {
    /// One option.
    One(u16),
    /// One option, and a factor on what it computes: on the result of the branch it takes; for a value, on the last
    /// tensor that it alone forms before something else joins.
    Scaled(u16),
    /// A weighted mixture of options, which are distinct and at least one.
    Weighted(Box<[u16]>),
    /// An option for every image of the batch.
    PerImage,
}

/// What all decisions of a space are told, in their order. What a decision is told that does not exist
/// then has no effect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gating(pub Box<[Gate]>);

/// The numbers that go with a [`Gating`].
#[derive(Debug, Default)]
pub struct GateValues {
    /// One entry per decision, if it takes numbers: the factor `[1]`, the weights `[k]` of the mixture in the order of
    /// its options, or rows `[N, options]` of ones and zeros. Gates that are to have a gradient require one.
    pub tensors: Vec<Option<Tensor>>,
}

impl Gate {
    /// Whether it goes with numbers.
    pub fn takes_values(&self) -> bool {
        !matches!(self, Self::One(_))
    }

    /// The option that it takes alone.
    pub fn single(&self) -> Option<u16> {
        match self {
            Self::One(option) | Self::Scaled(option) => Some(*option),
            Self::Weighted(options) if options.len() == 1 => options.first().copied(),
            Self::Weighted(_) | Self::PerImage => None,
        }
    }

    /// The options that it may take, of so many, each with its place among the numbers if there are any.
    pub(super) fn ways(&self, options: u16) -> Vec<(u16, Option<u32>)> {
        match self {
            Self::One(option) => vec![(*option, None)],
            Self::Scaled(option) => vec![(*option, Some(0))],
            Self::Weighted(taken) => {
                taken.iter().enumerate().map(|(place, &o)| (o, Some(place as u32))).collect()
            }
            Self::PerImage => {
                (0..options).map(|option| (option, Some(u32::from(option)))).collect()
            }
        }
    }
}

impl GateValues {
    /// Numbers for every decision; `rows` has one entry per decision. With `learned`, gates require a gradient, but for
    /// those per image.
    ///
    /// # Errors
    /// They do not fit into memory.
    pub fn of(
        rows: &[Option<Numbers>],
        (kind, device): (Kind, Device),
        learned: bool,
    ) -> Result<Self, TorchError> {
        let tensor = |numbers: &Numbers| -> Result<Tensor, TorchError> {
            match numbers {
                Numbers::Weights(weights) => {
                    let made =
                        Tensor::f_from_slice(weights)?.f_to_device(device)?.f_to_kind(kind)?;
                    Ok(made.f_set_requires_grad(learned)?)
                }
                Numbers::PerImage { taken, options } => {
                    let taken: Vec<i64> = taken.iter().map(|&option| i64::from(option)).collect();
                    let taken = Tensor::f_from_slice(&taken)?.f_to_device(device)?;
                    Ok(taken.f_one_hot(i64::from(*options))?.f_to_kind(kind)?)
                }
            }
        };
        let tensors = rows.iter().map(|row| row.as_ref().map(tensor).transpose());
        Ok(Self { tensors: tensors.collect::<Result<_, _>>()? })
    }

    /// The derivatives by the gates after a backward pass: one row per decision whose gate has one.
    ///
    /// # Errors
    /// libtorch gave out.
    pub fn gradients(&self) -> Result<Vec<Option<Vec<f64>>>, TorchError> {
        let gradient = |gate: &Tensor| -> Result<Option<Vec<f64>>, TorchError> {
            let gradient = gate.f_grad()?;
            if !gradient.defined() {
                return Ok(None);
            }
            let numbers = gradient.f_to_kind(Kind::Double)?.f_to_device(Device::Cpu)?;
            Ok(Some(Vec::<f64>::try_from(&numbers)?))
        };
        self.tensors.iter().map(|gate| gate.as_ref().map_or(Ok(None), gradient)).collect()
    }
}

/// The numbers of one gate.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// A factor, or the weights of a mixture.
    Weights(Vec<f64>),
    /// The option of every image, of so many.
    PerImage {
        /// One per image.
        taken: Vec<u16>,
        /// How many options the decision has.
        options: u16,
    },
}
