//! Decisions.

use std::rc::Rc;
use std::sync::Arc;

use nasc_grammar::Span;
use nasc_grammar::ast::{
    AltItem, Annotation, Choice, Choose, Expr, ExprKind, Generator, Name, Prior,
};

use super::Elaborator;
use super::scope::Env;
use super::tensor::Arm;
use super::value::{BlockOption, Recipe, RecipeKind, Value};
use crate::diagnostic::Diagnostic;
use crate::ir::{Decision, DecisionId, DecisionKind};
use crate::prim::Check;
use crate::vary::{DECISION_LIMIT, FALSE, Leaf, TRUE, Vary};

/// Most options of a decision: an elastic value with more is a mistake.
pub(super) const MOST_OPTIONS: usize = 1000;

/// An alternative that the source generates.
pub(super) struct Alternative<'a> {
    pub label: Arc<str>,
    pub span: Span,
    /// Where the alternative is offered.
    pub offered: Vary,
    pub value: &'a Expr,
    pub env: Env<'a>,
}

/// What a decision is called and said of, besides its options.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub name: &'a Name,
    pub annotations: &'a [Annotation],
    pub prior: &'a [Prior],
    pub default: Option<&'a Expr>,
}

impl<'a> Head<'a> {
    fn of(choose: &'a Choose) -> Self {
        Self {
            name: &choose.name,
            annotations: &choose.annotations,
            prior: &choose.prior,
            default: choose.default.as_ref(),
        }
    }
}

