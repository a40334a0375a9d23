//! The files of a compilation: parsed, with their imports followed.

use std::collections::BTreeMap;

use nasc_grammar::ast::{self, ImportNames, ItemKind};
use nasc_grammar::{Span, parse};

use crate::diagnostic::{Diagnostic, Sink};
use crate::ir::Origin;
use crate::library;
use crate::source::{Load, Sources, resolve};

/// A parsed file.
pub(crate) struct Module {
    /// Its place among the sources.
    pub file: u32,
    /// Its tree.
    pub ast: ast::File,
    /// Whether some of it could not be parsed.
    pub broken: bool,
    /// The module that each import item names, in item order; `None` after an error.
    pub imports: Vec<Option<usize>>,
}

/// Reads a file and everything it imports, each once. The first module is the file itself.
pub(crate) fn load_all(
    load: &dyn Load,
    name: &str,
    sources: &mut Sources,
    sink: &mut Sink,
) -> Result<Vec<Module>, String> {
    let mut modules = Vec::new();
    let text = match library::file(name) {
        Some(text) => text.to_owned(),
        None => load.load(name)?,
    };
    read(load, name, text, &mut Loading { sources, sink, modules: &mut modules, open: Vec::new() });
    Ok(modules)
}

struct Loading<'s> {
    sources: &'s mut Sources,
    sink: &'s mut Sink,
    modules: &'s mut Vec<Module>,
    /// The modules whose imports are being followed.
    open: Vec<usize>,
}

fn read(load: &dyn Load, name: &str, text: String, state: &mut Loading<'_>) -> usize {
    let parsed = parse(&text);
    let broken = !parsed.errors.is_empty();
    let file = state.sources.add(name, text);
    for error in parsed.errors {
        let origin = Origin { file, start: error.span.start, end: error.span.end };
        let mut diagnostic = Diagnostic::error(error.code, origin, error.message);
        if !error.label.is_empty() {
            diagnostic = diagnostic.at(error.label);
        }
        for (span, text) in error.related {
            diagnostic = diagnostic.label(Origin { file, start: span.start, end: span.end }, text);
        }
        if let Some(help) = error.help {
            diagnostic = diagnostic.help(help);
        }
        state.sink.push(diagnostic);
    }
    let module = state.modules.len();
    state.modules.push(Module { file, ast: parsed.file, broken, imports: Vec::new() });
    state.open.push(module);
    let wanted: Vec<(String, Origin)> = state.modules[module]
        .ast
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Import(import) => {
                let span = import.path_span;
                let origin = Origin { file, start: span.start, end: span.end };
                Some((resolve(name, &import.path), origin))
            }
            _ => None,
        })
        .collect();
    for (wanted, origin) in wanted {
        let found = follow(load, &wanted, origin, state);
        state.modules[module].imports.push(found);
    }
    state.open.pop();
    module
}

/// The module of an imported file, read now if it was not yet.
fn follow(load: &dyn Load, wanted: &str, origin: Origin, state: &mut Loading<'_>) -> Option<usize> {
    if let Some(known) = state.sources.find(wanted) {
        let module = state.modules.iter().position(|module| module.file == known)?;
        if state.open.contains(&module) {
            let message = format!("`{wanted}` imports itself, directly or through other files");
            state.sink.push(Diagnostic::error("E0202", origin, message));
            return None;
        }
        return Some(module);
    }
    let text = if wanted.starts_with("std/") {
        let text = library::file(wanted).map(str::to_owned);
        text.ok_or_else(|| "the standard library has no such file".to_owned())
    } else {
        load.load(wanted)
    };
    match text {
        Ok(text) => Some(read(load, wanted, text, state)),
        Err(reason) => {
            let message = format!("`{wanted}` cannot be read");
            let diagnostic = Diagnostic::error("E0201", origin, message).note(reason);
            state.sink.push(if wanted.starts_with("std/") {
                towards_library(diagnostic, wanted)
            } else {
                diagnostic
            });
            None
        }
    }
}

/// Names the library file that is nearest to `wanted`, or else what its folder holds.
fn towards_library(diagnostic: Diagnostic, wanted: &str) -> Diagnostic {
    let plain = |name: &'static str| name.trim_end_matches(".nas");
    let wanted = wanted.trim_end_matches(".nas");
    let known = || library::FILES.iter().map(|(name, _)| plain(name));
    let diagnostic = diagnostic.suggest(wanted, known());
    if diagnostic.help.is_some() {
        return diagnostic;
    }
    let folder = |name: &str| name.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let is_known = known().any(|name| folder(name) == folder(wanted));
    let folder_of = if is_known { folder(wanted) } else { Some("std".to_owned()) };
    let beside: Vec<&str> = known().filter(|name| folder(name) == folder_of).collect();
    diagnostic.note(format!("there are {}", beside.join(", ")))
}

