//! A network's tensors under the names of a scheme.

use nasc_compiler::ir::{Graph, Role};

use super::matching::{COUNTER, shape};
use super::scheme::Scheme;
use crate::run::tensors::{Dtype, RawTensor, Tensors};

/// Weights cannot be named for others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The scheme that was asked for is none of the network's.
    #[error("the network has no names in the scheme `{name}`; its schemes are {known}")]
    Scheme {
        /// The scheme.
        name: String,
        /// Those there are.
        known: String,
    },
    /// A tensor has no name in the scheme.
    #[error("`{path}` has no name in the scheme `{scheme}`")]
    Unnamed {
        /// The tensor.
        path: String,
        /// The scheme.
        scheme: String,
    },
    /// The weights lack a tensor of the network.
    #[error("the weights have no tensor `{0}`, which the network needs")]
    Missing(String),
    /// The weights have a tensor that the network does not have.
    #[error("the weights have a tensor `{0}`, which the network does not")]
    Unknown(String),
    /// A tensor of another shape.
    #[error("`{path}` of the weights has the shape {found:?}, and the network's has {expected:?}")]
    Shape {
        /// The tensor.
        path: String,
        /// The shape in the weights.
        found: Vec<usize>,
        /// The shape in the network.
        expected: Vec<usize>,
    },
}

/// The scheme of that name; without one, the first scheme of interchange that has a name for every tensor, else the
/// paths.
///
/// # Errors
/// The network has no such scheme.
pub fn scheme(network: &Graph, name: Option<&str>) -> Result<Scheme, ExportError> {
    if let Some(name) = name {
        return Scheme::named(network, name)
            .map_err(|known| ExportError::Scheme { name: name.to_owned(), known });
    }
    let names_all =
        |scheme: &Scheme| network.params.iter().all(|param| scheme.name(param).is_some());
    let keys = Scheme::all(network).into_iter().skip(1).find(names_all);
    Ok(keys.unwrap_or(Scheme::Paths))
}

/// A network's weights, which lie under its paths, under the names of a scheme and in the order of definition. Schemes
/// of interchange also have the counters of batches, as PyTorch's modules do, at zero.
///
/// # Errors
/// The weights are not the network's, or a tensor has no name.
pub fn name_tensors(
    network: &Graph,
    mut weights: Tensors,
    scheme: &Scheme,
) -> Result<Vec<(String, RawTensor)>, ExportError> {
    let mut named = Vec::with_capacity(weights.len());
    for param in &network.params {
        let path = param.path.to_string();
        let Some(name) = scheme.name(param) else {
            return Err(ExportError::Unnamed { path, scheme: scheme.to_string() });
        };
        let Some(tensor) = weights.remove(&path) else { return Err(ExportError::Missing(path)) };
        let expected = shape(&param.full);
        if tensor.shape != expected {
            return Err(ExportError::Shape { path, found: tensor.shape, expected });
        }
        named.push((name.to_owned(), tensor));
        if param.role == Role::RunningVar
            && *scheme != Scheme::Paths
            && let Some((module, _)) = name.rsplit_once('.')
        {
            let zero = RawTensor { dtype: Dtype::I64, shape: Vec::new(), bytes: vec![0; 8] };
            named.push((format!("{module}.{COUNTER}"), zero));
        }
    }
    match weights.into_keys().next() {
        Some(path) => Err(ExportError::Unknown(path)),
        None => Ok(named),
    }
}
