//! One architecture as a network of its own: a graph without decisions, and tensors that are really
//! cut.

use std::collections::BTreeMap;
use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::ParamId;
use nasc_compiler::pass;

use super::store::StoreError;
use super::{ParamStore, Supernet};
use crate::program::{Cut, Program, ProgramError, Statistics};
use crate::torch;

/// A supernet without decisions.
pub type Network = Supernet;

/// Why a network could not be cut out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExtractError {
    /// The architecture is none of the space's networks.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The tensors could not be copied.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The network of an architecture, with copies of the parts of the supernet's tensors that it uses.
/// With `statistics` from a recalibration these become the network's running statistics.
///
/// # Errors
/// If the architecture is none of the space's networks, or the tensors do not fit into memory.
pub fn extract(
    supernet: &Supernet,
    arch: &Arch,
    statistics: Option<&Statistics>,
) -> Result<Network, ExtractError> {
    let space = supernet.space();
    let line = supernet.specialise(arch)?;
    let network = Arc::new(pass::fix(space, line.arch()));
    let mut store = ParamStore::new(&network, supernet.store().place())?;
    let _guard = torch::no_grad();
    // What a run would use: of several copies the one that the architecture has, and kernels already made smaller.
    let mut cuts: BTreeMap<ParamId, &Cut> = BTreeMap::new();
    for cut in line.instructions().iter().flat_map(|instruction| instruction.call.cuts()) {
        cuts.insert(cut.param, cut);
    }
    for (param, cut) in cuts {
        let Some(target) = store.find(&space.param(param).plain_path()) else { continue };
        let part = cut.take(supernet.store().tensors()).map_err(ProgramError::from)?;
        store.set(target, &part)?;
    }
    for (slot, moments) in line.norms().iter().zip(statistics.iter().flat_map(|s| &s.slots)) {
        for (cut, value) in [(&slot.mean, &moments.mean), (&slot.var, &moments.var)] {
            if let Some(target) = store.find(&space.param(cut.param).plain_path()) {
                store.set(target, value)?;
            }
        }
    }
    Ok(Supernet { program: Program::lower(network), store })
}
