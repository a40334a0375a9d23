//! First values of weights.
//!
//! Every number comes from a stream named by the seed and the tensor's path, so a tensor starts the
//! same in every space that has it, whatever else is there and in whatever order.

use nasc_compiler::ir::{Graph, Kind, NodeId, Op, ParamId, Role};
use nasc_compiler::random::Stream;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::store::{Entry, ParamStore, StoreError};

/// A rule for first values, by role.
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
    Normal { deviation: f64 },
}

/// Gives every tensor of `space` its first value.
pub(super) fn initialise(
    space: &Graph,
    store: &mut ParamStore,
    scheme: Scheme,
    seed: u64,
) -> Result<(), StoreError> {
    let sees_input = input_convolutions(space);
    for (index, sees_input) in sees_input.into_iter().enumerate() {
        let entry = &store.entries()[index];
        let elements = match law(scheme, entry, sees_input) {
            Law::Constant(value) => vec![value; entry.scalars()],
            Law::Normal { deviation } => {
                let mut stream = Stream::new(seed, "init", &[path_number(&entry.path)]);
                (0..entry.scalars()).map(|_| deviation * stream.normal()).collect()
            }
        };
        store.fill(ParamId(index as u32), &elements)?;
    }
    Ok(())
}

fn law(scheme: Scheme, entry: &Entry, sees_input: bool) -> Law {
    let dimensions = &entry.shape;
    let kernel: usize = dimensions.iter().skip(2).product();
    let (out, fan) = (dimensions.first().unwrap_or(&1), dimensions.get(1).unwrap_or(&1));
    match (entry.role, scheme) {
        (Role::TransposeWeight, _) => {
            Law::Normal { deviation: (2.0 / (fan * kernel) as f64).sqrt() }
        }
        (Role::Gain, _) => Law::Constant(1.0),
        (Role::Slope, _) => Law::Constant(0.25),
        (Role::Offset | Role::Transform, _) => Law::Constant(0.0),
        (Role::ConvWeight, Scheme::Kaiming) => {
            Law::Normal { deviation: (2.0 / (out * kernel) as f64).sqrt() }
        }
        (Role::ConvWeight, Scheme::Spos) if sees_input => Law::Normal { deviation: 0.01 },
        (Role::ConvWeight, Scheme::Spos) => Law::Normal { deviation: 1.0 / *fan as f64 },
        (Role::LinearWeight, _) => Law::Normal { deviation: 0.01 },
        (Role::NormBias, Scheme::Spos) => Law::Constant(1e-4),
        (Role::Bias | Role::NormBias | Role::RunningMean, _) => Law::Constant(0.0),
        (Role::NormWeight | Role::RunningVar, _) => Law::Constant(1.0),
    }
}

/// Per parameter, whether it belongs to a convolution with no other above it.
fn input_convolutions(space: &Graph) -> Vec<bool> {
    let mut found = vec![false; space.params.len()];
    let mut below = vec![false; space.node_bound()];
    for (id, node) in space.nodes() {
        let is_below = |operand: &NodeId| below[operand.index()];
        let has_one_above = space.operands(id).iter().any(is_below);
        let is_conv = matches!(node.op, Op::Prim { kind: Kind::Conv, .. });
        if is_conv && !has_one_above {
            for param in &node.params {
                found[param.index()] = true;
            }
        }
        below[id.index()] = is_conv || has_one_above;
    }
    found
}

fn path_number(path: &str) -> u64 {
    let digest = Sha256::digest(path.as_bytes());
    digest.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
}
