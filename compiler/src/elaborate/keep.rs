//! `keep k of name { … }`: a decision for a subset of fixed size; its value is the sum of what is kept.

use std::sync::Arc;

use nasc_grammar::Span;
use nasc_grammar::ast::Keep;

use super::Elaborator;
use super::alternatives::Alternative;
use super::decide::{Head, MOST_OPTIONS};
use super::tensor::Arm;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::ir::{DecisionKind, NodeId};
use crate::prim::{Check, show_shape};
use crate::vary::{FALSE, TRUE, Unary, Vary};

impl<'a> Elaborator<'a> {
    /// `keep k of name { a: …, b: … }`, with a tensor piped into the alternatives or not.
    pub(super) fn keep(
        &mut self,
        keep: &'a Keep,
        piped: Option<&Value<'a>>,
        span: Span,
    ) -> Value<'a> {
        if !self.may_decide(piped, span) {
            return Value::Poison;
        }
        let Some(count) = self.plain_number(&keep.count) else { return Value::Poison };
        let mut alternatives = Vec::new();
        if !self.expand(&keep.alternatives, TRUE, &mut alternatives)
            || !self.few_options(&keep.name, alternatives.len(), span)
            || !self.labels_differ(&keep.name, &alternatives)
        {
            return Value::Poison;
        }
        let all = alternatives.len();
        let Some(count) =
            count.as_int().and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=all).contains(n))
        else {
            let message = format!("`{}` has {all} alternatives, and {count} are kept", keep.name);
            return self.error("E0413", keep.count.span, message);
        };
        let Some(subsets) = subsets(all, count) else {
            let message = format!("`{}` has more than {MOST_OPTIONS} options", keep.name);
            return self.error("E0403", span, message);
        };
        self.keep_subset(keep, &alternatives, &subsets, piped, span)
    }

    fn keep_subset(
        &mut self,
        keep: &'a Keep,
        alternatives: &[Alternative<'a>],
        subsets: &[Vec<usize>],
        piped: Option<&Value<'a>>,
        span: Span,
    ) -> Value<'a> {
        let label = |subset: &Vec<usize>| -> Arc<str> {
            let labels: Vec<&str> = subset.iter().map(|&at| &*alternatives[at].label).collect();
            Arc::from(labels.join("+"))
        };
        let head =
            Head { name: &keep.name, annotations: &keep.annotations, prior: &[], default: None };
        let options = subsets.iter().map(label).collect();
        let Some(id) = self.decide(head, DecisionKind::Subset, options, span) else {
            return Value::Poison;
        };
        // A subset is offered where all that it keeps is.
        let offered: Vec<Vary> = subsets
            .iter()
            .map(|subset| {
                subset
                    .iter()
                    .fold(TRUE, |all, &at| self.graph.diagrams.and(all, alternatives[at].offered))
            })
            .collect();
        self.withhold(&keep.name, id, &offered, span);
        let mut taken = vec![FALSE; alternatives.len()];
        for (option, subset) in subsets.iter().enumerate() {
            let here = self.graph.diagrams.is(id, option as u32);
            for &at in subset {
                taken[at] = self.graph.diagrams.or(taken[at], here);
            }
        }
        let path = self.graph.decision(id).path.clone();
        let made = self.alternatives(&path, alternatives, &taken, piped);
        let mut nodes: Vec<NodeId> = Vec::new();
        for (value, alternative) in made.into_iter().zip(alternatives) {
            match value {
                Value::Tensor(node) => nodes.push(node),
                Value::Poison => return Value::Poison,
                other => {
                    let kind = other.kind(&self.graph.diagrams);
                    let message = format!("`keep` adds tensors, and this alternative is {kind}");
                    return self.error("E0223", alternative.value.span, message);
                }
            }
        }
        if !self.addable(&path, &nodes, alternatives, span) {
            return Value::Poison;
        }
        // The first kept, the second kept, …: each one of few alternatives, and then their sum.
        let kept = subsets.first().map_or(0, Vec::len);
        let mut sum: Option<NodeId> = None;
        for place in 0..kept {
            let first = place;
            let last = nodes.len() - (kept - place);
            let numbers: Vec<Vary> = subsets
                .iter()
                .map(|subset| self.graph.diagrams.int((subset[place] - first) as i64))
                .collect();
            let on = self.graph.diagrams.choose(id, &numbers);
            let arms: Vec<Arm> = alternatives[first..=last]
                .iter()
                .map(|a| Arm { open: a.offered, origin: self.at(a.value.span) })
                .collect();
            let name = if kept == 1 { path.to_string() } else { format!("{path}.{place}") };
            let selected = if first == last {
                Value::Tensor(nodes[first])
            } else {
                self.select_at(on, &nodes[first..=last], &arms, &name, span)
            };
            let Value::Tensor(selected) = selected else { return Value::Poison };
            sum = Some(match sum {
                None => selected,
                Some(known) => {
                    let operands = vec![known, selected];
                    let mark = self.place.enter_alternative(&path, "sum", true);
                    let made =
                        self.node("add", operands, Vec::new(), crate::prim::add, span, false);
                    self.place.leave(&mark);
                    let Value::Tensor(made) = made else { return Value::Poison };
                    made
                }
            });
        }
        sum.map_or(Value::Poison, Value::Tensor)
    }
}

