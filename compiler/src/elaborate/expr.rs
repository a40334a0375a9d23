//! Expressions.

use std::sync::Arc;

use nasc_grammar::Span;
use nasc_grammar::ast::{Body, Expr, ExprKind, Label, StrPart};

use super::apply::labelled;
use super::module::{Global, global, global_names};
use super::value::{Callee, ScalarType, Value};
use super::{Elaborator, FUEL, elements};
use crate::diagnostic::Diagnostic;
use crate::prim;
use crate::vary::{Binary, Leaf, Unary, Vary};

/// Most expressions around another one, through blocks too: elaboration recurses as deep.
const NESTING: usize = 1000;
/// Deepest nesting of a value: dropping it recurses as deep.
const DEEPEST: u32 = 256;
/// Most elements that a list may have.
const LONGEST: i64 = 10_000;

impl<'a> Elaborator<'a> {
    /// The value of an expression.
    pub(super) fn expr(&mut self, expr: &'a Expr) -> Value<'a> {
        if !self.step(expr.span) {
            return Value::Poison;
        }
        if self.nesting >= NESTING {
            let message =
                format!("expressions are nested more than {NESTING} deep, blocks included");
            return self.error("E0206", expr.span, message);
        }
        self.nesting += 1;
        let value = self.evaluated(expr);
        self.nesting -= 1;
        if self.outgrown(expr.span) {
            return Value::Poison;
        }
        // Rebinding in a loop can grow a value without end.
        if value.depth() > DEEPEST {
            let message = format!("the value is nested more than {DEEPEST} deep");
            return self.error("E0206", expr.span, message);
        }
        match value {
            Value::List(list) if list.len() as i64 > LONGEST => {
                let message = format!("the list has more than {LONGEST} elements");
                self.error("E0216", expr.span, message)
            }
            value => value,
        }
    }

    /// Counts a step of elaboration; whether there is fuel for it.
    pub(super) fn step(&mut self, span: Span) -> bool {
        self.steps += 1;
        if self.steps > FUEL && !std::mem::replace(&mut self.exhausted, true) {
            let message = format!("the space takes more than {FUEL} steps to elaborate");
            self.error("E0207", span, message);
        }
        !self.exhausted
    }

    /// Whether the diagrams have outgrown their limits; reports it where that is noticed first.
    pub(super) fn outgrown(&mut self, span: Span) -> bool {
        let outgrown = self.graph.diagrams.overflowed();
        if outgrown && !std::mem::replace(&mut self.exhausted, true) {
            let decisions = self.graph.decisions.len();
            let origin = self.at(span);
            let message = "the values of the space have become too many";
            let diagnostic = Diagnostic::error("E0208", origin, message).note(format!(
                "a value may depend on many of the {decisions} decisions only where few results differ"
            ));
            self.fail(diagnostic);
        }
        outgrown
    }

    fn evaluated(&mut self, expr: &'a Expr) -> Value<'a> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Int(value) | ExprKind::Size(value) => {
                Value::Scalar(self.graph.diagrams.int(*value))
            }
            ExprKind::Float(value) | ExprKind::Duration(value) => {
                Value::Scalar(self.graph.diagrams.float(*value))
            }
            ExprKind::Bool(value) => Value::Scalar(self.graph.diagrams.boolean(*value)),
            ExprKind::Str(parts) => self.text(parts, span),
            ExprKind::Name(name) => self.name(name, span),
            ExprKind::List(items) => {
                Value::list(items.iter().map(|item| self.expr(item)).collect())
            }
            ExprKind::Range { .. } => match self.range(expr) {
                Some(items) => Value::list(items.into_iter().map(Value::Scalar).collect()),
                None => Value::Poison,
            },
            ExprKind::Call { callee, args } => self.call(callee, args, None, span),
            ExprKind::Index { base, index } => self.index(base, index, span),
            ExprKind::Slice { base, from, to } => {
                self.slice(base, from.as_deref(), to.as_deref(), span)
            }
            ExprKind::Field { base, name } => self.field(base, name, span),
            ExprKind::Unary { op, operand } => self.unary(*op, operand, span),
            ExprKind::Binary { op, op_span, lhs, rhs } => {
                self.binary(*op, *op_span, lhs, rhs, span)
            }
            ExprKind::Pipe { lhs, rhs } => {
                let left = self.expr(lhs);
                self.pipe(left, rhs, span)
            }
            ExprKind::Labelled { expr, label } => {
                let Some(label) = self.label(label) else { return Value::Poison };
                if self.gives_tensor(expr) {
                    let bare = self.calls_in(expr) == 1;
                    let mark = self.place.enter(&label, bare);
                    let value = self.expr(expr);
                    self.place.leave(&mark);
                    return value;
                }
                let value = self.expr(expr);
                labelled(value, &label)
            }
            ExprKind::Annotated { expr, annotations } => self.annotated(expr, annotations),
            ExprKind::Lambda { params, body } => {
                let (module, env) = (self.module, self.env.clone());
                let callee = Callee::Lambda { module, params, body, env };
                self.recipe(None, callee, vec![None; params.len()], span)
            }
            ExprKind::If { cond, then, otherwise } => {
                self.condition(cond, then, otherwise.as_ref(), span)
            }
            ExprKind::Match { subject, arms } => self.match_(subject, arms, span),
            ExprKind::For { generators, label, body } => {
                self.for_each(generators, label.as_ref(), body, true, span)
            }
            ExprKind::Choose(choose) => self.choose(choose, None, span),
            ExprKind::Keep(keep) => self.keep(keep, None, span),
            ExprKind::Shared(inner) => self.shared(inner, span),
            ExprKind::Block(body) => self.body(body),
        }
    }

