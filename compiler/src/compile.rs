//! From a file to a checked graph.

mod derive;
mod nested;
mod remap;

use nasc_grammar::ast::{ItemKind, Name, SpaceKind};

use derive::derive;
use remap::{Surroundings, remap};

use crate::arch::Arch;
use crate::diagnostic::{Diagnostic, Sink};
use crate::elaborate::module::{Global, Module, check_names, global, load_all};
use crate::elaborate::{Norms, space};
use crate::ir::{Metric, Origin};
use crate::lint::{lint, lint_names};
use crate::pass::{Checked, fix};
use crate::source::{Load, Sources};
use crate::vary::Leaf;

/// What a compilation is told besides the file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which space, network or derived network of the file; needed where it has several.
    pub name: Option<String>,
    /// Parameters of the space, as the language writes their values.
    pub set: Vec<(String, String)>,
    /// Normalisation settings that a run overrides.
    pub norms: Norms,
    /// Tables of latencies that come from elsewhere, by name: none is looked for beside the file.
    pub tables: Vec<String>,
}

/// What a compilation gives.
#[derive(Debug, Default)]
pub struct Compilation {
    /// The graph, unless there was an error.
    pub checked: Option<Checked>,
    /// The space that a derived network comes from, and its architecture.
    pub derived_from: Option<(Checked, Arch)>,
    /// Everything that was noticed, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read, in the order in which they were first named.
    pub sources: Sources,
}

impl Compilation {
    /// The diagnostics as a terminal shows them.
    pub fn render(&self) -> String {
        crate::diagnostic::render(&self.diagnostics, &self.sources)
    }
}

/// Compiles the space, network or derived network of a file and checks every network of it.
///
/// `file` may end in `#name` to pick one of several.
///
/// # Errors
/// If the file itself cannot be read, or the system gives no thread; everything else is a diagnostic.
pub fn compile(load: &dyn Load, file: &str, options: &Options) -> Result<Compilation, String> {
    compile_within(load, file, options, &mut Vec::new())
}

/// A file and the name of a derived network in it.
type Target = (String, String);

/// The same, inside the derived networks of `open`.
fn compile_within(
    load: &dyn Load,
    file: &str,
    options: &Options,
    open: &mut Vec<Target>,
) -> Result<Compilation, String> {
    let (file, name) = match file.split_once('#') {
        Some((file, name)) => (file, Some(name.to_owned())),
        None => (file, options.name.clone()),
    };
    let mut sources = Sources::default();
    let mut sink = Sink::default();
    let modules = load_all(load, file, &mut sources, &mut sink)?;
    let mut compilation = Compilation::default();
    let syntax_failed = sink.failed();
    check_names(&modules, &mut sink);
    if let Some(target) = target(&modules, file, name.as_deref(), syntax_failed, &mut sink) {
        let settings = settings(&options.set, &mut sink);
        match target {
            Global::Space(module, item) => {
                let from = (module, item);
                let checked = on_deep_stack(|| {
                    let norms = &options.norms;
                    let graph = space(&modules, &sources, &mut sink, norms, from, &settings);
                    graph.filter(|_| !sink.failed()).map(Checked::seal)
                })?;
                if let Some(checked) = checked {
                    let around = Surroundings { load, modules: &modules, target: from, options };
                    let remap = remap(&around, &checked, (&mut sources, &mut sink), open);
                    if !sink.failed() {
                        look_for_tables(load, &checked, file, options, &mut sink);
                        on_deep_stack(|| lint(&checked, &modules, &sources, &mut sink))?;
                        compilation.checked = Some(checked.with_remap(remap));
                    }
                }
            }
            Global::Derive(module, item) => {
                let this =
                    (sources.name(modules[module].file).to_owned(), item.name.text.to_string());
                let span = item.file_span;
                let file = modules[module].file;
                let origin = Origin { file, start: span.start, end: span.end };
                let derived = if open.contains(&this) {
                    let message = format!("`{}` is derived from itself", item.name);
                    sink.push(Diagnostic::error("E0202", origin, message));
                    None
                } else if open.len() >= DERIVED {
                    let message = format!("more than {DERIVED} networks are derived in a row");
                    sink.push(Diagnostic::error("E0206", origin, message));
                    None
                } else {
                    open.push(this);
                    let derived = derive(
                        load,
                        &modules[module],
                        item,
                        options,
                        (&mut sources, &mut sink),
                        open,
                    );
                    open.pop();
                    derived
                };
                if let Some((space, arch)) = derived {
                    lint_names(&modules, &sources, &mut sink);
                    let mut network = fix(&space, &arch).into_graph();
                    network.name = item.name.text.to_string();
                    compilation.checked = Some(Checked::seal(network));
                    compilation.derived_from = Some((space, arch));
                }
            }
            Global::Const(..) | Global::Block(..) | Global::Module(_) | Global::Lost => {}
        }
    }
    compilation.diagnostics = sink.into_sorted();
    compilation.sources = sources;
    Ok(compilation)
}

