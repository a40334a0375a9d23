//! `limit`.

use std::sync::Arc;

use nasc_grammar::Span;
use nasc_grammar::ast::{self, ExprKind, Relation};

use super::Elaborator;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::ir::{Limit, Metric};
use crate::vary::Leaf;

impl<'a> Elaborator<'a> {
    /// Records a budget of the file.
    pub(super) fn limit(&mut self, limit: &'a ast::Limit, span: Span) {
        let mut scope = None;
        let metric = match &*limit.metric.text {
            "macs" | "params" => {
                if let Some(arg) = limit.args.first() {
                    let ExprKind::Name(name) = &arg.value.kind else {
                        self.error("E0501", arg.span, "the part of a limit is the name of a `let`");
                        return;
                    };
                    if !self.parts.contains(name) {
                        let origin = self.at(arg.span);
                        let mut known: Vec<String> =
                            self.parts.iter().map(ToString::to_string).collect();
                        known.sort_unstable();
                        let message = format!("the space has no `let {name}` before this");
                        let diagnostic = Diagnostic::error("E0501", origin, message)
                            .suggest(name, known.iter().map(String::as_str));
                        self.fail(diagnostic);
                        return;
                    }
                    scope = Some(name.clone());
                }
                if &*limit.metric.text == "macs" { Metric::Macs } else { Metric::Params }
            }
            "latency" => {
                let table = match limit.args.first().map(|arg| self.expr(&arg.value)) {
                    Some(Value::Scalar(value)) => self.plain_text(value),
                    _ => None,
                };
                let Some(table) = table else {
                    self.error(
                        "E0501",
                        span,
                        "a latency limit names its table: `latency(\"pixel1\")`",
                    );
                    return;
                };
                Metric::Latency(Arc::from(table))
            }
            "memory" | "memory_training" => {
                if let Some(arg) = limit.args.first() {
                    self.error("E0501", arg.span, "memory is one of the whole network");
                    return;
                }
                let is_training = &*limit.metric.text == "memory_training";
                if is_training { Metric::MemoryTraining } else { Metric::Memory }
            }
            other => {
                let origin = self.at(limit.metric.span);
                let known = ["macs", "params", "memory", "memory_training", "latency"];
                let diagnostic =
                    Diagnostic::error("E0501", origin, format!("there is no metric `{other}`"))
                        .note(format!("metrics: {}", known.join(", ")))
                        .suggest(other, known);
                self.fail(diagnostic);
                return;
            }
        };
        let Some((min, max)) = self.bounds(limit, &metric) else { return };
        let origin = self.at(span);
        self.graph.limits.push(Limit { metric, scope, min, max, origin });
    }

    /// The bounds that a relation stands for, both inclusive; `None` after an error.
    fn bounds(
        &mut self,
        limit: &'a ast::Limit,
        metric: &Metric,
    ) -> Option<(Option<u64>, Option<u64>)> {
        let whole = |this: &mut Self, leaf: &Leaf, span: Span| {
            // A latency is written in milliseconds and kept in nanoseconds.
            let value = match (metric, leaf) {
                (Metric::Latency(_), _) => leaf.as_float().map(|ms| (ms * 1e6).round()),
                (_, Leaf::Int(value)) => Some(*value as f64),
                (_, Leaf::Float(value)) if value.value().fract() == 0.0 => Some(value.value()),
                _ => None,
            };
            match value {
                Some(value) if (0.0..9.0e15).contains(&value) => Some(value as u64),
                _ => {
                    let message = format!("a limit on {metric} is a whole number from zero up");
                    this.error("E0502", span, message);
                    None
                }
            }
        };
        if limit.relation == Relation::In {
            let ExprKind::Range { start, end, inclusive, .. } = &limit.value.kind else {
                self.error("E0502", limit.value.span, "`in` takes a range: `in 3M..=5M`");
                return None;
            };
            let low = self.plain_number(start)?;
            let high = self.plain_number(end)?;
            let low = whole(self, &low, start.span)?;
            let high = whole(self, &high, end.span)?;
            let high = if *inclusive { high } else { high.saturating_sub(1) };
            if low > high {
                self.error("E0502", limit.value.span, "the range of the limit is empty");
                return None;
            }
            return Some((Some(low), Some(high)));
        }
        let value = self.plain_number(&limit.value)?;
        let value = whole(self, &value, limit.value.span)?;
        match limit.relation {
            Relation::Le => Some((None, Some(value))),
            Relation::Lt => Some((None, Some(value.saturating_sub(1)))),
            Relation::Ge => Some((Some(value), None)),
            Relation::Gt => Some((Some(value + 1), None)),
            Relation::In => None,
        }
    }
}
