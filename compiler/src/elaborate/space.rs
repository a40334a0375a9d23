//! A whole space or network: its parameters, its body, and the checks of all its networks.

use std::cell::RefCell;
use std::sync::Arc;

use nasc_grammar::ast::{self, SpaceKind, TypeKind};
use rustc_hash::{FxHashMap, FxHashSet};

use super::module::Module;
use super::place::Place;
use super::scope::Env;
use super::value::{ScalarType, Value};
use super::{Elaborator, Norms};
use crate::diagnostic::{Diagnostic, Sink};
use crate::ir::{Graph, Op, Origin};
use crate::pass::{liveness, validity};
use crate::prim::Check;
use crate::prim::Sharing;
use crate::source::Sources;
use crate::vary::{FALSE, Leaf, TRUE, Unary, Vary};

/// Elaborates the space `item` of `module` with the given parameters, and checks every network of it.
/// `None` after an error.
pub(crate) fn space(
    modules: &[Module],
    sources: &Sources,
    sink: &mut Sink,
    norms: &Norms,
    (module, item): (usize, &ast::Space),
    settings: &[(String, Leaf, Option<Origin>)],
) -> Option<Graph> {
    let mut this = Elaborator {
        modules,
        sources,
        sink,
        norms,
        graph: Graph::named(&item.name.text),
        checks: Vec::new(),
        guard: TRUE,
        place: Place::default(),
        env: Env::default(),
        module,
        defaults: Vec::new(),
        instances: Vec::<(std::rc::Rc<RefCell<super::value::Instance>>, u32)>::new(),
        per_use: false,
        keys: Vec::new(),
        sharing: Sharing::default(),
        calls: Vec::new(),
        constants: FxHashMap::default(),
        decisions: FxHashMap::default(),
        clashes: FxHashMap::default(),
        spoilt: FxHashMap::default(),
        steps: 0,
        nesting: 0,
        parts: FxHashSet::default(),
        is_network: item.kind == SpaceKind::Network,
        exhausted: false,
        lost_output: false,
    };
    for annotation in &item.annotations {
        match &*annotation.name.text {
            "own" => this.sharing.apart = true,
            name => {
                let origin = this.at(annotation.span);
                let message = format!("`@{name}` means nothing on a space");
                let diagnostic = Diagnostic::error("E0221", origin, message);
                this.fail(diagnostic.suggest(name, ["own"]));
            }
        }
    }
    this.graph.apart = this.sharing.apart;
    this.parameters(item, settings);
    this.body_of_space(&item.body);
    this.finish(item)
}

impl<'a> Elaborator<'a> {
    /// Binds the parameters: as set, or their defaults.
    fn parameters(&mut self, item: &'a ast::Space, settings: &[(String, Leaf, Option<Origin>)]) {
        for (name, _, origin) in settings {
            if !item.params.iter().any(|param| &*param.name.text == name.as_str()) {
                let origin = origin.unwrap_or_else(|| self.at(item.params_span));
                let known: Vec<&str> = item.params.iter().map(|p| &*p.name.text).collect();
                let message = format!("`{}` has no parameter `{name}`", item.name);
                let mut diagnostic = Diagnostic::error("E0210", origin, message);
                diagnostic = diagnostic.note(format!("parameters: {}", known.join(", ")));
                self.fail(diagnostic.suggest(name, known.iter().copied()));
            }
        }
        for param in &item.params {
            let given = settings.iter().find(|(name, ..)| *name == *param.name.text);
            let value = match (given, &param.default) {
                (Some((_, leaf, _)), _) => Value::Scalar(self.graph.diagrams.leaf(leaf.clone())),
                (None, Some(default)) => self.expr(default),
                (None, None) => self.error(
                    "E0235",
                    param.span,
                    format!("`{}` needs a default, so that the file compiles alone", param.name),
                ),
            };
            let value = match &param.ty {
                // A type that could not be read stands in the tree as a tensor.
                Some(ty) if self.is_unreadable(self.module, ty) => value,
                Some(ty) => self.conform(value, &ty.kind, &param.name.text, param.span),
                None => match (&param.default, given) {
                    (Some(default), Some(_)) => {
                        let model = self.expr(default);
                        self.like(value, &model, &param.name.text, param.span)
                    }
                    _ => value,
                },
            };
            if let Value::Scalar(value) = &value
                && let Some(leaf) = self.graph.diagrams.constant(*value)
            {
                self.graph.settings.push((param.name.text.to_string(), leaf.to_string()));
            }
            self.env.bind(param.name.text.clone(), value);
        }
    }

