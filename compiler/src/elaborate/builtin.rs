//! Functions of values: `min`, `round_to`, `sum` and their like.

use nasc_grammar::Span;
use nasc_grammar::ast::Arg;

use super::Elaborator;
use super::value::{ScalarType, Value};
use crate::vary::{Binary, Diagrams, Leaf, Unary, Vary};

/// The functions there are.
pub(super) const NAMES: &[&str] = &[
    "div",
    "mod",
    "min",
    "max",
    "abs",
    "floor",
    "ceil",
    "trunc",
    "round",
    "sum",
    "len",
    "combinations",
    "chars",
    "split_text",
    "round_to",
];

impl<'a> Elaborator<'a> {
    /// A call of one of the functions.
    pub(super) fn builtin(&mut self, name: &str, args: &'a [Arg], span: Span) -> Value<'a> {
        let mut named: Vec<(&str, Value<'a>)> = Vec::new();
        let mut values: Vec<Value<'a>> = Vec::new();
        for arg in args {
            let value = self.expr(&arg.value);
            if matches!(value, Value::Poison) {
                return Value::Poison;
            }
            match &arg.name {
                Some(name) => named.push((&name.text, value)),
                None => values.push(value),
            }
        }
        if let Some((parameter, _)) =
            named.iter().find(|(p, _)| name != "round_to" || !matches!(*p, "guard" | "min"))
        {
            let message = format!("`{name}` has no parameter `{parameter}`");
            return self.error("E0210", span, message);
        }
        let scalars: Option<Vec<Vary>> = values
            .iter()
            .map(|value| if let Value::Scalar(v) = value { Some(*v) } else { None })
            .collect();
        match (name, scalars.as_deref()) {
            ("div", Some(&[a, b])) => self.numeric(Binary::Div, a, b, span),
            ("mod", Some(&[a, b])) => self.numeric(Binary::Mod, a, b, span),
            ("min" | "max", Some(all)) if !all.is_empty() => {
                let op = if name == "min" { Binary::Min } else { Binary::Max };
                self.fold(op, all, span)
            }
            ("abs", Some(&[a])) => self.rounding(Unary::Abs, a, span),
            ("floor", Some(&[a])) => self.rounding(Unary::Floor, a, span),
            ("ceil", Some(&[a])) => self.rounding(Unary::Ceil, a, span),
            ("trunc", Some(&[a])) => self.rounding(Unary::Trunc, a, span),
            ("round", Some(&[a])) => self.rounding(Unary::Round, a, span),
            ("combinations", Some(&[n, k])) => self.combinations(n, k, span),
            ("round_to", Some(&[value, step])) => self.round_to(value, step, &named, span),
            ("chars", Some(&[text])) => self.pieces(text, "", span),
            ("split_text", Some(&[text, separator])) => {
                let separator = self
                    .graph
                    .diagrams
                    .constant(separator)
                    .and_then(Leaf::as_str)
                    .map(str::to_owned);
                match separator {
                    Some(separator) if !separator.is_empty() => self.pieces(text, &separator, span),
                    _ => self.error("E0213", span, "the separator must be a plain string"),
                }
            }
            _ => match (name, values.as_slice()) {
                ("len", [Value::List(items)]) => {
                    Value::Scalar(self.graph.diagrams.int(items.len() as i64))
                }
                ("sum" | "min" | "max", [Value::List(items)]) => {
                    let scalars: Option<Vec<Vary>> = items
                        .iter()
                        .map(|item| if let Value::Scalar(v) = item { Some(*v) } else { None })
                        .collect();
                    match (name, scalars) {
                        ("sum", Some(all)) => {
                            let zero = self.graph.diagrams.int(0);
                            let mut terms = vec![zero];
                            terms.extend(all);
                            self.fold(Binary::Add, &terms, span)
                        }
                        (_, Some(all)) if !all.is_empty() => {
                            let op = if name == "min" { Binary::Min } else { Binary::Max };
                            self.fold(op, &all, span)
                        }
                        ("sum", None) => self.tensor_sum(items, span),
                        _ => self.error("E0213", span, format!("`{name}` of an empty list")),
                    }
                }
                _ => {
                    let kinds: Vec<&str> =
                        values.iter().map(|v| v.kind(&self.graph.diagrams)).collect();
                    let message = format!("`{name}` does not take ({})", kinds.join(", "));
                    self.error("E0213", span, message)
                }
            },
        }
    }

    /// The sum of a list of tensors.
    fn tensor_sum(&mut self, items: &[Value<'a>], span: Span) -> Value<'a> {
        let mut total: Option<crate::ir::NodeId> = None;
        for item in items {
            let Value::Tensor(node) = item else {
                return self.error("E0213", span, "`sum` of a list takes numbers or tensors");
            };
            total = Some(match total {
                None => *node,
                Some(known) => {
                    let operands = vec![known, *node];
                    match self.node("add", operands, Vec::new(), crate::prim::add, span, false) {
                        Value::Tensor(made) => made,
                        _ => return Value::Poison,
                    }
                }
            });
        }
        total.map_or(Value::Poison, Value::Tensor)
    }

    fn numeric(&mut self, op: Binary, a: Vary, b: Vary, span: Span) -> Value<'a> {
        let diagrams = &self.graph.diagrams;
        let number = |v| {
            matches!(ScalarType::of(diagrams, v), None | Some(ScalarType::Int | ScalarType::Float))
        };
        if !number(a) || !number(b) {
            return self.error("E0213", span, "numbers are needed here");
        }
        let result = self.graph.diagrams.binary(op, a, b);
        self.settled(result, span)
    }

    fn fold(&mut self, op: Binary, values: &[Vary], span: Span) -> Value<'a> {
        let Some((&first, rest)) = values.split_first() else { return Value::Poison };
        let mut total = Value::Scalar(first);
        for &next in rest {
            let Value::Scalar(known) = total else { return Value::Poison };
            total = self.numeric(op, known, next, span);
        }
        total
    }

    fn rounding(&mut self, op: Unary, a: Vary, span: Span) -> Value<'a> {
        let ty = ScalarType::of(&self.graph.diagrams, a);
        if !matches!(ty, None | Some(ScalarType::Int | ScalarType::Float)) {
            return self.error("E0213", span, "a number is needed here");
        }
        let result = self.graph.diagrams.unary(op, a);
        self.settled(result, span)
    }

    fn combinations(&mut self, n: Vary, k: Vary, span: Span) -> Value<'a> {
        let ints = (self.graph.diagrams.constant_int(n), self.graph.diagrams.constant_int(k));
        let (Some(n), Some(k)) = ints else {
            return self.error("E0217", span, "`combinations` takes plain ints");
        };
        if !(0..=n).contains(&k) {
            return Value::Scalar(self.graph.diagrams.int(0));
        }
        let mut result: i64 = 1;
        for i in 0..k.min(n - k) {
            let Some(next) = result.checked_mul(n - i) else {
                return self.error("E0218", span, "the number does not fit 64 bits");
            };
            result = next / (i + 1);
        }
        Value::Scalar(self.graph.diagrams.int(result))
    }

