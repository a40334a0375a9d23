//! Decisions on their own: their entry in the table, their options, priors and defaults.

use std::sync::Arc;

use nasc_grammar::Span;
use nasc_grammar::ast::{Annotation, Choose, Expr, Name, Prior};

use super::Elaborator;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::ir::{Decision, DecisionId, DecisionKind};
use crate::prim::Check;
use crate::vary::{DECISION_LIMIT, FALSE, Leaf, TRUE, Vary};

/// Most options of a decision: an elastic value with more is a mistake.
pub(super) const MOST_OPTIONS: usize = 1000;

/// What a decision is called and said of, besides its options.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub name: &'a Name,
    pub annotations: &'a [Annotation],
    pub prior: &'a [Prior],
    pub default: Option<&'a Expr>,
}

impl<'a> Head<'a> {
    pub(super) fn of(choose: &'a Choose) -> Self {
        Self {
            name: &choose.name,
            annotations: &choose.annotations,
            prior: &choose.prior,
            default: choose.default.as_ref(),
        }
    }
}

impl<'a> Elaborator<'a> {
    /// Whether a decision can be taken here, on a tensor that is none of an error; reports it otherwise.
    pub(super) fn may_decide(&mut self, piped: Option<&Value<'a>>, span: Span) -> bool {
        if matches!(piped, Some(Value::Poison)) {
            return false;
        }
        if self.is_network {
            self.error("E0402", span, "a network has no decisions; a `space` has");
        }
        !self.is_network
    }

    /// Whether a decision has few enough options; reports it otherwise.
    pub(super) fn few_options(&mut self, name: &Name, options: usize, span: Span) -> bool {
        if options > MOST_OPTIONS {
            let message = format!("`{name}` has more than {MOST_OPTIONS} options");
            self.error("E0403", span, message);
        }
        options <= MOST_OPTIONS
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
