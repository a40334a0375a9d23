//! Items.

use super::{
    Source,
    braces::brace_parts,
    doc::{Doc, text},
};
use crate::ast::{
    Annotation, DeriveEntry, DeriveOption, Import, ImportName, ImportNames, Item, ItemKind, Remap,
    RemapEntry, SpaceKind,
};

/// An item, without its documentation, which is a comment here.
pub(super) fn item(source: &mut Source, item: &Item) -> Doc {
    let end = item.span.end;
    match &item.kind {
        ItemKind::Import(import) => source.import(import, end),
        ItemKind::Const(constant) => {
            let value = source.expr(&constant.value);
            Doc::Concat(vec![text(format!("const {} = ", constant.name)), value])
        }
        ItemKind::Block(block) => {
            let name = text(format!("block {}", block.name));
            let params = source.params(&block.params, block.params_span);
            let body = source.body(&block.body);
            Doc::Concat(vec![name, params, text(" "), body])
        }
        ItemKind::Space(space) => {
            let kind = match space.kind {
                SpaceKind::Space => "space",
                SpaceKind::Network => "network",
            };
            let mut parts = vec![text(format!("{kind} {}", space.name))];
            parts.push(source.params(&space.params, space.params_span));
            source.annotations(&space.annotations, &mut parts);
            parts.push(text(" "));
            parts.push(source.body(&space.body));
            Doc::Concat(parts)
        }
        ItemKind::Derive(derive) => {
            let file = source.slice(derive.file_span);
            let mut parts = vec![text(format!("derive {} from {file}", derive.name))];
            parts.extend(derive.space.as_ref().map(|space| text(format!("#{space}"))));
            if !derive.args.is_empty() {
                let after = derive.args.last().map_or(0, |arg| arg.span.end);
                parts.push(source.args(&derive.args, after));
            }
            source.annotations(&derive.annotations, &mut parts);
            let rows = source.rows(&derive.entries, end, |entry| entry.span, Source::derive_entry);
            parts.push(text(" "));
            parts.push(Doc::Group { broken: true, parts: brace_parts(rows, ", ") });
            Doc::Concat(parts)
        }
        ItemKind::Remap(remap) => source.remap(remap),
    }
}

impl Source<'_> {
    fn import(&mut self, import: &Import, end: u32) -> Doc {
        let mut parts = vec![text(format!("import {} ", self.slice(import.path_span)))];
        match &import.names {
            ImportNames::All(alias) => parts.push(text(format!("as {alias}"))),
            ImportNames::Some(names) => {
                let rows = self.rows(names, end, |name| name.name.span, |_, name| imported(name));
                let broken = rows.commented();
                parts.push(Doc::Group { broken, parts: brace_parts(rows, ", ") });
            }
        }
        Doc::Concat(parts)
    }

    /// ` @a @b(…)`.
    pub(super) fn annotations(&mut self, annotations: &[Annotation], parts: &mut Vec<Doc>) {
        for annotation in annotations {
            parts.push(text(format!(" @{}", annotation.name)));
            if !annotation.args.is_empty() {
                parts.push(self.args(&annotation.args, annotation.span.end));
            }
        }
    }

    fn derive_entry(&mut self, entry: &DeriveEntry) -> Doc {
        let option = match &entry.option {
            DeriveOption::One(option) => self.slice(option.span).to_owned(),
            DeriveOption::Subset(options) => {
                let options: Vec<&str> = options.iter().map(|o| self.slice(o.span)).collect();
                format!("[{}]", options.join(", "))
            }
        };
        text(format!("{} = {option}", entry.path))
    }

    /// `remap seed { … }`.
    pub(super) fn remap(&mut self, remap: &Remap) -> Doc {
        let mut parts = vec![text(format!("remap {}", remap.seed))];
        if !remap.args.is_empty() {
            let after = remap.args.last().map_or(0, |arg| arg.span.end);
            parts.push(self.args(&remap.args, after));
        }
        let span = |entry: &RemapEntry| match entry {
            RemapEntry::Policy { name, value } => name.span.to(value.span),
            RemapEntry::From { target, source } => target.span.to(source.span),
        };
        let rows = self.rows(&remap.entries, remap.span.end, span, |_, entry| match entry {
            RemapEntry::Policy { name, value } => text(format!("{name}: {value}")),
            RemapEntry::From { target, source } => text(format!("{target} from {source}")),
        });
        parts.push(text(" "));
        parts.push(Doc::Group { broken: true, parts: brace_parts(rows, ", ") });
        Doc::Concat(parts)
    }
}

fn imported(name: &ImportName) -> Doc {
    text(match &name.alias {
        Some(alias) => format!("{} as {alias}", name.name),
        None => name.name.to_string(),
    })
}
