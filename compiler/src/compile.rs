//! From a file to a checked graph.

use nasc_grammar::ast::{DeriveOption, ItemKind};

use crate::arch::Arch;
use crate::diagnostic::{Diagnostic, Sink};
use crate::elaborate::module::{Global, Module, global, load_all};
use crate::elaborate::{Norms, space};
use crate::ir::{Graph, Origin};
use crate::pass::{Checked, fix};
use crate::source::{Load, Sources, resolve};
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
/// If the file itself cannot be read; everything else is a diagnostic.
pub fn compile(load: &dyn Load, file: &str, options: &Options) -> Result<Compilation, String> {
    let (file, name) = match file.split_once('#') {
        Some((file, name)) => (file, Some(name.to_owned())),
        None => (file, options.name.clone()),
    };
    let mut sources = Sources::default();
    let mut sink = Sink::default();
    let modules = load_all(load, file, &mut sources, &mut sink)?;
    let mut compilation = Compilation::default();
    let syntax_failed = sink.failed();
    if let Some(target) = target(&modules, name.as_deref(), syntax_failed, &mut sink) {
        let settings = settings(&options.set, &mut sink);
        match target {
            Global::Space(module, item) => {
                let graph =
                    space(&modules, &sources, &mut sink, &options.norms, (module, item), &settings);
                compilation.checked = graph.filter(|_| !sink.failed()).map(Checked::seal);
            }
            Global::Derive(module, item) => {
                let derived =
                    derive(load, &modules, (module, item), options, &mut sources, &mut sink);
                if let Some((space, arch)) = derived {
                    let mut network = fix(&space, &arch).into_graph();
                    network.name = item.name.text.to_string();
                    compilation.checked = Some(Checked::seal(network));
                    compilation.derived_from = Some((space, arch));
                }
            }
            Global::Const(..) | Global::Block(..) | Global::Module(_) => {}
        }
    }
    compilation.diagnostics = sink.into_sorted();
    compilation.sources = sources;
    Ok(compilation)
}

