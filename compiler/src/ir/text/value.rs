//! Varying values and conditions in a few words.

use super::super::Graph;
use crate::vary::{DecisionId, FALSE, Leaf, TRUE, Vary};

/// Most values that a set lists one by one.
const SET_LIMIT: usize = 12;
/// Most comparisons that a condition spells out.
const CONDITION_LIMIT: usize = 24;

/// `32`, or `{16,24,32} by width`: the values option by option where one decision settles them, the
/// distinct values in order where several do (`{16,24} by a, b`).
pub fn varying(graph: &Graph, value: Vary) -> String {
    if let Some(leaf) = graph.diagrams.constant(value) {
        return shown(graph, leaf);
    }
    let support: Vec<DecisionId> = graph.diagrams.support(value).into_iter().collect();
    format!("{} by {}", values(graph, value, &support), names(graph, &support))
}

/// `32x56x56`, `{16,24}x56x56 by width`, or, where the parts go by different decisions,
/// `({16,24} by width)x({56,48} by side)x({56,48} by side)`.
pub fn product(graph: &Graph, parts: &[Vary]) -> String {
    let supports: Vec<Vec<DecisionId>> =
        parts.iter().map(|&part| graph.diagrams.support(part).into_iter().collect()).collect();
    let mut varied = supports.iter().filter(|support| !support.is_empty());
    let first = varied.next();
    let together = varied.all(|other| Some(other) == first);
    let mut text = String::new();
    for (place, (&part, support)) in parts.iter().zip(&supports).enumerate() {
        if place > 0 {
            text.push('x');
        }
        match graph.diagrams.constant(part) {
            Some(leaf) => text.push_str(&shown(graph, leaf)),
            None if together => text.push_str(&values(graph, part, support)),
            None => {
                text.push('(');
                text.push_str(&varying(graph, part));
                text.push(')');
            }
        }
    }
    if together && let Some(support) = first {
        text.push_str(" by ");
        text.push_str(&names(graph, support));
    }
    text
}

/// The values of what is not constant, as a set.
fn values(graph: &Graph, value: Vary, support: &[DecisionId]) -> String {
    let leaves: Vec<String> = match support {
        [only] => (0..graph.diagrams.arity(*only))
            .map(|option| shown(graph, graph.diagrams.eval(value, |_| option)))
            .collect(),
        _ => graph.diagrams.leaves(value).iter().map(|leaf| shown(graph, leaf)).collect(),
    };
    match leaves.as_slice() {
        [first, .., last] if leaves.len() > SET_LIMIT => {
            format!("{{{first}..{last}: {} values}}", leaves.len())
        }
        _ => format!("{{{}}}", leaves.join(",")),
    }
}

/// A leaf; a float in its shortest form, a fault with what went wrong.
fn shown(graph: &Graph, leaf: &Leaf) -> String {
    match leaf {
        Leaf::Fault(id) => format!("error({})", graph.diagrams.fault_message(*id)),
        Leaf::Absent => "-".to_owned(),
        Leaf::Bool(_) | Leaf::Int(_) | Leaf::Float(_) | Leaf::Str(_) => leaf.to_string(),
    }
}

/// The paths of the decisions; of more than four, the first, the last and how many.
fn names(graph: &Graph, support: &[DecisionId]) -> String {
    let path = |d: &DecisionId| graph.decisions.get(d.index()).map_or("?", |d| &*d.path);
    match support {
        [first, .., last] if support.len() > 4 => {
            format!("{} .. {} ({} decisions)", path(first), path(last), support.len())
        }
        _ => support.iter().map(path).collect::<Vec<_>>().join(", "),
    }
}

/// A truth value as comparisons: `s1.0.op=shuffle3`, `depth in {3,4} and k!=7`, `a=1 or b=2`. One that
/// would need too many is given by the decisions it looks at.
pub fn condition(graph: &Graph, value: Vary) -> String {
    let mut budget = CONDITION_LIMIT;
    if let Some(clauses) = clauses(graph, value, &mut budget) {
        return clauses.join(" or ");
    }
    let support: Vec<DecisionId> = graph.diagrams.support(value).into_iter().collect();
    let holds = graph.diagrams.count(value) * 1000_u32;
    let per_mille = holds / graph.diagrams.count(TRUE).max(1_u32.into());
    let per_mille = per_mille.iter_u32_digits().next().unwrap_or(0);
    let (whole, tenth) = (per_mille / 10, per_mille % 10);
    format!("a condition on {} ({whole}.{tenth} % hold)", names(graph, &support))
}

/// The condition as alternatives; `None` past the budget of comparisons.
fn clauses(graph: &Graph, value: Vary, budget: &mut usize) -> Option<Vec<String>> {
    if value == TRUE {
        return Some(vec!["true".to_owned()]);
    }
    if value == FALSE {
        return Some(vec!["false".to_owned()]);
    }
    let Some((decision, children)) = graph.diagrams.branch(value) else {
        return Some(vec!["error".to_owned()]);
    };
    // Options that lead to the same condition stand together, in the order of the first of each.
    let mut groups: Vec<(Vary, Vec<u32>)> = Vec::new();
    for (option, &child) in children.iter().enumerate() {
        match groups.iter_mut().find(|(known, _)| *known == child) {
            Some((_, options)) => options.push(option as u32),
            None => groups.push((child, vec![option as u32])),
        }
    }
    let never = groups.iter().any(|(child, _)| *child == FALSE);
    let always = groups.iter().any(|(child, _)| *child == TRUE);
    let open: Vec<&(Vary, Vec<u32>)> =
        groups.iter().filter(|(child, _)| *child != FALSE && *child != TRUE).collect();
    let mut made = Vec::new();
    if let Some((_, options)) = groups.iter().find(|(child, _)| *child == TRUE) {
        made.push(comparison(graph, decision, options, budget)?);
    }
    for (child, options) in &open {
        let below = clauses(graph, *child, budget)?;
        // `a or (not a and b)` is `a or b`.
        if open.len() == 1 && always && !never {
            made.extend(below);
            continue;
        }
        let here = comparison(graph, decision, options, budget)?;
        let below =
            if below.len() > 1 { format!("({})", below.join(" or ")) } else { below.concat() };
        made.push(format!("{here} and {below}"));
    }
    Some(made)
}

/// `op=a`, `op!=a`, `op in {a,b}`.
fn comparison(
    graph: &Graph,
    decision: DecisionId,
    options: &[u32],
    budget: &mut usize,
) -> Option<String> {
    *budget = budget.checked_sub(1)?;
    let Some(decision) = graph.decisions.get(decision.index()) else {
        return Some(format!("decision {} in {options:?}", decision.0));
    };
    let path = &decision.path;
    let label = |option: u32| decision.options.get(option as usize).map_or("?", |label| &**label);
    let all = decision.options.len() as u32;
    Some(match options {
        [only] => format!("{path}={}", label(*only)),
        _ if options.len() as u32 + 1 == all && all > 2 => {
            let left_out = (0..all).find(|option| !options.contains(option)).unwrap_or(0);
            format!("{path}!={}", label(left_out))
        }
        _ => {
            let labels: Vec<&str> = options.iter().map(|&option| label(option)).collect();
            format!("{path} in {{{}}}", labels.join(","))
        }
    })
}
