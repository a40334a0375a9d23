//! `@key(scheme: "name")`: names of tensors for interchange.
//!
//! On a call of a primitive its tensors are `name.weight`, `name.bias`, …; on a call of a block the name
//! stands for the call, and what lies below it keeps its own path: `name.expand.weight`. The innermost
//! annotation of a scheme counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use nasc_grammar::ast::Annotation;

use super::Elaborator;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::ir::{Key, ParamId};
use crate::vary::{FALSE, Leaf, TRUE};

/// An annotated call around the current place.
pub(super) struct KeyScope {
    keys: Vec<Key>,
    /// The path of the call; none before it has begun.
    base: Option<String>,
}

impl KeyScope {
    pub(super) fn new(keys: Vec<Key>) -> Self {
        Self { keys, base: None }
    }
}

/// The names of the tensors of a node, without their last parts.
pub(super) fn keys_at(scopes: &mut [KeyScope], path: &str) -> Vec<Key> {
    begin(scopes, path);
    let mut keys: Vec<Key> = Vec::new();
    for scope in scopes.iter().rev() {
        let below = scope.base.as_deref().and_then(|base| path.strip_prefix(base));
        let Some(below) = below.filter(|below| below.is_empty() || below.starts_with('.')) else {
            continue;
        };
        for key in &scope.keys {
            if keys.iter().all(|known| known.scheme != key.scheme) {
                let name = format!("{}{below}", key.name).into();
                keys.push(Key { scheme: key.scheme.clone(), name });
            }
        }
    }
    keys
}

/// The call at `path` begins: the first after an annotation is the annotated one.
pub(super) fn begin(scopes: &mut [KeyScope], path: &str) {
    for scope in scopes {
        scope.base.get_or_insert_with(|| path.to_owned());
    }
}

impl<'a> Elaborator<'a> {
    /// What a `@key` says; `None` after an error.
    pub(super) fn key(&mut self, annotation: &'a Annotation) -> Option<Vec<Key>> {
        let mut keys = Vec::new();
        for arg in &annotation.args {
            let Some(scheme) = &arg.name else {
                self.error("E0221", arg.span, "`@key` names a scheme: `@key(torchvision: \"…\")`");
                return None;
            };
            let name = match self.expr(&arg.value) {
                Value::Scalar(value) => {
                    self.graph.diagrams.constant(value).and_then(Leaf::as_str).map(str::to_owned)
                }
                Value::Poison => return None,
                _ => None,
            };
            let Some(name) = name else {
                let message = "the name of a tensor is a string, the same in every network";
                self.error("E0217", arg.value.span, message);
                return None;
            };
            keys.push(Key { scheme: scheme.text.clone(), name: name.into() });
        }
        if keys.is_empty() {
            let message = "`@key` says how a scheme calls the tensors: `@key(torchvision: \"…\")`";
            self.error("E0221", annotation.span, message);
            return None;
        }
        Some(keys)
    }

    /// No network has two tensors of one name.
    pub(super) fn check_keys(&mut self) {
        let mut named: BTreeMap<(Arc<str>, Arc<str>), Vec<ParamId>> = BTreeMap::new();
        for (place, param) in self.graph.params.iter().enumerate() {
            for key in &param.keys {
                let entry = named.entry((key.scheme.clone(), key.name.clone())).or_default();
                entry.push(ParamId(place as u32));
            }
        }
        named.retain(|_, params| params.len() > 1);
        if named.is_empty() {
            return;
        }
        let presence = self.graph.param_presence();
        for ((scheme, name), params) in named {
            for (at, &second) in params.iter().enumerate() {
                for &first in &params[..at] {
                    let both =
                        [presence[first.index()], presence[second.index()], self.graph.valid];
                    let both =
                        both.into_iter().fold(TRUE, |all, here| self.graph.diagrams.and(all, here));
                    if both == FALSE {
                        continue;
                    }
                    let [first, second] = [first, second].map(|id| self.graph.param(id));
                    let message = format!("two tensors of a network are called `{name}`");
                    let (first, here) = (first.origin, second.origin);
                    let diagnostic = Diagnostic::error("E0239", here, message)
                        .label(first, "the first of them")
                        .note(format!("a name stands for one tensor in the scheme `{scheme}`"));
                    self.fail(diagnostic);
                    return;
                }
            }
        }
    }
}
