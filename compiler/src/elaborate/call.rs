//! Calls: arguments meet parameters.

use std::sync::Arc;

use nasc_grammar::Span;
use nasc_grammar::ast::{Arg, Expr, ExprKind, Param, TypeKind};
use smallvec::{SmallVec, smallvec};

use super::Elaborator;
use super::module::global;
use super::value::{Callee, Notes, Recipe, RecipeKind, ScalarType, Value};
use crate::diagnostic::Diagnostic;
use crate::ir::Origin;
use crate::prim::{Parameter, Preset, Type};

/// A parameter as binding sees it.
struct Slot<'a> {
    name: &'a str,
    /// Takes a tensor, or a list of tensors.
    tensor: bool,
    needed: bool,
}

/// An argument that was evaluated.
struct Given<'a> {
    name: Option<(Arc<str>, Span)>,
    value: Value<'a>,
    span: Span,
}

impl<'a> Elaborator<'a> {
    /// `callee(args)`, with a value piped in or not.
    pub(super) fn call(
        &mut self,
        callee: &'a Expr,
        args: &'a [Arg],
        piped: Option<Value<'a>>,
        span: Span,
    ) -> Value<'a> {
        if let ExprKind::Name(name) = &callee.kind
            && self.env.find(name).is_none()
            && global(self.modules, self.module, name).is_none()
        {
            if super::builtin::NAMES.contains(&&**name) {
                if piped.is_some() {
                    let message = format!("`{name}` is a function of values; nothing is piped in");
                    return self.error("E0213", span, message);
                }
                return self.builtin(name, args, span);
            }
            if &**name == "concat" && piped.is_none() {
                return self.concat(args, span);
            }
        }
        match self.expr(callee) {
            Value::Block(recipe) => self.call_recipe(&recipe, args, piped, span),
            Value::Poison => {
                // The arguments may hold mistakes of their own.
                for arg in args {
                    self.expr(&arg.value);
                }
                Value::Poison
            }
            other => {
                let kind = other.kind(&self.graph.diagrams);
                self.error("E0213", callee.span, format!("{kind} cannot be called"))
            }
        }
    }

    /// `concat(a, b, c)`, for which every argument is a tensor or a list of them.
    fn concat(&mut self, args: &'a [Arg], span: Span) -> Value<'a> {
        let mut tensors = Vec::new();
        for arg in args {
            match self.expr(&arg.value) {
                Value::Tensor(node) => tensors.push(Value::Tensor(node)),
                Value::List(items) => tensors.extend(items.iter().cloned()),
                Value::Poison => return Value::Poison,
                other => {
                    let kind = other.kind(&self.graph.diagrams);
                    let message = format!("`concat` joins tensors, not {kind}");
                    return self.error("E0213", arg.span, message);
                }
            }
        }
        let Some(primitive) = crate::prim::named("concat") else { return Value::Poison };
        self.primitive(primitive, vec![Some(Value::list(tensors))], span)
    }

    fn call_recipe(
        &mut self,
        recipe: &std::rc::Rc<Recipe<'a>>,
        args: &'a [Arg],
        piped: Option<Value<'a>>,
        span: Span,
    ) -> Value<'a> {
        let RecipeKind::Call { callee, filled } = &recipe.kind else {
            // A composed block takes one tensor.
            let Some(first) = piped.or_else(|| match args {
                [only] if only.name.is_none() => Some(self.expr(&only.value)),
                _ => None,
            }) else {
                return self.error("E0211", span, "a composed block takes one tensor");
            };
            return self.apply(recipe, first, span);
        };
        let given: Vec<Given<'a>> = args
            .iter()
            .map(|arg| Given {
                name: arg.name.as_ref().map(|name| (name.text.clone(), name.span)),
                value: self.expr(&arg.value),
                span: arg.span,
            })
            .collect();
        let slots = slots(callee);
        let Some(filled) = self.bind(&slots, callee, filled.clone(), piped, given, span) else {
            return Value::Poison;
        };
        if recipe.instance.is_some() {
            return self.apply_instance(recipe, filled, span);
        }
        self.complete(recipe.name.clone(), callee.clone(), filled, &recipe.notes, span)
    }

    /// Runs a call whose parameters are filled, or makes a block value of one that waits for its
    /// tensor alone.
    pub(super) fn complete(
        &mut self,
        name: Option<Arc<str>>,
        callee: Callee<'a>,
        filled: Vec<Option<Value<'a>>>,
        notes: &Notes,
        span: Span,
    ) -> Value<'a> {
        let slots = slots(&callee);
        let missing: Vec<usize> = (0..slots.len())
            .filter(|&i| slots[i].needed && filled.get(i).is_none_or(Option::is_none))
            .filter(|&i| !self.has_default(&callee, slots[i].name))
            .collect();
        let first_tensor = slots.iter().position(|slot| slot.tensor);
        match missing[..] {
            [] => self.invoke(name.as_deref(), &callee, filled, notes, span),
            [only] if Some(only) == first_tensor => {
                let origin = self.at(span);
                let recipe = Recipe::new(name, RecipeKind::Call { callee, filled }, origin);
                Value::Block(std::rc::Rc::new(Recipe { notes: notes.clone(), ..recipe }))
            }
            _ => {
                let names: Vec<String> = missing
                    .iter()
                    .filter(|&&i| Some(i) != first_tensor)
                    .map(|&i| format!("`{}`", slots[i].name))
                    .collect();
                let origin = self.at(span);
                let message = format!("{} is missing", names.join(" and "));
                let diagnostic =
                    Diagnostic::error("E0211", origin, message).note(signature(&callee));
                self.fail(diagnostic)
            }
        }
    }

    /// Whether `defaults` around the call give a parameter of its primitive.
    fn has_default(&self, callee: &Callee<'a>, parameter: &str) -> bool {
        let Callee::Primitive(primitive) = callee else { return false };
        self.defaults.iter().any(|(p, n, _)| &**p == primitive.name && &**n == parameter)
    }

    /// Puts arguments into parameters; `None` after an error.
    fn bind(
        &mut self,
        slots: &[Slot<'_>],
        callee: &Callee<'a>,
        mut filled: Vec<Option<Value<'a>>>,
        piped: Option<Value<'a>>,
        given: Vec<Given<'a>>,
        span: Span,
    ) -> Option<Vec<Option<Value<'a>>>> {
        if let Callee::Block { module, block } = callee {
            let types = || block.params.iter().filter_map(|param| param.ty.as_ref());
            if types().any(|ty| self.is_unreadable(*module, ty)) {
                return None;
            }
        }
        filled.resize(slots.len(), None);
        let first_tensor = (0..slots.len()).find(|&i| slots[i].tensor && filled[i].is_none());
        if let Some(piped) = piped {
            match first_tensor {
                Some(slot) => filled[slot] = Some(piped),
                None => {
                    let origin = self.at(span);
                    let diagnostic =
                        Diagnostic::error("E0212", origin, "nothing can be piped in here")
                            .note(signature(callee));
                    self.fail(diagnostic);
                    return None;
                }
            }
        }
        let mut good = true;
        for given in given {
            let slot = match &given.name {
                Some((name, name_span)) => match slots.iter().position(|slot| *slot.name == **name)
                {
                    Some(slot) => slot,
                    None => {
                        let origin = self.at(*name_span);
                        let diagnostic = Diagnostic::error(
                            "E0210",
                            origin,
                            format!("there is no parameter `{name}`"),
                        )
                        .note(signature(callee))
                        .suggest(name, slots.iter().map(|slot| slot.name));
                        self.fail(diagnostic);
                        good = false;
                        continue;
                    }
                },
                None => {
                    let tensor = given.value.is_tensor() || matches!(given.value, Value::Poison);
                    let free = |i: &usize| filled[*i].is_none();
                    // What is no tensor fills the next parameter that is none either.
                    let found = (0..slots.len())
                        .filter(free)
                        .find(|&i| tensor || !slots[i].tensor || Some(i) != first_tensor);
                    match found {
                        Some(slot) => slot,
                        None => {
                            let origin = self.at(given.span);
                            let diagnostic =
                                Diagnostic::error("E0212", origin, "there is an argument too many")
                                    .note(signature(callee));
                            self.fail(diagnostic);
                            good = false;
                            continue;
                        }
                    }
                }
            };
            if filled[slot].is_some() {
                let origin = self.at(given.span);
                let message = format!("`{}` is given twice", slots[slot].name);
                let diagnostic =
                    Diagnostic::error("E0212", origin, message).note(signature(callee));
                self.fail(diagnostic);
                good = false;
                continue;
            }
            let value = self.fitted(callee, slot, given.value, given.span);
            filled[slot] = Some(value);
        }
        good.then_some(filled)
    }

    /// A value checked against its parameter's type, widened where that is wanted.
    fn fitted(
        &mut self,
        callee: &Callee<'a>,
        slot: usize,
        value: Value<'a>,
        span: Span,
    ) -> Value<'a> {
        let (name, wanted): (Arc<str>, TypeKind) = match callee {
            Callee::Primitive(primitive) => {
                let Some(parameter) = primitive.parameters.get(slot) else { return value };
                return self.of_type(parameter, value, span);
            }
            Callee::Activation(_) => (Arc::from("x"), TypeKind::Tensor),
            Callee::Block { block, .. } => match block.params.get(slot) {
                Some(param) => match declared(param) {
                    Some(ty) => (param.name.text.clone(), ty),
                    None => return value,
                },
                None => return value,
            },
            Callee::Lambda { params, .. } => match params.get(slot) {
                Some(param) => match &param.ty {
                    Some(ty) => (param.name.text.clone(), ty.kind.clone()),
                    None => return value,
                },
                None => return value,
            },
        };
        self.conform(value, &wanted, &name, span)
    }

    /// A value checked against the type of a primitive's parameter.
    pub(super) fn of_type(
        &mut self,
        parameter: &Parameter,
        value: Value<'a>,
        span: Span,
    ) -> Value<'a> {
        let wanted = match parameter.ty {
            Type::Tensor => TypeKind::Tensor,
            Type::Tensors => TypeKind::List(Box::new(TypeKind::Tensor)),
            Type::Int => TypeKind::Int,
            Type::Axes => match value {
                Value::List(_) => TypeKind::List(Box::new(TypeKind::Int)),
                _ => TypeKind::Int,
            },
            Type::Float => TypeKind::Float,
            Type::Bool => TypeKind::Bool,
            Type::Str => TypeKind::Str,
        };
        self.conform(value, &wanted, parameter.name, span)
    }

    /// A value as `wanted`, an int widened to a float; poison after an error.
    pub(super) fn conform(
        &mut self,
        value: Value<'a>,
        wanted: &TypeKind,
        name: &str,
        span: Span,
    ) -> Value<'a> {
        let scalar = match wanted {
            TypeKind::Int => Some(ScalarType::Int),
            TypeKind::Float => Some(ScalarType::Float),
            TypeKind::Bool => Some(ScalarType::Bool),
            TypeKind::Str => Some(ScalarType::Str),
            TypeKind::Tensor | TypeKind::Block | TypeKind::List(_) => None,
        };
        match (&value, wanted) {
            (Value::Poison, _) => return Value::Poison,
            (Value::Scalar(inner), _) if scalar.is_some() => {
                let ty = ScalarType::of(&self.graph.diagrams, *inner);
                if ty.is_none() || ty == scalar {
                    return value;
                }
                if ty == Some(ScalarType::Int) && scalar == Some(ScalarType::Float) {
                    let widened = self.widened(*inner);
                    return Value::Scalar(widened);
                }
            }
            (Value::Tensor(_), TypeKind::Tensor) | (Value::Block(_), TypeKind::Block) => {
                return value;
            }
            (Value::List(items), TypeKind::List(inner)) => {
                let items: Vec<Value<'a>> = items
                    .iter()
                    .map(|item| self.conform(item.clone(), inner, name, span))
                    .collect();
                return Value::list(items);
            }
            _ => {}
        }
        let kind = value.kind(&self.graph.diagrams);
        let message = format!("`{name}` is {} {}, not {kind}", article(wanted), type_name(wanted));
        self.error("E0213", span, message)
    }

    /// A recipe for a callee without arguments yet.
    pub(super) fn recipe(
        &mut self,
        name: Option<Arc<str>>,
        callee: Callee<'a>,
        filled: Vec<Option<Value<'a>>>,
        span: Span,
    ) -> Value<'a> {
        let origin = self.at(span);
        let kind = RecipeKind::Call { callee, filled };
        Value::Block(std::rc::Rc::new(Recipe::new(name, kind, origin)))
    }

    /// Fills the first free tensor parameter of a callee; poison after an error.
    pub(super) fn fill(
        &mut self,
        callee: &Callee<'a>,
        filled: Vec<Option<Value<'a>>>,
        tensor: Value<'a>,
        span: Span,
    ) -> Option<Vec<Option<Value<'a>>>> {
        let slots = slots(callee);
        let filled = self.bind(&slots, callee, filled, None, Vec::new(), span)?;
        let first = (0..slots.len()).find(|&i| slots[i].tensor && filled[i].is_none());
        let Some(first) = first else {
            let origin = self.at(span);
            let diagnostic = Diagnostic::error("E0212", origin, "nothing can be piped in here")
                .note(signature(callee));
            self.fail(diagnostic);
            return None;
        };
        let value = self.fitted(callee, first, tensor, span);
        let mut filled = filled;
        filled[first] = Some(value);
        Some(filled)
    }

    /// The place of a call in messages.
    pub(super) fn call_origin(&self, span: Span) -> Origin {
        self.at(span)
    }
}

