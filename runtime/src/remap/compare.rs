//! How far a filled network is from its seed.

use std::collections::BTreeMap;
use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::remap::Plan;

use crate::program::{Norms, ProgramError, Straight};
use crate::supernet::Supernet;
use crate::torch::{self, Kind, Tensor, TorchError};

/// The results of two operations, of which the one was filled from the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The part of the target that the operation ends.
    pub stage: Arc<str>,
    /// The operation in the target.
    pub target: String,
    /// The operation in the seed.
    pub seed: String,
    /// The largest difference between two numbers, relative to the largest magnitude in the seed's result;
    /// `None` if the results have different shapes.
    pub relative: Option<f64>,
}

/// Runs a filled network and its seed on the same inputs, with the statistics that they have, and compares
/// what the last operation of every part of the target gives that both have run.
///
/// # Errors
/// A network cannot be run on these inputs.
pub fn compare(
    plan: &Plan,
    (seed, seed_arch): (&Supernet, &Arch),
    (target, arch): (&Supernet, &Arch),
    inputs: &[Tensor],
) -> Result<Vec<Difference>, ProgramError> {
    let lines = [seed.specialise(seed_arch)?, target.specialise(arch)?];
    let pairs = last_of_stages(plan, &lines);
    let wanted = |at: usize| -> Vec<&str> {
        pairs.iter().map(|pair| if at == 0 { &*pair.seed } else { &*pair.target }).collect()
    };
    let seeds = results(seed, &lines[0], inputs, &wanted(0))?;
    let targets = results(target, &lines[1], inputs, &wanted(1))?;
    let mut found = Vec::with_capacity(pairs.len());
    for mut pair in pairs {
        if let (Some(a), Some(b)) = (seeds.get(&pair.seed), targets.get(&pair.target))
            && a.size() == b.size()
        {
            pair.relative = Some(relative(a, b)?);
        }
        found.push(pair);
    }
    Ok(found)
}

/// The last operation of every part of the target that is run in both lines, and the seed's.
fn last_of_stages(plan: &Plan, [seed, target]: &[Arc<Straight>; 2]) -> Vec<Difference> {
    let runs = |line: &Straight, path: &str| line.instructions().iter().any(|i| *i.path == *path);
    let operation = |path: &str| path.rsplit_once('.').map_or(path, |(above, _)| above).to_owned();
    let mut found: Vec<Difference> = Vec::new();
    for planned in &plan.tensors {
        let Some(taken) = &planned.from else { continue };
        let pair = Difference {
            stage: planned.stage.clone(),
            target: operation(&planned.path),
            seed: operation(&taken.path),
            relative: None,
        };
        if !runs(target, &pair.target) || !runs(seed, &pair.seed) {
            continue;
        }
        match found.iter_mut().find(|known| known.stage == pair.stage) {
            Some(known) => *known = pair,
            None => found.push(pair),
        }
    }
    found
}

/// What the operations of those paths give, the last time each is run.
fn results(
    net: &Supernet,
    line: &Straight,
    inputs: &[Tensor],
    paths: &[&str],
) -> Result<BTreeMap<String, Tensor>, ProgramError> {
    let inputs: Vec<Tensor> =
        inputs.iter().map(|input| net.place_input(input)).collect::<Result<_, _>>()?;
    let _guard = torch::no_grad();
    let mut found = BTreeMap::new();
    line.watch(net.store().tensors(), &inputs, &mut Norms::Eval, false, |instruction, result| {
        if paths.contains(&&*instruction.path) {
            // What comes next may work in place.
            found.insert(instruction.path.to_string(), result.copy());
        }
    })?;
    Ok(found)
}

fn relative(seed: &Tensor, target: &Tensor) -> Result<f64, TorchError> {
    let (a, b) = (seed.f_to_kind(Kind::Double)?, target.f_to_kind(Kind::Double)?);
    let scale = a.f_abs()?.f_max()?.f_double_value(&[])?;
    let largest = a.f_sub(&b)?.f_abs()?.f_max()?.f_double_value(&[])?;
    Ok(if largest == 0.0 { 0.0 } else { largest / scale })
}
