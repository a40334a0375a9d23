//! From syntax tree to graph: a file is run once, and what remains is a graph of operations.
//!
//! One walk over the tree, with the current guard (the conditions around), the current place (the
//! path) and the names in sight. Values are [`Value`]s; whatever depends on decisions is a varying
//! scalar or a node. A mistake is reported and gives [`Value::Poison`], which everything accepts in
//! silence, so that one mistake is one message. What can only be known of the whole space becomes a
//! [`Check`], made after elaboration.
//!
//! Deliberately absent: anything about weights, and any order other than that of the source.

mod alternatives;
mod apply;
mod builtin;
mod call;
mod choose;
mod control;
mod decide;
mod expr;
mod keep;
mod key;
mod limit;
pub(crate) mod module;
mod operate;
mod place;
mod scope;
mod space;
mod stmt;
mod tensor;
mod value;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use nasc_grammar::Span;
use nasc_grammar::ast::{Type, TypeKind};
use rustc_hash::{FxHashMap, FxHashSet};

use key::KeyScope;
use module::Module;
use place::Place;
use scope::Env;
use value::{Instance, Value};

pub(crate) use space::space;

use crate::diagnostic::{Diagnostic, Sink};
use crate::ir::{DecisionId, Graph, NodeId, Origin};
use crate::prim::{Check, Clash, Sharing};
use crate::source::Sources;
use crate::vary::Vary;

/// Most operations that a space may have, and most expressions that it may evaluate: a loop that makes
/// nothing must end too.
pub(crate) const FUEL: usize = 1_000_000;
/// Longest value that a message shows beside it.
const LONGEST_SHOWN: usize = 60;
/// Deepest nesting of blocks.
const DEPTH: usize = 128;

/// Normalisation settings that a run overrides: tensors change, decisions do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Norms {
    /// Whether normalisations have scale and shift.
    pub affine: Option<bool>,
    /// Added to the variance.
    pub eps: Option<f64>,
    /// Weight of a new batch in the running statistics.
    pub momentum: Option<f64>,
}

/// Everything that the walk carries along.
pub(crate) struct Elaborator<'a> {
    modules: &'a [Module],
    sources: &'a Sources,
    sink: &'a mut Sink,
    norms: &'a Norms,
    graph: Graph,
    checks: Vec<Check>,
    /// The conditions around the current place.
    guard: Vary,
    place: Place,
    env: Env<'a>,
    /// The module that the current expression stands in.
    module: usize,
    /// `defaults` in force, innermost last.
    defaults: Vec<(Arc<str>, Arc<str>, Value<'a>)>,
    /// The shared instances around the current place, innermost last, with the number of the use.
    instances: Vec<(Rc<RefCell<Instance>>, u32)>,
    /// Whether the current call keeps its own tensors at each use of an instance.
    per_use: bool,
    /// The `@key`s around the current place, innermost last.
    keys: Vec<KeyScope>,
    /// How the options of decisions share tensors.
    sharing: Sharing,
    /// The calls around the current place, outermost first.
    calls: Vec<Origin>,
    /// Constants, once evaluated; `None` while being evaluated.
    constants: FxHashMap<(usize, Arc<str>), Option<Value<'a>>>,
    decisions: FxHashMap<Arc<str>, DecisionId>,
    /// The selects whose alternatives do not agree.
    clashes: FxHashMap<NodeId, Clash>,
    /// Where the shapes of nodes are nonsense after a mistake.
    spoilt: FxHashMap<NodeId, Vary>,
    /// Expressions evaluated so far.
    steps: usize,
    /// Expressions around the current one, through blocks too.
    nesting: usize,
    /// The paths of the `let`s of the space itself: what a limit can be scoped to.
    parts: FxHashSet<Arc<str>>,
    /// Whether decisions are errors.
    is_network: bool,
    /// Whether the space was given up: out of fuel.
    exhausted: bool,
    /// Whether an output could not be made because of an earlier mistake.
    lost_output: bool,
}

impl<'a> Elaborator<'a> {
    /// Whether some of the current file could not be parsed.
    fn is_broken(&self) -> bool {
        self.modules.get(self.module).is_some_and(|module| module.broken)
    }

