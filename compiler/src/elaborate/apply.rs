//! Applying block values: pipes, bodies, shared instances.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use nasc_grammar::Span;
use nasc_grammar::ast::{Annotation, Expr, ExprKind};
use rustc_hash::FxHashMap;

use super::key::{KeyScope, begin};
use super::scope::Env;
use super::value::{Callee, Instance, Notes, Recipe, RecipeKind, Value};
use super::{DEPTH, Elaborator};
use crate::diagnostic::Diagnostic;
use crate::prim;

impl<'a> Elaborator<'a> {
    /// `left -> right`.
    pub(super) fn pipe(&mut self, left: Value<'a>, right: &'a Expr, span: Span) -> Value<'a> {
        if let Value::Block(first) = &left {
            let second = match &right.kind {
                ExprKind::Choose(_)
                | ExprKind::Keep(_)
                | ExprKind::If { .. }
                | ExprKind::Match { .. } => {
                    let (module, env) = (self.module, self.env.clone());
                    let origin = self.at(right.span);
                    let kind = RecipeKind::Into { module, right, env };
                    Rc::new(Recipe::new(None, kind, origin))
                }
                _ => match self.expr(right) {
                    Value::Block(second) => second,
                    Value::Poison => return Value::Poison,
                    other => return self.not_a_block(&other, right.span),
                },
            };
            let origin = self.at(span);
            let kind = RecipeKind::Compose(first.clone(), second);
            return Value::Block(Rc::new(Recipe::new(None, kind, origin)));
        }
        match &right.kind {
            ExprKind::Call { callee, args } => self.call(callee, args, Some(left), right.span),
            ExprKind::Choose(choose) => self.choose(choose, Some(&left), right.span),
            ExprKind::Keep(keep) => self.keep(keep, Some(&left), right.span),
            ExprKind::Labelled { expr, label } => {
                let Some(label) = self.label(label) else { return Value::Poison };
                self.pipe_named(left, expr, &label, span)
            }
            ExprKind::Annotated { expr, annotations } => {
                let notes = self.annotations_of_call(annotations);
                self.noted(&notes, |this| this.pipe(left, expr, span))
            }
            ExprKind::If { cond, then, otherwise } => {
                let Some(cond) = self.truth(cond) else { return Value::Poison };
                let block = |this: &mut Self, body| {
                    let value = this.body(body);
                    this.apply_value(&value, left.clone(), right.span)
                };
                let Some(otherwise) = otherwise else {
                    return self.error("E0219", right.span, "an `if` in a pipe needs an `else`");
                };
                self.both_ways(
                    cond,
                    |this| block(this, then),
                    |this| block(this, otherwise),
                    "if",
                    right.span,
                )
            }
            ExprKind::Match { subject, arms } => {
                self.match_into(subject, arms, Some(&left), right.span)
            }
            _ => {
                let value = self.expr(right);
                self.apply_value(&value, left, right.span)
            }
        }
    }

    /// `left -> right as label`.
    fn pipe_named(
        &mut self,
        left: Value<'a>,
        right: &'a Expr,
        label: &Arc<str>,
        span: Span,
    ) -> Value<'a> {
        let mark = self.place.enter(label, true);
        let value = self.pipe(left, right, span);
        self.place.leave(&mark);
        value
    }

    /// Applies a value that must be a block.
    pub(super) fn apply_value(
        &mut self,
        block: &Value<'a>,
        tensor: Value<'a>,
        span: Span,
    ) -> Value<'a> {
        match block {
            Value::Block(recipe) => self.apply(recipe, tensor, span),
            Value::Poison => Value::Poison,
            other => self.not_a_block(other, span),
        }
    }

    fn not_a_block(&mut self, value: &Value<'a>, span: Span) -> Value<'a> {
        let kind = value.kind(&self.graph.diagrams);
        let origin = self.at(span);
        let mut diagnostic =
            Diagnostic::error("E0219", origin, format!("{kind} cannot follow `->`"));
        if matches!(value, Value::Tensor(_)) {
            diagnostic = diagnostic
                .note("a call whose tensor is already given is a tensor, not a block value");
        }
        self.fail(diagnostic)
    }

    /// Applies a block value to a tensor or list of tensors.
    pub(super) fn apply(
        &mut self,
        recipe: &Rc<Recipe<'a>>,
        tensor: Value<'a>,
        span: Span,
    ) -> Value<'a> {
        if matches!(tensor, Value::Poison) {
            return Value::Poison;
        }
        if !tensor.is_tensor() {
            let kind = tensor.kind(&self.graph.diagrams);
            return self.error("E0219", span, format!("{kind} cannot be piped"));
        }
        if recipe.instance.is_some() {
            let filled = match &recipe.kind {
                RecipeKind::Call { callee, filled } => {
                    match self.fill(callee, filled.clone(), tensor, span) {
                        Some(filled) => filled,
                        None => return Value::Poison,
                    }
                }
                _ => vec![Some(tensor)],
            };
            return self.apply_instance(recipe, filled, span);
        }
        self.apply_plain(recipe, tensor, span)
    }

    fn apply_plain(&mut self, recipe: &Rc<Recipe<'a>>, tensor: Value<'a>, span: Span) -> Value<'a> {
        match &recipe.kind {
            RecipeKind::Call { callee, filled } => {
                let Some(filled) = self.fill(callee, filled.clone(), tensor, span) else {
                    return Value::Poison;
                };
                // A block enters its own name; an operation has none but its label.
                let is_operation = matches!(callee, Callee::Primitive(_) | Callee::Activation(_));
                let label = recipe.label.as_ref().filter(|_| is_operation);
                let mark = label.map(|label| self.place.enter(label, true));
                let value =
                    self.complete(recipe.name.clone(), callee.clone(), filled, &recipe.notes, span);
                if let Some(mark) = mark {
                    self.place.leave(&mark);
                }
                value
            }
            RecipeKind::Compose(first, second) => {
                let mark = self.place.enter_call(recipe.name.as_deref());
                let middle = self.apply(first, tensor, span);
                let value = self.apply(second, middle, span);
                self.place.leave(&mark);
                value
            }
            RecipeKind::Into { module, right, env } => {
                let outer_env = std::mem::replace(&mut self.env, env.clone());
                let outer_module = std::mem::replace(&mut self.module, *module);
                let value = self.pipe(tensor, right, right.span);
                self.env = outer_env;
                self.module = outer_module;
                value
            }
            RecipeKind::Choice { path, on, alternatives } => {
                self.apply_choice(path, *on, alternatives, &tensor, span)
            }
        }
    }

    /// Runs a call with everything it needs.
    pub(super) fn invoke(
        &mut self,
        name: Option<&str>,
        callee: &Callee<'a>,
        filled: Vec<Option<Value<'a>>>,
        notes: &Notes,
        span: Span,
    ) -> Value<'a> {
        if filled.iter().flatten().any(|value| matches!(value, Value::Poison)) {
            return Value::Poison;
        }
        self.noted(notes, |this| this.run(name, callee, filled, span))
    }

    fn run(
        &mut self,
        name: Option<&str>,
        callee: &Callee<'a>,
        filled: Vec<Option<Value<'a>>>,
        span: Span,
    ) -> Value<'a> {
        match callee {
            Callee::Primitive(primitive) => self.primitive(primitive, filled, span),
            Callee::Activation(kind) => match filled.into_iter().flatten().next() {
                Some(Value::Tensor(node)) => self.activation(kind, node, span),
                _ => Value::Poison,
            },
            Callee::Block { module, block } => self.enter_body(
                name,
                *module,
                &block.params,
                Env::default(),
                filled,
                span,
                |this| this.body(&block.body),
            ),
            Callee::Lambda { module, params, body, env } => {
                self.enter_body(name, *module, params, env.clone(), filled, span, |this| {
                    this.expr(body)
                })
            }
        }
    }

    /// Elaborates a body with its parameters bound.
    #[expect(clippy::too_many_arguments, reason = "a body needs all that a call knows")]
    fn enter_body(
        &mut self,
        name: Option<&str>,
        module: usize,
        params: &'a [nasc_grammar::ast::Param],
        env: Env<'a>,
        filled: Vec<Option<Value<'a>>>,
        span: Span,
        body: impl FnOnce(&mut Self) -> Value<'a>,
    ) -> Value<'a> {
        if self.calls.len() >= DEPTH {
            let message = format!("blocks are nested more than {DEPTH} deep");
            return self.error("E0206", span, message);
        }
        let origin = self.call_origin(span);
        self.calls.push(origin);
        let outer_env = std::mem::replace(&mut self.env, env);
        let outer_module = std::mem::replace(&mut self.module, module);
        for (param, value) in params.iter().zip(filled) {
            let value = match (value, &param.default) {
                (Some(value), _) => value,
                // A default may speak of the parameters before it.
                (None, Some(default)) => {
                    let value = self.expr(default);
                    match &param.ty {
                        Some(ty) => self.conform(value, &ty.kind, &param.name.text, default.span),
                        None => value,
                    }
                }
                (None, None) => Value::Poison,
            };
            self.env.bind(param.name.text.clone(), value);
        }
        let defaults = self.defaults.len();
        let mark = self.place.enter_call(name);
        begin(&mut self.keys, self.place.path());
        let value = body(self);
        self.place.leave(&mark);
        self.defaults.truncate(defaults);
        self.env = outer_env;
        self.module = outer_module;
        self.calls.pop();
        value
    }

    /// `shared block`: an instance at the current place.
    pub(super) fn shared(&mut self, inner: &'a Expr, span: Span) -> Value<'a> {
        let path = self.place.path().to_owned();
        let recipe = match self.expr(inner) {
            Value::Block(recipe) => recipe,
            Value::Poison => return Value::Poison,
            other => {
                let kind = other.kind(&self.graph.diagrams);
                return self.error(
                    "E0220",
                    span,
                    format!("`shared` makes an instance of a block, not of {kind}"),
                );
            }
        };
        let path = self.place.claim_part(&path);
        let outer = self.instances.last().map(|(instance, _)| instance.clone());
        let known = outer.as_ref().and_then(|outer| outer.borrow().instances.get(&*path).cloned());
        let instance = known.unwrap_or_else(|| {
            let made = Rc::new(RefCell::new(Instance {
                start: self.place.names_under(&path),
                path: path.clone(),
                uses: 0,
                params: FxHashMap::default(),
                decisions: FxHashMap::default(),
                instances: FxHashMap::default(),
            }));
            if let Some(outer) = outer {
                outer.borrow_mut().instances.insert(path, made.clone());
            }
            made
        });
        Value::Block(Rc::new(Recipe {
            instance: Some(instance),
            notes: recipe.notes.clone(),
            ..Recipe::new(None, recipe.kind.clone(), recipe.origin)
        }))
    }

    /// An application of a shared instance: at the instance's own place, with its tensors.
    pub(super) fn apply_instance(
        &mut self,
        recipe: &Rc<Recipe<'a>>,
        filled: Vec<Option<Value<'a>>>,
        span: Span,
    ) -> Value<'a> {
        let Some(instance) = recipe.instance.clone() else { return Value::Poison };
        let (path, start, number) = {
            let mut instance = instance.borrow_mut();
            instance.uses += 1;
            (instance.path.clone(), instance.start.clone(), instance.uses - 1)
        };
        let outer = self.place.jump(&path, start);
        self.instances.push((instance, number));
        let value = match &recipe.kind {
            RecipeKind::Call { callee, .. } => {
                let slots_filled = filled;
                self.complete(None, callee.clone(), slots_filled, &recipe.notes, span)
            }
            _ => match filled.into_iter().flatten().next() {
                Some(tensor) => self.apply_plain(recipe, tensor, span),
                None => Value::Poison,
            },
        };
        self.instances.pop();
        self.place.come_back(outer);
        value
    }

    /// `expr @a`.
    pub(super) fn annotated(&mut self, expr: &'a Expr, annotations: &'a [Annotation]) -> Value<'a> {
        let notes = self.annotations_of_call(annotations);
        match self.noted(&notes, |this| this.expr(expr)) {
            Value::Block(recipe) => Value::Block(Rc::new(Recipe {
                instance: recipe.instance.clone(),
                notes: notes.or(&recipe.notes),
                label: recipe.label.clone(),
                ..Recipe::new(recipe.name.clone(), recipe.kind.clone(), recipe.origin)
            })),
            other => other,
        }
    }

    /// Runs an annotated call.
    pub(super) fn noted(
        &mut self,
        notes: &Notes,
        run: impl FnOnce(&mut Self) -> Value<'a>,
    ) -> Value<'a> {
        let (outer, scopes) = (self.per_use, self.keys.len());
        self.per_use |= notes.per_use;
        if !notes.keys.is_empty() {
            self.keys.push(KeyScope::new(notes.keys.clone()));
        }
        let value = run(self);
        self.keys.truncate(scopes);
        self.per_use = outer;
        value
    }

    /// What the annotations of a call say; those that mean nothing there are errors.
    fn annotations_of_call(&mut self, annotations: &'a [Annotation]) -> Notes {
        let mut notes = Notes::default();
        for annotation in annotations {
            match &*annotation.name.text {
                "per_use" => notes.per_use = true,
                "key" => notes.keys.extend(self.key(annotation).into_iter().flatten()),
                name => {
                    let origin = self.at(annotation.span);
                    let diagnostic =
                        Diagnostic::error("E0221", origin, format!("`@{name}` means nothing here"))
                            .suggest(name, ["per_use", "key"]);
                    self.fail(diagnostic);
                }
            }
        }
        notes
    }

    /// An activation by its own name.
    fn activation(&mut self, kind: &'static str, node: crate::ir::NodeId, span: Span) -> Value<'a> {
        let text = self.graph.diagrams.text(kind);
        let arguments = vec![("kind", prim::Argument::One(text))];
        let Some(primitive) = prim::named("act") else { return Value::Poison };
        self.node(kind, vec![node], arguments, primitive.build, span, false)
    }
}

/// A block value under another name. A tensor keeps the name it has, and an instance its place.
pub(super) fn renamed<'a>(value: Value<'a>, label: &Arc<str>) -> Value<'a> {
    match value {
        Value::Block(recipe) if recipe.instance.is_none() => Value::Block(Rc::new(Recipe {
            notes: recipe.notes.clone(),
            label: recipe.label.clone(),
            ..Recipe::new(Some(label.clone()), recipe.kind.clone(), recipe.origin)
        })),
        other => other,
    }
}

/// The same by `as`, which names operations too.
pub(super) fn labelled<'a>(value: Value<'a>, label: &Arc<str>) -> Value<'a> {
    match renamed(value, label) {
        Value::Block(mut recipe) if recipe.instance.is_none() => {
            // Just made, so nobody else holds it.
            if let Some(recipe) = Rc::get_mut(&mut recipe) {
                recipe.label = Some(label.clone());
            }
            Value::Block(recipe)
        }
        other => other,
    }
}
