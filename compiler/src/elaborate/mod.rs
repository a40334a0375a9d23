//! From syntax tree to graph: a file is run once, and what remains is a graph of operations.
//!
//! One walk over the tree, with the current guard (the conditions around), the current place (the
//! path) and the names in sight. Values are [`Value`]s; whatever depends on decisions is a varying
//! scalar or a node. A mistake is reported and gives [`Value::Poison`], which everything accepts in
//! silence, so that one mistake is one message. What can only be known of the whole space becomes a
//! [`Check`], made after elaboration.
//!
//! Deliberately absent: anything about weights, and any order other than that of the source.

mod apply;
mod builtin;
mod call;
mod choose;
mod control;
mod expr;
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
use rustc_hash::{FxHashMap, FxHashSet};

use module::Module;
use place::Place;
use scope::Env;
use value::{Instance, Value};

pub(crate) use space::space;

use crate::diagnostic::{Diagnostic, Sink};
use crate::ir::{DecisionId, Graph, Origin};
use crate::prim::Check;
use crate::source::Sources;
use crate::vary::{Unary, Vary};

/// Most nodes that a space may have.
pub(crate) const FUEL: usize = 1_000_000;
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
    /// The calls around the current place, outermost first.
    calls: Vec<Origin>,
    /// Constants, once evaluated; `None` while being evaluated.
    constants: FxHashMap<(usize, Arc<str>), Option<Value<'a>>>,
    decisions: FxHashMap<Arc<str>, DecisionId>,
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
    /// A place in the current file.
    fn at(&self, span: Span) -> Origin {
        let file = self.modules.get(self.module).map_or(0, |module| module.file);
        Origin { file, start: span.start, end: span.end }
    }

    /// Reports a mistake; its value is poison.
    fn fail(&mut self, diagnostic: Diagnostic) -> Value<'a> {
        let diagnostic = self.with_calls(diagnostic);
        self.sink.push(diagnostic);
        Value::Poison
    }

    /// Reports a mistake at a place of the current file; its value is poison.
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) -> Value<'a> {
        let origin = self.at(span);
        self.fail(Diagnostic::error(code, origin, message))
    }

    /// Adds where the user's own file led to a mistake inside the standard library.
    fn with_calls(&self, diagnostic: Diagnostic) -> Diagnostic {
        if !self.sources.is_std(diagnostic.origin().file) {
            return diagnostic;
        }
        match self.calls.iter().rev().find(|call| !self.sources.is_std(call.file)) {
            Some(&call) => diagnostic.label(call, "called from here"),
            None => diagnostic,
        }
    }

    /// The result of a scalar operation: a fault in every network is reported at once.
    fn settled(&mut self, value: Vary, span: Span) -> Value<'a> {
        if let Some(crate::vary::Leaf::Fault(fault)) = self.graph.diagrams.constant(value) {
            let message = self.graph.diagrams.fault_message(*fault).to_owned();
            return self.error("E0218", span, message);
        }
        Value::Scalar(value)
    }

    /// Whether a value failed in some network.
    fn has_fault(&mut self, value: Vary) -> bool {
        self.graph.diagrams.unary(Unary::IsFault, value) != crate::vary::FALSE
    }
}