    /// The value of a body in braces: its last statement's, with its own names.
    pub(super) fn body(&mut self, body: &'a Body) -> Value<'a> {
        let mark = self.env.mark();
        let defaults = self.defaults.len();
        let mut value = Value::Unit;
        for stmt in &body.stmts {
            value = self.stmt(stmt);
        }
        self.defaults.truncate(defaults);
        self.env.forget(mark);
        value
    }

    /// A string with its `{…}` filled in.
    pub(super) fn text(&mut self, parts: &'a [StrPart], span: Span) -> Value<'a> {
        let mut whole = self.graph.diagrams.text("");
        for part in parts {
            let piece = match part {
                StrPart::Text(text) => self.graph.diagrams.text(text),
                StrPart::Expr(expr) => match self.expr(expr) {
                    Value::Scalar(value) => {
                        self.graph.diagrams.map(value, &mut |d, leaf| match leaf {
                            Leaf::Fault(_) | Leaf::Absent => d.leaf(leaf.clone()),
                            shown => d.text(&shown.to_string()),
                        })
                    }
                    Value::Poison => return Value::Poison,
                    other => {
                        let kind = other.kind(&self.graph.diagrams);
                        let message = format!("{kind} cannot be part of a string");
                        return self.error("E0213", expr.span, message);
                    }
                },
            };
            whole = self.graph.diagrams.binary(Binary::Add, whole, piece);
        }
        self.settled(whole, span)
    }

    /// A label as plain text; `None` after an error.
    pub(super) fn label(&mut self, label: &'a Label) -> Option<Arc<str>> {
        if let Some(text) = label.text() {
            return Some(text.clone());
        }
        let Value::Scalar(value) = self.text(&label.parts, label.span) else { return None };
        let plain = self.graph.diagrams.constant(value).map(ToString::to_string);
        if plain.is_none() {
            self.error("E0214", label.span, "a label must be the same in every network");
        }
        let plain = plain?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-');
        if plain.is_empty() || !plain.chars().all(is_word) {
            let message = format!("`{plain}` cannot be a label");
            let origin = self.at(label.span);
            self.fail(
                Diagnostic::error("E0214", origin, message)
                    .note("a label has letters, digits, `_`, `+` and `-`"),
            );
            return None;
        }
        Some(Arc::from(plain))
    }

    /// What a bare word stands for.
    pub(super) fn name(&mut self, name: &Arc<str>, span: Span) -> Value<'a> {
        if let Some(value) = self.env.find(name) {
            return value.clone();
        }
        match global(self.modules, self.module, name) {
            Some(global) => self.global_value(global, name, span),
            None => self.builtin_block(name, span),
        }
    }

    /// The value of a name at the top of a file.
    pub(super) fn global_value(
        &mut self,
        global: Global<'a>,
        name: &Arc<str>,
        span: Span,
    ) -> Value<'a> {
        match global {
            Global::Const(module, item) => self.constant(module, item, span),
            Global::Block(module, block) => {
                let callee = Callee::Block { module, block };
                self.recipe(Some(name.clone()), callee, vec![None; block.params.len()], span)
            }
            Global::Module(module) => Value::Module(module),
            Global::Lost => Value::Poison,
            Global::Space(..) | Global::Derive(..) => {
                let message = format!("`{name}` is a whole network, not a block");
                self.error("E0215", span, message)
            }
        }
    }

