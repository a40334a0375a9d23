//! What an expression means while a space is elaborated.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use nasc_grammar::ast;
use rustc_hash::FxHashMap;

use super::place::Names;
use super::scope::Env;
use crate::ir::{DecisionId, Key, NodeId, Origin, ParamId};
use crate::prim::Primitive;
use crate::vary::{Diagrams, Sorts, Vary};

/// A value of the language.
#[derive(Clone)]
pub(super) enum Value<'a> {
    /// An int, float, bool or str that may vary.
    Scalar(Vary),
    /// A list of plain length.
    List(Rc<List<'a>>),
    /// A tensor: the node that makes it.
    Tensor(NodeId),
    /// A block value.
    Block(Rc<Recipe<'a>>),
    /// An imported file under one name.
    Module(usize),
    /// No value: a body that ends in a statement.
    Unit,
    /// The value of something that was already reported.
    Poison,
}

/// The elements of a list.
pub(super) struct List<'a> {
    items: Vec<Value<'a>>,
    depth: u32,
}

impl<'a> Deref for List<'a> {
    type Target = Vec<Value<'a>>;

    fn deref(&self) -> &Self::Target {
        &self.items
    }
}

/// A block value: what to elaborate at every application.
pub(super) struct Recipe<'a> {
    /// What it is called on paths, where nothing else names it.
    pub name: Option<Arc<str>>,
    /// What it does.
    pub kind: RecipeKind<'a>,
    /// Where it was made.
    pub origin: Origin,
    /// The shared instance, if it was made one.
    pub instance: Option<Rc<RefCell<Instance>>>,
    /// What it is annotated with.
    pub notes: Notes,
    /// `as`: what an operation of it is called on paths. A `let` gives a name to blocks alone.
    pub label: Option<Arc<str>>,
    /// How deep it is nested: see [`Value::depth`].
    pub depth: u32,
}

impl<'a> Recipe<'a> {
    /// A recipe that is no instance.
    pub(super) fn new(name: Option<Arc<str>>, kind: RecipeKind<'a>, origin: Origin) -> Self {
        let deepest = match &kind {
            RecipeKind::Call { callee, filled } => {
                let held = filled.iter().flatten().map(Value::depth).max().unwrap_or(0);
                match callee {
                    Callee::Lambda { env, .. } => held.max(env.depth()),
                    Callee::Primitive(_) | Callee::Activation(_) | Callee::Block { .. } => held,
                }
            }
            RecipeKind::Compose(first, second) => first.depth.max(second.depth),
            RecipeKind::Into { env, .. } => env.depth(),
            RecipeKind::Choice { alternatives, .. } => {
                alternatives.iter().map(|(.., recipe)| recipe.depth).max().unwrap_or(0)
            }
        };
        Self {
            name,
            kind,
            origin,
            instance: None,
            notes: Notes::default(),
            label: None,
            depth: deepest + 1,
        }
    }
}

/// The annotations of a call.
#[derive(Clone, Default)]
pub(super) struct Notes {
    /// `@per_use`: it keeps its own tensors at each application of an instance around it.
    pub per_use: bool,
    /// `@key`: what its tensors are called in schemes of interchange.
    pub keys: Vec<Key>,
}

impl Notes {
    /// Both; of two names in one scheme the first stays.
    pub(super) fn or(mut self, other: &Self) -> Self {
        self.per_use |= other.per_use;
        for key in &other.keys {
            if self.keys.iter().all(|known| known.scheme != key.scheme) {
                self.keys.push(key.clone());
            }
        }
        self
    }
}

/// The kinds of recipes.
#[derive(Clone)]
pub(super) enum RecipeKind<'a> {
    /// Something with a signature, some parameters of which are filled.
    Call { callee: Callee<'a>, filled: Vec<Option<Value<'a>>> },
    /// First one, then the other.
    Compose(Rc<Recipe<'a>>, Rc<Recipe<'a>>),
    /// The right side of a pipe that is no plain block: a `choose`, `if` or `match`.
    Into { module: usize, right: &'a ast::Expr, env: Env<'a> },
    /// One of several blocks, decided once.
    Choice { path: Arc<str>, on: Vary, alternatives: Vec<BlockOption<'a>> },
}