/// What to compile: the item of that name, or the only one of the file.
fn target<'a>(
    modules: &'a [Module],
    name: Option<&str>,
    syntax_failed: bool,
    sink: &mut Sink,
) -> Option<Global<'a>> {
    let main = modules.first()?;
    let whole = Origin { file: main.file, start: 0, end: 0 };
    let named: Vec<&str> = main
        .ast
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Space(item) => Some(&*item.name.text),
            ItemKind::Derive(item) => Some(&*item.name.text),
            _ => None,
        })
        .collect();
    if let Some(name) = name {
        let found = global(modules, 0, name)
            .filter(|found| matches!(found, Global::Space(..) | Global::Derive(..)));
        if found.is_none() && !syntax_failed {
            let message = format!("the file has no space or network `{name}`");
            let mut diagnostic = Diagnostic::error("E0237", whole, message);
            if !named.is_empty() {
                diagnostic = diagnostic.note(format!("it has: {}", named.join(", ")));
            }
            sink.push(diagnostic.suggest(name, named.iter().copied()));
        }
        return found;
    }
    match named[..] {
        [only] => global(modules, 0, only),
        [] => {
            if !syntax_failed {
                let message = "the file has no space, network or derived network";
                sink.push(
                    Diagnostic::error("E0237", whole, message)
                        .help("a library file is checked through a space that imports it"),
                );
            }
            None
        }
        _ => {
            let message = "the file has several spaces or networks";
            sink.push(
                Diagnostic::error("E0237", whole, message)
                    .note(format!("it has: {}", named.join(", ")))
                    .help(format!("name one: `FILE#{}`", named[0])),
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
            None => sink.push(Diagnostic::error(
                "E0238",
                Origin::default(),
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

/// The space of a `derive` item and the architecture that its entries set.
fn derive(
    load: &dyn Load,
    modules: &[Module],
    (module, item): (usize, &nasc_grammar::ast::Derive),
    options: &Options,
    sources: &mut Sources,
    sink: &mut Sink,
) -> Option<(Checked, Arch)> {
    let this = modules.get(module)?;
    let file = this.file;
    let at = |span: nasc_grammar::Span| Origin { file, start: span.start, end: span.end };
    let wanted = resolve(sources.name(file), &item.file);
    let mut inner_options = Options { norms: options.norms.clone(), ..Options::default() };
    inner_options.name = item.space.as_ref().map(|name| name.text.to_string());
    for arg in &item.args {
        let text = sources
            .files
            .get(file as usize)
            .and_then(|f| f.text.get(arg.value.span.range()))
            .unwrap_or_default();
        let Some(name) = &arg.name else {
            sink.push(Diagnostic::error("E0210", at(arg.span), "a parameter of a space is named"));
            return None;
        };
        inner_options.set.push((name.text.to_string(), text.to_owned()));
    }
    inner_options.set.extend(options.set.iter().cloned());
    let inner = match compile(load, &wanted, &inner_options) {
        Ok(inner) => inner,
        Err(reason) => {
            let message = format!("`{wanted}` cannot be read");
            sink.push(Diagnostic::error("E0201", at(item.file_span), message).note(reason));
            return None;
        }
    };
    // The files of the space come after those of this compilation.
    let shift = sources.files.len() as u32;
    sources.files.extend(inner.sources.files);
    for mut diagnostic in inner.diagnostics {
        for label in &mut diagnostic.labels {
            label.origin.file += shift;
        }
        sink.push(diagnostic);
    }
    let space = inner.checked?;
    let arch = entries(&space, item, &at, sink)?;
    Some((space, arch))
}

/// The architecture that the entries of a `derive` set; `None` after an error.
fn entries(
    space: &Graph,
    item: &nasc_grammar::ast::Derive,
    at: &dyn Fn(nasc_grammar::Span) -> Origin,
    sink: &mut Sink,
) -> Option<Arch> {
    let mut arch = Arch(vec![0; space.decisions.len()]);
    let mut set = vec![None; space.decisions.len()];
    let mut good = true;
    for entry in &item.entries {
        let Some(id) = space.decision_at(&entry.path.text) else {
            let message = format!("the space has no decision `{}`", entry.path);
            let known = space.decisions.iter().map(|d| &*d.path);
            sink.push(
                Diagnostic::error("E0408", at(entry.path.span), message)
                    .suggest(&entry.path.text, known),
            );
            good = false;
            continue;
        };
        let decision = space.decision(id);
        let DeriveOption::One(option) = &entry.option else {
            let message = format!("`{}` takes one option", entry.path);
            sink.push(Diagnostic::error("E0409", at(entry.span), message));
            good = false;
            continue;
        };
        let Some(index) = option_index(&decision.options, &option.text) else {
            let message = format!("`{}` has no option `{option}`", entry.path);
            let known: Vec<&str> = decision.options.iter().map(|o| &**o).collect();
            sink.push(
                Diagnostic::error("E0409", at(option.span), message)
                    .note(format!("options: {}", known.join(", ")))
                    .suggest(&option.text, known.iter().copied()),
            );
            good = false;
            continue;
        };
        if set[id.index()].replace(entry.span).is_some() {
            let message = format!("`{}` is set twice", entry.path);
            sink.push(Diagnostic::error("E0409", at(entry.span), message));
            good = false;
        }
        arch.set(id, index);
    }
    for (id, decision) in space.decision_ids() {
        let exists = space.decision_exists(id, &arch);
        match (set[id.index()], exists) {
            (None, true) if good => {
                let message = format!("`{}` is not set", decision.path);
                sink.push(Diagnostic::error("E0410", at(item.name.span), message));
                good = false;
            }
            (Some(span), false) => {
                let message = format!("`{}` does not exist in this network", decision.path);
                sink.push(Diagnostic::warning("W0902", at(span), message));
            }
            _ => {}
        }
    }
    if good && !space.is_valid(&arch) {
        sink.push(Diagnostic::error("E0411", at(item.name.span), "the space forbids this network"));
        good = false;
    }
    good.then(|| space.canonical(&arch))
}

/// The number of the option of that text; strings may be quoted.
fn option_index(options: &[std::sync::Arc<str>], text: &str) -> Option<u32> {
    let plain = text.trim_matches('"');
    options.iter().position(|option| **option == *plain).map(|index| index as u32)
}