    /// A set value with the type of the default.
    fn like(
        &mut self,
        value: Value<'a>,
        model: &Value<'a>,
        name: &str,
        span: nasc_grammar::Span,
    ) -> Value<'a> {
        let Value::Scalar(model) = model else { return value };
        let wanted = match ScalarType::of(&self.graph.diagrams, *model) {
            Some(ScalarType::Int) => TypeKind::Int,
            Some(ScalarType::Float) => TypeKind::Float,
            Some(ScalarType::Bool) => TypeKind::Bool,
            Some(ScalarType::Str) => TypeKind::Str,
            None => return value,
        };
        self.conform(value, &wanted, name, span)
    }

    fn body_of_space(&mut self, body: &'a ast::Body) {
        for stmt in &body.stmts {
            // What it says is checked against the whole space.
            if !matches!(stmt.kind, ast::StmtKind::Remap(_)) {
                self.stmt(stmt);
            }
        }
    }

    /// Settles liveness and makes the checks.
    fn finish(mut self, item: &'a ast::Space) -> Option<Graph> {
        let has_output = !self.graph.outputs().is_empty();
        // What is missing may stand in what could not be parsed.
        if !has_output && !self.lost_output && !self.is_broken() {
            self.error("E0236", item.name.span, format!("`{}` has no output", item.name));
        }
        if self.exhausted || self.outgrown(item.name.span) {
            return None;
        }
        let witness = self.graph.diagrams.witness(self.graph.valid);
        if witness.is_none() {
            self.error("E0407", item.name.span, "no network is left: every one is forbidden");
            return None;
        }
        liveness(&mut self.graph);
        // Without its outputs nothing is live, and the guards must do.
        let trust_presence = has_output && !self.lost_output;
        let checks = std::mem::take(&mut self.checks);
        for check in checks {
            self.make(check, trust_presence);
        }
        if !self.sink.failed() {
            self.check_outputs();
            self.check_keys();
        }
        if !self.sink.failed() {
            // The checks ask what the file forbids, option by option; everyone after them asks of
            // networks.
            validity(&mut self.graph);
        }
        self.outgrown(item.name.span);
        (!self.sink.failed()).then_some(self.graph)
    }

    /// Reports a check that fails in a valid network, with the smallest set of decisions that shows it.
    fn make(&mut self, check: Check, trust_presence: bool) {
        let d = &mut self.graph.diagrams;
        let fails = d.unary(Unary::IsFault, check.bad);
        let bad = d.ite(fails, FALSE, check.bad);
        let here = match check.node {
            Some(node) if trust_presence => self.graph.node(node).presence,
            _ => check.guard,
        };
        let condition = self.graph.diagrams.and(bad, here);
        let condition = self.graph.diagrams.and(condition, self.graph.valid);
        let Some(witness) = self.graph.diagrams.witness(condition) else { return };
        let mut diagnostic = check.diagnostic;
        if let Some(message) = check.message {
            let option = |id| witness.iter().find(|(known, _)| *known == id).map_or(0, |w| w.1);
            if let Some(text) = self.graph.diagrams.eval(message, option).as_str() {
                text.clone_into(&mut diagnostic.message);
            }
        }
        if !witness.is_empty() {
            let shown: Vec<String> = witness
                .iter()
                .map(|&(id, option)| {
                    format!("{} = {}", self.graph.decision(id).path, self.option_text(id, option))
                })
                .collect();
            diagnostic = diagnostic.note(format!("in networks with  {}", shown.join(", ")));
        }
        self.sink.push(diagnostic);
    }

    /// An output's shape varies with the decisions of the inputs alone.
    fn check_outputs(&mut self) {
        let mut free = std::collections::BTreeSet::new();
        for input in self.graph.inputs() {
            for &axis in &self.graph.node(input).shape.axes.clone() {
                free.extend(self.graph.diagrams.support(axis));
            }
        }
        for output in self.graph.outputs() {
            let node = self.graph.node(output).clone();
            let Op::Output { name } = &node.op else { continue };
            for &axis in &node.shape.axes {
                self.check_output(axis, &node, name, &free);
            }
        }
    }

    fn check_output(
        &mut self,
        axis: Vary,
        node: &crate::ir::Node,
        name: &Arc<str>,
        free: &std::collections::BTreeSet<crate::ir::DecisionId>,
    ) {
        let here = self.graph.diagrams.and(node.presence, self.graph.valid);
        let seen = self.graph.diagrams.where_(here, axis);
        // The same in all valid networks, however it was computed.
        if self.graph.diagrams.leaves(seen).len() <= 1 {
            return;
        }
        let support = self.graph.diagrams.support(axis);
        let Some(&culprit) = support.iter().find(|d| !free.contains(d)) else { return };
        let shown = crate::prim::show_shape(&self.graph, &node.shape);
        let path = self.graph.decision(culprit).path.clone();
        let message = format!("the shape of the output `{name}` depends on `{path}`");
        let origin = self.graph.decision(culprit).origin;
        let diagnostic = Diagnostic::error("E0325", node.origin, message)
            .at(format!("has shape {shown}"))
            .label(origin, "decided here")
            .note("an output's shape may vary only with decisions that an input reads");
        self.fail(diagnostic);
    }
}
