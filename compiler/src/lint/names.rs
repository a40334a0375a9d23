//! Names that are never used.
//!
//! A `let`, a parameter of a block, an input; and at the top of a file that holds a space, what it
//! imports and defines. A file without a space is a library: its names are for others. A name that
//! begins with `_` says that it is not meant to be used.

use std::collections::BTreeSet;

use nasc_grammar::Span;
use nasc_grammar::ast::{
    AltItem, Annotation, Arg, Body, Choice, Choose, Expr, ExprKind, Generator, ImportNames, Item,
    ItemKind, Keep, Label, Name, Param, Pattern, PatternKind, Remap, RemapEntry, Stmt, StmtKind,
    StrPart,
};

use crate::diagnostic::{Diagnostic, Sink};
use crate::elaborate::module::Module;
use crate::ir::Origin;
use crate::source::Sources;

/// Warns of names that nothing uses. Gives the places of `let`s whose names are among them: what is
/// decided there needs no second warning.
pub(super) fn unused(modules: &[Module], sources: &Sources, sink: &mut Sink) -> Vec<Origin> {
    let mut places = Vec::new();
    let imported: BTreeSet<usize> =
        modules.iter().flat_map(|module| module.imports.iter().flatten().copied()).collect();
    for (index, module) in modules.iter().enumerate() {
        if sources.is_std(module.file) {
            continue;
        }
        let mut scan = Scan::default();
        for item in &module.ast.items {
            scan.item(item);
        }
        if !imported.contains(&index) {
            scan.top(&module.ast.items);
        }
        let at = |span: Span| Origin { file: module.file, start: span.start, end: span.end };
        for Unused { name, what, whole } in scan.found {
            let mut diagnostic = Diagnostic::warning(
                "W0906",
                at(name.span),
                format!("{what} `{name}` is never used"),
            );
            if matches!(what, What::Let) {
                diagnostic = diagnostic.help(format!("`_{name}` says that it is not meant to be"));
            }
            places.extend(whole.map(at));
            sink.push(diagnostic);
        }
    }
    places
}

/// What a name is the name of.
#[derive(Clone, Copy)]
enum What {
    Let,
    Parameter,
    Input,
    Import,
    Const,
    Block,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Let => "the `let`",
            Self::Parameter => "the parameter",
            Self::Input => "the input",
            Self::Import => "the imported",
            Self::Const => "the constant",
            Self::Block => "the block",
        })
    }
}

/// A name without a use.
struct Unused<'a> {
    name: &'a Name,
    what: What,
    /// The value of a `let`.
    whole: Option<Span>,
}

/// A name in sight.
struct Binding<'a> {
    /// What is warned of; `None` for the numbers of loops and the like.
    of: Option<Unused<'a>>,
    text: &'a str,
    used: bool,
}

/// The walk over one file.
#[derive(Default)]
struct Scan<'a> {
    /// The names in sight, innermost last.
    scope: Vec<Binding<'a>>,
    /// The names that are looked for at the top of the file.
    top: BTreeSet<&'a str>,
    found: Vec<Unused<'a>>,
}

impl<'a> Scan<'a> {
    fn item(&mut self, item: &'a Item) {
        match &item.kind {
            ItemKind::Const(item) => self.expr(&item.value),
            ItemKind::Block(item) => self.inside(|this| {
                this.params(&item.params, Some(What::Parameter));
                this.stmts(&item.body);
            }),
            ItemKind::Space(item) => self.inside(|this| {
                this.params(&item.params, Some(What::Parameter));
                this.annotations(&item.annotations);
                this.stmts(&item.body);
            }),
            ItemKind::Remap(remap) => self.remap(remap),
            ItemKind::Import(_) | ItemKind::Derive(_) => {}
        }
    }

    /// What the file imports and defines, if it holds a space.
    fn top(&mut self, items: &'a [Item]) {
        let has_space = items.iter().any(|item| matches!(item.kind, ItemKind::Space(_)));
        if !has_space {
            return;
        }
        for item in items {
            match &item.kind {
                ItemKind::Const(item) => self.defined(&item.name, What::Const),
                ItemKind::Block(item) => self.defined(&item.name, What::Block),
                ItemKind::Import(import) => match &import.names {
                    ImportNames::All(alias) => self.defined(alias, What::Import),
                    ImportNames::Some(names) => {
                        for name in names {
                            self.defined(name.alias.as_ref().unwrap_or(&name.name), What::Import);
                        }
                    }
                },
                ItemKind::Space(_) | ItemKind::Derive(_) | ItemKind::Remap(_) => {}
            }
        }
    }

