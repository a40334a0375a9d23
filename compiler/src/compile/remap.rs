//! `remap`: the seed network is compiled, and what is said of it and of the space is checked.

use std::collections::BTreeSet;

use nasc_grammar::Span;
use nasc_grammar::ast::{self, ItemKind, Name, RemapEntry, Space, SpaceKind, StmtKind};

use super::nested::{nested, settings};
use super::{DERIVED, Options, Target};
use crate::diagnostic::{Diagnostic, Sink};
use crate::elaborate::module::{Global, Module, global, global_names};
use crate::ir::remap::{Depth, Fill, Kernel, Pair, Remap, Slots, Width};
use crate::ir::{Graph, Origin};
use crate::source::{Load, Sources};

/// What the `remap` of a space needs to know of its compilation.
pub(super) struct Surroundings<'a> {
    pub load: &'a dyn Load,
    pub modules: &'a [Module],
    /// The module and the space in it.
    pub target: (usize, &'a Space),
    pub options: &'a Options,
}

/// The checked `remap` of a space, if it has one; `None` after an error too.
///
/// A seed that is being compiled already is passed over: a network that a former search found may
/// be the seed of its own space, and whoever compiles the space itself hears of its mistakes.
pub(super) fn remap(
    around: &Surroundings<'_>,
    space: &Graph,
    (sources, sink): (&mut Sources, &mut Sink),
    open: &mut Vec<Target>,
) -> Option<Remap> {
    let (module, _) = around.target;
    let file = around.modules.get(module)?.file;
    let at = |span: Span| Origin { file, start: span.start, end: span.end };
    let written = the_only(around, &at, sink)?;
    let (seed_module, seed) = seed(around, &written.seed, &at, sink)?;
    let seed_file = sources.name(around.modules.get(seed_module)?.file).to_owned();
    let mut set = settings(&written.args, file, sources, sink)?;
    for (_, value) in &mut set {
        if let Some(own) = parameter(around, value, sources) {
            *value = own;
        }
    }
    let this: Target = (seed_file.clone(), seed.clone());
    if open.contains(&this) || open.len() >= DERIVED {
        return None;
    }
    let inner_options =
        Options { name: Some(seed.clone()), set: set.clone(), ..around.options.clone() };
    open.push((sources.name(file).to_owned(), around.target.1.name.text.to_string()));
    let place = at(written.seed.span);
    let compiled = nested(around.load, &seed_file, &inner_options, place, (sources, sink), open);
    open.pop();
    let network = compiled?.checked;
    let mut remap = Remap {
        file: seed_file.into(),
        seed: seed.into(),
        set,
        depth: Depth::default(),
        width: Width::default(),
        kernel: Kernel::default(),
        fill: Fill::default(),
        slots: Slots::default(),
        pairs: Vec::new(),
        origin: at(written.span),
    };
    let policies = policies(&mut remap, written, &at, sink);
    let pairs = pairs(&mut remap, written, (space, network.as_deref()), &at, sink);
    (policies && pairs && network.is_some()).then_some(remap)
}

/// The value of the space's parameter of that name, as text: what it was set to, or its default.
fn parameter(around: &Surroundings<'_>, name: &str, sources: &Sources) -> Option<String> {
    let (module, space) = around.target;
    let param = space.params.iter().find(|param| *param.name.text == *name)?;
    let set = around.options.set.iter().rev().find(|(of, _)| of == name);
    if let Some((_, value)) = set {
        return Some(value.clone());
    }
    let file = around.modules.get(module)?.file;
    let text = &sources.files.get(file as usize)?.text;
    text.get(param.default.as_ref()?.span.range()).map(str::to_owned)
}

/// The `remap` in the body of the space, or beside it where the file has no other space.
fn the_only<'a>(
    around: &Surroundings<'a>,
    at: &dyn Fn(Span) -> Origin,
    sink: &mut Sink,
) -> Option<&'a ast::Remap> {
    let (module, space) = around.target;
    let items = &around.modules.get(module)?.ast.items;
    let inside = space.body.stmts.iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Remap(remap) => Some(remap),
        _ => None,
    });
    let spaces: Vec<&Space> = items
        .iter()
        .filter_map(|item| if let ItemKind::Space(space) = &item.kind { Some(space) } else { None })
        .collect();
    // Where there is a space, a network of the file is what it is filled from.
    let kind = if spaces.iter().any(|other| other.kind == SpaceKind::Space) {
        SpaceKind::Space
    } else {
        SpaceKind::Network
    };
    let beside: Vec<&ast::Remap> = items
        .iter()
        .filter_map(|item| if let ItemKind::Remap(remap) = &item.kind { Some(remap) } else { None })
        .filter(|_| space.kind == kind)
        .collect();
    let spaces = spaces.iter().filter(|other| other.kind == kind).count();
    if spaces > 1
        && let Some(remap) = beside.first()
    {
        let message = "the file has several spaces, and a remap belongs to one";
        sink.push(
            Diagnostic::error("E0601", at(remap.span), message)
                .help("in the body of a space it belongs to that space"),
        );
        return None;
    }
    let mut all = inside.chain(beside);
    let first = all.next()?;
    if let Some(second) = all.next() {
        let message = format!("`{}` is remapped twice", space.name);
        sink.push(
            Diagnostic::error("E0601", at(second.span), message)
                .label(at(first.span), "the first time"),
        );
        return None;
    }
    Some(first)
}

