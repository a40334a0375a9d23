//! Operators on scalars, lists and tensors.

use nasc_grammar::Span;
use nasc_grammar::ast::{BinaryOp, Expr, UnaryOp};

use super::Elaborator;
use super::value::{ScalarType, Value};
use crate::prim;
use crate::vary::{Binary, Unary, Vary};

impl<'a> Elaborator<'a> {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &'a Expr, span: Span) -> Value<'a> {
        let value = match self.expr(operand) {
            Value::Scalar(value) => value,
            Value::Poison => return Value::Poison,
            other => {
                let kind = other.kind(&self.graph.diagrams);
                let message = format!("`{}` does not apply to {kind}", op.text());
                return self.error("E0213", span, message);
            }
        };
        let ty = ScalarType::of(&self.graph.diagrams, value);
        let fits = match op {
            UnaryOp::Neg => matches!(ty, Some(ScalarType::Int | ScalarType::Float) | None),
            UnaryOp::Not => matches!(ty, Some(ScalarType::Bool) | None),
        };
        if !fits {
            let kind = ty.map_or("an error", ScalarType::name);
            let message = format!("`{}` does not apply to {kind}", op.text());
            return self.error("E0213", span, message);
        }
        let op = match op {
            UnaryOp::Neg => Unary::Negate,
            UnaryOp::Not => Unary::Not,
        };
        let result = self.graph.diagrams.unary(op, value);
        self.settled(result, span)
    }

    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        lhs: &'a Expr,
        rhs: &'a Expr,
        span: Span,
    ) -> Value<'a> {
        let left = self.expr(lhs);
        // The right side of `and` and `or` is not run where the left settles the answer.
        if let (BinaryOp::And | BinaryOp::Or, Value::Scalar(value)) = (op, &left)
            && *value == self.graph.diagrams.boolean(op == BinaryOp::Or)
        {
            return left;
        }
        let right = self.expr(rhs);
        match (left, right) {
            (Value::Poison, _) | (_, Value::Poison) => Value::Poison,
            (Value::Scalar(a), Value::Scalar(b)) => self.scalars(op, a, b, op_span, span),
            (Value::List(a), Value::List(b)) if op == BinaryOp::Add => {
                Value::list(a.iter().chain(b.iter()).cloned().collect())
            }
            (Value::Tensor(a), Value::Tensor(b)) if matches!(op, BinaryOp::Add | BinaryOp::Mul) => {
                let (name, build): (_, fn(&mut prim::PrimCall<'_>) -> _) =
                    if op == BinaryOp::Add { ("add", prim::add) } else { ("mul", prim::mul) };
                self.node(name, vec![a, b], Vec::new(), build, span, false)
            }
            (left, right) => {
                let diagrams = &self.graph.diagrams;
                let (a, b) = (left.kind(diagrams), right.kind(diagrams));
                let message = format!("`{}` does not apply to {a} and {b}", op.text());
                let value = self.error("E0213", op_span, message);
                if left.is_tensor() != right.is_tensor() && op == BinaryOp::Mul {
                    // The commonest slip has its own word.
                    return value;
                }
                value
            }
        }
    }

    fn scalars(&mut self, op: BinaryOp, a: Vary, b: Vary, op_span: Span, span: Span) -> Value<'a> {
        let diagrams = &mut self.graph.diagrams;
        let types = (ScalarType::of(diagrams, a), ScalarType::of(diagrams, b));
        let number = |t: ScalarType| matches!(t, ScalarType::Int | ScalarType::Float);
        let fits = match types {
            (Some(x), Some(y)) => match op {
                BinaryOp::And | BinaryOp::Or => x == ScalarType::Bool && y == ScalarType::Bool,
                BinaryOp::Eq | BinaryOp::Ne => x == y || number(x) && number(y),
                BinaryOp::Add => {
                    number(x) && number(y) || x == ScalarType::Str && y == ScalarType::Str
                }
                _ => number(x) && number(y),
            },
            _ => true,
        };
        if !fits {
            let name = |t: Option<ScalarType>| t.map_or("an error", ScalarType::name);
            let message = format!(
                "`{}` does not apply to {} and {}",
                op.text(),
                name(types.0),
                name(types.1)
            );
            return self.error("E0213", op_span, message);
        }
        let result = match op {
            BinaryOp::Pow => diagrams.binary(Binary::Power, a, b),
            BinaryOp::Mul => diagrams.binary(Binary::Multiply, a, b),
            BinaryOp::Div => diagrams.binary(Binary::Divide, a, b),
            BinaryOp::Add => diagrams.binary(Binary::Add, a, b),
            BinaryOp::Sub => diagrams.binary(Binary::Subtract, a, b),
            BinaryOp::Eq => diagrams.binary(Binary::Equal, a, b),
            BinaryOp::Ne => {
                let equal = diagrams.binary(Binary::Equal, a, b);
                diagrams.not(equal)
            }
            BinaryOp::Lt => diagrams.binary(Binary::Less, a, b),
            BinaryOp::Gt => diagrams.binary(Binary::Less, b, a),
            BinaryOp::Le => {
                let more = diagrams.binary(Binary::Less, b, a);
                diagrams.not(more)
            }
            BinaryOp::Ge => {
                let less = diagrams.binary(Binary::Less, a, b);
                diagrams.not(less)
            }
            BinaryOp::And => diagrams.and(a, b),
            BinaryOp::Or => diagrams.or(a, b),
        };
        self.settled(result, span)
    }
}