/// Remarks on limits whose table of latencies is not beside the file: it may come from elsewhere, and
/// only a search needs it.
fn look_for_tables(
    load: &dyn Load,
    space: &Checked,
    file: &str,
    options: &Options,
    sink: &mut Sink,
) {
    for limit in &space.limits {
        let Metric::Latency(name) = &limit.metric else { continue };
        if options.tables.iter().any(|table| **table == **name) {
            continue;
        }
        let beside =
            file.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let table = format!("{beside}latency/{name}.ron");
        if load.load(&table).is_err() {
            let message = format!("the latency table `{name}` is not there");
            sink.push(
                Diagnostic::remark("W0910", limit.origin, message)
                    .note(format!("it was looked for as `{table}`; a search needs it")),
            );
        }
    }
}

/// Most networks that are derived one from the other.
const DERIVED: usize = 16;
/// Bytes of stack for the deepest nesting that elaboration allows; only what is used is ever taken.
const STACK: usize = 256 << 20;

/// Runs `work` on a thread of its own: blocks that apply each other nest deeper than a thread's usual
/// stack, in a build without optimisation at least.
fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let running = thread.spawn_scoped(scope, work);
        let running = running.map_err(|reason| format!("no thread can be started: {reason}"))?;
        Ok(running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// What to compile: the item of that name; else the only space of the file, or what it has only one of.
fn target<'a>(
    modules: &'a [Module],
    file: &str,
    name: Option<&str>,
    syntax_failed: bool,
    sink: &mut Sink,
) -> Option<Global<'a>> {
    let main = modules.first()?;
    let named: Vec<&Name> = main
        .ast
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Space(item) => Some(&item.name),
            ItemKind::Derive(item) => Some(&item.name),
            _ => None,
        })
        .collect();
    if let Some(name) = name {
        let found = global(modules, 0, name)
            .filter(|found| matches!(found, Global::Space(..) | Global::Derive(..)));
        if found.is_none() && !syntax_failed {
            let known = named.iter().map(|name| &*name.text);
            let message = format!("`{file}` has no space or network `{name}`");
            let diagnostic = Diagnostic::unplaced("E0237", message).suggest(name, known.clone());
            let known: Vec<&str> = known.collect();
            sink.push(match known.as_slice() {
                [] => diagnostic,
                known => diagnostic.note(format!("it has: {}", known.join(", "))),
            });
        }
        return found;
    }
    let mut spaces = main.ast.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Space(item) if item.kind == SpaceKind::Space => Some(&item.name),
        _ => None,
    });
    if let (Some(space), None) = (spaces.next(), spaces.next()) {
        // Networks beside it are its seeds, or were found in it.
        return global(modules, 0, &space.text);
    }
    match named.as_slice() {
        [only] => global(modules, 0, &only.text),
        [] => {
            if !syntax_failed {
                let message = format!("`{file}` has no space, network or derived network");
                sink.push(
                    Diagnostic::unplaced("E0237", message)
                        .help("a file of blocks is checked through a space that imports it"),
                );
            }
            None
        }
        [first, others @ ..] => {
            let at = |name: &Name| {
                let span = name.span;
                Origin { file: main.file, start: span.start, end: span.end }
            };
            let message = format!("`{file}` has several spaces or networks");
            let diagnostic = Diagnostic::error("E0237", at(first), message)
                .at("one of them")
                .help(format!("name one: `{file}#{first}`"));
            sink.push(
                others.iter().fold(diagnostic, |all, name| all.label(at(name), "one of them")),
            );
            None
        }
    }
}

/// Parameters given as text.
fn settings(set: &[(String, String)], sink: &mut Sink) -> Vec<(String, Leaf, Option<Origin>)> {
    let mut settings = Vec::new();
    for (name, text) in set {
        match literal(text) {
            Some(leaf) => settings.push((name.clone(), leaf, None)),
            None => sink.push(Diagnostic::unplaced(
                "E0238",
                format!("`{text}` is no value for `{name}`: a number, bool or string is needed"),
            )),
        }
    }
    settings
}

/// A value as the language writes it; a bare word is a string.
pub fn literal(text: &str) -> Option<Leaf> {
    let text = text.trim();
    match text {
        "true" => return Some(Leaf::Bool(true)),
        "false" => return Some(Leaf::Bool(false)),
        "" => return None,
        _ => {}
    }
    if let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Some(Leaf::text(inner));
    }
    let plain = text.replace('_', "");
    let (digits, scale) = match plain.chars().last() {
        Some('K') => (&plain[..plain.len() - 1], 1_000),
        Some('M') => (&plain[..plain.len() - 1], 1_000_000),
        Some('G') => (&plain[..plain.len() - 1], 1_000_000_000),
        _ => (plain.as_str(), 1),
    };
    if let Ok(value) = digits.parse::<i64>() {
        return value.checked_mul(scale).map(Leaf::Int);
    }
    if digits.chars().next().is_some_and(|c| c.is_ascii_digit() || c == '-' || c == '.')
        && let Ok(value) = digits.parse::<f64>()
    {
        let value = value * scale as f64;
        let whole = scale > 1 && value.fract() == 0.0 && value.abs() < 9e15;
        return Some(if whole { Leaf::Int(value as i64) } else { Leaf::float(value) });
    }
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then(|| Leaf::text(text))
}