/// The module and the name of the seed network.
fn seed(
    around: &Surroundings<'_>,
    name: &Name,
    at: &dyn Fn(Span) -> Origin,
    sink: &mut Sink,
) -> Option<(usize, String)> {
    let (mut module, _) = around.target;
    let mut rest = &*name.text;
    let found = loop {
        let (first, after) = rest.split_once('.').map_or((rest, None), |(a, b)| (a, Some(b)));
        match (global(around.modules, module, first), after) {
            (Some(Global::Module(inner)), Some(after)) => (module, rest) = (inner, after),
            (found, None) => break found,
            (Some(Global::Lost), _) => return None,
            (_, Some(_)) => break None,
        }
    };
    match found {
        Some(Global::Space(module, item)) if item.kind == SpaceKind::Network => {
            return Some((module, item.name.text.to_string()));
        }
        Some(Global::Derive(module, item)) => return Some((module, item.name.text.to_string())),
        // What could not be read was reported.
        Some(Global::Lost) => return None,
        Some(_) => {
            let message = format!("`{name}` is no network");
            let diagnostic = Diagnostic::error("E0602", at(name.span), message)
                .note("a seed is a `network`, or a network that was derived from a space");
            sink.push(diagnostic);
        }
        None => {
            let message = format!("there is no network `{name}`");
            let diagnostic = Diagnostic::error("E0602", at(name.span), message)
                .suggest(&name.text, global_names(around.modules, module));
            sink.push(match diagnostic.help {
                Some(_) => diagnostic,
                None => diagnostic.help("a seed of the library is imported from `std/seeds/…`"),
            });
        }
    }
    None
}

/// Sets the policies; whether all are known and said once.
fn policies(
    remap: &mut Remap,
    written: &ast::Remap,
    at: &dyn Fn(Span) -> Origin,
    sink: &mut Sink,
) -> bool {
    let mut said: Vec<&Name> = Vec::new();
    let mut good = true;
    for entry in &written.entries {
        let RemapEntry::Policy { name, value } = entry else { continue };
        if let Some(first) = said.iter().find(|known| known.text == name.text) {
            sink.push(twice(&name.text, at(name.span), at(first.span)));
            good = false;
            continue;
        }
        said.push(name);
        let word = &*value.text;
        let words = match &*name.text {
            Depth::NAME => Depth::of(word).map(|policy| remap.depth = policy).ok_or(Depth::WORDS),
            Width::NAME => Width::of(word).map(|policy| remap.width = policy).ok_or(Width::WORDS),
            Kernel::NAME => {
                Kernel::of(word).map(|policy| remap.kernel = policy).ok_or(Kernel::WORDS)
            }
            Fill::NAME => Fill::of(word).map(|policy| remap.fill = policy).ok_or(Fill::WORDS),
            Slots::NAME => Slots::of(word).map(|policy| remap.slots = policy).ok_or(Slots::WORDS),
            other => {
                let known = [Depth::NAME, Width::NAME, Kernel::NAME, Fill::NAME, Slots::NAME];
                let message = format!("a remap has no policy for `{other}`");
                sink.push(
                    Diagnostic::error("E0603", at(name.span), message)
                        .note(format!("policies: {}", known.join(", ")))
                        .suggest(other, known),
                );
                good = false;
                continue;
            }
        };
        if let Err(words) = words {
            let message = format!("`{name}` has no policy `{word}`");
            sink.push(
                Diagnostic::error("E0603", at(value.span), message)
                    .note(format!("policies for `{name}`: {}", words.join(", ")))
                    .suggest(word, words.iter().copied()),
            );
            good = false;
        }
    }
    good
}

/// Takes the pairs over; whether each path is there, and no part of the space has two.
fn pairs(
    remap: &mut Remap,
    written: &ast::Remap,
    (space, seed): (&Graph, Option<&Graph>),
    at: &dyn Fn(Span) -> Origin,
    sink: &mut Sink,
) -> bool {
    let pairs = || {
        written.entries.iter().filter_map(|entry| match entry {
            RemapEntry::From { target, source } => Some((target, source)),
            RemapEntry::Policy { .. } => None,
        })
    };
    if pairs().next().is_none() {
        return true;
    }
    let sides = [Some(space), seed].map(|graph| graph.map(|graph| (&*graph.name, parts(graph))));
    let mut said: Vec<&Name> = Vec::new();
    let mut good = true;
    for (target, source) in pairs() {
        for (name, side) in [target, source].into_iter().zip(&sides) {
            let Some((whole, parts)) = side else { continue };
            if !parts.contains(&*name.text) {
                let message = format!("`{whole}` has no part `{name}`");
                sink.push(
                    Diagnostic::error("E0604", at(name.span), message)
                        .suggest(&name.text, parts.iter().copied()),
                );
                good = false;
            }
        }
        if let Some(first) = said.iter().find(|known| known.text == target.text) {
            sink.push(twice(&target.text, at(target.span), at(first.span)));
            good = false;
            continue;
        }
        said.push(target);
        remap.pairs.push(Pair { target: target.text.clone(), source: source.text.clone() });
    }
    good
}

fn twice(name: &str, here: Origin, first: Origin) -> Diagnostic {
    Diagnostic::error("E0605", here, format!("`{name}` is said twice"))
        .label(first, "the first time")
}

/// The paths of a graph's operations, and of everything that they are parts of.
fn parts(graph: &Graph) -> BTreeSet<&str> {
    let mut parts = BTreeSet::new();
    for (_, node) in graph.nodes() {
        let path = &*node.path;
        parts.extend(path.match_indices('.').filter_map(|(dot, _)| path.get(..dot)));
        parts.insert(path);
    }
    parts
}
