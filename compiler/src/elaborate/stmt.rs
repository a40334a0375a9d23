//! Statements.

use std::sync::Arc;

use nasc_grammar::Span;
use nasc_grammar::ast::{Entry, Expr, ExprKind, Name, Pattern, PatternKind, Stmt, StmtKind};

use super::Elaborator;
use super::apply::renamed;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::ir::{Forbidden, Layout, Node, Op, Shape};
use crate::prim::{self, Check};
use crate::vary::Values;

impl<'a> Elaborator<'a> {
    /// Runs a statement; its value is that of an expression, nothing otherwise.
    pub(super) fn stmt(&mut self, stmt: &'a Stmt) -> Value<'a> {
        match &stmt.kind {
            StmtKind::Let { pattern, value, .. } => {
                self.let_(pattern, value);
                Value::Unit
            }
            StmtKind::Assign { name, value } => {
                let mark = self.place.enter_plain();
                let value = self.expr(value);
                self.place.leave(&mark);
                self.assign(name, value);
                Value::Unit
            }
            StmtKind::Expr(expr) => {
                let (mark, unused) = (self.place.enter_keep(), self.place.enter_unused());
                let value = match &expr.kind {
                    ExprKind::For { generators, label, body } => {
                        self.for_each(generators, label.as_ref(), body, false, expr.span)
                    }
                    _ => self.expr(expr),
                };
                // The body of an argument such as `if wide { 2 } else { 1 }` names nothing.
                let is_plain = matches!(value, Value::Scalar(_));
                self.place.leave(if is_plain { &unused } else { &mark });
                value
            }
            StmtKind::Defaults { primitive, entries } => {
                self.set_defaults(primitive, entries);
                Value::Unit
            }
            StmtKind::Input { name, shape } => {
                self.input(name, shape, stmt.span);
                Value::Unit
            }
            StmtKind::Output { pattern, value } => {
                self.output(pattern, value, stmt.span);
                Value::Unit
            }
            StmtKind::Limit(limit) => {
                self.limit(limit, stmt.span);
                Value::Unit
            }
            StmtKind::Forbid(cond) => {
                let span = cond.span;
                if let Some(cond) = self.truth(cond) {
                    let cond = self.sound(cond, span);
                    let origin = self.at(span);
                    self.graph.forbidden.push(Forbidden { condition: cond, origin });
                    let bad = self.graph.diagrams.and(self.guard, cond);
                    let good = self.graph.diagrams.not(bad);
                    self.graph.valid = self.graph.diagrams.and(self.graph.valid, good);
                }
                Value::Unit
            }
            StmtKind::Require { cond, message } => {
                self.require(cond, message.as_ref());
                Value::Unit
            }
            StmtKind::Remap(remap) => self.error(
                "E0601",
                remap.span,
                "a remap stands in the body of a space, or beside it",
            ),
        }
    }

    fn let_(&mut self, pattern: &'a Pattern, value: &'a Expr) {
        let named = match &pattern.kind {
            PatternKind::Name(name) => Some(name),
            PatternKind::Wildcard | PatternKind::List(_) => None,
        };
        let Some(name) = named else {
            let mark = self.place.enter_plain();
            let value = self.expr(value);
            self.place.leave(&mark);
            let value = self.needed(value, pattern.span);
            self.bind_pattern(pattern, value);
            return;
        };
        if self.env.find(&name.text).is_some()
            && !matches!(self.env.find(&name.text), Some(Value::Poison))
        {
            let origin = self.at(name.span);
            let diagnostic =
                Diagnostic::warning("W0901", origin, format!("`{name}` hides another `{name}`"))
                    .help(format!("`{name} = …` gives the first one another value"));
            let diagnostic = self.in_context(diagnostic);
            self.sink.push(diagnostic);
        }
        let bare = self.calls_in(value) == 1;
        let mark = self.place.enter(&name.text, bare);
        if self.calls.is_empty() {
            self.parts.insert(Arc::from(self.place.path()));
        }
        let made = self.expr(value);
        self.place.leave(&mark);
        let made = self.needed(made, value.span);
        let made = renamed(made, &name.text);
        self.env.bind(name.text.clone(), made);
    }

    /// A value that something is bound to.
    fn needed(&mut self, value: Value<'a>, span: Span) -> Value<'a> {
        match value {
            Value::Unit => self.error("E0224", span, "this has no value"),
            other => other,
        }
    }

    fn assign(&mut self, name: &'a Name, value: Value<'a>) {
        let value = self.needed(value, name.span);
        if !self.env.rebind(&name.text, value) {
            let origin = self.at(name.span);
            let known: Vec<String> = self.env.names().map(str::to_owned).collect();
            let diagnostic =
                Diagnostic::error("E0203", origin, format!("there is no `{name}` to rebind"))
                    .suggest(&name.text, known.iter().map(String::as_str));
            let diagnostic = match diagnostic.help {
                None => diagnostic.help(format!("`let {name} = …` binds a new name")),
                Some(_) => diagnostic,
            };
            self.fail(diagnostic);
        }
    }

    fn set_defaults(&mut self, primitive: &'a Name, entries: &'a [Entry]) {
        let Some(known) = prim::named(&primitive.text) else {
            let origin = self.at(primitive.span);
            let names = prim::PRIMITIVES.iter().map(|p| p.name);
            let diagnostic =
                Diagnostic::error("E0227", origin, format!("there is no primitive `{primitive}`"))
                    .suggest(&primitive.text, names);
            self.fail(diagnostic);
            return;
        };
        for entry in entries {
            let value = self.expr(&entry.value);
            let parameter = known.parameters.iter().find(|p| p.name == &*entry.name.text);
            let Some(parameter) = parameter else {
                let origin = self.at(entry.name.span);
                let message = format!("`{primitive}` has no parameter `{}`", entry.name);
                let diagnostic = Diagnostic::error("E0227", origin, message)
                    .suggest(&entry.name.text, known.parameters.iter().map(|p| p.name));
                self.fail(diagnostic);
                continue;
            };
            let value = self.of_type(parameter, value, entry.value.span);
            self.defaults.push((primitive.text.clone(), entry.name.text.clone(), value));
        }
    }

    fn input(&mut self, name: &'a Name, shape: &'a Expr, span: Span) {
        if !self.calls.is_empty() {
            self.error("E0230", span, "only the body of a space or network has inputs");
            return;
        }
        let axes: Option<Values> = match self.expr(shape) {
            Value::List(items) => items
                .iter()
                .map(|item| if let Value::Scalar(v) = item { Some(*v) } else { None })
                .collect(),
            Value::Poison => {
                self.env.bind(name.text.clone(), Value::Poison);
                return;
            }
            _ => None,
        };
        let Some(axes) = axes.filter(|axes| (1..=4).contains(&axes.len())) else {
            self.error("E0231", shape.span, "a shape is a list of sizes: `[3, 224, 224]`");
            self.env.bind(name.text.clone(), Value::Poison);
            return;
        };
        for &axis in &axes {
            let positive = self
                .graph
                .diagrams
                .leaves(axis)
                .iter()
                .all(|leaf| leaf.as_int().is_some_and(|n| (1..=1 << 20).contains(&n)));
            if !positive {
                self.error("E0231", shape.span, "every size of an input is a positive int");
                self.env.bind(name.text.clone(), Value::Poison);
                return;
            }
        }
        let max = self.graph.diagrams.int_range(axes[0]).map_or(0, |(_, most)| most) as u32;
        let stride = self.graph.diagrams.int(1);
        let layout = Layout::single(max, axes[0]);
        let node = Node {
            path: self.place.node(&name.text),
            op: Op::Input { name: name.text.clone() },
            guard: self.guard,
            presence: self.guard,
            shape: Shape { axes, layout, stride },
            params: Vec::new(),
            origin: self.at(span),
        };
        let id = self.graph.add_node(node, &[]);
        self.env.bind(name.text.clone(), Value::Tensor(id));
    }

    fn output(&mut self, pattern: &'a Pattern, value: &'a Expr, span: Span) {
        if !self.calls.is_empty() {
            self.error("E0230", span, "only the body of a space or network has outputs");
            return;
        }
        let made = match &pattern.kind {
            PatternKind::Name(name) => {
                let bare = self.calls_in(value) == 1;
                let mark = self.place.enter(&name.text, bare);
                let made = self.expr(value);
                self.place.leave(&mark);
                made
            }
            PatternKind::Wildcard | PatternKind::List(_) => self.expr(value),
        };
        self.outputs_of(pattern, &made, span);
    }

    fn outputs_of(&mut self, pattern: &'a Pattern, value: &Value<'a>, span: Span) {
        match (&pattern.kind, value) {
            (_, Value::Poison) => self.lost_output = true,
            (PatternKind::Name(name), value) if value.is_tensor() => {
                self.outputs_under(&name.text, value, span);
            }
            (PatternKind::List(parts), Value::List(items)) if parts.len() == items.len() => {
                for (part, item) in parts.iter().zip(items.iter()) {
                    self.outputs_of(part, item, span);
                }
            }
            _ => {
                let kind = value.kind(&self.graph.diagrams);
                self.lost_output = true;
                self.error("E0232", span, format!("an output is a tensor, not {kind}"));
            }
        }
    }

    /// One output per tensor: those of a list are `name.0`, `name.1` …, and so on within.
    fn outputs_under(&mut self, name: &str, value: &Value<'a>, span: Span) {
        if let Value::Tensor(node) = value {
            self.add_output(name, *node, span);
        } else if let Value::List(items) = value {
            for (index, item) in items.iter().enumerate() {
                self.outputs_under(&format!("{name}.{index}"), item, span);
            }
        }
    }

    fn add_output(&mut self, name: &str, from: crate::ir::NodeId, span: Span) {
        let origin = self.at(span);
        let path: Arc<str> = Arc::from(format!("output.{name}"));
        let taken = self.graph.nodes().find(|(_, node)| node.path == path).map(|(_, n)| n.origin);
        if let Some(first) = taken {
            let diagnostic =
                Diagnostic::error("E0233", origin, format!("two outputs are called `{name}`"))
                    .label(first, "the first of them");
            self.fail(diagnostic);
            return;
        }
        let shape = self.graph.node(from).shape.clone();
        let node = Node {
            path,
            op: Op::Output { name: Arc::from(name) },
            guard: self.guard,
            presence: self.guard,
            shape,
            params: Vec::new(),
            origin,
        };
        self.graph.add_node(node, &[from]);
    }

    fn require(&mut self, cond: &'a Expr, message: Option<&'a Expr>) {
        let Some(value) = self.truth(cond) else { return };
        let message = match message.map(|message| self.expr(message)) {
            Some(Value::Scalar(text)) => Some(text),
            _ => None,
        };
        let text = message.and_then(|text| self.plain_text(text));
        let text = text.unwrap_or_else(|| "the requirement does not hold".to_owned());
        let value = self.sound(value, cond.span);
        let bad = self.graph.diagrams.not(value);
        let origin = self.at(cond.span);
        let diagnostic = Diagnostic::error("E0234", origin, text).at("does not hold");
        let diagnostic = self.in_context(diagnostic);
        self.checks.push(Check { bad, guard: self.guard, node: None, diagnostic, message });
    }
}
