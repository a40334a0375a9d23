//! First values of weights.
//!
//! Every number comes from a stream named by the seed and the tensor's path, so a tensor starts the
//! same in every space that has it, whatever else is there and in whatever order.

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{Graph, Kind, NodeId, Op, ParamId, Role};
use nasc_compiler::random::Stream;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::store::{Entry, ParamStore, StoreError};

/// A rule for first values, by role.
///
/// In every scheme binarised weights are drawn from U(0, 0.001), the slope of a `prelu` is 0.25, the matrices between
/// kernel sizes are the identity, and learned factors and shifts have the value that the space gives them. A transposed
/// convolution starts as the convolution does whose gradient it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Convolutions N(0, 2 / fan-out), where fan-out is output channels times kernel places whatever
    /// the groups; linear layers N(0, 0.01²); biases 0; normalisations 1 and 0. What torchvision's
    /// `MobileNetV2` does (He et al. 2015, section 2.2, backward case).
    #[default]
    Kaiming,
    /// Convolutions that see the input N(0, 0.01²), others with standard deviation
    /// `1 / (in / groups)`; linear layers N(0, 0.01²); biases 0; normalisations 1 and 1e-4. What Single Path
    /// One-Shot and DSNAS do.
    Spos,
}

/// All schemes, by name.
pub const SCHEMES: [(&str, Scheme); 2] = [("kaiming", Scheme::Kaiming), ("spos", Scheme::Spos)];

impl Scheme {
    /// The scheme of that name.
    pub fn named(name: &str) -> Option<Self> {
        SCHEMES.iter().find(|(known, _)| *known == name).map(|(_, scheme)| *scheme)
    }
}

/// How a tensor's elements are drawn.
enum Law {
    Constant(f64),
    Normal {
        deviation: f64,
    },
    Uniform {
        below: f64,
    },
    /// A square matrix with ones on its diagonal.
    Identity,
}

/// What a parameter's first value depends on besides its role and shape.
#[derive(Clone, Copy, Default)]
struct Use {
    /// Whether it belongs to a convolution with no other above it.
    sees_input: bool,
    /// Whether only the signs of it and its mean size are used.
    is_binarised: bool,
    /// The value that the space gives.
    given: Option<f64>,
}

/// Gives every tensor of `space` its first value.
pub(super) fn initialise(
    space: &Graph,
    store: &mut ParamStore,
    scheme: Scheme,
    seed: u64,
) -> Result<(), StoreError> {
    for (index, used) in uses(space).into_iter().enumerate() {
        let entry = &store.entries()[index];
        let mut stream = Stream::new(seed, "init", &[path_number(&entry.path)]);
        let count = entry.scalars();
        let elements = match law(scheme, entry, used) {
            Law::Constant(value) => vec![value; count],
            Law::Normal { deviation } => (0..count).map(|_| deviation * stream.normal()).collect(),
            Law::Uniform { below } => (0..count).map(|_| below * stream.unit()).collect(),
            Law::Identity => {
                let width = entry.shape.last().copied().unwrap_or(1);
                (0..count).map(|i| if i % (width + 1) == 0 { 1.0 } else { 0.0 }).collect()
            }
        };
        store.fill(ParamId(index as u32), &elements)?;
    }
    Ok(())
}

fn law(scheme: Scheme, entry: &Entry, used: Use) -> Law {
    let dimensions = &entry.shape;
    let kernel: usize = dimensions.iter().skip(2).product();
    let (out, fan) = (dimensions.first().unwrap_or(&1), dimensions.get(1).unwrap_or(&1));
    match (entry.role, scheme) {
        (Role::Gain, _) => Law::Constant(used.given.unwrap_or(1.0)),
        (Role::Offset, _) => Law::Constant(used.given.unwrap_or(0.0)),
        (Role::Slope, _) => Law::Constant(0.25),
        (Role::Transform, _) => Law::Identity,
        (Role::ConvWeight, _) if used.is_binarised => Law::Uniform { below: 1e-3 },
        (Role::ConvWeight | Role::TransposeWeight, Scheme::Kaiming) => {
            Law::Normal { deviation: (2.0 / (out * kernel) as f64).sqrt() }
        }
        (Role::ConvWeight, Scheme::Spos) if used.sees_input => Law::Normal { deviation: 0.01 },
        (Role::ConvWeight | Role::TransposeWeight, Scheme::Spos) => {
            Law::Normal { deviation: 1.0 / *fan as f64 }
        }
        (Role::LinearWeight, _) => Law::Normal { deviation: 0.01 },
        (Role::NormBias, Scheme::Spos) => Law::Constant(1e-4),
        (Role::Bias | Role::NormBias | Role::RunningMean, _) => Law::Constant(0.0),
        (Role::NormWeight | Role::RunningVar, _) => Law::Constant(1.0),
    }
}

/// Per parameter, how it is used where it is used first.
fn uses(space: &Graph) -> Vec<Use> {
    let mut found: Vec<Option<Use>> = vec![None; space.params.len()];
    let mut below = vec![false; space.node_bound()];
    for (id, node) in space.nodes() {
        let is_below = |operand: &NodeId| below[operand.index()];
        let has_one_above = space.operands(id).iter().any(is_below);
        let Op::Prim { kind, attributes } = &node.op else {
            below[id.index()] = has_one_above;
            continue;
        };
        let is_conv = matches!(kind, Kind::Conv | Kind::BinaryConv | Kind::WsConv);
        let init = attributes.iter().find(|attribute| &*attribute.name == "init");
        let value = init.and_then(|init| init.values.first());
        let here = Use {
            sees_input: is_conv && !has_one_above,
            is_binarised: *kind == Kind::BinaryConv,
            given: value.and_then(|&value| space.value(value, &Arch::default()).as_float()),
        };
        for param in &node.params {
            found[param.index()].get_or_insert(here);
        }
        below[id.index()] = is_conv || has_one_above;
    }
    found.into_iter().map(Option::unwrap_or_default).collect()
}

fn path_number(path: &str) -> u64 {
    let digest = Sha256::digest(path.as_bytes());
    digest.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
}
