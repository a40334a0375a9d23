//! Forms that are numbers alone: of Once-for-all (Cai et al., ICLR 2020), and of SPOS (Guo et al., ECCV 2020).

use std::fmt::Write as _;

use ron::Value;

use super::layers::{Slots, option_of, slots, value_of};
use super::literal::{count, entry, list, number, parse, plain};
use crate::arch::Arch;
use crate::ir::{DecisionId, DecisionKind, Graph};

type Pairs = Vec<(String, String)>;

/// Depths of the stages, and kernels and expansions of all layers that there may be; the resolution.
pub(super) fn read_ofa(space: &Graph, text: &str) -> Result<Pairs, String> {
    let said = parse(text.trim())?;
    let (stages, others) = slots(space);
    let numbers = |name: &str, expected: usize| -> Result<Vec<f64>, String> {
        let value = entry(&said, name).ok_or_else(|| format!("the text says no `{name}`"))?;
        let numbers: Result<Vec<f64>, String> = list(value)?.iter().map(number).collect();
        match numbers? {
            numbers if numbers.len() == expected => Ok(numbers),
            numbers => {
                Err(format!("`{name}` has {} numbers, and the space {expected}", numbers.len()))
            }
        }
    };
    let layers = stages.iter().map(Slots::len).sum();
    let (depths, kernels, expansions) =
        (numbers("d", stages.len())?, numbers("ks", layers)?, numbers("e", layers)?);
    let mut pairs = Pairs::new();
    let mut set = |id: DecisionId, value: f64| -> Result<(), String> {
        let decision = space.decision(id);
        pairs.push((decision.path.to_string(), option_of(decision, value)?));
        Ok(())
    };
    let mut at = 0;
    for (stage, depth) in stages.iter().zip(depths) {
        if let Some(id) = stage.depth() {
            set(id, depth)?;
        }
        for (place, decisions) in stage.values().enumerate() {
            // What is said of a layer that is not there means nothing.
            if place < depth as usize {
                for (id, value) in decisions.into_iter().zip([kernels[at], expansions[at]]) {
                    if let Some(id) = id {
                        set(id, value)?;
                    }
                }
            }
            at += 1;
        }
    }
    if let Some(id) = resolution(space, &others) {
        let said = entry(&said, "r").ok_or("the text says no `r`, the resolution")?;
        let said = match said {
            Value::Seq(items) => items.first().ok_or("`r` is empty")?,
            one => one,
        };
        set(id, number(said)?)?;
    }
    Ok(pairs)
}

fn resolution(space: &Graph, others: &[DecisionId]) -> Option<DecisionId> {
    others.iter().copied().find(|id| &*space.decision(*id).path == "resolution")
}

pub(super) fn write_ofa(space: &Graph, arch: &Arch) -> Result<String, String> {
    let (stages, others) = slots(space);
    let (mut depths, mut kernels, mut expansions) = (Vec::new(), Vec::new(), Vec::new());
    for stage in &stages {
        let depth = match stage.depth() {
            Some(id) => value_of(space, arch, id)?,
            None => stage.len() as f64,
        };
        depths.push(plain(depth));
        for decisions in stage.values() {
            for (id, numbers) in decisions.into_iter().zip([&mut kernels, &mut expansions]) {
                let id = id.ok_or("a layer does not decide its kernel and its expansion")?;
                numbers.push(plain(value_of(space, arch, id)?));
            }
        }
    }
    let [depths, kernels, expansions] =
        [depths, kernels, expansions].map(|numbers| numbers.join(", "));
    let mut text = format!("{{\"ks\": [{kernels}], \"e\": [{expansions}], \"d\": [{depths}]");
    if let Some(id) = resolution(space, &others) {
        let _ = write!(text, ", \"r\": [{}]", plain(value_of(space, arch, id)?));
    }
    text.push('}');
    Ok(text)
}

/// Numbers of candidates, and of widths where the space decides them.
pub(super) fn read_spos(space: &Graph, text: &str) -> Result<Pairs, String> {
    let said = parse(text.trim())?;
    let mut pairs = Pairs::new();
    let (branches, values) = kinds(space);
    let mut set = |ids: &[DecisionId], said: &Value| -> Result<(), String> {
        let said = list(said)?;
        if said.len() != ids.len() {
            return Err(format!(
                "the list has {} numbers, and the space {}",
                said.len(),
                ids.len()
            ));
        }
        for (id, number) in ids.iter().zip(said) {
            let (decision, number) = (space.decision(*id), count(number)?);
            let option = decision.options.get(number as usize);
            let option = option.ok_or_else(|| {
                format!(
                    "`{}` has {} options, and none is {number}",
                    decision.path,
                    decision.options.len()
                )
            })?;
            pairs.push((decision.path.to_string(), option.to_string()));
        }
        Ok(())
    };
    match entry(&said, "arch") {
        Some(arch) => {
            set(&branches, arch)?;
            if let Some(scales) = entry(&said, "scale_ids") {
                set(&values, scales)?;
            }
        }
        None => set(&branches, &said)?,
    }
    Ok(pairs)
}

pub(super) fn write_spos(space: &Graph, arch: &Arch) -> String {
    let (branches, values) = kinds(space);
    let numbers = |ids: &[DecisionId]| {
        let numbers: Vec<String> = ids.iter().map(|id| arch.option(*id).to_string()).collect();
        format!("[{}]", numbers.join(", "))
    };
    if values.is_empty() {
        return numbers(&branches);
    }
    format!("{{\"arch\": {}, \"scale_ids\": {}}}", numbers(&branches), numbers(&values))
}

fn kinds(space: &Graph) -> (Vec<DecisionId>, Vec<DecisionId>) {
    let ids = space.decision_ids().map(|(id, decision)| (id, decision.kind));
    let (branches, values): (Vec<_>, Vec<_>) =
        ids.partition(|(_, kind)| *kind == DecisionKind::Branch);
    let ids =
        |pairs: Vec<(DecisionId, DecisionKind)>| pairs.into_iter().map(|(id, _)| id).collect();
    (ids(branches), ids(values))
}
