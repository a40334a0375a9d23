//! What a gating needs of a program.

use nasc_compiler::ir::{Attribute, Kind, Op};
use nasc_compiler::vary::Vary;

use super::Mixer;
use crate::program::ProgramError;

/// Per place, the places of the operands that the gates can take there; `None` where nothing needs it.
pub(super) fn taken(mixer: &Mixer<'_>) -> Result<Vec<Option<Vec<usize>>>, ProgramError> {
    let program = mixer.program;
    let graph = &program.space;
    let mut needed = vec![false; program.lines.len()];
    for &output in &program.outputs {
        let node = graph.node(program.lines[output].node);
        needed[output] = mixer.values.leaves(node.presence, node.presence) == [1];
    }
    let mut taken = vec![None; program.lines.len()];
    for (place, line) in program.lines.iter().enumerate().rev() {
        if !needed[place] {
            continue;
        }
        let node = graph.node(line.node);
        let used: Vec<usize> = match &node.op {
            Op::Select { on } => {
                let chosen = mixer.values.leaves(node.presence, *on);
                let operands =
                    chosen.iter().filter_map(|&n| line.operands.get(usize::try_from(n).ok()?));
                let operands: Vec<usize> = operands.copied().collect();
                if operands.is_empty() || operands.len() < chosen.len() {
                    let (path, what) = (node.path.to_string(), "alternative".to_owned());
                    return Err(ProgramError::Undefined { path, what });
                }
                operands
            }
            // What has no channels does not exist, and a concatenation goes without it.
            Op::Prim { kind: Kind::Concat, .. } => {
                let mut used = Vec::new();
                for &operand in &line.operands {
                    let presence = graph.node(program.lines[operand].node).presence;
                    match *mixer.values.leaves(node.presence, presence) {
                        [0] | [] => {}
                        [1] => used.push(operand),
                        _ => {
                            let decision = mixer.first_gated(presence);
                            return Err(mixer.refuse(decision, &node.path, "operands"));
                        }
                    }
                }
                used
            }
            Op::Prim { kind: Kind::Bypass, attributes } if line.operands.len() == 2 => {
                let leaves = |name| mixer.values.leaves(node.presence, attribute(attributes, name));
                let (keep, until) = (leaves("keep"), leaves("until"));
                let computes = keep.iter().any(|&keep| keep > 0);
                let least = keep.iter().copied().min().unwrap_or(0);
                let carries = until.iter().any(|&until| until > least);
                let needs = [computes, carries];
                line.operands.iter().zip(needs).filter(|(_, n)| *n).map(|(&p, _)| p).collect()
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

/// The first value of an attribute; `false` if there is none.
pub(super) fn attribute(attributes: &[Attribute], name: &str) -> Vary {
    let found = attributes.iter().find(|attribute| &*attribute.name == name);
    found.and_then(|found| found.values.first()).copied().unwrap_or(nasc_compiler::vary::FALSE)
}