    /// Whether a type could not be read: it stands in the tree as a tensor.
    fn is_unreadable(&self, module: usize, ty: &Type) -> bool {
        let Some(module) = self.modules.get(module).filter(|module| module.broken) else {
            return false;
        };
        let text = self.sources.files.get(module.file as usize);
        let text = text.and_then(|file| file.text.get(ty.span.range()));
        let mut inner = &ty.kind;
        while let TypeKind::List(element) = inner {
            inner = element;
        }
        *inner == TypeKind::Tensor && text.is_some_and(|text| !text.contains("tensor"))
    }

    /// A place in the current file.
    fn at(&self, span: Span) -> Origin {
        let file = self.modules.get(self.module).map_or(0, |module| module.file);
        Origin { file, start: span.start, end: span.end }
    }

    /// Reports a mistake; its value is poison.
    fn fail(&mut self, diagnostic: Diagnostic) -> Value<'a> {
        let diagnostic = self.in_context(diagnostic);
        self.sink.push(diagnostic);
        Value::Poison
    }

    /// Reports a mistake at a place of the current file; its value is poison.
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) -> Value<'a> {
        let origin = self.at(span);
        self.fail(Diagnostic::error(code, origin, message))
    }

    /// Adds the values in play, and where the user's own file led to a mistake inside the standard
    /// library.
    fn in_context(&self, diagnostic: Diagnostic) -> Diagnostic {
        let diagnostic = self.with_values(diagnostic);
        if !self.sources.is_std(diagnostic.origin().file) {
            return diagnostic;
        }
        match self.calls.iter().rev().find(|call| !self.sources.is_std(call.file)) {
            Some(&call) => diagnostic.called_from(call),
            None => diagnostic,
        }
    }

    /// Adds the numbers, bools and strings that the place of a mistake names, such as `i = 0`.
    fn with_values(&self, diagnostic: Diagnostic) -> Diagnostic {
        let Origin { file, start, end } = diagnostic.origin();
        let text = self.sources.files.get(file as usize);
        let text = text.and_then(|file| file.text.get(start as usize..end as usize));
        let Some(text) = text.filter(|text| !text.contains('\n')) else { return diagnostic };
        let mut shown: Vec<String> = Vec::new();
        for name in names_in(text) {
            let Some(Value::Scalar(value)) = self.env.find(name) else { continue };
            let value = crate::prim::show_value(&self.graph, *value);
            if value.len() > LONGEST_SHOWN {
                continue;
            }
            let value = format!("{name} = {value}");
            if !shown.contains(&value) {
                shown.push(value);
            }
        }
        if shown.is_empty() {
            return diagnostic;
        }
        diagnostic.note(format!("here  {}", shown.join(", ")))
    }

    /// The result of a scalar operation: a fault in every network is reported at once.
    fn settled(&mut self, value: Vary, span: Span) -> Value<'a> {
        if self.outgrown(span) {
            return Value::Poison;
        }
        if let Some(crate::vary::Leaf::Fault(fault)) = self.graph.diagrams.constant(value) {
            let message = self.graph.diagrams.fault_message(*fault).to_owned();
            return self.error("E0218", span, message);
        }
        Value::Scalar(value)
    }

    /// Why a value fails, in the first network in which it does.
    fn fault_reason(&self, value: Vary) -> String {
        let reason = self.graph.diagrams.leaves(value).into_iter().find_map(|leaf| match leaf {
            crate::vary::Leaf::Fault(fault) => {
                Some(self.graph.diagrams.fault_message(fault).to_owned())
            }
            _ => None,
        });
        reason.unwrap_or_default()
    }
}

/// So many elements, in words.
fn elements(count: usize) -> String {
    format!("{count} element{}", if count == 1 { "" } else { "s" })
}

/// The words of a piece of source that may be names of values: neither fields nor arguments' names.
fn names_in(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = Vec::new();
    let mut before = None;
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len()).max(first.len_utf8());
        let (token, after) = rest.split_at(length);
        rest = after.trim_start();
        let is_name = is_word(first) && !first.is_ascii_digit();
        if is_name && before != Some(".") && !rest.starts_with(':') {
            names.push(token);
        }
        before = Some(token);
    }
    names
}
