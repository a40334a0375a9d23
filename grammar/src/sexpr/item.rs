//! Items.

use super::{Form, expr, list, quoted, some, stmt, word};
use crate::ast::{
    DeriveEntry, DeriveOption, Import, ImportNames, Item, ItemKind, Name, Param, Remap, RemapEntry,
    SpaceKind, TypeKind,
};

pub(super) fn item(item: &Item) -> Form {
    let doc = item.doc.as_deref().map(|doc| list("doc", [quoted(doc)]));
    let form = match &item.kind {
        ItemKind::Import(import) => self::import(import),
        ItemKind::Const(c) => list("const", [name(&c.name), expr::expr(&c.value)]),
        ItemKind::Block(b) => {
            let head = [name(&b.name), params(&b.params)];
            list("block", head.into_iter().chain(doc).chain(stmt::stmts(&b.body)))
        }
        ItemKind::Space(s) => {
            let kind = match s.kind {
                SpaceKind::Space => "space",
                SpaceKind::Network => "network",
            };
            let head = [name(&s.name), params(&s.params)];
            let annotations = s.annotations.iter().map(expr::annotation);
            let body = stmt::stmts(&s.body);
            list(kind, head.into_iter().chain(doc).chain(annotations).chain(body))
        }
        ItemKind::Derive(d) => {
            let head = [name(&d.name), quoted(&d.file)];
            let head = head.into_iter().chain(d.space.as_ref().map(|s| word(format!("#{s}"))));
            let args = some("args", d.args.iter().map(expr::arg).collect());
            let annotations = d.annotations.iter().map(expr::annotation);
            let entries = d.entries.iter().map(derive_entry);
            list("derive", head.chain(doc).chain(args).chain(annotations).chain(entries))
        }
        ItemKind::Remap(r) => remap(r),
    };
    match (&item.kind, &item.doc) {
        (ItemKind::Import(_) | ItemKind::Const(_) | ItemKind::Remap(_), Some(doc)) => {
            list("documented", [quoted(doc), form])
        }
        _ => form,
    }
}

fn name(name: &Name) -> Form {
    word(&*name.text)
}

fn import(import: &Import) -> Form {
    let path = quoted(&import.path);
    match &import.names {
        ImportNames::All(alias) => list("import", [path, list("as", [name(alias)])]),
        ImportNames::Some(names) => {
            let names = names.iter().map(|n| match &n.alias {
                Some(alias) => list("as", [name(&n.name), name(alias)]),
                None => name(&n.name),
            });
            list("import", [path].into_iter().chain(names))
        }
    }
}

fn params(params: &[Param]) -> Form {
    Form::List(params.iter().map(param).collect())
}

pub(super) fn param(param: &Param) -> Form {
    let ty = param.ty.as_ref().map(|ty| word(type_text(&ty.kind)));
    let default = param.default.as_ref().map(|value| list("=", [expr::expr(value)]));
    if ty.is_none() && default.is_none() {
        return name(&param.name);
    }
    list(&param.name.text, ty.into_iter().chain(default))
}

fn type_text(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Int => "int".to_owned(),
        TypeKind::Float => "float".to_owned(),
        TypeKind::Bool => "bool".to_owned(),
        TypeKind::Str => "str".to_owned(),
        TypeKind::Tensor => "tensor".to_owned(),
        TypeKind::Block => "block".to_owned(),
        TypeKind::List(inner) => format!("[{}]", type_text(inner)),
    }
}

fn derive_entry(entry: &DeriveEntry) -> Form {
    let option = match &entry.option {
        DeriveOption::One(option) => quoted(&option.text),
        DeriveOption::Subset(options) => list("subset", options.iter().map(|o| quoted(&o.text))),
    };
    list("set", [name(&entry.path), option])
}

pub(super) fn remap(remap: &Remap) -> Form {
    let args = some("args", remap.args.iter().map(expr::arg).collect());
    let entries = remap.entries.iter().map(|entry| match entry {
        RemapEntry::Policy { name: policy, value } => list(&policy.text, [name(value)]),
        RemapEntry::From { target, source } => list("from", [name(target), name(source)]),
    });
    list("remap", [name(&remap.seed)].into_iter().chain(args).chain(entries))
}
