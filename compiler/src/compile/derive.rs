//! Derived networks: a space, and an option for every decision of it.

use nasc_grammar::Span;
use nasc_grammar::ast::{Derive, DeriveOption, ExprKind, StrPart};

use super::nested::{nested, settings};
use super::{Options, Target};
use crate::arch::{Arch, space_hash};
use crate::diagnostic::{Diagnostic, Sink};
use crate::elaborate::module::Module;
use crate::ir::{DecisionId, Graph, Origin};
use crate::pass::Checked;
use crate::source::{Load, Sources, resolve};

/// The space of a `derive` item and the architecture that its entries set; `None` after an error.
pub(super) fn derive(
    load: &dyn Load,
    this: &Module,
    item: &Derive,
    options: &Options,
    (sources, sink): (&mut Sources, &mut Sink),
    open: &mut Vec<Target>,
) -> Option<(Checked, Arch)> {
    let file = this.file;
    let at = |span: Span| Origin { file, start: span.start, end: span.end };
    let wanted = resolve(sources.name(file), &item.file);
    let mut inner_options = Options { norms: options.norms.clone(), ..Options::default() };
    inner_options.name = item.space.as_ref().map(|name| name.text.to_string());
    inner_options.set = settings(&item.args, file, sources, sink)?;
    inner_options.set.extend(options.set.iter().cloned());
    let place = at(item.file_span);
    let inner = nested(load, &wanted, &inner_options, place, (sources, sink), open)?;
    let space = inner.checked?;
    if !annotations_hold(&space, item, &at, sink) {
        return None;
    }
    let arch = entries(&space, item, &at, sink)?;
    Some((space, arch))
}

/// Whether the space is the one that was recorded, if one was.
fn annotations_hold(
    space: &Graph,
    item: &Derive,
    at: &dyn Fn(Span) -> Origin,
    sink: &mut Sink,
) -> bool {
    for annotation in &item.annotations {
        let name = &annotation.name;
        let recorded = match annotation.args.as_slice() {
            [only] if &*name.text == "hash" => match &only.value.kind {
                ExprKind::Str(parts) => match parts.as_slice() {
                    [StrPart::Text(text)] => Some(text),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let Some(recorded) = recorded else {
            let message = format!("`@{name}` means nothing on a derived network");
            sink.push(
                Diagnostic::error("E0221", at(annotation.span), message)
                    .note("what is recorded is `@hash(\"…\")`, the hash of the space"),
            );
            return false;
        };
        if **recorded != *space_hash(space) {
            let message = format!("`{}` is no longer the space that was searched", space.name);
            sink.push(
                Diagnostic::error("E0412", at(annotation.span), message)
                    .at("the space had this hash then")
                    .help("without `@hash(…)` the options are taken as they stand"),
            );
            return false;
        }
    }
    true
}

/// The architecture that the entries of a `derive` set; `None` after an error.
fn entries(
    space: &Graph,
    item: &Derive,
    at: &dyn Fn(Span) -> Origin,
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
    if !good {
        return None;
    }
    let open: Vec<DecisionId> = space
        .decision_ids()
        .map(|(id, _)| id)
        .filter(|&id| set[id.index()].is_none() && space.decision_exists(id, &arch))
        .collect();
    if let Some(first) = open.first() {
        let message = format!("`{}` is not set", space.decision(*first).path);
        sink.push(Diagnostic::error("E0410", at(item.name.span), message));
        good = false;
    } else if !space.is_valid(&arch) {
        // What exists in a network that is not there is nothing to speak of.
        sink.push(Diagnostic::error("E0411", at(item.name.span), "the space forbids this network"));
        return None;
    }
    for (id, decision) in space.decision_ids() {
        let Some(span) = set[id.index()] else { continue };
        // With an open decision it may not be known.
        let known = space.diagrams.support(decision.exists).iter().all(|d| !open.contains(d));
        if known && !space.decision_exists(id, &arch) {
            let message = format!("`{}` does not exist in this network", decision.path);
            sink.push(Diagnostic::warning("W0902", at(span), message));
        }
    }
    good.then(|| space.canonical(&arch))
}

/// The number of the option of that text; strings may be quoted.
fn option_index(options: &[std::sync::Arc<str>], text: &str) -> Option<u32> {
    let plain = text.trim_matches('"');
    options.iter().position(|option| **option == *plain).map(|index| index as u32)
}