    fn defined(&mut self, name: &'a Name, what: What) {
        if !self.top.contains(&*name.text) && !name.text.starts_with('_') {
            self.found.push(Unused { name, what, whole: None });
        }
    }

    /// Runs `work` and forgets the names that it bound.
    fn inside(&mut self, work: impl FnOnce(&mut Self)) {
        let mark = self.scope.len();
        work(self);
        for binding in self.scope.drain(mark..) {
            let unused = !binding.used && !binding.text.starts_with('_');
            self.found.extend(binding.of.filter(|_| unused));
        }
    }

    fn bind(&mut self, name: &'a Name, what: Option<What>, whole: Option<Span>) {
        let of = what.map(|what| Unused { name, what, whole });
        self.scope.push(Binding { of, text: &name.text, used: false });
    }

    fn bind_pattern(&mut self, pattern: &'a Pattern, what: Option<What>, whole: Option<Span>) {
        match &pattern.kind {
            PatternKind::Name(name) => self.bind(name, what, whole),
            PatternKind::Wildcard => {}
            PatternKind::List(parts) => {
                for part in parts {
                    self.bind_pattern(part, what, None);
                }
            }
        }
    }

    fn uses(&mut self, name: &'a str) {
        match self.scope.iter_mut().rev().find(|binding| binding.text == name) {
            Some(binding) => binding.used = true,
            None => {
                self.top.insert(name);
            }
        }
    }

    fn params(&mut self, params: &'a [Param], what: Option<What>) {
        for param in params {
            self.exprs(param.default.iter());
            self.bind(&param.name, what, None);
        }
    }

    fn body(&mut self, body: &'a Body) {
        self.inside(|this| this.stmts(body));
    }

    fn stmts(&mut self, body: &'a Body) {
        for stmt in &body.stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        match &stmt.kind {
            StmtKind::Let { pattern, value, doc: _ } => {
                self.expr(value);
                self.bind_pattern(pattern, Some(What::Let), Some(value.span));
            }
            StmtKind::Assign { name: _, value } | StmtKind::Output { pattern: _, value } => {
                self.expr(value);
            }
            StmtKind::Expr(expr) | StmtKind::Forbid(expr) => self.expr(expr),
            StmtKind::Defaults { primitive: _, entries } => {
                self.exprs(entries.iter().map(|entry| &entry.value));
            }
            StmtKind::Input { name, shape } => {
                self.expr(shape);
                self.bind(name, Some(What::Input), None);
            }
            StmtKind::Limit(limit) => {
                self.args(&limit.args);
                self.expr(&limit.value);
            }
            StmtKind::Require { cond, message } => {
                self.expr(cond);
                self.exprs(message.iter());
            }
            StmtKind::Remap(remap) => self.remap(remap),
        }
    }

    fn remap(&mut self, remap: &'a Remap) {
        self.uses(remap.seed.text.split('.').next().unwrap_or_default());
        self.args(&remap.args);
        for entry in &remap.entries {
            // A path begins with the name of a `let`.
            if let RemapEntry::From { target, source: _ } = entry {
                self.uses(target.text.split('.').next().unwrap_or_default());
            }
        }
    }

    fn args(&mut self, args: &'a [Arg]) {
        self.exprs(args.iter().map(|arg| &arg.value));
    }

    fn annotations(&mut self, annotations: &'a [Annotation]) {
        for annotation in annotations {
            self.args(&annotation.args);
        }
    }

    fn parts(&mut self, parts: &'a [StrPart]) {
        for part in parts {
            if let StrPart::Expr(expr) = part {
                self.expr(expr);
            }
        }
    }

    fn label(&mut self, label: &'a Label) {
        self.parts(&label.parts);
    }

