//! `if`, `match` and `for`, also where what they go by depends on decisions.
//!
//! Under a varying condition both sides are elaborated, each for its own networks. Names that were
//! bound anew on either side are merged afterwards: scalars by diagram, tensors by a select.

use nasc_grammar::Span;
use nasc_grammar::ast::{Arm, Body, Expr, ExprKind, Generator, Label, Pattern, PatternKind};

use super::value::{ScalarType, Value};
use super::{Elaborator, elements};
use crate::diagnostic::Diagnostic;
use crate::prim::Check;
use crate::vary::{Binary, FALSE, Leaf, TRUE, Unary, Vary};

/// What a loop runs over.
enum Turns<'a> {
    /// Values that are the same in every network.
    Plain(Vec<Value<'a>>),
    /// A range with a varying end: its values up to the largest end, and the end.
    Elastic(Vec<Vary>, Vary),
}

impl<'a> Elaborator<'a> {
    /// `if cond { … } else { … }`.
    pub(super) fn condition(
        &mut self,
        cond: &'a Expr,
        then: &'a Body,
        otherwise: Option<&'a Body>,
        span: Span,
    ) -> Value<'a> {
        let Some(value) = self.truth(cond) else { return Value::Poison };
        match otherwise {
            Some(otherwise) => self.both_ways(
                value,
                |this| this.body(then),
                |this| this.body(otherwise),
                "if",
                span,
            ),
            None => {
                // Without an `else` it is a statement: its value is dropped.
                self.both_ways(
                    value,
                    |this| match this.body(then) {
                        Value::Poison => Value::Poison,
                        _ => Value::Unit,
                    },
                    |_| Value::Unit,
                    "if",
                    span,
                )
            }
        }
    }

    /// Runs `yes` for the networks where `condition` holds and `no` for the others, and merges.
    pub(super) fn both_ways(
        &mut self,
        condition: Vary,
        yes: impl FnOnce(&mut Self) -> Value<'a>,
        no: impl FnOnce(&mut Self) -> Value<'a>,
        name: &str,
        span: Span,
    ) -> Value<'a> {
        if condition == TRUE {
            return yes(self);
        }
        if condition == FALSE {
            return no(self);
        }
        let condition = self.sound(condition, span);
        let outer_guard = self.guard;
        let not = self.graph.diagrams.not(condition);
        let yes_guard = self.graph.diagrams.and(outer_guard, condition);
        let no_guard = self.graph.diagrams.and(outer_guard, not);
        // A side that no network takes, given the conditions around it, is not there at all.
        if yes_guard == FALSE {
            return no(self);
        }
        if no_guard == FALSE {
            return yes(self);
        }
        let before = self.env.clone();
        self.guard = yes_guard;
        let yes_value = yes(self);
        let yes_env = std::mem::replace(&mut self.env, before);
        self.guard = no_guard;
        let no_value = no(self);
        self.guard = outer_guard;
        let slots: Vec<(usize, std::sync::Arc<str>, Value<'a>, Value<'a>)> = yes_env
            .values()
            .zip(self.env.values())
            .enumerate()
            .filter(|(_, ((_, a), (_, b)))| !same(a, b))
            .map(|(slot, ((name, a), (_, b)))| (slot, name.clone(), a.clone(), b.clone()))
            .collect();
        for (slot, slot_name, a, b) in slots {
            let mark = self.place.enter_plain();
            let merged = self.merge(condition, &a, &b, &slot_name, span);
            self.place.leave(&mark);
            self.env.set_slot(slot, merged);
        }
        self.merge(condition, &yes_value, &no_value, name, span)
    }

    /// A condition without faults: where it fails in a network, that is reported.
    pub(super) fn sound(&mut self, condition: Vary, span: Span) -> Vary {
        let bad = self.graph.diagrams.unary(Unary::IsFault, condition);
        if bad == FALSE {
            return condition;
        }
        let origin = self.at(span);
        let reason = self.fault_reason(condition);
        let message = format!("the condition cannot be computed in some networks: {reason}");
        let diagnostic = Diagnostic::error("E0218", origin, message);
        let diagnostic = self.in_context(diagnostic);
        self.checks.push(Check { bad, guard: self.guard, node: None, diagnostic, message: None });
        self.graph.diagrams.ite(bad, FALSE, condition)
    }

    /// `match subject { … }`.
    pub(super) fn match_(&mut self, subject: &'a Expr, arms: &'a [Arm], span: Span) -> Value<'a> {
        self.match_into(subject, arms, None, span)
    }

    /// `match`, with a tensor piped into the arm that fits.
    pub(super) fn match_into(
        &mut self,
        subject: &'a Expr,
        arms: &'a [Arm],
        piped: Option<&Value<'a>>,
        span: Span,
    ) -> Value<'a> {
        let subject = match self.expr(subject) {
            Value::Scalar(value) => value,
            Value::Poison => return Value::Poison,
            other => {
                let kind = other.kind(&self.graph.diagrams);
                let message = format!("`match` compares numbers, bools and strings, not {kind}");
                return self.error("E0213", subject.span, message);
            }
        };
        self.arms(subject, arms, piped, TRUE, span)
    }

    fn arms(
        &mut self,
        subject: Vary,
        arms: &'a [Arm],
        piped: Option<&Value<'a>>,
        open: Vary,
        span: Span,
    ) -> Value<'a> {
        let Some((arm, rest)) = arms.split_first() else {
            return self.unmatched(subject, open, span);
        };
        let run = |this: &mut Self| {
            let value = this.expr(&arm.result);
            match piped {
                Some(tensor) => this.apply_value(&value, tensor.clone(), arm.result.span),
                None => value,
            }
        };
        let Some(wanted) = &arm.value else { return run(self) };
        let wanted_span = wanted.span;
        let wanted = match self.expr(wanted) {
            Value::Scalar(value) => value,
            Value::Poison => return Value::Poison,
            other => {
                let kind = other.kind(&self.graph.diagrams);
                let message = format!("`match` compares numbers, bools and strings, not {kind}");
                return self.error("E0213", wanted_span, message);
            }
        };
        let types = [subject, wanted].map(|value| ScalarType::of(&self.graph.diagrams, value));
        if let [Some(one), Some(other)] = types
            && !one.compares_with(other)
        {
            let message = format!("the value is {}, and this is {}", one.name(), other.name());
            return self.error("E0213", wanted_span, message);
        }
        let fits = self.graph.diagrams.binary(Binary::Equal, subject, wanted);
        let left = self.graph.diagrams.differ(subject, wanted);
        let open = self.graph.diagrams.and(open, left);
        if open == FALSE && fits != FALSE {
            // Every network has found its arm.
            return run(self);
        }
        self.both_ways(fits, run, |this| this.arms(subject, rest, piped, open, span), "match", span)
    }

    fn unmatched(&mut self, subject: Vary, open: Vary, span: Span) -> Value<'a> {
        let shown = crate::prim::show_value(&self.graph, subject);
        let origin = self.at(span);
        let diagnostic = Diagnostic::error("E0225", origin, "no arm of the `match` fits")
            .at(format!("the value is {shown}"))
            .help("add `_: …` for everything else");
        let guard = self.graph.diagrams.and(self.guard, open);
        if guard == TRUE {
            return self.fail(diagnostic);
        }
        let diagnostic = self.in_context(diagnostic);
        self.checks.push(Check {
            bad: guard,
            guard: self.guard,
            node: None,
            diagnostic,
            message: None,
        });
        Value::Poison
    }

    /// `for a in xs, b in ys as label { … }`: a list of the bodies' values, or nothing.
    pub(super) fn for_each(
        &mut self,
        generators: &'a [Generator],
        label: Option<&'a Label>,
        body: &'a Body,
        wants_value: bool,
        span: Span,
    ) -> Value<'a> {
        let label = match label {
            Some(label) => match self.label(label) {
                Some(label) => Some(label),
                None => return Value::Poison,
            },
            None => None,
        };
        let mut values = Vec::new();
        let good = match generators {
            [only] => match self.turns(only) {
                Some(Turns::Elastic(numbers, bound)) => {
                    return self.elastic_for(only, &numbers, bound, label.as_deref(), body, span);
                }
                Some(Turns::Plain(turns)) => {
                    self.turn(turns, only, &[], "", label.as_deref(), body, &mut values)
                }
                None => false,
            },
            _ => self.iterate(generators, "", label.as_deref(), body, &mut values),
        };
        if !good {
            return Value::Poison;
        }
        let units = values.iter().filter(|value| matches!(value, Value::Unit)).count();
        if units == values.len() && !(values.is_empty() && wants_value) {
            return Value::Unit;
        }
        if units > 0 {
            return Value::Unit;
        }
        Value::list(values)
    }

    fn iterate(
        &mut self,
        generators: &'a [Generator],
        number: &str,
        label: Option<&str>,
        body: &'a Body,
        into: &mut Vec<Value<'a>>,
    ) -> bool {
        let Some((first, rest)) = generators.split_first() else {
            if !self.step(body.span) {
                return false;
            }
            let name = loop_name(label, number);
            let mark = self.place.enter(&name, false);
            let value = self.body(body);
            self.place.leave(&mark);
            into.push(value);
            return !self.exhausted;
        };
        match self.generated(first) {
            Some(values) => self.turn(values, first, rest, number, label, body, into),
            None => false,
        }
    }

    /// The turns of one generator, and in each of them those of the ones after it.
    #[expect(clippy::too_many_arguments, reason = "a loop has that many parts")]
    fn turn(
        &mut self,
        values: Vec<Value<'a>>,
        generator: &'a Generator,
        rest: &'a [Generator],
        number: &str,
        label: Option<&str>,
        body: &'a Body,
        into: &mut Vec<Value<'a>>,
    ) -> bool {
        for (index, value) in values.into_iter().enumerate() {
            let mark = self.env.mark();
            let bound = self.bind_pattern(&generator.pattern, value);
            let number =
                if number.is_empty() { index.to_string() } else { format!("{number}_{index}") };
            let good = bound && self.iterate(rest, &number, label, body, into);
            self.env.forget(mark);
            if !good {
                return false;
            }
        }
        true
    }

    /// What a loop with one generator runs over; `None` after an error.
    fn turns(&mut self, generator: &'a Generator) -> Option<Turns<'a>> {
        let ExprKind::Range { start, end, inclusive, step } = &generator.values.kind else {
            return self.generated(generator).map(Turns::Plain);
        };
        let start = self.plain_number(start)?;
        let end_value = self.number(end)?;
        let step = match step {
            Some(step) => self.plain_number(step)?,
            None => Leaf::Int(1),
        };
        let span = generator.values.span;
        if let Some(end) = self.graph.diagrams.constant(end_value).cloned() {
            let values = self.steps(&start, &end, *inclusive, &step, span)?;
            return Some(Turns::Plain(values.into_iter().map(Value::Scalar).collect()));
        }
        let Some((_, most)) = self.graph.diagrams.int_range(end_value) else {
            self.error("E0213", end.span, "the number of turns is an int");
            return None;
        };
        let values = self.steps(&start, &Leaf::Int(most), *inclusive, &step, span)?;
        let bound = if *inclusive {
            let one = self.graph.diagrams.int(1);
            self.graph.diagrams.binary(Binary::Add, end_value, one)
        } else {
            end_value
        };
        Some(Turns::Elastic(values, bound))
    }

    /// Elastic depth: iteration `i` happens exactly where `i` is inside the range.
    fn elastic_for(
        &mut self,
        generator: &'a Generator,
        values: &[Vary],
        bound: Vary,
        label: Option<&str>,
        body: &'a Body,
        span: Span,
    ) -> Value<'a> {
        for (index, &value) in values.iter().enumerate() {
            let inside = self.graph.diagrams.binary(Binary::Less, value, bound);
            let name = loop_name(label, &index.to_string());
            self.both_ways(
                inside,
                |this| {
                    let mark = this.env.mark();
                    this.bind_pattern(&generator.pattern, Value::Scalar(value));
                    let place = this.place.enter(&name, false);
                    let made = this.body(body);
                    this.place.leave(&place);
                    this.env.forget(mark);
                    if matches!(made, Value::Poison) { Value::Poison } else { Value::Unit }
                },
                |_| Value::Unit,
                "for",
                span,
            );
            if self.exhausted {
                return Value::Poison;
            }
        }
        Value::Unit
    }

    /// Binds the names of a pattern; whether the value has its form.
    pub(super) fn bind_pattern(&mut self, pattern: &'a Pattern, value: Value<'a>) -> bool {
        match &pattern.kind {
            PatternKind::Wildcard => true,
            PatternKind::Name(name) => {
                self.env.bind(name.text.clone(), value);
                true
            }
            PatternKind::List(parts) => match value {
                Value::List(items) if items.len() == parts.len() => parts
                    .iter()
                    .zip(items.iter())
                    .fold(true, |all, (part, item)| self.bind_pattern(part, item.clone()) && all),
                Value::Poison => {
                    for part in parts {
                        self.bind_pattern(part, Value::Poison);
                    }
                    true
                }
                Value::List(items) => {
                    let message =
                        format!("the list has {}, not {}", elements(items.len()), parts.len());
                    self.error("E0226", pattern.span, message);
                    for part in parts {
                        self.bind_pattern(part, Value::Poison);
                    }
                    false
                }
                other => {
                    let kind = other.kind(&self.graph.diagrams);
                    self.error("E0226", pattern.span, format!("{kind} cannot be taken apart"));
                    for part in parts {
                        self.bind_pattern(part, Value::Poison);
                    }
                    false
                }
            },
        }
    }
}

fn loop_name(label: Option<&str>, number: &str) -> String {
    match label {
        Some(label) => format!("{label}.{number}"),
        None => number.to_owned(),
    }
}

/// Whether two values are certainly the same.
fn same(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Scalar(a), Value::Scalar(b)) => a == b,
        (Value::Tensor(a), Value::Tensor(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            std::rc::Rc::ptr_eq(a, b)
                || a.len() == b.len() && a.iter().zip(b.iter()).all(|(x, y)| same(x, y))
        }
        (Value::Block(a), Value::Block(b)) => std::rc::Rc::ptr_eq(a, b),
        (Value::Module(a), Value::Module(b)) => a == b,
        (Value::Unit, Value::Unit) | (Value::Poison, Value::Poison) => true,
        _ => false,
    }
}
