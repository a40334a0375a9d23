//! One network as a straight line of calls.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::ParamId;

use super::prim::{Call, Given, Run};
use super::{Cut, GateValues, Manner, Norms, ProgramError};
use crate::torch::Tensor;

/// A place for a tensor during a run. Inputs come first, then every result in order of execution,
/// so that equal beginnings use equal registers.
pub type Register = u32;

/// One call.
#[derive(Debug, Clone)]
pub struct Instruction {
    /// What is called, with everything resolved.
    pub call: Call,
    /// What it reads.
    pub operands: Box<[Register]>,
    /// Where its result goes; a second one goes to the register after.
    pub result: Register,
    /// The operation's path in the space, for errors.
    pub path: Arc<str>,
    /// What nobody reads after it.
    pub(crate) frees: Box<[Register]>,
}

/// Two instructions are equal if they compute the same from the same: neither the path nor who reads
/// the result later matters.
impl PartialEq for Instruction {
    fn eq(&self, other: &Self) -> bool {
        self.call == other.call && self.operands == other.operands && self.result == other.result
    }
}

impl Eq for Instruction {}

impl Hash for Instruction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.call, &self.operands, self.result).hash(state);
    }
}

/// A batch normalisation with running statistics.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NormSlot {
    /// The used part of its running mean.
    pub mean: Cut,
    /// The used part of its running variance.
    pub var: Cut,
}

/// The line of one architecture.
#[derive(Debug, Clone)]
pub struct Straight {
    pub(super) arch: Arch,
    pub(super) inputs: usize,
    pub(super) registers: Register,
    pub(super) instructions: Vec<Instruction>,
    pub(super) outputs: Vec<Register>,
    pub(super) params: Vec<ParamId>,
    pub(super) norms: Vec<NormSlot>,
}

impl Straight {
    /// The architecture, in canonical form.
    pub fn arch(&self) -> &Arch {
        &self.arch
    }

    /// The calls, in order.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// The registers of the outputs, in the order of the space.
    pub fn outputs(&self) -> &[Register] {
        &self.outputs
    }

    /// How many inputs a run takes.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many registers a run has.
    pub fn registers(&self) -> usize {
        self.registers as usize
    }

    /// Every parameter and buffer that the network uses, in elaboration order.
    pub fn params(&self) -> &[ParamId] {
        &self.params
    }

    /// The batch normalisations with running statistics, in order of execution; the place is the slot
    /// in [`Statistics`](super::Statistics).
    pub fn norms(&self) -> &[NormSlot] {
        &self.norms
    }

    /// Runs the network on `inputs` (`[N, C, …]` each) with the space's `params` in elaboration order
    /// and gives the outputs in the order of the space. `training` is for dropout alone.
    ///
    /// # Errors
    /// If libtorch refuses, with the operation named.
    pub fn run(
        &self,
        params: &[Tensor],
        inputs: &[Tensor],
        norms: &mut Norms<'_>,
        training: bool,
    ) -> Result<Vec<Tensor>, ProgramError> {
        self.watch(params, inputs, norms, training, |_, _| {})
    }

    /// Runs the network and shows `seen` every call with its result (of two the first), unless nobody reads that.
    ///
    /// # Errors
    /// If libtorch refuses, with the operation named.
    pub fn watch(
        &self,
        params: &[Tensor],
        inputs: &[Tensor],
        norms: &mut Norms<'_>,
        training: bool,
        seen: impl FnMut(&Instruction, &Tensor),
    ) -> Result<Vec<Tensor>, ProgramError> {
        self.execute(inputs, Run::plain(params, norms, training), seen)
    }

    /// Runs a line on `inputs` in some manner; one with gates needs the numbers that go with them. Outputs are of the
    /// kind of the weights.
    ///
    /// # Errors
    /// If libtorch refuses, with the operation named.
    pub fn run_gated(
        &self,
        params: &[Tensor],
        gates: &GateValues,
        inputs: &[Tensor],
        norms: &mut Norms<'_>,
        Manner { training, precision }: Manner,
    ) -> Result<Vec<Tensor>, ProgramError> {
        let run = Run { gates: &gates.tensors, precision, ..Run::plain(params, norms, training) };
        self.execute(inputs, run, |_, _| {})
    }

