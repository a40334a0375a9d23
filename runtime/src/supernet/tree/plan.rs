//! In what order a tree of lines is walked, and where its tensors and statistics go.

use rustc_hash::FxHashMap;

use crate::program::{Call, Instruction, Register, Straight};

/// One step of the walk.
#[derive(Debug)]
pub(super) enum Step {
    /// A call. `feeds` says whether a batch normalisation depends on it, or it is one.
    Call { instruction: Box<Instruction>, feeds: bool },
    /// The logits of some architectures are there; `frees` says whether nobody reads them again.
    Emit { archs: Vec<usize>, logits: Register, frees: bool },
}

/// The walk through a tree of lines.
#[derive(Debug)]
pub(super) struct Plan {
    pub steps: Vec<Step>,
    pub registers: usize,
    /// The channels of each normalisation with running statistics.
    pub channels: Vec<i64>,
}

/// A place of the tree: an instruction after those above it.
struct Place {
    /// The line it was first met in, and its number there.
    at: (usize, usize),
    /// How many normalisations with statistics lie above it.
    norms_above: usize,
    below: Vec<usize>,
    /// The architectures that end here.
    ends: Vec<usize>,
}

impl Plan {
    /// Lays lines of one program together.
    pub fn of(lines: &[&Straight]) -> Self {
        let (places, roots, empty) = places(lines);
        let inputs = lines.first().map_or(0, |line| line.inputs());
        let mut plan = Self { steps: Vec::new(), registers: inputs, channels: Vec::new() };
        if !empty.is_empty() {
            let logits = lines[empty[0]].outputs()[0];
            plan.steps.push(Step::Emit { archs: empty, logits, frees: false });
        }
        // Where the registers and normalisations of the line that is being walked are in the plan.
        // Lines number both in order of execution, so what lies above a place is a prefix.
        let mut registers: Vec<Register> = (0..inputs as Register).collect();
        let mut norms: Vec<u32> = Vec::new();
        let mut open: Vec<usize> = roots.into_iter().rev().collect();
        while let Some(at) = open.pop() {
            let Place { at: (line, number), norms_above, below, ends } = &places[at];
            let line = lines[*line];
            let mut instruction = line.instructions()[*number].clone();
            registers.truncate(instruction.result as usize);
            norms.truncate(*norms_above);
            let first = plan.registers as Register;
            for _ in 0..instruction.call.results() {
                registers.push(plan.registers as Register);
                plan.registers += 1;
            }
            for operand in &mut instruction.operands {
                *operand = registers[*operand as usize];
            }
            instruction.result = first;
            if let Call::Norm(norm) = &mut instruction.call
                && let Some(running) = &mut norm.running
            {
                if running.slot as usize == norms.len() {
                    norms.push(plan.channels.len() as u32);
                    plan.channels.push(running.mean.shape.iter().product());
                }
                running.slot = norms[running.slot as usize];
            }
            plan.steps.push(Step::Call { instruction: Box::new(instruction), feeds: false });
            if let Some(&end) = ends.first() {
                let logits = registers[lines[end].outputs()[0] as usize];
                plan.steps.push(Step::Emit { archs: ends.clone(), logits, frees: false });
            }
            open.extend(below.iter().rev());
        }
        plan.settle();
        plan
    }

    /// Finds the last use of every register, and what feeds normalisations.
    fn settle(&mut self) {
        let mut is_read = vec![false; self.registers];
        let mut is_fed = vec![false; self.registers];
        for step in self.steps.iter_mut().rev() {
            match step {
                Step::Emit { logits, frees, .. } => {
                    *frees = !std::mem::replace(&mut is_read[*logits as usize], true);
                }
                Step::Call { instruction, feeds } => {
                    let results =
                        instruction.result..instruction.result + instruction.call.results();
                    let gathers = matches!(&instruction.call, Call::Norm(n) if n.running.is_some());
                    *feeds = gathers || results.clone().any(|r| is_fed[r as usize]);
                    let mut frees = Vec::new();
                    for register in instruction.operands.iter().copied() {
                        is_fed[register as usize] |= *feeds;
                    }
                    for register in instruction.operands.iter().copied().chain(results) {
                        if !std::mem::replace(&mut is_read[register as usize], true) {
                            frees.push(register);
                        }
                    }
                    instruction.frees = frees.into();
                }
            }
        }
    }
}

/// The tree: its places, those at the top, and the lines without any instruction.
fn places(lines: &[&Straight]) -> (Vec<Place>, Vec<usize>, Vec<usize>) {
    let (mut places, mut roots, mut empty): (Vec<Place>, _, _) =
        (Vec::new(), Vec::new(), Vec::new());
    let mut known: FxHashMap<(Option<usize>, u32), usize> = FxHashMap::default();
    for (line, keys) in keys(lines).into_iter().enumerate() {
        let (mut above, mut norms_above) = (None, 0);
        for (number, key) in keys.into_iter().enumerate() {
            let place = *known.entry((above, key)).or_insert_with(|| {
                let made = places.len();
                match above {
                    Some(above) => {
                        let above: &mut Place = &mut places[above];
                        above.below.push(made);
                    }
                    None => roots.push(made),
                }
                let (below, ends) = (Vec::new(), Vec::new());
                places.push(Place { at: (line, number), norms_above, below, ends });
                made
            });
            if let Some(slot) = slot(&lines[line].instructions()[number]) {
                norms_above = norms_above.max(slot + 1);
            }
            above = Some(place);
        }
        match above {
            Some(last) => places[last].ends.push(line),
            None => empty.push(line),
        }
    }
    (places, roots, empty)
}

/// Per line and instruction a number that is equal for two lines exactly if they are equal up to
/// that instruction, and on to the last use of the normalisation that it is.
fn keys(lines: &[&Straight]) -> Vec<Vec<u32>> {
    let mut known: FxHashMap<(u32, &Instruction), u32> = FxHashMap::default();
    let mut keys = Vec::with_capacity(lines.len());
    for line in lines {
        let mut last_use = vec![0; line.norms().len()];
        let mut prefixes = Vec::with_capacity(line.instructions().len());
        let mut prefix = 0;
        for (number, instruction) in line.instructions().iter().enumerate() {
            let next = known.len() as u32 + 1;
            prefix = *known.entry((prefix, instruction)).or_insert(next);
            prefixes.push(prefix);
            if let Some(slot) = slot(instruction) {
                last_use[slot] = number;
            }
        }
        let key = |(number, instruction): (usize, &Instruction)| {
            prefixes[slot(instruction).map_or(number, |slot| last_use[slot])]
        };
        keys.push(line.instructions().iter().enumerate().map(key).collect());
    }
    keys
}

/// The normalisation's number in its line's statistics.
fn slot(instruction: &Instruction) -> Option<usize> {
    match &instruction.call {
        Call::Norm(norm) => norm.running.as_ref().map(|running| running.slot as usize),
        _ => None,
    }
}
