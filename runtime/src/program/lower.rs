//! A space in execution order.

use std::sync::{Arc, Mutex, PoisonError};

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{NodeId, Op};
use nasc_compiler::pass::Checked;

use super::cache::Cache;
use super::gates::Gating;
use super::mixed::mix;
use super::specialise::specialise;
use super::{ProgramError, Straight};

/// One node of the space, by its place in execution order.
#[derive(Debug)]
pub(super) struct Line {
    pub node: NodeId,
    /// The places of its operands.
    pub operands: Box<[usize]>,
    /// Which input it is, if it is one.
    pub input: Option<usize>,
}

/// A space, ready to be specialised.
#[derive(Debug)]
pub struct Program {
    pub(super) space: Arc<Checked>,
    pub(super) lines: Vec<Line>,
    /// The places of the outputs, in order.
    pub(super) outputs: Vec<usize>,
    pub(super) inputs: usize,
    cache: Mutex<Cache<Arch>>,
    mixtures: Mutex<Cache<Gating>>,
}

impl Program {
    /// The program of a space.
    pub fn lower(space: Arc<Checked>) -> Self {
        let mut places = vec![usize::MAX; space.node_bound()];
        let (mut lines, mut outputs, mut inputs) = (Vec::new(), Vec::new(), 0);
        for (id, node) in space.nodes() {
            // Operands have smaller ids than their users, so they have their places.
            let operands = space.operands(id).iter().map(|o| places[o.index()]).collect();
            let mut input = None;
            match node.op {
                Op::Input { .. } => {
                    input = Some(inputs);
                    inputs += 1;
                }
                Op::Output { .. } => outputs.push(lines.len()),
                Op::Prim { .. } | Op::Select { .. } => {}
            }
            places[id.index()] = lines.len();
            lines.push(Line { node: id, operands, input });
        }
        Self { space, lines, outputs, inputs, cache: Mutex::default(), mixtures: Mutex::default() }
    }

    /// The space that was lowered.
    pub fn space(&self) -> &Arc<Checked> {
        &self.space
    }

    /// The straight line of an architecture. Architectures with one canonical form share theirs; the
    /// last few hundred are kept.
    ///
    /// # Errors
    /// If the architecture is none of the space's networks.
    pub fn specialise(&self, arch: &Arch) -> Result<Arc<Straight>, ProgramError> {
        let arch = self.space.canonical(arch);
        let cache = || self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache().find(&arch) {
            return Ok(known);
        }
        let line = Arc::new(specialise(self, &arch)?);
        cache().insert(arch, line.clone());
        Ok(line)
    }

    /// The line that runs all that the gates can take. The last few hundred are kept.
    ///
    /// # Errors
    /// A decision changes something that cannot be mixed, or an option is none of its decision's.
    pub fn mix(&self, gating: &Gating) -> Result<Arc<Straight>, ProgramError> {
        let cache = || self.mixtures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = cache().find(gating) {
            return Ok(known);
        }
        let line = Arc::new(mix(self, gating)?);
        cache().insert(gating.clone(), line.clone());
        Ok(line)
    }
}
