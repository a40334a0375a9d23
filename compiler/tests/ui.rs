//! Every `.nas` file below `tests/ui` is a fixture: it is compiled, its diagnostics must be those that
//! its annotations announce, and what a person would see is held by the snapshot beside it.
//!
//! - `//~ E0312` at the end of a line: this code, at this line. Several codes may follow each other.
//! - `//~^ E0312` on a line of its own: the same for the line above.
//! - `//~ show decisions nodes params` in the head: what the snapshot holds besides the diagnostics.
//! - `//~ set size=3` in the head: a parameter of the space.
//! - `//~ compile name` in the head: which of several items.
//!
//! A mistake inside the standard library is announced at the line that led there. Dropping a file into
//! a folder adds a test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use nasc_compiler::diagnostic::Diagnostic;
use nasc_compiler::ir::{AxisSlice, Graph, Op, Param};
use nasc_compiler::prim::{show_shape, show_value};
use nasc_compiler::source::Load;
use nasc_compiler::{Compilation, Options, compile};

datatest_stable::harness! {
    { test = fixture, root = "tests/ui", pattern = r"\.nas$" },
}

/// Files beside a fixture, by their names relative to its folder.
struct Beside(PathBuf);

impl Load for Beside {
    fn load(&self, name: &str) -> Result<String, String> {
        std::fs::read_to_string(self.0.join(name)).map_err(|_| "there is no such file".to_owned())
    }
}

/// What the head of a fixture asks for.
#[derive(Default)]
struct Head {
    show: Vec<String>,
    options: Options,
}

fn fixture(path: &Path) -> datatest_stable::Result<()> {
    let text = std::fs::read_to_string(path)?;
    let folder = path.parent().unwrap().to_owned();
    let file = path.file_name().unwrap().to_str().unwrap();
    let head = head(&text);
    let compilation = compile(&Beside(folder.clone()), file, &head.options)?;

    let mut found: Vec<(usize, String)> = compilation
        .diagnostics
        .iter()
        .map(|diagnostic| (line_of(diagnostic, &text), diagnostic.code.to_owned()))
        .collect();
    found.sort();
    assert_eq!(found, announced(&text), "line and code of every diagnostic");

    let stem = path.file_stem().unwrap().to_str().unwrap();
    let settings = {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(std::fs::canonicalize(folder)?);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings
    };
    settings.bind(|| insta::assert_snapshot!(stem, shown(&compilation, &head.show)));
    Ok(())
}

fn head(text: &str) -> Head {
    let mut head = Head::default();
    for line in text.lines() {
        let Some(directive) = line.strip_prefix("//~ ") else { continue };
        match directive.split_once(' ') {
            Some(("show", what)) => head.show = what.split(' ').map(str::to_owned).collect(),
            Some(("set", pair)) => {
                let (name, value) = pair.split_once('=').unwrap();
                head.options.set.push((name.to_owned(), value.to_owned()));
            }
            Some(("compile", name)) => head.options.name = Some(name.to_owned()),
            _ => {}
        }
    }
    head
}

/// The lines (from 1) and codes that the annotations announce.
fn announced(text: &str) -> Vec<(usize, String)> {
    let mut announced = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((_, note)) = line.split_once("//~") else { continue };
        let (at, codes) = match note.strip_prefix('^') {
            Some(codes) => (index, codes),
            None => (index + 1, note),
        };
        let is_code = |word: &&str| {
            word.len() == 5 && word.starts_with(['E', 'W']) && word[1..].parse::<u32>().is_ok()
        };
        announced.extend(codes.split(' ').filter(is_code).map(|code| (at, code.to_owned())));
    }
    announced.sort();
    announced
}

/// The line of the fixture itself that a diagnostic speaks of; 0 where it speaks of none.
fn line_of(diagnostic: &Diagnostic, text: &str) -> usize {
    let label = diagnostic.labels.iter().find(|label| label.origin.file == 0);
    label.map_or(0, |label| text[..label.origin.start as usize].matches('\n').count() + 1)
}

fn shown(compilation: &Compilation, show: &[String]) -> String {
    let mut shown = compilation.render();
    let Some(graph) = &compilation.checked else { return shown };
    for what in show {
        let _ = writeln!(shown, "{what}:");
        match what.as_str() {
            "decisions" => decisions(graph, &mut shown),
            "nodes" => nodes(graph, &mut shown),
            "params" => params(graph, &mut shown),
            "summary" => {
                let _ = write!(shown, "{}", nasc_compiler::emit::summary(graph));
            }
            "graph" => shown.push_str(&nasc_compiler::ir::text::text(graph)),
            other => panic!("`{other}` cannot be shown"),
        }
    }
    shown
}

fn decisions(graph: &Graph, shown: &mut String) {
    for decision in &graph.decisions {
        let _ = write!(shown, "  {} in {}", decision.path, decision.options.join(" "));
        if let Some(default) = decision.default {
            let _ = write!(shown, ", default {}", decision.options[default as usize]);
        }
        if let Some(prior) = &decision.prior {
            let _ = write!(shown, ", prior {prior:?}");
        }
        let _ = writeln!(shown);
    }
}

fn nodes(graph: &Graph, shown: &mut String) {
    for (id, node) in graph.nodes() {
        let kind = match &node.op {
            Op::Input { .. } => "input",
            Op::Output { .. } => "output",
            Op::Select { .. } => "select",
            Op::Prim { kind, .. } => kind.name(),
        };
        let operands: Vec<String> =
            graph.operands(id).iter().map(|&o| graph.node(o).path.to_string()).collect();
        let shape = show_shape(graph, &node.shape);
        let line = format!("  {} = {kind}({}) {shape}", node.path, operands.join(", "));
        let _ = writeln!(shown, "{line}");
    }
}

fn params(graph: &Graph, shown: &mut String) {
    for param in graph.params.iter().filter(|param| !param.role.is_buffer()) {
        let _ = write!(shown, "  {} {}", param.path, axes(graph, param));
        for key in &param.keys {
            let _ = write!(shown, " {}:{}", key.scheme, key.name);
        }
        shown.push('\n');
    }
}

/// Each axis of a parameter with what is used of it: `24[16,24]`, `8+16[4,8]`, `7(3,5,7)`.
fn axes(graph: &Graph, param: &Param) -> String {
    let axis = |(full, slice): (&u32, &AxisSlice)| match slice {
        AxisSlice::Whole => full.to_string(),
        AxisSlice::Prefixes(segments) => {
            let parts: Vec<String> = segments
                .iter()
                .map(|segment| format!("{}[{}]", segment.max, show_value(graph, segment.active)))
                .collect();
            parts.join("+")
        }
        AxisSlice::Centre(size) => format!("{full}({})", show_value(graph, *size)),
    };
    let axes: Vec<String> = param.full.iter().zip(&param.slices).map(axis).collect();
    axes.join(" x ")
}