impl<'a> Elaborator<'a> {
    /// `choose name …`, with a tensor piped in or not.
    pub(super) fn choose(
        &mut self,
        choose: &'a Choose,
        piped: Option<&Value<'a>>,
        span: Span,
    ) -> Value<'a> {
        if matches!(piped, Some(Value::Poison)) {
            return Value::Poison;
        }
        if self.is_network {
            return self.error("E0402", span, "a network has no decisions; a `space` has");
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

    /// Notes how the options of a decision share tensors, as its annotations say.
    fn share(&mut self, annotations: &'a [Annotation], id: DecisionId) {
        for annotation in annotations {
            let kind = self.graph.decision(id).kind;
            match &*annotation.name.text {
                "own" => {
                    self.sharing.owned.insert(id);
                }
                "transform" if kind == DecisionKind::Value => {
                    self.sharing.transformed.insert(id);
                }
                name => {
                    let origin = self.at(annotation.span);
                    let message = format!("`@{name}` means nothing on this decision");
                    let known: &[&str] = match kind {
                        DecisionKind::Value => &["own", "transform"],
                        DecisionKind::Branch | DecisionKind::Subset => &["own"],
                    };
                    let diagnostic = Diagnostic::error("E0221", origin, message);
                    self.fail(diagnostic.suggest(name, known.iter().copied()));
                }
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

    /// Whether the alternatives of a decision have labels of their own; reports it otherwise.
    pub(super) fn labels_differ(&mut self, name: &Name, alternatives: &[Alternative<'a>]) -> bool {
        for (index, alternative) in alternatives.iter().enumerate() {
            let twin = alternatives.iter().take(index).find(|a| a.label == alternative.label);
            if let Some(twin) = twin {
                let (origin, first) = (self.at(alternative.span), self.at(twin.span));
                let message = format!("two alternatives of `{name}` are called `{}`", twin.label);
                let diagnostic =
                    Diagnostic::error("E0403", origin, message).label(first, "the first of them");
                self.fail(diagnostic);
                return false;
            }
        }
        true
    }

    /// Whether a decision has few enough options; reports it otherwise.
    pub(super) fn few_options(&mut self, name: &Name, options: usize, span: Span) -> bool {
        if options > MOST_OPTIONS {
            let message = format!("`{name}` has more than {MOST_OPTIONS} options");
            self.error("E0403", span, message);
        }
        options <= MOST_OPTIONS
    }

    /// The values of alternatives, each elaborated for the networks in which it is taken.
    pub(super) fn alternatives(
        &mut self,
        path: &str,
        alternatives: &[Alternative<'a>],
        taken: &[Vary],
        piped: Option<&Value<'a>>,
    ) -> Vec<Value<'a>> {
        let outer_guard = self.guard;
        let mut made = Vec::new();
        for (alternative, &here) in alternatives.iter().zip(taken) {
            let guard = self.graph.diagrams.and(outer_guard, here);
            self.guard = self.graph.diagrams.and(guard, alternative.offered);
            let outer_env = std::mem::replace(&mut self.env, alternative.env.clone());
            let bare = self.calls_in(alternative.value) == 1;
            let mark = self.place.enter_alternative(path, &alternative.label, bare);
            let value = self.expr(alternative.value);
            let value = match piped {
                Some(tensor) => self.apply_value(&value, tensor.clone(), alternative.value.span),
                None => value,
            };
            self.place.leave(&mark);
            self.env = outer_env;
            made.push(value);
        }
        self.guard = outer_guard;
        made
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

    /// Enters a decision into the table; `None` after an error. In a shared instance the decision of
    /// the first application serves all.
    pub(super) fn decide(
        &mut self,
        choose: Head<'a>,
        kind: DecisionKind,
        options: Vec<Arc<str>>,
        span: Span,
    ) -> Option<DecisionId> {
        if options.is_empty() {
            self.error("E0403", span, format!("`{}` has no options", choose.name));
            return None;
        }
        if self.graph.decisions.len() >= DECISION_LIMIT {
            if !std::mem::replace(&mut self.exhausted, true) {
                let message = format!("the space has more than {DECISION_LIMIT} decisions");
                self.error("E0207", span, message);
            }
            return None;
        }
        let path = self.place.decision(&choose.name.text);
        let shared = self.instances.last().map(|(instance, _)| instance.clone());
        if let Some(known) =
            shared.as_ref().and_then(|instance| instance.borrow().decisions.get(&path).copied())
        {
            let first = self.graph.decision(known);
            if first.options != options {
                let (here, there) = (options.join(", "), first.options.join(", "));
                let message =
                    format!("the applications of a shared instance decide `{path}` differently");
                let diagnostic = Diagnostic::error("E0309", self.at(choose.name.span), message)
                    .at(format!("has the options {here} here"))
                    .note(format!("at the first application it has {there}"));
                self.fail(diagnostic);
                return None;
            }
            let guard = first.guard;
            let either = self.graph.diagrams.or(guard, self.guard);
            let decision = &mut self.graph.decisions[known.index()];
            decision.guard = either;
            decision.exists = either;
            return Some(known);
        }
        let origin = self.at(choose.name.span);
        if let Some(&twin) = self.decisions.get(&path) {
            let first = self.graph.decision(twin).origin;
            let diagnostic =
                Diagnostic::error("E0401", origin, format!("two decisions have the path `{path}`"))
                    .label(first, "the first of them")
                    .help("give one a name of its own, or name the loop: `for … as tail`");
            self.fail(diagnostic);
            return None;
        }
        let prior = self.prior(&choose, &options);
        let default = self.default_option(&choose, &options);
        let id = self.graph.add_decision(Decision {
            path: path.clone(),
            kind,
            options,
            guard: self.guard,
            exists: self.guard,
            prior,
            default,
            origin,
        });
        self.decisions.insert(path.clone(), id);
        self.share(choose.annotations, id);
        if let Some(instance) = shared {
            instance.borrow_mut().decisions.insert(path, id);
        }
        Some(id)
    }

    /// `prior {a: 0.7, b: 0.3}`: one weight per option, normalised.
    fn prior(&mut self, choose: &Head<'a>, options: &[Arc<str>]) -> Option<Vec<f64>> {
        if choose.prior.is_empty() {
            return None;
        }
        let mut weights = vec![0.0; options.len()];
        for prior in choose.prior {
            let label = self.label(&prior.option)?;
            let weight = self.plain_number(&prior.weight)?.as_float()?;
            let Some(at) = options.iter().position(|option| *option == label) else {
                let origin = self.at(prior.option.span);
                let message = format!("`{}` has no option `{label}`", choose.name);
                let diagnostic = Diagnostic::error("E0406", origin, message)
                    .suggest(&label, options.iter().map(|o| &**o));
                self.fail(diagnostic);
                return None;
            };
            if !weight.is_finite() || weight < 0.0 {
                self.error("E0406", prior.weight.span, "a prior weight is a number from zero up");
                return None;
            }
            weights[at] = weight;
        }
        let total: f64 = weights.iter().sum();
        if total <= 0.0 {
            self.error("E0406", choose.name.span, "the prior weights sum to zero");
            return None;
        }
        Some(weights.into_iter().map(|weight| weight / total).collect())
    }

    /// `default e`: the option of the seed architecture.
    fn default_option(&mut self, choose: &Head<'a>, options: &[Arc<str>]) -> Option<u32> {
        let expr = choose.default?;
        let mut label = match self.expr(expr) {
            Value::Scalar(value) => self.graph.diagrams.constant(value)?.to_string(),
            _ => return None,
        };
        // A word that is no label may be a name for one: a default can be computed.
        if !options.iter().any(|option| **option == *label)
            && let Some(Value::Scalar(value)) = self.env.find(&label)
        {
            label = self.graph.diagrams.constant(*value)?.to_string();
        }
        let at = options.iter().position(|option| **option == *label);
        if at.is_none() {
            let origin = self.at(expr.span);
            let message = format!("`{}` has no option `{label}`", choose.name);
            let diagnostic = Diagnostic::error("E0406", origin, message)
                .suggest(&label, options.iter().map(|o| &**o));
            self.fail(diagnostic);
        }
        at.map(|at| at as u32)
    }

    /// Takes networks out of the space in which an alternative is chosen that its guard withholds.
    pub(super) fn withhold(&mut self, name: &Name, id: DecisionId, offered: &[Vary], span: Span) {
        let mut none = TRUE;
        for &offered in offered {
            let withheld = self.graph.diagrams.not(offered);
            none = self.graph.diagrams.and(none, withheld);
        }
        if none != FALSE {
            let origin = self.at(span);
            let message = format!("`{name}` has no option left in some networks");
            let diagnostic = Diagnostic::error("E0405", origin, message)
                .note("every option has a guard, and none of the guards holds");
            let diagnostic = self.in_context(diagnostic);
            self.checks.push(Check {
                bad: none,
                guard: self.guard,
                node: None,
                diagnostic,
                message: None,
            });
        }
        for (option, &offered) in offered.iter().enumerate() {
            // Where no option is left, that is the mistake to tell of, not an empty space.
            let offered = self.graph.diagrams.or(offered, none);
            if self.graph.diagrams.constant(offered).is_none() {
                self.graph.offered.push((id, offered));
            }
            self.forbid_option(id, option as u32, offered);
        }
    }

    fn forbid_option(&mut self, id: DecisionId, option: u32, offered: Vary) {
        if offered == TRUE {
            return;
        }
        let here = self.graph.diagrams.is(id, option);
        let here = self.graph.diagrams.and(self.guard, here);
        let withheld = self.graph.diagrams.not(offered);
        let bad = self.graph.diagrams.and(here, withheld);
        let good = self.graph.diagrams.not(bad);
        self.graph.valid = self.graph.diagrams.and(self.graph.valid, good);
    }

    /// The alternatives that items stand for; whether all could be expanded.
    pub(super) fn expand(
        &mut self,
        items: &'a [AltItem],
        offered: Vary,
        into: &mut Vec<Alternative<'a>>,
    ) -> bool {
        let mut good = true;
        for item in items {
            match item {
                AltItem::Alternative { label, value, span } => {
                    if !self.step(*span) {
                        return false;
                    }
                    let Some(label) = self.label(label) else {
                        good = false;
                        continue;
                    };
                    let env = self.env.clone();
                    into.push(Alternative { label, span: *span, offered, value, env });
                }
                AltItem::For { generators, items, .. } => {
                    good &= self.expand_for(generators, items, offered, into);
                }
                AltItem::If { cond, then, otherwise, .. } => {
                    let span = cond.span;
                    let Some(cond) = self.truth(cond) else {
                        good = false;
                        continue;
                    };
                    let cond = self.sound(cond, span);
                    let not = self.graph.diagrams.not(cond);
                    for (items, here) in [(then, cond), (otherwise, not)] {
                        let here = self.graph.diagrams.and(offered, here);
                        if self.graph.diagrams.and(self.guard, here) != FALSE {
                            good &= self.expand(items, here, into);
                        }
                    }
                }
            }
        }
        good
    }

    fn expand_for(
        &mut self,
        generators: &'a [Generator],
        items: &'a [AltItem],
        offered: Vary,
        into: &mut Vec<Alternative<'a>>,
    ) -> bool {
        let Some((first, rest)) = generators.split_first() else {
            return self.expand(items, offered, into);
        };
        let Some(values) = self.generated(first) else { return false };
        let mut good = true;
        for value in values {
            let mark = self.env.mark();
            if !self.step(first.pattern.span) {
                return false;
            }
            good &= self.bind_pattern(&first.pattern, value);
            good &= self.expand_for(rest, items, offered, into);
            self.env.forget(mark);
        }
        good
    }

    /// The values of a generator that is not elastic; `None` after an error.
    pub(super) fn generated(&mut self, generator: &'a Generator) -> Option<Vec<Value<'a>>> {
        match self.expr(&generator.values) {
            Value::List(values) => Some(values.to_vec()),
            Value::Poison => None,
            other => {
                let kind = other.kind(&self.graph.diagrams);
                let message = format!("a loop runs over a list or a range, not over {kind}");
                let needs_range = matches!(generator.values.kind, ExprKind::Int(_));
                let origin = self.at(generator.values.span);
                let mut diagnostic = Diagnostic::error("E0213", origin, message);
                if needs_range {
                    diagnostic = diagnostic.help("`0..n` counts from 0 to n - 1");
                }
                self.fail(diagnostic);
                None
            }
        }
    }

    /// The text of an option in messages.
    pub(super) fn option_text(&self, id: DecisionId, option: u32) -> String {
        self.graph
            .decision(id)
            .options
            .get(option as usize)
            .map_or_else(|| option.to_string(), ToString::to_string)
    }

    /// A leaf that is a plain string, for messages.
    pub(super) fn plain_text(&self, value: Vary) -> Option<String> {
        self.graph.diagrams.constant(value).and_then(Leaf::as_str).map(str::to_owned)
    }
}
