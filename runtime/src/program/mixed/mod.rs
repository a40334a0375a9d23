//! From a program and gates to one line for many networks at once.
//!
//! The line runs whatever the gates can take: of a select all its alternatives, whose results a
//! [`Blend`](super::Blend) weighs; of a width the largest, whose channels a [`Mask`](super::Mask) weighs after each
//! batch normalisation and bias; of a kernel the sum of its sizes around one centre ([`Kernels`](super::Kernels)). A
//! gate's weights are pushed through the diagram of a select, so that ties, conditions and elastic depth mix as single
//! choices do. With an option per image, masks are ones and zeros and stand after all that could make a masked channel
//! anything else, and the images of each kernel size go through their convolution apart, so that every image has the
//! result of its own network (but for the statistics of a batch).
//!
//! Whatever else a decision changes (resolution, stride, groups that are not one per channel, the
//! positions of channels) cannot be mixed; the error names the decision and the use.

mod ends;
mod reach;
mod variation;

use std::sync::Arc;

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::{Kind, NodeId, Op};
use nasc_compiler::vary::{DecisionId, TRUE, Vary};
use rustc_hash::FxHashMap;

use super::gates::{Gate, Gating};
use super::mean::{Mean, Sight};
use super::prim::{self, Blend, Call, Lowered};
use super::site::Site;
use super::specialise::push;
use super::straight::{Register, Straight};
use super::{Program, ProgramError};

/// What the steps of the lowering share.
struct Mixer<'a> {
    program: &'a Program,
    /// With the gates as they are: for branches.
    gates: Sight<'a>,
    /// With factors on single options left out: for values.
    values: Sight<'a>,
    /// The largest network that the gates can take.
    base: Vec<u16>,
}

/// The line of a gating.
pub(super) fn mix(program: &Program, gating: &Gating) -> Result<Straight, ProgramError> {
    let graph = &program.space;
    let plain = |gate: &Gate| match gate {
        Gate::Scaled(option) => Gate::One(*option),
        other => other.clone(),
    };
    let unscaled = Gating(gating.0.iter().map(plain).collect());
    let values = Sight { graph, gating: &unscaled };
    let base = variation::largest(program, &values);
    let mixer = Mixer { program, gates: Sight { graph, gating }, values, base };
    mixer.line()
}