    fn execute(
        &self,
        inputs: &[Tensor],
        mut run: Run<'_, '_>,
        mut seen: impl FnMut(&Instruction, &Tensor),
    ) -> Result<Vec<Tensor>, ProgramError> {
        let mut registers = Registers::new(self.registers(), self.inputs, inputs)?;
        for instruction in &self.instructions {
            execute(instruction, &mut registers, &mut run)?;
            if let Some(result) = registers.find(instruction.result) {
                seen(instruction, result);
            }
        }
        let output = |&output| {
            let output = registers.read(output);
            let raised = run.precision.high(output)?;
            Ok(raised.unwrap_or_else(|| output.shallow_clone()))
        };
        self.outputs.iter().map(output).collect()
    }

    /// Finds the last use of every register and the used parameters.
    pub(super) fn settle(&mut self) {
        let registers = self.registers();
        settle(&mut self.instructions, registers, &self.outputs);
        let mut params: Vec<ParamId> = self
            .instructions
            .iter()
            .flat_map(|instruction| instruction.call.cuts())
            .flat_map(Cut::params)
            .collect();
        params.sort_unstable();
        params.dedup();
        self.params = params;
    }
}

/// Gives every instruction the registers that nobody reads after it, other than `kept` ones.
fn settle(instructions: &mut [Instruction], registers: usize, kept: &[Register]) {
    let mut is_read = vec![false; registers];
    for &register in kept {
        is_read[register as usize] = true;
    }
    for instruction in instructions.iter_mut().rev() {
        let results = instruction.result..instruction.result + instruction.call.results();
        let mut frees: Vec<Register> = Vec::new();
        for register in instruction.operands.iter().copied().chain(results) {
            if !std::mem::replace(&mut is_read[register as usize], true) {
                frees.push(register);
            }
        }
        instruction.frees = frees.into();
    }
}

/// The tensors of a run.
pub(crate) struct Registers(Vec<Option<Tensor>>);

impl Registers {
    pub fn new(count: usize, takes: usize, inputs: &[Tensor]) -> Result<Self, ProgramError> {
        if inputs.len() != takes {
            return Err(ProgramError::Inputs { expected: takes, found: inputs.len() });
        }
        let mut registers: Vec<Option<Tensor>> = Vec::with_capacity(count);
        registers.extend(inputs.iter().map(|input| Some(input.shallow_clone())));
        registers.resize_with(count, || None);
        Ok(Self(registers))
    }

    pub fn find(&self, register: Register) -> Option<&Tensor> {
        self.0.get(register as usize)?.as_ref()
    }

    pub fn read(&self, register: Register) -> &Tensor {
        match self.find(register) {
            Some(tensor) => tensor,
            None => {
                unreachable!("register {register} is read before it is written or after its end")
            }
        }
    }

    fn write(&mut self, register: Register, tensor: Tensor) {
        if let Some(place) = self.0.get_mut(register as usize) {
            *place = Some(tensor);
        }
    }

    pub fn free(&mut self, register: Register) {
        if let Some(place) = self.0.get_mut(register as usize) {
            *place = None;
        }
    }
}

/// One call of a run.
pub(crate) fn execute(
    instruction: &Instruction,
    registers: &mut Registers,
    run: &mut Run<'_, '_>,
) -> Result<(), ProgramError> {
    let Instruction { call, operands, result, path, frees } = instruction;
    let given = match **operands {
        [a] => call.apply(run, &[registers.read(a)]),
        [a, b] => call.apply(run, &[registers.read(a), registers.read(b)]),
        _ => {
            let operands: Vec<&Tensor> = operands.iter().map(|&r| registers.read(r)).collect();
            call.apply(run, &operands)
        }
    };
    match given.map_err(|source| ProgramError::Run { path: path.to_string(), source })? {
        Given::One(tensor) => registers.write(*result, tensor),
        Given::Two(first, second) => {
            registers.write(*result, first);
            registers.write(*result + 1, second);
        }
    }
    for &register in frees {
        registers.free(register);
    }
    Ok(())
}
