//! From a program and an architecture to a straight line.

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{Kind, NodeId, Op};
use rustc_hash::FxHashMap;

use super::prim::{self, Call, Lowered};
use super::site::Site;
use super::straight::{Instruction, NormSlot, Register, Straight};
use super::{Program, ProgramError};

/// The straight line of a canonical architecture.
pub(super) fn specialise(program: &Program, arch: &Arch) -> Result<Straight, ProgramError> {
    let taken = taken_operands(program, arch)?;
    let mut line = Straight {
        arch: arch.clone(),
        inputs: program.inputs,
        registers: program.inputs as Register,
        instructions: Vec::new(),
        outputs: Vec::new(),
        params: Vec::new(),
        norms: Vec::new(),
    };
    // The register that holds the result of each place.
    let mut registers: Vec<Register> = vec![Register::MAX; program.lines.len()];
    let mut dealt: FxHashMap<Register, Register> = FxHashMap::default();
    for (place, at) in program.lines.iter().enumerate() {
        let Some(taken) = &taken[place] else { continue };
        if let Some(input) = at.input {
            registers[place] = input as Register;
            continue;
        }
        let node = program.space.node(at.node);
        let operands: Vec<Register> = taken.iter().map(|&place| registers[place]).collect();
        let (kind, attributes) = match &node.op {
            Op::Prim { kind, attributes } => (*kind, attributes),
            Op::Select { .. } | Op::Output { .. } | Op::Input { .. } => {
                registers[place] = only(&operands);
                continue;
            }
        };
        let nodes: Vec<NodeId> = taken.iter().map(|&place| program.lines[place].node).collect();
        let graph = &program.space;
        let site = Site { graph, arch, node, kind, attributes, operands: &nodes };
        let call = match prim::lower(&site)? {
            Lowered::Alias => {
                registers[place] = only(&operands);
                continue;
            }
            // Both halves come from one call, whoever asks first.
            Lowered::Half { odd } => {
                let of = only(&operands);
                let first = *dealt
                    .entry(of)
                    .or_insert_with(|| push(&mut line, Call::Deinterleave, &operands, &node.path));
                registers[place] = first + Register::from(odd);
                continue;
            }
            Lowered::Call(call) => call,
        };
        registers[place] = push(&mut line, call, &operands, &node.path);
    }
    line.outputs = program
        .outputs
        .iter()
        .filter(|&&place| taken[place].is_some())
        .map(|&place| registers[place])
        .collect();
    line.settle();
    Ok(line)
}

/// Per place, the places of the operands that the network uses there; `None` where the network has
/// no such node or nothing needs it.
fn taken_operands(program: &Program, arch: &Arch) -> Result<Vec<Option<Vec<usize>>>, ProgramError> {
    let space = &program.space;
    let mut needed = vec![false; program.lines.len()];
    for &output in &program.outputs {
        needed[output] = space.holds(space.node(program.lines[output].node).presence, arch);
    }
    let mut taken = vec![None; program.lines.len()];
    for (place, line) in program.lines.iter().enumerate().rev() {
        if !needed[place] {
            continue;
        }
        let node = space.node(line.node);
        let used: Vec<usize> = match &node.op {
            Op::Select { on } => {
                let chosen = space.value(*on, arch).as_int().and_then(|n| usize::try_from(n).ok());
                let Some(&operand) = chosen.and_then(|chosen| line.operands.get(chosen)) else {
                    let (path, what) = (node.path.to_string(), "alternative".to_owned());
                    return Err(ProgramError::Undefined { path, what });
                };
                vec![operand]
            }
            // What has no channels does not exist, and a concatenation goes without it.
            Op::Prim { kind: Kind::Concat, .. } => {
                let is_there = |place: &usize| {
                    space.holds(space.node(program.lines[*place].node).presence, arch)
                };
                line.operands.iter().copied().filter(is_there).collect()
            }
            // A bypass that keeps or carries nothing goes without what it would take it from.
            Op::Prim { kind: Kind::Bypass, attributes } if line.operands.len() == 2 => {
                let int = |name: &str| {
                    let found = attributes.iter().find(|attribute| &*attribute.name == name);
                    let value = found.and_then(|attribute| attribute.values.first());
                    value.and_then(|&value| space.value(value, arch).as_int()).unwrap_or(0)
                };
                let needs = prim::bypass_needs(int("keep"), int("until"));
                let taken = line.operands.iter().zip(needs).filter(|(_, needed)| *needed);
                taken.map(|(&place, _)| place).collect()
            }
            Op::Prim { .. } | Op::Input { .. } | Op::Output { .. } => line.operands.to_vec(),
        };
        for &operand in &used {
            needed[operand] = true;
        }
        taken[place] = Some(used);
    }
    Ok(taken)
}

/// Adds a call to a line; gives the register of its result.
pub(super) fn push(
    line: &mut Straight,
    mut call: Call,
    operands: &[Register],
    path: &std::sync::Arc<str>,
) -> Register {
    let result = line.registers;
    line.registers += call.results();
    if let Call::Norm(norm) = &mut call
        && let Some(running) = &mut norm.running
    {
        // Uses of one normalisation in several places share its statistics.
        let known = line.norms.iter().position(|slot| slot.mean.param == running.mean.param);
        let slot = known.unwrap_or_else(|| {
            line.norms.push(NormSlot { mean: running.mean.clone(), var: running.var.clone() });
            line.norms.len() - 1
        });
        running.slot = slot as u32;
    }
    line.instructions.push(Instruction {
        call,
        operands: operands.into(),
        result,
        path: path.clone(),
        frees: Box::default(),
    });
    result
}

fn only(operands: &[Register]) -> Register {
    match operands {
        [register, ..] => *register,
        [] => unreachable!("the graph's verifier counts operands"),
    }
}