impl Mixer<'_> {
    fn line(&self) -> Result<Straight, ProgramError> {
        let program = self.program;
        let graph = &program.space;
        let taken = reach::taken(self)?;
        let ends = ends::factors(self, &taken);
        let users = ends::users(&taken);
        let mut line = Straight {
            arch: Arch(self.base.clone()),
            inputs: program.inputs,
            registers: program.inputs as Register,
            instructions: Vec::new(),
            outputs: Vec::new(),
            params: Vec::new(),
            norms: Vec::new(),
        };
        let mut registers: Vec<Register> = vec![Register::MAX; program.lines.len()];
        let mut dealt: FxHashMap<Register, Register> = FxHashMap::default();
        // Decisions that some mean reads, and what those that none reads would have changed.
        let mut mixed = vec![false; graph.decisions.len()];
        let mut ignored: Vec<Option<(Arc<str>, &'static str)>> = vec![None; mixed.len()];
        for (place, at) in program.lines.iter().enumerate() {
            let Some(operands_at) = &taken[place] else { continue };
            if let Some(input) = at.input {
                registers[place] = input as Register;
                continue;
            }
            let node = graph.node(at.node);
            let operands: Vec<Register> = operands_at.iter().map(|&p| registers[p]).collect();
            let made = match &node.op {
                Op::Output { .. } | Op::Input { .. } => operands[0],
                Op::Select { on } => {
                    let on = self.gates.mean(node.presence, *on);
                    if on.constant().is_some() {
                        operands[0]
                    } else {
                        self.check_alternatives(place, operands_at)?;
                        on.decisions().for_each(|decision| mixed[decision as usize] = true);
                        // Operands are taken in the order of their alternatives.
                        let alternatives = on.leaves().into();
                        let call = Call::Blend(Blend { on, alternatives });
                        push(&mut line, call, &operands, &node.path)
                    }
                }
                Op::Prim { kind, attributes } => {
                    let arch = self.network_at(place)?;
                    let nodes: Vec<NodeId> =
                        operands_at.iter().map(|&p| program.lines[p].node).collect();
                    let site = Site {
                        graph,
                        arch: &arch,
                        node,
                        kind: *kind,
                        attributes,
                        operands: &nodes,
                    };
                    let found = variation::check(self, &site)?;
                    for (decision, what) in found.widths {
                        ignored[decision.index()].get_or_insert_with(|| (node.path.clone(), what));
                    }
                    let lowered = match variation::through(self, &site)? {
                        Some(through) => Lowered::Call(Call::Through(through)),
                        None => prim::lower(&site)?,
                    };
                    match lowered {
                        Lowered::Alias => operands[0],
                        Lowered::Half { odd } => {
                            let first = *dealt.entry(operands[0]).or_insert_with(|| {
                                push(&mut line, Call::Deinterleave, &operands, &node.path)
                            });
                            first + Register::from(odd)
                        }
                        Lowered::Call(mut call) => {
                            if let Call::Conv(conv) = &mut call {
                                conv.mixed = variation::kernels(self, &site)?;
                            }
                            for decision in decisions_of(&call) {
                                mixed[decision] = true;
                            }
                            let needs = variation::mask(
                                self,
                                &site,
                                &call,
                                ends::weighs(self, place, &taken, &users),
                            );
                            let result = push(&mut line, call, &operands, &node.path);
                            match needs {
                                Some(mask) => {
                                    let means =
                                        mask.segments.iter().flat_map(|(m, _)| m.decisions());
                                    means.for_each(|decision| mixed[decision as usize] = true);
                                    push(&mut line, Call::Mask(mask), &[result], &node.path)
                                }
                                None => result,
                            }
                        }
                    }
                }
            };
            registers[place] = made;
            for &decision in ends.get(&place).into_iter().flatten() {
                let call =
                    Call::Blend(Blend { on: Mean::factor(decision), alternatives: [0].into() });
                registers[place] = push(&mut line, call, &[registers[place]], &node.path);
            }
        }
        for (index, use_) in ignored.into_iter().enumerate() {
            if let (false, Some((path, what))) = (mixed[index], use_) {
                return Err(self.refuse(DecisionId(index as u32), &path, what));
            }
        }
        let outputs = program.outputs.iter().filter(|&&place| taken[place].is_some());
        line.outputs = outputs.map(|&place| registers[place]).collect();
        line.settle();
        Ok(line)
    }

    /// A network that has the node and is as large as the gates allow.
    fn network_at(&self, place: usize) -> Result<Arch, ProgramError> {
        let node = self.program.space.node(self.program.lines[place].node);
        let taken = self.values.reach(node.presence, TRUE, 1, &self.base);
        let Some(taken) = taken else {
            let (path, what) = (node.path.to_string(), "network".to_owned());
            return Err(ProgramError::Undefined { path, what });
        };
        Ok(Arch(taken.into_iter().collect()))
    }

    /// Alternatives that are added must have one shape.
    fn check_alternatives(&self, place: usize, operands: &[usize]) -> Result<(), ProgramError> {
        let graph = &self.program.space;
        let mut known: Option<Vec<i64>> = None;
        for &operand in operands {
            let arch = self.network_at(operand)?;
            let shape = graph.node(self.program.lines[operand].node).shape.clone();
            let axes: Vec<i64> =
                shape.axes.iter().filter_map(|&axis| graph.value(axis, &arch).as_int()).collect();
            if known.as_ref().is_some_and(|known| *known != axes) {
                let node = graph.node(self.program.lines[place].node);
                let Op::Select { on } = node.op else { continue };
                return Err(self.refuse(self.first_gated(on), &node.path, "shape"));
            }
            known = Some(axes);
        }
        Ok(())
    }

    /// The first decision of `value` that takes more than one option, else its first.
    fn first_gated(&self, value: Vary) -> DecisionId {
        let support = self.program.space.diagrams.support(value);
        let many = support.iter().find(|decision| self.values.ways(**decision).len() > 1);
        many.or(support.first()).copied().unwrap_or(DecisionId(0))
    }

    fn refuse(&self, decision: DecisionId, path: &str, what: &str) -> ProgramError {
        let decisions = &self.program.space.decisions;
        let decision = decisions.get(decision.index()).map_or("", |decision| &decision.path);
        ProgramError::Mixture {
            decision: decision.to_owned(),
            path: path.to_owned(),
            what: what.to_owned(),
        }
    }
}

/// The decisions whose gates count in a call.
fn decisions_of(call: &Call) -> Vec<usize> {
    let mean = match call {
        Call::Conv(conv) => conv.mixed.as_ref().map(|mixed| &mixed.on),
        Call::Through(through) => Some(&through.keep),
        _ => None,
    };
    mean.into_iter().flat_map(Mean::decisions).map(|decision| decision as usize).collect()
}

/// Whether the kind of a primitive computes something of a weight per filter.
fn is_conv(kind: Kind) -> bool {
    matches!(kind, Kind::Conv | Kind::BinaryConv | Kind::WsConv)
}