    fn exprs(&mut self, exprs: impl Iterator<Item = &'a Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Duration(_)
            | ExprKind::Size(_) => {}
            ExprKind::Str(parts) => self.parts(parts),
            ExprKind::Name(name) => self.uses(name),
            ExprKind::List(items) => self.exprs(items.iter()),
            ExprKind::Range { start, end, inclusive: _, step } => {
                self.expr(start);
                self.expr(end);
                self.exprs(step.as_deref().into_iter());
            }
            ExprKind::Call { callee, args } => {
                self.expr(callee);
                self.args(args);
            }
            ExprKind::Index { base, index } => {
                self.expr(base);
                self.expr(index);
            }
            ExprKind::Slice { base, from, to } => {
                self.expr(base);
                self.exprs(from.as_deref().into_iter().chain(to.as_deref()));
            }
            ExprKind::Field { base, name: _ } => self.expr(base),
            ExprKind::Unary { op: _, operand } => self.expr(operand),
            ExprKind::Binary { op: _, op_span: _, lhs, rhs } | ExprKind::Pipe { lhs, rhs } => {
                self.expr(lhs);
                self.expr(rhs);
            }
            ExprKind::Labelled { expr, label } => {
                self.expr(expr);
                self.label(label);
            }
            ExprKind::Annotated { expr, annotations } => {
                self.expr(expr);
                self.annotations(annotations);
            }
            ExprKind::Lambda { params, body } => self.inside(|this| {
                this.params(params, None);
                this.expr(body);
            }),
            ExprKind::If { cond, then, otherwise } => {
                self.expr(cond);
                self.body(then);
                if let Some(body) = otherwise {
                    self.body(body);
                }
            }
            ExprKind::Match { subject, arms } => {
                self.expr(subject);
                for arm in arms {
                    self.exprs(arm.value.iter());
                    self.expr(&arm.result);
                }
            }
            ExprKind::For { generators, label, body } => self.inside(|this| {
                this.generators(generators);
                if let Some(label) = label {
                    this.label(label);
                }
                this.stmts(body);
            }),
            ExprKind::Choose(choose) => self.choose(choose),
            ExprKind::Keep(keep) => {
                let Keep { count, name: _, annotations, alternatives } = &**keep;
                self.expr(count);
                self.annotations(annotations);
                self.alternatives(alternatives);
            }
            ExprKind::Shared(inner) => self.expr(inner),
            ExprKind::Block(body) => self.body(body),
        }
    }

    fn choose(&mut self, choose: &'a Choose) {
        let Choose { name: _, annotations, prior, default, from } = choose;
        self.annotations(annotations);
        for prior in prior {
            self.label(&prior.option);
            self.expr(&prior.weight);
        }
        if let Some(default) = default {
            self.expr(default);
            // A default may be the name of the string that says which.
            if let ExprKind::Str(parts) = &default.kind
                && let [StrPart::Text(text)] = parts.as_slice()
            {
                self.uses(text);
            }
        }
        match from {
            Choice::Set(values) => self.exprs(values.iter()),
            Choice::Values(values) => self.expr(values),
            Choice::Alternatives(items) => self.alternatives(items),
        }
    }

    fn alternatives(&mut self, items: &'a [AltItem]) {
        for item in items {
            match item {
                AltItem::Alternative { label, value, span: _ } => {
                    self.label(label);
                    self.expr(value);
                }
                AltItem::For { generators, items, span: _ } => self.inside(|this| {
                    this.generators(generators);
                    this.alternatives(items);
                }),
                AltItem::If { cond, then, otherwise, span: _ } => {
                    self.expr(cond);
                    self.alternatives(then);
                    self.alternatives(otherwise);
                }
            }
        }
    }

    fn generators(&mut self, generators: &'a [Generator]) {
        for generator in generators {
            self.expr(&generator.values);
            self.bind_pattern(&generator.pattern, None, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scan;
    use crate::library;

    /// Nobody is warned of what stands in the library, so it has to be looked at here.
    #[test]
    fn the_standard_library_uses_the_names_it_binds() {
        let mut wrong = Vec::new();
        for (file, text) in library::FILES {
            let parsed = nasc_grammar::parse(text).file;
            let mut scan = Scan::default();
            for item in &parsed.items {
                scan.item(item);
            }
            wrong.extend(scan.found.iter().map(|unused| format!("{file}: {}", unused.name)));
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
