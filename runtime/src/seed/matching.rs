//! Which tensor of a file is which of a network.
//!
//! By name: of the schemes that the network has the one in which most tensors of the file have names. Where no scheme
//! has any, by the order of definition, and only if all shapes agree: an order that is a little wrong is all wrong.

use std::collections::BTreeMap;

use nasc_compiler::ir::Graph;

use super::convert::{is_float, to_single};
use super::scheme::Scheme;
use super::source::Source;
use crate::run::tensors::{Dtype, RawTensor, Tensors};

/// What wrappers of modules put in front of every name.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];
/// How a normalisation counts its batches; networks here do not.
pub(super) const COUNTER: &str = "num_batches_tracked";

/// How tensors were matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// By their names.
    Name(Scheme),
    /// By the order of definition.
    Order,
}

/// A tensor that was matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Its path in the network.
    pub path: String,
    /// Its name in the file.
    pub name: String,
    /// The type in the file.
    pub dtype: Dtype,
}

/// A tensor whose name is right and which does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Its path in the network.
    pub path: String,
    /// Its name in the file.
    pub name: String,
    /// The type in the file.
    pub dtype: Dtype,
    /// The shape in the file.
    pub found: Vec<usize>,
    /// The shape in the network.
    pub expected: Vec<usize>,
}

/// What matched, and what did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How tensors were matched.
    pub by: By,
    /// What stood in front of every name and was left out.
    pub wrapper: String,
    /// In the order of the network.
    pub matched: Vec<Pair>,
    /// Of another shape, or no floats.
    pub misfits: Vec<Misfit>,
    /// Tensors of the network that the file does not have.
    pub missing: Vec<String>,
    /// Tensors of the file that the network does not have.
    pub unused: Vec<String>,
    /// Counters of batches, which are left out.
    pub counters: usize,
}

impl Report {
    /// Whether nothing was left over on either side.
    pub fn is_whole(&self) -> bool {
        self.misfits.is_empty() && self.missing.is_empty() && self.unused.is_empty()
    }

    /// Matched tensors by their type in the file, where it is not the network's.
    pub fn converted(&self) -> BTreeMap<Dtype, usize> {
        let mut converted = BTreeMap::new();
        for pair in self.matched.iter().filter(|pair| pair.dtype != Dtype::F32) {
            *converted.entry(pair.dtype).or_insert(0) += 1;
        }
        converted
    }
}

/// Nothing of a file belongs to a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatchError {
    /// The scheme that was asked for is none of the network's.
    #[error("the network has no names in the scheme `{name}`; its schemes are {known}")]
    Scheme {
        /// The scheme.
        name: String,
        /// Those there are.
        known: String,
    },
    /// No name is known, and the order does not help.
    #[error(
        "no tensor of the file has a name that the network knows (its schemes are {known}), and {order}"
    )]
    Nothing {
        /// The schemes of the network.
        known: String,
        /// Why the order does not help.
        order: String,
    },
}