impl<'a> Elaborator<'a> {
    /// Whether all alternatives have one shape, as adding any of them takes; reports the first that does
    /// not.
    fn addable(
        &mut self,
        path: &str,
        nodes: &[NodeId],
        alternatives: &[Alternative<'a>],
        span: Span,
    ) -> bool {
        let Some(&first) = nodes.first() else { return true };
        let wanted = self.graph.node(first).shape.clone();
        for (&node, alternative) in nodes.iter().zip(alternatives).skip(1) {
            let shape = self.graph.node(node).shape.clone();
            let mut bad = if shape.axes.len() == wanted.axes.len() { FALSE } else { TRUE };
            for (&a, &b) in shape.axes.iter().zip(&wanted.axes) {
                let differs = self.graph.diagrams.differ(a, b);
                bad = self.graph.diagrams.or(bad, differs);
            }
            let fails = self.graph.diagrams.unary(Unary::IsFault, bad);
            let bad = self.graph.diagrams.ite(fails, FALSE, bad);
            let bad = self.graph.diagrams.and(bad, alternative.offered);
            if bad == FALSE {
                continue;
            }
            let origins = [alternative, &alternatives[0]].map(|a| self.at(a.value.span));
            let message = format!("the alternatives of `{path}` do not agree on their shape");
            let diagnostic = Diagnostic::error("E0312", origins[0], message)
                .at(format!("gives {}", show_shape(&self.graph, &shape)))
                .label(origins[1], format!("gives {}", show_shape(&self.graph, &wanted)))
                .label(self.at(span), "adds those that are kept");
            let diagnostic = self.in_context(diagnostic);
            self.checks.push(Check {
                bad,
                guard: self.guard,
                node: None,
                diagnostic,
                message: None,
            });
            return false;
        }
        true
    }
}

/// The subsets of `count` of `all` places in lexical order; `None` if a decision cannot have so many.
fn subsets(all: usize, count: usize) -> Option<Vec<Vec<usize>>> {
    let mut made = vec![Vec::new()];
    for chosen in 0..count {
        let mut longer = Vec::new();
        for subset in &made {
            let next = subset.last().map_or(0, |last: &usize| last + 1);
            for at in next..=all - (count - chosen) {
                let mut subset = subset.clone();
                subset.push(at);
                longer.push(subset);
                if longer.len() > MOST_OPTIONS {
                    return None;
                }
            }
        }
        made = longer;
    }
    Some(made)
}