fn slots<'a>(callee: &Callee<'a>) -> SmallVec<[Slot<'a>; 8]> {
    match callee {
        Callee::Primitive(primitive) => primitive
            .parameters
            .iter()
            .map(|parameter| Slot {
                name: parameter.name,
                tensor: matches!(parameter.ty, Type::Tensor | Type::Tensors),
                needed: parameter.preset == Preset::Required,
            })
            .collect(),
        Callee::Activation(_) => smallvec![Slot { name: "x", tensor: true, needed: true }],
        Callee::Block { block, .. } => block.params.iter().map(slot).collect(),
        Callee::Lambda { params, .. } => params.iter().map(slot).collect(),
    }
}

fn slot(param: &Param) -> Slot<'_> {
    let tensor = match (&param.ty, &param.default) {
        (Some(ty), _) => match &ty.kind {
            TypeKind::Tensor => true,
            TypeKind::List(inner) => **inner == TypeKind::Tensor,
            _ => false,
        },
        (None, None) => true,
        (None, Some(_)) => false,
    };
    Slot { name: &param.name.text, tensor, needed: param.default.is_none() }
}

/// The type of a block's parameter: as written, as its default, or a tensor.
fn declared(param: &Param) -> Option<TypeKind> {
    match (&param.ty, &param.default) {
        (Some(ty), _) => Some(ty.kind.clone()),
        (None, None) => Some(TypeKind::Tensor),
        (None, Some(default)) => match default.kind {
            ExprKind::Int(_) => Some(TypeKind::Int),
            ExprKind::Float(_) => Some(TypeKind::Float),
            ExprKind::Bool(_) => Some(TypeKind::Bool),
            ExprKind::Str(_) => Some(TypeKind::Str),
            _ => None,
        },
    }
}