/// A file's tensors by the paths of the network, in single precision, and what became of each; `scheme` names the only
/// way of naming to try.
///
/// # Errors
/// Nothing matches at all.
pub fn match_tensors(
    network: &Graph,
    source: Source,
    scheme: Option<&str>,
) -> Result<(Tensors, Report), MatchError> {
    let Source { tensors, ordered, .. } = source;
    let all = tensors.len();
    let mut tensors: Vec<(String, RawTensor)> =
        tensors.into_iter().filter(|(name, tensor)| !is_counter(name, tensor)).collect();
    let counters = all - tensors.len();
    let wrapper = wrapper(&tensors);
    let bare: Vec<&str> = tensors.iter().map(|(name, _)| &name[wrapper.len()..]).collect();
    let places: BTreeMap<&str, usize> =
        bare.iter().enumerate().map(|(at, name)| (*name, at)).collect();

    let schemes = Scheme::all(network);
    let known = || schemes.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
    let tried = match scheme {
        Some(name) => vec![
            Scheme::named(network, name)
                .map_err(|known| MatchError::Scheme { name: name.to_owned(), known })?,
        ],
        None => schemes.clone(),
    };
    let found = |scheme: &Scheme| -> Vec<Option<usize>> {
        let names = network.params.iter().map(|param| scheme.name(param));
        names.map(|name| places.get(name?).copied()).collect()
    };
    let best = tried
        .into_iter()
        .map(|scheme| (found(&scheme), scheme))
        // The first of several that are as good.
        .rev()
        .max_by_key(|(found, _)| found.iter().flatten().count())
        .filter(|(found, _)| found.iter().any(Option::is_some));
    let (places, by) = match best {
        Some((found, scheme)) => (found, By::Name(scheme)),
        None => {
            let order = in_order(network, &tensors, ordered)
                .map_err(|order| MatchError::Nothing { known: known(), order })?;
            (order, By::Order)
        }
    };

    let mut report = Report {
        by,
        wrapper,
        matched: Vec::new(),
        misfits: Vec::new(),
        missing: Vec::new(),
        unused: Vec::new(),
        counters,
    };
    let mut used = vec![false; tensors.len()];
    let mut made = Tensors::new();
    for (param, place) in network.params.iter().zip(places) {
        let path = param.path.to_string();
        let Some(place) = place else {
            report.missing.push(path);
            continue;
        };
        used[place] = true;
        let (name, tensor) = &mut tensors[place];
        let (name, dtype) = (name.clone(), tensor.dtype);
        let expected = shape(&param.full);
        if tensor.shape == expected && is_float(dtype) {
            let bytes = std::mem::take(&mut tensor.bytes);
            let whole = RawTensor { dtype, shape: expected, bytes };
            made.extend(to_single(whole).map(|tensor| (path.clone(), tensor)));
            report.matched.push(Pair { path, name, dtype });
        } else {
            report.misfits.push(Misfit {
                path,
                name,
                dtype,
                found: tensor.shape.clone(),
                expected,
            });
        }
    }
    let unused = tensors.into_iter().zip(used).filter(|(_, used)| !used);
    report.unused = unused.map(|((name, _), _)| name).collect();
    Ok((made, report))
}

pub(super) fn shape(full: &[u32]) -> Vec<usize> {
    full.iter().map(|&length| length as usize).collect()
}

fn is_counter(name: &str, tensor: &RawTensor) -> bool {
    tensor.shape.is_empty()
        && (name == COUNTER || name.strip_suffix(COUNTER).is_some_and(|name| name.ends_with('.')))
}

/// What stands in front of every name.
fn wrapper(tensors: &[(String, RawTensor)]) -> String {
    let mut wrapper = String::new();
    let all = |prefix: &str| tensors.iter().all(|(name, _)| name.starts_with(prefix));
    while !tensors.is_empty()
        && let Some(more) = WRAPPERS.into_iter().find(|more| all(&format!("{wrapper}{more}")))
    {
        wrapper.push_str(more);
    }
    wrapper
}

/// One place for each parameter, or why there is none.
fn in_order(
    network: &Graph,
    tensors: &[(String, RawTensor)],
    ordered: bool,
) -> Result<Vec<Option<usize>>, String> {
    if !ordered {
        return Err("a safetensors file does not keep the order of definition".to_owned());
    }
    let (theirs, ours) = (tensors.len(), network.params.len());
    if theirs != ours {
        return Err(format!("it has {theirs} tensors where the network has {ours}"));
    }
    for (param, (name, tensor)) in network.params.iter().zip(tensors) {
        let expected = shape(&param.full);
        if tensor.shape != expected {
            let found = &tensor.shape;
            return Err(format!(
                "by the order of definition `{name}` of shape {found:?} would be `{}` of shape {expected:?}",
                param.path
            ));
        }
    }
    Ok((0..theirs).map(Some).collect())
}
