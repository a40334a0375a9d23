//! Items.

use std::sync::Arc;

use super::{Builder, Node, Parts, Rule, decision, expr, stmt};
use crate::{
    Span, SyntaxError,
    ast::{
        Annotation, Block, Const, Derive, DeriveEntry, DeriveOption, Import, ImportName,
        ImportNames, Item, ItemKind, Name, Param, Remap, RemapEntry, Space, SpaceKind, Type,
        TypeKind,
    },
    error,
};

/// An item.
pub(super) fn item(b: &mut Builder, pair: Node) -> Item {
    let span = b.span(&pair);
    let doc = b.doc(span);
    let kind = match pair.as_rule() {
        Rule::import => ItemKind::Import(import(b, pair)),
        Rule::constant => {
            let mut parts = Parts::of(pair);
            let name = b.name(&parts.part());
            ItemKind::Const(Const { name, value: expr::expr(b, parts.part()) })
        }
        Rule::block => {
            let mut parts = Parts::of(pair);
            let name = b.name(&parts.part());
            let (params, params_span) = params(b, parts.part());
            let body = stmt::body(b, parts.part());
            ItemKind::Block(Block { name, params, params_span, body })
        }
        Rule::space => ItemKind::Space(space(b, pair)),
        Rule::derive => ItemKind::Derive(derive(b, pair)),
        Rule::remap => ItemKind::Remap(remap(b, pair)),
        rule => unreachable!("{rule:?} is not an item"),
    };
    Item { kind, doc, span }
}

fn import(b: &mut Builder, pair: Node) -> Import {
    let mut parts = Parts::of(pair);
    let (path, path_span) = quoted(b, parts.part());
    let names = parts.part();
    let names = match names.as_rule() {
        Rule::import_names => ImportNames::Some(
            Parts::of(names)
                .map(|pair| {
                    let mut parts = Parts::of(pair);
                    let name = b.name(&parts.part());
                    ImportName { name, alias: parts.next().map(|alias| b.name(&alias)) }
                })
                .collect(),
        ),
        _ => ImportNames::All(b.name(&names)),
    };
    Import { path, path_span, names }
}

fn space(b: &mut Builder, pair: Node) -> Space {
    let mut parts = Parts::of(pair);
    let kind = match parts.part().as_str() {
        "space" => SpaceKind::Space,
        _ => SpaceKind::Network,
    };
    let name = b.name(&parts.part());
    let (params, params_span) = params(b, parts.part());
    let annotations = annotations(b, &mut parts);
    let body = stmt::body(b, parts.part());
    Space { kind, name, params, params_span, annotations, body }
}

fn annotations(b: &mut Builder, parts: &mut Parts) -> Vec<Annotation> {
    let mut annotations = Vec::new();
    while let Some(pair) = parts.part_if(Rule::annotation) {
        annotations.push(decision::annotation(b, pair));
    }
    annotations
}

fn params(b: &mut Builder, pair: Node) -> (Vec<Param>, Span) {
    let span = b.span(&pair);
    (Parts::of(pair).map(|pair| param(b, pair)).collect(), span)
}

/// A parameter.
pub(super) fn param(b: &mut Builder, pair: Node) -> Param {
    let span = b.span(&pair);
    let mut parts = Parts::of(pair);
    let name = b.name(&parts.part());
    let ty = parts.part_if(Rule::param_type).map(|pair| {
        let span = b.span(&pair);
        Type { kind: type_kind(b, pair), span }
    });
    let default = parts.next().map(|pair| expr::expr(b, pair));
    Param { name, ty, default, span }
}

fn type_kind(b: &mut Builder, pair: Node) -> TypeKind {
    match Parts::of(pair).part() {
        inner if inner.as_rule() == Rule::param_type => {
            TypeKind::List(Box::new(type_kind(b, inner)))
        }
        word => match word.as_str() {
            "int" => TypeKind::Int,
            "float" => TypeKind::Float,
            "bool" => TypeKind::Bool,
            "str" => TypeKind::Str,
            "tensor" => TypeKind::Tensor,
            "block" => TypeKind::Block,
            unknown => {
                let message = format!("there is no type `{unknown}`");
                let help = "the types are `int`, `float`, `bool`, `str`, `tensor`, `block` and \
                            lists of them, such as `[int]`";
                let error = SyntaxError::at(error::UNKNOWN_TYPE, b.span(&word), message).help(help);
                b.errors.push(error);
                TypeKind::Tensor
            }
        },
    }
}

fn derive(b: &mut Builder, pair: Node) -> Derive {
    let mut parts = Parts::of(pair);
    let name = b.name(&parts.part());
    let (file, file_span) = quoted(b, parts.part());
    let space = parts.part_if(Rule::word).map(|word| b.name(&word));
    let args = parts.part_if(Rule::args).map(|pair| expr::args(b, pair)).unwrap_or_default();
    let annotations = annotations(b, &mut parts);
    let entries = Parts::of(parts.part()).map(|pair| derive_entry(b, pair)).collect();
    Derive { name, file, file_span, space, args, annotations, entries }
}

fn derive_entry(b: &Builder, pair: Node) -> DeriveEntry {
    let span = b.span(&pair);
    let mut parts = Parts::of(pair);
    let path = b.name(&parts.part());
    let set = parts.part();
    let option = match set.as_rule() {
        Rule::subset => DeriveOption::Subset(Parts::of(set).map(|pair| option(b, pair)).collect()),
        _ => DeriveOption::One(option(b, set)),
    };
    DeriveEntry { path, option, span }
}

/// An option by its label or value; the text is without quotes, the span with them.
pub(super) fn option(b: &Builder, pair: Node) -> Name {
    let written = Parts::of(pair).part();
    match written.as_rule() {
        Rule::quoted => {
            let (text, span) = quoted(b, written);
            Name { text, span }
        }
        _ => b.name(&written),
    }
}

/// A string that is taken as it is.
fn quoted(b: &Builder, pair: Node) -> (Arc<str>, Span) {
    let span = b.span(&pair);
    (Arc::from(Parts::of(pair).part().as_str()), span)
}

/// `remap …`, an item and a statement.
pub(super) fn remap(b: &mut Builder, pair: Node) -> Remap {
    let span = b.span(&pair);
    let mut parts = Parts::of(pair);
    let seed = b.name(&parts.part());
    let args = parts.part_if(Rule::args).map(|pair| expr::args(b, pair)).unwrap_or_default();
    let entries = parts
        .map(|pair| {
            let rule = pair.as_rule();
            let mut parts = Parts::of(pair);
            let (first, second) = (b.name(&parts.part()), b.name(&parts.part()));
            match rule {
                Rule::remap_policy => RemapEntry::Policy { name: first, value: second },
                _ => RemapEntry::From { target: first, source: second },
            }
        })
        .collect();
    Remap { seed, args, entries, span }
}