    /// A primitive or activation as a block value.
    fn builtin_block(&mut self, name: &Arc<str>, span: Span) -> Value<'a> {
        if let Some(primitive) = prim::named(name) {
            let filled = vec![None; primitive.parameters.len()];
            return self.recipe(Some(name.clone()), Callee::Primitive(primitive), filled, span);
        }
        if let Some(kind) = prim::ACTIVATIONS.iter().find(|kind| **kind == &**name) {
            return self.recipe(Some(name.clone()), Callee::Activation(kind), vec![None], span);
        }
        self.unknown_name(name, span)
    }

    /// Reports a name that means nothing here.
    pub(super) fn unknown_name(&mut self, name: &str, span: Span) -> Value<'a> {
        // A name that the unparsed part of the file mentions may be what that part was to define.
        if self.is_broken() && self.mentions(name) > 1 {
            return Value::Poison;
        }
        let origin = self.at(span);
        let globals = global_names(self.modules, self.module);
        let known: Vec<String> = self
            .env
            .names()
            .chain(globals)
            .chain(prim::PRIMITIVES.iter().map(|p| p.name))
            .chain(prim::ACTIVATIONS.iter().copied())
            .chain(super::builtin::NAMES.iter().copied())
            .map(str::to_owned)
            .collect();
        let diagnostic = Diagnostic::error("E0203", origin, format!("there is no `{name}` here"))
            .suggest(name, known.iter().map(String::as_str));
        self.fail(diagnostic)
    }

    /// How often the current file mentions a word.
    fn mentions(&self, name: &str) -> usize {
        let file = self.modules.get(self.module).map_or(0, |module| module.file);
        let text = self.sources.files.get(file as usize).map_or("", |file| &*file.text);
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        text.split(|c| !is_word(c)).filter(|word| *word == name).count()
    }

    /// A constant of a file: evaluated once, without the names of any body.
    fn constant(
        &mut self,
        module: usize,
        item: &'a nasc_grammar::ast::Const,
        span: Span,
    ) -> Value<'a> {
        let key = (module, item.name.text.clone());
        match self.constants.get(&key) {
            Some(Some(known)) => return known.clone(),
            Some(None) => {
                let message = format!("`{}` is defined by itself", item.name);
                return self.error("E0204", span, message);
            }
            None => {}
        }
        self.constants.insert(key.clone(), None);
        let outer_env = std::mem::take(&mut self.env);
        let outer_module = std::mem::replace(&mut self.module, module);
        let nodes = self.graph.len();
        let decisions = self.graph.decisions.len();
        let mut value = self.expr(&item.value);
        if self.graph.len() != nodes || self.graph.decisions.len() != decisions {
            value = self.error(
                "E0205",
                item.value.span,
                "a constant has neither tensors nor decisions",
            );
        }
        self.env = outer_env;
        self.module = outer_module;
        self.constants.insert(key, Some(value.clone()));
        value
    }

    /// The values of a range whose bounds are plain; `None` after an error.
    pub(super) fn range(&mut self, expr: &'a Expr) -> Option<Vec<Vary>> {
        let ExprKind::Range { start, end, inclusive, step } = &expr.kind else { return None };
        let start_value = self.plain_number(start)?;
        let end_value = self.plain_number(end)?;
        let step_value = match step {
            Some(step) => self.plain_number(step)?,
            None => Leaf::Int(1),
        };
        self.steps(&start_value, &end_value, *inclusive, &step_value, expr.span)
    }

    /// `lo, lo + step, …` up to the bound.
    pub(super) fn steps(
        &mut self,
        start: &Leaf,
        end: &Leaf,
        inclusive: bool,
        step: &Leaf,
        span: Span,
    ) -> Option<Vec<Vary>> {
        let mut values = Vec::new();
        if let (Some(lo), Some(hi), Some(by)) = (start.as_int(), end.as_int(), step.as_int()) {
            if by < 1 {
                self.error("E0216", span, "the step of a range must be positive");
                return None;
            }
            let hi = if inclusive { hi } else { hi.saturating_sub(1) };
            if hi.saturating_sub(lo) / by > LONGEST {
                self.error("E0216", span, format!("the range has more than {LONGEST} values"));
                return None;
            }
            let mut next = Some(lo);
            while let Some(at) = next.filter(|&at| at <= hi) {
                values.push(self.graph.diagrams.int(at));
                next = at.checked_add(by);
            }
            return Some(values);
        }
        let (Some(lo), Some(hi), Some(by)) = (start.as_float(), end.as_float(), step.as_float())
        else {
            self.error("E0216", span, "the bounds of a range must be numbers");
            return None;
        };
        if by <= 0.0 || !(hi - lo).is_finite() || (hi - lo) / by > LONGEST as f64 {
            self.error("E0216", span, "the step of a range must be positive and not tiny");
            return None;
        }
        // A bound that `lo + i * step` meets but for rounding belongs to the range.
        let slack = by * 1e-9;
        for index in 0..=LONGEST {
            let at = lo + index as f64 * by;
            let inside = if inclusive { at <= hi + slack } else { at < hi - slack };
            if !inside {
                break;
            }
            values.push(self.graph.diagrams.float(at));
        }
        Some(values)
    }

    /// A number that is the same in every network; `None` after an error.
    pub(super) fn plain_number(&mut self, expr: &'a Expr) -> Option<Leaf> {
        let value = self.number(expr)?;
        let plain = self.graph.diagrams.constant(value).cloned();
        if plain.is_none() {
            let shown = prim::show_value(&self.graph, value);
            let origin = self.at(expr.span);
            let message = "this must be the same in every network";
            self.fail(Diagnostic::error("E0217", origin, message).at(format!("is {shown}")));
        }
        plain
    }

    /// A number, which may vary; `None` after an error.
    pub(super) fn number(&mut self, expr: &'a Expr) -> Option<Vary> {
        match self.expr(expr) {
            Value::Scalar(value)
                if matches!(
                    ScalarType::of(&self.graph.diagrams, value),
                    Some(ScalarType::Int | ScalarType::Float)
                ) =>
            {
                Some(value)
            }
            Value::Poison => None,
            other => {
                let kind = other.kind(&self.graph.diagrams);
                self.error("E0213", expr.span, format!("a number is needed here, not {kind}"));
                None
            }
        }
    }

    fn index(&mut self, base: &'a Expr, index: &'a Expr, span: Span) -> Value<'a> {
        let list = match self.expr(base) {
            Value::List(list) => list,
            Value::Poison => return Value::Poison,
            other => {
                let kind = other.kind(&self.graph.diagrams);
                let message = format!("{kind} has no elements; only a list has");
                return self.error("E0213", base.span, message);
            }
        };
        let at = match self.expr(index) {
            Value::Scalar(at) => at,
            Value::Poison => return Value::Poison,
            other => {
                let kind = other.kind(&self.graph.diagrams);
                return self.error("E0213", index.span, format!("{kind} is no place in a list"));
            }
        };
        if ScalarType::of(&self.graph.diagrams, at).is_some_and(|t| t != ScalarType::Int) {
            return self.error("E0213", index.span, "a place in a list is an int");
        }
        match self.graph.diagrams.constant_int(at) {
            Some(at) => {
                let found = usize::try_from(at).ok().and_then(|at| list.get(at));
                match found {
                    Some(value) => value.clone(),
                    None => {
                        let message =
                            format!("the list has {}, and none at {at}", elements(list.len()));
                        self.error("E0218", span, message)
                    }
                }
            }
            None => self.pick(at, &list, span),
        }
    }

    /// The element that a varying index points at.
    fn pick(&mut self, at: Vary, list: &[Value<'a>], span: Span) -> Value<'a> {
        let mut result: Option<Value<'a>> = None;
        let count = list.len() as i64;
        let fails = self.graph.diagrams.unary(Unary::IsFault, at);
        let first = self.graph.diagrams.int(0);
        let sound = self.graph.diagrams.ite(fails, first, at);
        // A select has no "none of them": the last element stands for an index beyond the list,
        // which the check below reports.
        for (index, item) in list.iter().enumerate().rev() {
            result = Some(match result {
                None => item.clone(),
                Some(rest) => {
                    let index = self.graph.diagrams.int(index as i64);
                    let here = self.graph.diagrams.binary(Binary::Equal, sound, index);
                    self.merge(here, item, &rest, "index", span)
                }
            });
        }
        let Some(result) = result else {
            return self.error("E0218", span, "the list has no elements");
        };
        let (zero, count) = (self.graph.diagrams.int(0), self.graph.diagrams.int(count));
        let below = self.graph.diagrams.binary(Binary::Less, at, zero);
        let inside = self.graph.diagrams.binary(Binary::Less, at, count);
        let above = self.graph.diagrams.not(inside);
        let bad = self.graph.diagrams.or(below, above);
        let bad = self.graph.diagrams.ite(fails, crate::vary::TRUE, bad);
        if let Value::Scalar(value) = result {
            let fault = self.graph.diagrams.fault("the index is out of the list's range");
            return Value::Scalar(self.graph.diagrams.ite(bad, fault, value));
        }
        if bad != crate::vary::FALSE {
            let origin = self.at(span);
            let shown = prim::show_value(&self.graph, at);
            let diagnostic =
                Diagnostic::error("E0218", origin, "the index is out of the list's range")
                    .at(format!("the list has {}, the index is {shown}", elements(list.len())));
            let diagnostic = self.in_context(diagnostic);
            let guard = self.guard;
            self.checks.push(prim::Check { bad, guard, node: None, diagnostic, message: None });
        }
        result
    }

    /// A truth value; `None` after an error.
    pub(super) fn truth(&mut self, expr: &'a Expr) -> Option<Vary> {
        match self.expr(expr) {
            Value::Scalar(value) => {
                let ty = ScalarType::of(&self.graph.diagrams, value);
                if ty.is_none_or(|t| t == ScalarType::Bool) {
                    return Some(value);
                }
                let kind = ty.map_or("an error", ScalarType::name);
                let message = format!("a condition is a bool, not {kind}");
                self.error("E0213", expr.span, message);
                None
            }
            Value::Poison => None,
            other => {
                let kind = other.kind(&self.graph.diagrams);
                let message = format!("a condition is a bool, not {kind}");
                self.error("E0213", expr.span, message);
                None
            }
        }
    }

    /// An int widened to a float where a float is wanted.
    pub(super) fn widened(&mut self, value: Vary) -> Vary {
        self.graph.diagrams.unary(Unary::Widen, value)
    }
}
