//! Tensors: calls of primitives, fields, slices, and merging tensors of different networks.

use std::sync::Arc;

use nasc_grammar::Span;
use nasc_grammar::ast::{Expr, ExprKind, Name};
use smallvec::smallvec;

use super::Elaborator;
use super::key::keys_at;
use super::module::{global, global_names};
use super::value::{ScalarType, Value};
use crate::diagnostic::Diagnostic;
use crate::ir::{Layout, Node, NodeId, Op, Origin, Segment, Segments, Shape};
use crate::prim::{self, Argument, Clash, NodePath, Preset, PrimCall, Primitive, Type, show_shape};
use crate::vary::{Binary, FALSE, TRUE, Values, Vary};

/// One of the operands of a select.
#[derive(Clone, Copy)]
pub(super) struct Arm {
    /// Where it is one that could be taken.
    pub open: Vary,
    /// Where it was written.
    pub origin: Origin,
}

/// What can be asked of a tensor.
const AXES: [&str; 5] = ["channels", "height", "width", "frames", "stride"];

/// What builds the nodes of a call.
type Build = fn(&mut PrimCall<'_>) -> Option<prim::Nodes>;

impl<'a> Elaborator<'a> {
    /// A call of a primitive with its parameters filled.
    pub(super) fn primitive(
        &mut self,
        primitive: &'static Primitive,
        filled: Vec<Option<Value<'a>>>,
        span: Span,
    ) -> Value<'a> {
        let mut operands = Vec::new();
        let mut arguments = Vec::new();
        for (parameter, value) in primitive.parameters.iter().zip(filled) {
            let value = value.or_else(|| {
                self.defaults
                    .iter()
                    .rev()
                    .find(|(p, n, _)| &**p == primitive.name && &**n == parameter.name)
                    .map(|(_, _, value)| value.clone())
            });
            let value = self.overridden(primitive.name, parameter.name).map_or(value, Some);
            let argument = match value {
                Some(Value::Tensor(node)) => {
                    operands.push(node);
                    continue;
                }
                Some(Value::List(items)) if parameter.ty == Type::Tensors => {
                    for item in items.iter() {
                        if let Value::Tensor(node) = item {
                            operands.push(*node);
                        }
                    }
                    continue;
                }
                Some(Value::List(items)) => {
                    let values: Values = items
                        .iter()
                        .filter_map(
                            |item| if let Value::Scalar(v) = item { Some(*v) } else { None },
                        )
                        .collect();
                    Argument::PerAxis(values)
                }
                Some(Value::Scalar(value)) => Argument::One(value),
                Some(_) => return Value::Poison,
                None => match parameter.preset {
                    Preset::Required | Preset::Computed => Argument::Missing,
                    Preset::Int(v) => Argument::One(self.graph.diagrams.int(v)),
                    Preset::Float(v) => Argument::One(self.graph.diagrams.float(v)),
                    Preset::Bool(v) => Argument::One(self.graph.diagrams.boolean(v)),
                    Preset::Str(v) => Argument::One(self.graph.diagrams.text(v)),
                },
            };
            arguments.push((parameter.name, argument));
        }
        let name = primitive.name;
        self.node(name, operands, arguments, primitive.build, span, primitive.gives_list)
    }

    /// A setting of normalisations that the run overrides.
    fn overridden(&mut self, primitive: &str, parameter: &str) -> Option<Value<'a>> {
        if primitive != "bn" {
            return None;
        }
        let diagrams = &mut self.graph.diagrams;
        match parameter {
            "affine" => self.norms.affine.map(|v| Value::Scalar(diagrams.boolean(v))),
            "eps" => self.norms.eps.map(|v| Value::Scalar(diagrams.float(v))),
            "momentum" => self.norms.momentum.map(|v| Value::Scalar(diagrams.float(v))),
            _ => None,
        }
    }

    /// Adds the nodes of an operation called `name`; a list of tensors where there are several.
    pub(super) fn node(
        &mut self,
        name: &str,
        operands: Vec<NodeId>,
        arguments: Vec<(&'static str, Argument)>,
        build: Build,
        span: Span,
        gives_list: bool,
    ) -> Value<'a> {
        // One call can make many nodes.
        self.steps = self.steps.max(self.graph.len());
        if !self.step(span) {
            return Value::Poison;
        }
        let origin = self.at(span);
        let guard = self.guard;
        let (use_number, shared) = match self.instances.last() {
            Some((instance, number)) => (*number, Some(instance.clone())),
            None => (0, None),
        };
        let own = self.per_use;
        let (place, scopes) = (&mut self.place, &mut self.keys);
        let mut paths = || {
            let base = place.node(name);
            let node: Arc<str> = if use_number == 0 && !(own && shared.is_some()) {
                base.clone()
            } else {
                Arc::from(format!("{base}#{use_number}"))
            };
            let keys = keys_at(scopes, &base);
            NodePath { params: if own { node.clone() } else { base }, node, keys }
        };
        let mut instance = shared.as_ref().filter(|_| !own).map(|s| s.borrow_mut());
        let failed_before = self.sink.failed();
        let known_checks = self.checks.len();
        let mut errors = crate::diagnostic::Sink::default();
        let mut call = PrimCall {
            graph: &mut self.graph,
            sink: &mut errors,
            checks: &mut self.checks,
            operands: operands.into(),
            arguments,
            pending: Vec::new(),
            paths: &mut paths,
            guard,
            origin,
            instance: instance.as_mut().map(|i| &mut i.params),
            clashes: &self.clashes,
            spoilt: &mut self.spoilt,
            spoils: FALSE,
            sharing: &self.sharing,
        };
        let made = build(&mut call);
        let pending = std::mem::take(&mut call.pending);
        drop(instance);
        self.checks.extend(pending);
        for mut check in self.checks.split_off(known_checks) {
            check.diagnostic = self.in_context(check.diagnostic);
            self.checks.push(check);
        }
        let reported = errors.failed();
        for diagnostic in errors.into_sorted() {
            self.fail(diagnostic);
        }
        debug_assert!(made.is_some() || reported || failed_before, "a call fails with a reason");
        match made.as_deref() {
            Some(nodes) if gives_list => {
                Value::list(nodes.iter().map(|&node| Value::Tensor(node)).collect())
            }
            Some(&[node]) => Value::Tensor(node),
            _ => Value::Poison,
        }
    }

    /// `base.name`: a dimension of a tensor, or a name of an imported file.
    pub(super) fn field(&mut self, base: &'a Expr, name: &'a Name, span: Span) -> Value<'a> {
        let value = self.expr(base);
        match value {
            Value::Tensor(node) => self.dimension(node, name, span),
            Value::Module(module) => match global(self.modules, module, &name.text) {
                Some(found) => self.global_value(found, &name.text, span),
                None => {
                    let origin = self.at(name.span);
                    let known = global_names(self.modules, module);
                    let message = format!("the file has no `{name}`");
                    let diagnostic =
                        Diagnostic::error("E0203", origin, message).suggest(&name.text, known);
                    self.fail(diagnostic)
                }
            },
            Value::Poison => Value::Poison,
            other => {
                let kind = other.kind(&self.graph.diagrams);
                self.error("E0213", name.span, format!("{kind} has no `{name}`"))
            }
        }
    }

    fn dimension(&mut self, node: NodeId, name: &Name, span: Span) -> Value<'a> {
        let shape = &self.graph.node(node).shape;
        let space = shape.space();
        let found = match &*name.text {
            "channels" => Some(shape.channels()),
            "stride" => Some(shape.stride),
            "height" => space.len().checked_sub(2).and_then(|i| space.get(i)).copied(),
            "width" => space.len().checked_sub(1).and_then(|i| space.get(i)).copied(),
            "frames" => (space.len() == 3).then(|| space[0]),
            _ => None,
        };
        match found {
            Some(value) => Value::Scalar(value),
            None => {
                let origin = self.at(span);
                let shown = show_shape(&self.graph, shape);
                let diagnostic =
                    Diagnostic::error("E0222", origin, format!("the tensor has no `{name}`"))
                        .at(format!("a tensor of shape {shown}"))
                        .suggest(
                            &name.text,
                            AXES.iter().copied().filter(|axis| *axis != &*name.text),
                        );
                self.fail(diagnostic)
            }
        }
    }

    /// An int, which may vary; `None` after an error.
    fn int(&mut self, expr: &'a Expr, what: &str) -> Option<Vary> {
        let value = match self.expr(expr) {
            Value::Poison => return None,
            value => value,
        };
        match value {
            Value::Scalar(at)
                if ScalarType::of(&self.graph.diagrams, at)
                    .is_none_or(|t| t == ScalarType::Int) =>
            {
                Some(at)
            }
            other => {
                let kind = other.kind(&self.graph.diagrams);
                self.error("E0213", expr.span, format!("{what} is an int, not {kind}"));
                None
            }
        }
    }

    /// `base[from..to]`.
    pub(super) fn slice(
        &mut self,
        base: &'a Expr,
        from: Option<&'a Expr>,
        to: Option<&'a Expr>,
        span: Span,
    ) -> Value<'a> {
        let value = self.expr(base);
        match value {
            Value::List(items) => {
                let length = items.len();
                let bound = |this: &mut Self, expr: Option<&'a Expr>, otherwise: usize| match expr {
                    None => Some(otherwise),
                    Some(expr) => match this.plain_number(expr)?.as_int() {
                        Some(at) => Some(usize::try_from(at).unwrap_or(0).min(length)),
                        None => {
                            this.error("E0213", expr.span, "a place in a list is an int");
                            None
                        }
                    },
                };
                let Some(from) = bound(self, from, 0) else { return Value::Poison };
                let Some(to) = bound(self, to, length) else { return Value::Poison };
                Value::list(items.get(from..to).unwrap_or(&[]).to_vec())
            }
            Value::Tensor(node) => {
                let channels = self.graph.node(node).shape.channels();
                let bound = |this: &mut Self, expr: Option<&'a Expr>, otherwise: Vary| match expr {
                    None => Some(otherwise),
                    Some(expr) => match this.int(expr, "the bound of a slice") {
                        Some(at) => {
                            let zero = this.graph.diagrams.int(0);
                            let at = this.graph.diagrams.binary(Binary::Max, at, zero);
                            Some(this.graph.diagrams.binary(Binary::Min, at, channels))
                        }
                        None => None,
                    },
                };
                let zero = self.graph.diagrams.int(0);
                let Some(from) = bound(self, from, zero) else { return Value::Poison };
                let Some(to) = bound(self, to, channels) else { return Value::Poison };
                let arguments = vec![("from", Argument::One(from)), ("to", Argument::One(to))];
                self.node("slice", vec![node], arguments, slice_of, span, false)
            }
            Value::Poison => Value::Poison,
            other => {
                let kind = other.kind(&self.graph.diagrams);
                self.error("E0213", span, format!("{kind} cannot be sliced"))
            }
        }
    }

    /// One value where `condition` holds, another where it does not.
    pub(super) fn merge(
        &mut self,
        condition: Vary,
        yes: &Value<'a>,
        no: &Value<'a>,
        name: &str,
        span: Span,
    ) -> Value<'a> {
        match (yes, no) {
            (Value::Poison, _) | (_, Value::Poison) => Value::Poison,
            (Value::Unit, Value::Unit) => Value::Unit,
            (Value::Scalar(a), Value::Scalar(b)) => {
                Value::Scalar(self.graph.diagrams.ite(condition, *a, *b))
            }
            (Value::Tensor(a), Value::Tensor(b)) => {
                if a == b {
                    return Value::Tensor(*a);
                }
                let (zero, one) = (self.graph.diagrams.int(0), self.graph.diagrams.int(1));
                let on = self.graph.diagrams.ite(condition, zero, one);
                let not = self.graph.diagrams.not(condition);
                let sides = [(condition, *a), (not, *b)]
                    .map(|(open, node)| Arm { open, origin: self.graph.node(node).origin });
                let path = self.place.join(name);
                self.select_at(on, &[*a, *b], &sides, &path, span)
            }
            (Value::List(a), Value::List(b)) if a.len() == b.len() => {
                let items: Vec<Value<'a>> = a
                    .iter()
                    .zip(b.iter())
                    .map(|(x, y)| self.merge(condition, x, y, name, span))
                    .collect();
                Value::list(items)
            }
            (Value::Block(a), Value::Block(b)) if std::rc::Rc::ptr_eq(a, b) => yes.clone(),
            _ => {
                let diagrams = &self.graph.diagrams;
                let (a, b) = (yes.kind(diagrams), no.kind(diagrams));
                let message = if a == b {
                    format!("{a} cannot depend on a decision here")
                } else {
                    format!("the value is {a} in some networks and {b} in others")
                };
                self.error("E0223", span, message)
            }
        }
    }

    /// A node that passes on the operand whose number `on` has; the arms tell of each.
    pub(super) fn select_at(
        &mut self,
        on: Vary,
        operands: &[NodeId],
        arms: &[Arm],
        path: &str,
        span: Span,
    ) -> Value<'a> {
        let shapes: Vec<Shape> =
            operands.iter().map(|&operand| self.graph.node(operand).shape.clone()).collect();
        let Some(first) = shapes.first().cloned() else { return Value::Poison };
        if let Some(other) = shapes.iter().find(|shape| shape.axes.len() != first.axes.len()) {
            let shown = (show_shape(&self.graph, &first), show_shape(&self.graph, other));
            let message = "the alternatives have different numbers of axes";
            let origin = self.at(span);
            let diagnostic = Diagnostic::error("E0312", origin, message)
                .at(format!("gives {} or {}", shown.0, shown.1));
            return self.fail(diagnostic);
        }
        let axes: Values = (0..first.axes.len())
            .map(|axis| {
                let values: Vec<Vary> = shapes.iter().map(|shape| shape.axes[axis]).collect();
                self.choose_value(on, &values)
            })
            .collect();
        let strides: Vec<Vary> = shapes.iter().map(|shape| shape.stride).collect();
        let stride = self.choose_value(on, &strides);
        let base = self.place.node_at(path);
        let path: Arc<str> = match self.instances.last() {
            Some((_, number)) if *number > 0 => Arc::from(format!("{base}#{number}")),
            _ => base,
        };
        let clash = self.clash(&shapes, arms);
        let joined = self.joined(&shapes, on);
        let mixed = shapes.iter().find_map(|shape| shape.layout.mixed);
        // Networks that share nothing may read whatever channels they have.
        let is_mixed = !self.sharing.apart && (clash != FALSE || joined.is_none());
        let segments = joined.unwrap_or_else(|| {
            let max = shapes.iter().map(|shape| shape.layout.max()).max().unwrap_or(0);
            smallvec![Segment { max, active: axes[0] }]
        });
        let origin = self.at(span);
        let shape = Shape { axes, layout: Layout { segments, mixed }, stride };
        let node = Node {
            path,
            op: Op::Select { on },
            guard: self.guard,
            presence: self.guard,
            shape,
            params: Vec::new(),
            origin,
        };
        let id = self.graph.add_node(node, operands);
        let mut spoilt = FALSE;
        for (port, operand) in operands.iter().enumerate() {
            if let Some(&there) = self.spoilt.get(operand) {
                let port = self.graph.diagrams.int(port as i64);
                let taken = self.graph.diagrams.binary(Binary::Equal, on, port);
                let here = self.graph.diagrams.and(taken, there);
                spoilt = self.graph.diagrams.or(spoilt, here);
            }
        }
        if spoilt != FALSE {
            self.spoilt.insert(id, spoilt);
        }
        if is_mixed {
            self.graph.node_mut(id).shape.layout.mixed = Some(id);
            let alternatives = arms.iter().map(|arm| arm.origin).collect();
            self.clashes.insert(id, Clash { bad: clash, alternatives });
        }
        Value::Tensor(id)
    }

    /// Where two of the alternatives could be taken and have different numbers of channels.
    fn clash(&mut self, shapes: &[Shape], arms: &[Arm]) -> Vary {
        let mut clash = FALSE;
        for (index, (one, arm)) in shapes.iter().zip(arms).enumerate() {
            for (other, other_arm) in shapes.iter().zip(arms).take(index) {
                let differ = self.graph.diagrams.differ(one.channels(), other.channels());
                if differ == FALSE {
                    continue;
                }
                let both = self.graph.diagrams.and(arm.open, other_arm.open);
                let here = self.graph.diagrams.and(both, differ);
                clash = self.graph.diagrams.or(clash, here);
            }
        }
        clash
    }

    /// The channel layout that serves every alternative; `None` if there is none.
    fn joined(&mut self, shapes: &[Shape], on: Vary) -> Option<Segments> {
        let (first, rest) = shapes.split_first()?;
        let runs = first.layout.segments.len();
        let alike = rest.iter().all(|shape| shape.layout.fits(&first.layout));
        // One run each: a network uses the leading channels of the longest.
        let single = shapes.iter().all(|shape| shape.layout.segments.len() == 1);
        if alike || single {
            let segments = (0..runs).map(|run| {
                let active: Vec<Vary> =
                    shapes.iter().map(|shape| shape.layout.segments[run].active).collect();
                let max = shapes.iter().map(|shape| shape.layout.segments[run].max).max();
                Segment { max: max.unwrap_or(0), active: self.choose_value(on, &active) }
            });
            return Some(segments.collect());
        }
        // All channels of all of them are always in use, however they came together.
        let max = first.layout.max();
        let full =
            |shape: &Shape| shape.layout.is_full(&self.graph.diagrams) && shape.layout.max() == max;
        shapes
            .iter()
            .all(full)
            .then(|| smallvec![Segment { max, active: self.graph.diagrams.int(i64::from(max)) }])
    }

    /// `values[on]`, the last one for numbers beyond.
    fn choose_value(&mut self, on: Vary, values: &[Vary]) -> Vary {
        let Some((&last, rest)) = values.split_last() else { return TRUE };
        let mut result = last;
        for (index, &value) in rest.iter().enumerate().rev() {
            let index = self.graph.diagrams.int(index as i64);
            let here = self.graph.diagrams.binary(Binary::Equal, on, index);
            result = self.graph.diagrams.ite(here, value, result);
        }
        result
    }

    /// How many calls an expression makes outside of nested bodies: with one, the surrounding name
    /// stands for it.
    pub(super) fn calls_in(&self, expr: &Expr) -> usize {
        match &expr.kind {
            ExprKind::Pipe { lhs, rhs } => self.calls_in(lhs) + self.piped_calls(rhs),
            ExprKind::Call { callee, args } => {
                let builtin = matches!(&callee.kind, ExprKind::Name(name)
                    if super::builtin::NAMES.contains(&&**name));
                usize::from(!builtin)
                    + args.iter().map(|arg| self.calls_in_arg(&arg.value)).sum::<usize>()
            }
            ExprKind::Name(name) => {
                // A block's bare name is a call where nothing is piped in.
                usize::from(!matches!(
                    self.env.find(name),
                    Some(Value::Tensor(_) | Value::Scalar(_) | Value::List(_))
                ))
            }
            ExprKind::Binary { lhs, rhs, .. } => {
                1 + self.calls_in_arg(lhs) + self.calls_in_arg(rhs)
            }
            ExprKind::Annotated { expr, .. } => self.calls_in(expr),
            ExprKind::Choose(_) | ExprKind::Keep(_) | ExprKind::Shared(_) => 1,
            _ => 0,
        }
    }

    /// Whether an expression shows by its first operand that it makes a tensor, not a block value.
    pub(super) fn gives_tensor(&self, expr: &Expr) -> bool {
        let is_tensor = |name: &str| self.env.find(name).is_some_and(Value::is_tensor);
        match &expr.kind {
            ExprKind::Pipe { lhs: first, .. } | ExprKind::Binary { lhs: first, .. } => {
                matches!(&first.kind, ExprKind::Name(name) if is_tensor(name))
                    || self.gives_tensor(first)
            }
            ExprKind::Call { args, .. } => args.iter().any(|arg| {
                matches!(&arg.value.kind, ExprKind::Name(name) if is_tensor(name))
                    || self.gives_tensor(&arg.value)
            }),
            ExprKind::List(items) => items.iter().any(|item| self.gives_tensor(item)),
            ExprKind::Annotated { expr, .. } => self.gives_tensor(expr),
            _ => false,
        }
    }

    fn piped_calls(&self, expr: &Expr) -> usize {
        match &expr.kind {
            ExprKind::Call { args, .. } => {
                1 + args.iter().map(|arg| self.calls_in_arg(&arg.value)).sum::<usize>()
            }
            ExprKind::Annotated { expr, .. } => self.piped_calls(expr),
            _ => 1,
        }
    }

    fn calls_in_arg(&self, expr: &Expr) -> usize {
        match &expr.kind {
            ExprKind::Pipe { .. } => self.calls_in(expr),
            ExprKind::Call { callee, args } => {
                let builtin = matches!(&callee.kind, ExprKind::Name(name)
                    if super::builtin::NAMES.contains(&&**name));
                usize::from(!builtin)
                    + args.iter().map(|arg| self.calls_in_arg(&arg.value)).sum::<usize>()
            }
            ExprKind::List(items) => items.iter().map(|item| self.calls_in_arg(item)).sum(),
            _ => 0,
        }
    }
}

fn slice_of(call: &mut PrimCall<'_>) -> Option<prim::Nodes> {
    let (from, to) = (call.one("from"), call.one("to"));
    prim::slice(call, from, to)
}