/// How a callee is called, for messages.
fn signature(callee: &Callee<'_>) -> String {
    let (name, parameters): (&str, Vec<String>) = match callee {
        Callee::Primitive(primitive) => {
            let shown = primitive.parameters.iter().map(|p| {
                let preset = match p.preset {
                    Preset::Required => String::new(),
                    Preset::Computed => " = …".to_owned(),
                    Preset::Int(value) => format!(" = {value}"),
                    Preset::Float(value) => format!(" = {value:?}"),
                    Preset::Bool(value) => format!(" = {value}"),
                    Preset::Str(value) => format!(" = \"{value}\""),
                };
                format!("{}: {}{preset}", p.name, p.ty.name())
            });
            (primitive.name, shown.collect())
        }
        Callee::Activation(name) => (name, vec!["x: tensor".to_owned()]),
        Callee::Block { block, .. } => {
            (&block.name.text, block.params.iter().map(shown_param).collect())
        }
        Callee::Lambda { params, .. } => ("|…|", params.iter().map(shown_param).collect()),
    };
    format!("the signature is `{name}({})`", parameters.join(", "))
}

fn shown_param(param: &Param) -> String {
    let ty = param.ty.as_ref().map_or(String::new(), |ty| format!(": {}", type_name(&ty.kind)));
    let default = if param.default.is_some() { " = …" } else { "" };
    format!("{}{ty}{default}", param.name)
}

fn type_name(ty: &TypeKind) -> String {
    match ty {
        TypeKind::Int => "int".to_owned(),
        TypeKind::Float => "float".to_owned(),
        TypeKind::Bool => "bool".to_owned(),
        TypeKind::Str => "str".to_owned(),
        TypeKind::Tensor => "tensor".to_owned(),
        TypeKind::Block => "block".to_owned(),
        TypeKind::List(inner) => format!("[{}]", type_name(inner)),
    }
}

fn article(ty: &TypeKind) -> &'static str {
    if *ty == TypeKind::Int { "an" } else { "a" }
}