    /// `make_divisible` of the MobileNet papers: the nearest multiple of `step` (halves up), at least
    /// `min`, and one step more where rounding down took more than the guard allows.
    fn round_to(
        &mut self,
        value: Vary,
        step: Vary,
        named: &[(&str, Value<'a>)],
        span: Span,
    ) -> Value<'a> {
        let option = |wanted: &str| {
            named.iter().find(|(n, _)| *n == wanted).and_then(|(_, value)| match value {
                Value::Scalar(v) => Some(*v),
                _ => None,
            })
        };
        let (guard, least) = (option("guard"), option("min"));
        let plain = |d: &Diagrams, v: Vary| d.constant(v).and_then(Leaf::as_float);
        let diagrams = &self.graph.diagrams;
        let step_value = diagrams.constant_int(step).filter(|&s| s > 0);
        let guard_value = guard.map_or(Some(0.9), |v| plain(diagrams, v));
        let least_value = least.map_or(step_value, |v| diagrams.constant_int(v));
        let (Some(step), Some(guard), Some(least)) = (step_value, guard_value, least_value) else {
            return self.error(
                "E0217",
                span,
                "step, guard and minimum of `round_to` must be the same in every network",
            );
        };
        let result = self.graph.diagrams.map(value, &mut |d, leaf| match leaf.as_float() {
            Some(v) if v.abs() < 1e15 => {
                let step_f = step as f64;
                let steps = ((v + step_f / 2.0) / step_f).floor() as i64;
                let mut rounded = steps.checked_mul(step).map(|rounded| rounded.max(least));
                if rounded.is_some_and(|rounded| (rounded as f64) < guard * v) {
                    rounded = rounded.and_then(|rounded| rounded.checked_add(step));
                }
                match rounded {
                    Some(rounded) => d.int(rounded),
                    None => d.fault("the number does not fit 64 bits"),
                }
            }
            Some(_) => d.fault("the number does not fit 64 bits"),
            None => match leaf {
                Leaf::Fault(_) | Leaf::Absent => d.leaf(leaf.clone()),
                _ => d.fault("`round_to` takes a number"),
            },
        });
        self.settled(result, span)
    }

    /// The characters of a plain string, or its parts between separators.
    fn pieces(&mut self, text: Vary, separator: &str, span: Span) -> Value<'a> {
        let Some(text) =
            self.graph.diagrams.constant(text).and_then(Leaf::as_str).map(str::to_owned)
        else {
            return self.error("E0213", span, "a plain string is needed here");
        };
        let pieces: Vec<String> = if separator.is_empty() {
            text.chars().map(String::from).collect()
        } else {
            text.split(separator).map(str::to_owned).collect()
        };
        let values =
            pieces.iter().map(|piece| Value::Scalar(self.graph.diagrams.text(piece))).collect();
        Value::list(values)
    }
}
