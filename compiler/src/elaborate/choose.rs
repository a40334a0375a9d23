//! `choose`: elastic values, branches and choices between blocks.

use std::rc::Rc;
use std::sync::Arc;

use nasc_grammar::Span;
use nasc_grammar::ast::{Choice, Choose};

use super::Elaborator;
use super::alternatives::Alternative;
use super::decide::Head;
use super::tensor::Arm;
use super::value::{BlockOption, Recipe, RecipeKind, Value};
use crate::diagnostic::Diagnostic;
use crate::ir::{DecisionId, DecisionKind};
use crate::vary::{TRUE, Vary};

impl<'a> Elaborator<'a> {
    /// `choose name …`, with a tensor piped in or not.
    pub(super) fn choose(
        &mut self,
        choose: &'a Choose,
        piped: Option<&Value<'a>>,
        span: Span,
    ) -> Value<'a> {
        if !self.may_decide(piped, span) {
            return Value::Poison;
        }
        match &choose.from {
            Choice::Set(items) => {
                let values: Vec<Value<'a>> = items.iter().map(|item| self.expr(item)).collect();
                self.choose_values(choose, &values, piped, span)
            }
            Choice::Values(list) => match self.expr(list) {
                Value::List(values) => self.choose_values(choose, &values, piped, span),
                Value::Poison => Value::Poison,
                other => {
                    let kind = other.kind(&self.graph.diagrams);
                    let message = format!("a decision is taken from a list, not from {kind}");
                    self.error("E0213", list.span, message)
                }
            },
            Choice::Alternatives(items) => {
                let mut alternatives = Vec::new();
                if !self.expand(items, TRUE, &mut alternatives) {
                    return Value::Poison;
                }
                self.choose_branches(choose, &alternatives, piped, span)
            }
        }
    }

    /// `choose name in {…}`: one elastic value.
    fn choose_values(
        &mut self,
        choose: &'a Choose,
        values: &[Value<'a>],
        piped: Option<&Value<'a>>,
        span: Span,
    ) -> Value<'a> {
        if piped.is_some() {
            return self.error("E0219", span, "a choice of values cannot follow `->`");
        }
        if !self.few_options(&choose.name, values.len(), span) {
            return Value::Poison;
        }
        let mut options = Vec::new();
        let mut leaves = Vec::new();
        for value in values {
            let leaf = match value {
                Value::Scalar(value) => self.graph.diagrams.constant(*value).cloned(),
                Value::Poison => return Value::Poison,
                _ => None,
            };
            let Some(leaf) = leaf else {
                let message = "the values of a decision are plain numbers, bools or strings";
                return self.error("E0404", span, message);
            };
            let label: Arc<str> = Arc::from(leaf.to_string());
            if options.contains(&label) {
                let message = format!("`{label}` is an option of `{}` twice", choose.name);
                return self.error("E0403", span, message);
            }
            options.push(label);
            leaves.push(leaf);
        }
        let Some(id) = self.decide(Head::of(choose), DecisionKind::Value, options, span) else {
            return Value::Poison;
        };
        let handles: Vec<Vary> =
            leaves.into_iter().map(|leaf| self.graph.diagrams.leaf(leaf)).collect();
        Value::Scalar(self.graph.diagrams.choose(id, &handles))
    }

    /// `choose name { a: …, b: … }`: branches with tensors of their own.
    fn choose_branches(
        &mut self,
        choose: &'a Choose,
        alternatives: &[Alternative<'a>],
        piped: Option<&Value<'a>>,
        span: Span,
    ) -> Value<'a> {
        if !self.few_options(&choose.name, alternatives.len(), span) {
            return Value::Poison;
        }
        if !self.labels_differ(&choose.name, alternatives) {
            return Value::Poison;
        }
        let options = alternatives.iter().map(|alternative| alternative.label.clone()).collect();
        let Some(id) = self.decide(Head::of(choose), DecisionKind::Branch, options, span) else {
            return Value::Poison;
        };
        let offered: Vec<Vary> = alternatives.iter().map(|a| a.offered).collect();
        self.withhold(&choose.name, id, &offered, span);
        let path = self.graph.decision(id).path.clone();
        let taken: Vec<Vary> =
            (0..alternatives.len()).map(|o| self.graph.diagrams.is(id, o as u32)).collect();
        let made = self.alternatives(&path, alternatives, &taken, piped);
        let on = self.graph.diagrams.index_of(id);
        if piped.is_none() && made.iter().any(|value| matches!(value, Value::Block(_))) {
            return self.choice_of_blocks(&path, on, id, alternatives, made, span);
        }
        let arms: Vec<Arm> = alternatives
            .iter()
            .map(|a| Arm { open: a.offered, origin: self.at(a.value.span) })
            .collect();
        self.selected(&path, on, &made, &arms, span)
    }

    /// A decision for one of several block values: taken once, applied as often as one likes.
    fn choice_of_blocks(
        &mut self,
        path: &Arc<str>,
        on: Vary,
        id: DecisionId,
        alternatives: &[Alternative<'a>],
        made: Vec<Value<'a>>,
        span: Span,
    ) -> Value<'a> {
        let mut blocks = Vec::new();
        for (option, (alternative, value)) in alternatives.iter().zip(made).enumerate() {
            match value {
                Value::Block(recipe) => {
                    let here = self.graph.diagrams.is(id, option as u32);
                    let here = self.graph.diagrams.and(here, alternative.offered);
                    blocks.push((alternative.label.clone(), here, alternative.offered, recipe));
                }
                Value::Poison => return Value::Poison,
                other => {
                    let kind = other.kind(&self.graph.diagrams);
                    let message = format!("this alternative is {kind}, others are blocks");
                    return self.error("E0223", alternative.value.span, message);
                }
            }
        }
        let origin = self.at(span);
        let kind = RecipeKind::Choice { path: path.clone(), on, alternatives: blocks };
        Value::Block(Rc::new(Recipe::new(None, kind, origin)))
    }

    /// Applies each of the chosen-from blocks, in its own networks.
    pub(super) fn apply_choice(
        &mut self,
        path: &Arc<str>,
        on: Vary,
        alternatives: &[BlockOption<'a>],
        tensor: &Value<'a>,
        span: Span,
    ) -> Value<'a> {
        let outer_guard = self.guard;
        let mut made = Vec::new();
        let mut arms = Vec::new();
        let name = path.rsplit('.').next().unwrap_or_default().to_owned();
        for (label, here, open, recipe) in alternatives {
            self.guard = self.graph.diagrams.and(outer_guard, *here);
            let mark = self.place.enter(&format!("{name}.{label}"), true);
            made.push(self.apply(recipe, tensor.clone(), span));
            arms.push(Arm { open: *open, origin: recipe.origin });
            self.place.leave(&mark);
        }
        self.guard = outer_guard;
        let full = self.place.join(&name);
        self.selected(&full, on, &made, &arms, span)
    }

    /// The alternative that is taken, element by element for lists.
    fn selected(
        &mut self,
        path: &str,
        on: Vary,
        made: &[Value<'a>],
        arms: &[Arm],
        span: Span,
    ) -> Value<'a> {
        if made.iter().any(|value| matches!(value, Value::Poison)) {
            return Value::Poison;
        }
        let nodes: Option<Vec<_>> = made
            .iter()
            .map(|value| if let Value::Tensor(node) = value { Some(*node) } else { None })
            .collect();
        if let Some(nodes) = nodes {
            return self.select_at(on, &nodes, arms, path, span);
        }
        let lists: Option<Vec<&Vec<Value<'a>>>> = made
            .iter()
            .map(|value| if let Value::List(list) = value { Some(&***list) } else { None })
            .collect();
        if let Some(lists) = lists
            && let Some(length) = lists.first().map(|list| list.len())
            && lists.iter().all(|list| list.len() == length)
        {
            let items: Vec<Value<'a>> = (0..length)
                .map(|index| {
                    let column: Vec<Value<'a>> =
                        lists.iter().map(|list| list[index].clone()).collect();
                    self.selected(path, on, &column, arms, span)
                })
                .collect();
            return Value::list(items);
        }
        let kinds: Vec<&str> = made.iter().map(|v| v.kind(&self.graph.diagrams)).collect();
        let origin = self.at(span);
        let diagnostic = Diagnostic::error(
            "E0223",
            origin,
            "the alternatives are not all tensors, or all lists of tensors of one length",
        )
        .at(format!("gives {}", kinds.join(", ")));
        self.fail(diagnostic)
    }
}