/// One of the blocks of a choice: its label, where it is chosen, where it is offered, and itself.
pub(super) type BlockOption<'a> = (Arc<str>, Vary, Vary, Rc<Recipe<'a>>);

/// What can be called.
#[derive(Clone)]
pub(super) enum Callee<'a> {
    /// A primitive.
    Primitive(&'static Primitive),
    /// An activation by its own name.
    Activation(&'static str),
    /// A block of a file.
    Block { module: usize, block: &'a ast::Block },
    /// An anonymous block with the names around it.
    Lambda { module: usize, params: &'a [ast::Param], body: &'a ast::Expr, env: Env<'a> },
}

/// What the applications of a `shared` block have in common.
pub(super) struct Instance {
    /// Where it stands.
    pub path: String,
    /// How often it was applied.
    pub uses: u32,
    /// Its parameters by path.
    pub params: FxHashMap<Arc<str>, ParamId>,
    /// Its decisions by path.
    pub decisions: FxHashMap<Arc<str>, DecisionId>,
    /// The instances made inside it, by path: its applications have those in common too.
    pub instances: FxHashMap<String, Rc<RefCell<Instance>>>,
    /// The names below its path that were taken when it was made: every application starts there.
    pub start: Names,
}

/// The type of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarType {
    Int,
    Float,
    Bool,
    Str,
}

impl ScalarType {
    /// The type with its article, for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Int => "an int",
            Self::Float => "a float",
            Self::Bool => "a bool",
            Self::Str => "a str",
        }
    }

    /// Whether `==` is defined between the two.
    pub(super) fn compares_with(self, other: Self) -> bool {
        let number = |this: Self| matches!(this, Self::Int | Self::Float);
        self == other || number(self) && number(other)
    }

    /// The type of a value, by its leaves; `None` if all of them are faults.
    pub(super) fn of(diagrams: &Diagrams, value: Vary) -> Option<Self> {
        let sorts = diagrams.sorts(value);
        // Of several, which is a mistake that is reported elsewhere, the last counts.
        if sorts.contains(Sorts::STR) {
            Some(Self::Str)
        } else if sorts.contains(Sorts::FLOAT) {
            Some(Self::Float)
        } else if sorts.contains(Sorts::INT) {
            Some(Self::Int)
        } else {
            sorts.contains(Sorts::BOOL).then_some(Self::Bool)
        }
    }
}

impl Value<'_> {
    /// What kind of value it is, with its article, for messages.
    pub(super) fn kind(&self, diagrams: &Diagrams) -> &'static str {
        match self {
            Self::Scalar(value) => {
                ScalarType::of(diagrams, *value).map_or("an error", ScalarType::name)
            }
            Self::List(_) => "a list",
            Self::Tensor(_) => "a tensor",
            Self::Block(_) => "a block",
            Self::Module(_) => "a file",
            Self::Unit => "nothing",
            Self::Poison => "an error",
        }
    }

    /// Whether it stands for a tensor or a list of tensors.
    pub(super) fn is_tensor(&self) -> bool {
        match self {
            Self::Tensor(_) => true,
            Self::List(items) => !items.is_empty() && items.iter().all(Self::is_tensor),
            Self::Scalar(_) | Self::Block(_) | Self::Module(_) | Self::Unit | Self::Poison => false,
        }
    }

    pub(super) fn list(items: Vec<Self>) -> Self {
        let depth = items.iter().map(Self::depth).max().unwrap_or(0) + 1;
        Self::List(Rc::new(List { items, depth }))
    }

    /// How many lists and block values are nested in it; bounded, because dropping it recurses.
    pub(super) fn depth(&self) -> u32 {
        match self {
            Self::List(list) => list.depth,
            Self::Block(recipe) => recipe.depth,
            Self::Scalar(_) | Self::Tensor(_) | Self::Module(_) | Self::Unit | Self::Poison => 0,
        }
    }
}
