//! `nasc import`.

use std::path::{Path, PathBuf};

use nasc_compiler::pass::{Checked, fix};
use nasc_runtime::run::tensors::Facts;
use nasc_runtime::run::weights::save_weights;
use nasc_runtime::seed::matching::{By, Report, match_tensors};
use nasc_runtime::seed::source::{self, Source};
use serde_json::json;

use crate::cli::{Format, SpaceArgs, WeightsArgs};
use crate::exit::{Failure, Outcome, chain};
use crate::{load, print};

/// What is taken over, and where to.
pub struct What {
    /// The file of weights.
    pub file: PathBuf,
    /// The network they are of.
    pub network: String,
    /// The state dict to take.
    pub entry: Option<String>,
    /// Whether something may be left over.
    pub partial: bool,
    /// The file to write.
    pub out: PathBuf,
}

/// Reads weights of another program and writes them under the paths of a network.
pub fn import(what: &What, how: &WeightsArgs) -> Outcome {
    let What { file, network, entry, partial, out } = what;
    refuse_existing(out, how.force)?;
    let network = self::network(network, how)?;
    let source =
        source::read(file, entry.as_deref()).map_err(|error| Failure::world(chain(&error)))?;
    let place = Place::of(&source);
    let shown = file.display();
    let (tensors, report) = match_tensors(&network, source, how.scheme.as_deref())
        .map_err(|error| Failure::input(format!("`{shown}` cannot be taken over: {error}")))?;
    if how.format == Format::Json {
        print::json(&as_json(&report, &place));
    } else {
        show(&report, &place, &network.name);
    }
    if !report.is_whole() && !partial {
        return Err(Failure::input(format!(
            "`{shown}` and `{}` do not match; `--partial` takes what does",
            network.name
        )));
    }
    let origin = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let facts = Facts::from([
        ("nasc.space".to_owned(), network.name.clone()),
        ("nasc.weights".to_owned(), format!("imported from {origin}")),
    ]);
    save_weights(out, &tensors, &facts).map_err(|error| Failure::world(chain(&error)))?;
    if how.format == Format::Human {
        print::line(&format!("wrote `{}`", out.display()));
    }
    Ok(())
}

/// The network of that name: one without decisions, or what `--arch` makes of a space.
pub(super) fn network(name: &str, how: &WeightsArgs) -> Outcome<Checked> {
    let args = SpaceArgs { set: how.set.clone(), format: how.format, ..SpaceArgs::of(name) };
    let (space, _) = load::untabled(&args)?;
    match &how.arch {
        Some(arch) => {
            let arch = load::arch(&space, arch)?;
            Ok(fix(&space, &arch))
        }
        None if space.decisions.is_empty() => Ok(space),
        None => Err(Failure::input(format!(
            "`{}` has {} decisions; `--arch` says which of its networks is meant",
            space.name,
            space.decisions.len()
        ))),
    }
}

/// No file is replaced unasked.
pub(super) fn refuse_existing(out: &Path, force: bool) -> Outcome {
    if !force && out.exists() {
        let shown = out.display();
        return Err(Failure::input(format!("`{shown}` is there; `--force` replaces it")));
    }
    Ok(())
}

/// Where in a file the tensors were found.
struct Place {
    entry: Vec<String>,
    others: Vec<String>,
}

impl Place {
    fn of(source: &Source) -> Self {
        Self { entry: source.entry.clone(), others: source.others.clone() }
    }
}

fn by(report: &Report) -> String {
    match &report.by {
        By::Name(scheme) => format!("by the names of `{scheme}`"),
        By::Order => "by order and shape".to_owned(),
    }
}

fn show(report: &Report, place: &Place, network: &str) {
    if !place.entry.is_empty() {
        let others = match &place.others[..] {
            [] => String::new(),
            others => format!(" (there is `{}` too)", others.join("`, `")),
        };
        print::line(&format!("from `{}`{others}", place.entry.join(".")));
    }
    if !report.wrapper.is_empty() {
        print::line(&format!("`{}` in front of every name is left out", report.wrapper));
    }
    let all = report.matched.len() + report.missing.len() + report.misfits.len();
    let matched = report.matched.len();
    print::line(&format!("{matched} of {all} tensors of `{network}` matched {}", by(report)));
    for (dtype, count) in report.converted() {
        print::line(&format!("{count} of them were {dtype:?} and become F32"));
    }
    if report.counters > 0 {
        print::line(&format!("{} counters of batches are left out", report.counters));
    }
    for misfit in &report.misfits {
        let (name, path) = (&misfit.name, &misfit.path);
        let (found, expected) = (&misfit.found, &misfit.expected);
        print::line(&format!(
            "does not fit: `{name}` is {:?} {found:?}, `{path}` F32 {expected:?}",
            misfit.dtype
        ));
    }
    for path in &report.missing {
        print::line(&format!("missing in the file: `{path}`"));
    }
    for name in &report.unused {
        print::line(&format!("not in the network: `{name}`"));
    }
}

fn as_json(report: &Report, place: &Place) -> serde_json::Value {
    let matched: Vec<_> = report
        .matched
        .iter()
        .map(|pair| json!({ "path": pair.path, "name": pair.name, "dtype": format!("{:?}", pair.dtype) }))
        .collect();
    let misfits: Vec<_> = report
        .misfits
        .iter()
        .map(|misfit| {
            json!({
                "path": misfit.path,
                "name": misfit.name,
                "dtype": format!("{:?}", misfit.dtype),
                "found": misfit.found,
                "expected": misfit.expected,
            })
        })
        .collect();
    json!({
        "entry": place.entry,
        "others": place.others,
        "by": match &report.by {
            By::Name(scheme) => scheme.to_string(),
            By::Order => "order".to_owned(),
        },
        "wrapper": report.wrapper,
        "whole": report.is_whole(),
        "matched": matched,
        "misfits": misfits,
        "missing": report.missing,
        "unused": report.unused,
        "counters": report.counters,
    })
}