/// What a name means at the top of a file.
#[derive(Clone, Copy)]
pub(crate) enum Global<'a> {
    /// A constant of a module.
    Const(usize, &'a ast::Const),
    /// A block of a module.
    Block(usize, &'a ast::Block),
    /// A space or network of a module.
    Space(usize, &'a ast::Space),
    /// A derived network of a module.
    Derive(usize, &'a ast::Derive),
    /// A whole module.
    Module(usize),
    /// Something of a file that could not be read, which was reported.
    Lost,
}

/// What `name` means at the top of `module`, imports included.
pub(crate) fn global<'a>(modules: &'a [Module], module: usize, name: &str) -> Option<Global<'a>> {
    let this = modules.get(module)?;
    let mut import_index = 0;
    for item in &this.ast.items {
        match &item.kind {
            ItemKind::Const(item) if &*item.name.text == name => {
                return Some(Global::Const(module, item));
            }
            ItemKind::Block(item) if &*item.name.text == name => {
                return Some(Global::Block(module, item));
            }
            ItemKind::Space(item) if &*item.name.text == name => {
                return Some(Global::Space(module, item));
            }
            ItemKind::Derive(item) if &*item.name.text == name => {
                return Some(Global::Derive(module, item));
            }
            ItemKind::Import(import) => {
                let target = this.imports.get(import_index).copied().flatten();
                import_index += 1;
                match &import.names {
                    ImportNames::All(alias) if &*alias.text == name => {
                        return Some(target.map_or(Global::Lost, Global::Module));
                    }
                    ImportNames::All(_) => {}
                    ImportNames::Some(names) => {
                        for import in names {
                            let local = import.alias.as_ref().unwrap_or(&import.name);
                            if &*local.text == name {
                                let found = target
                                    .and_then(|target| global(modules, target, &import.name.text));
                                // What is not there was reported at the import.
                                return Some(found.unwrap_or(Global::Lost));
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    None
}

/// Reports names that are defined twice, and imported names that their file does not have.
pub(crate) fn check_names(modules: &[Module], sink: &mut Sink) {
    for (index, module) in modules.iter().enumerate() {
        let at = |span: Span| Origin { file: module.file, start: span.start, end: span.end };
        let mut known: BTreeMap<&str, Span> = BTreeMap::new();
        for name in defined(module) {
            if let Some(&first) = known.get(&*name.text) {
                sink.push(twice(at(name.span), name, at(first)));
            } else {
                known.insert(&name.text, name.span);
            }
        }
        for params in module.ast.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Block(block) => Some(&block.params),
            ItemKind::Space(space) => Some(&space.params),
            _ => None,
        }) {
            for (place, param) in params.iter().enumerate() {
                let twin = params.iter().take(place).find(|p| p.name.text == param.name.text);
                if let Some(twin) = twin {
                    sink.push(twice(at(param.name.span), &param.name, at(twin.name.span)));
                }
            }
        }
        check_imports(modules, index, sink);
    }
}

fn twice(origin: Origin, name: &ast::Name, first: Origin) -> Diagnostic {
    Diagnostic::error("E0209", origin, format!("`{name}` is defined already"))
        .label(first, "the first of them")
}

/// Reports imported names that their file does not have.
fn check_imports(modules: &[Module], index: usize, sink: &mut Sink) {
    let Some(module) = modules.get(index) else { return };
    let imports = module.ast.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Import(import) => Some(import),
        _ => None,
    });
    for (import, target) in imports.zip(&module.imports) {
        let (Some(target), ImportNames::Some(names)) = (target, &import.names) else { continue };
        // What a broken file would have had is not known.
        if modules.get(*target).is_none_or(|target| target.broken) {
            continue;
        }
        for name in names {
            if matches!(global(modules, *target, &name.name.text), None | Some(Global::Lost)) {
                let span = name.name.span;
                let origin = Origin { file: module.file, start: span.start, end: span.end };
                let message = format!("`{}` has no `{}`", import.path, name.name);
                let known = global_names(modules, *target);
                sink.push(
                    Diagnostic::error("E0203", origin, message).suggest(&name.name.text, known),
                );
            }
        }
    }
}

/// The names that a file defines or imports, in order.
fn defined(module: &Module) -> Vec<&ast::Name> {
    let mut names = Vec::new();
    for item in &module.ast.items {
        match &item.kind {
            ItemKind::Const(item) => names.push(&item.name),
            ItemKind::Block(item) => names.push(&item.name),
            ItemKind::Space(item) => names.push(&item.name),
            ItemKind::Derive(item) => names.push(&item.name),
            ItemKind::Import(import) => match &import.names {
                ImportNames::All(alias) => names.push(alias),
                ImportNames::Some(list) => {
                    names.extend(list.iter().map(|i| i.alias.as_ref().unwrap_or(&i.name)));
                }
            },
            ItemKind::Remap(_) => {}
        }
    }
    names
}

/// The names that the top of a file knows, for suggestions.
pub(crate) fn global_names(modules: &[Module], module: usize) -> Vec<&str> {
    let names = modules.get(module).map(defined).unwrap_or_default();
    names.into_iter().map(|name| &*name.text).collect()
}
