//! `nasc best`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use nasc_compiler::analysis::{Found, Score, best as search, nearest};
use nasc_compiler::arch::text::compact;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::diagnostic::nearest as nearest_name;
use nasc_compiler::ir::text::limit_text;
use nasc_compiler::{Checked, arch::Arch};
use serde_json::json;

use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, NO_NETWORK, Outcome};
use crate::{load, print, table};

/// Finds the networks of the highest scores, or of the least of a measure.
pub fn best(
    args: &SpaceArgs,
    scores: Option<&Path>,
    least: Option<Measure>,
    k: usize,
    ways: usize,
) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    table::all_there(&space.limits, space.tables().iter().map(|table| &*table.name))?;
    let score = match (scores, least) {
        (Some(file), _) => Score::Options(read(&space, file)?),
        (None, measure) => Score::Least(measure.unwrap_or(Measure::Macs), None),
    };
    let found = search(&space, &score, &space.limits, k, ways)
        .map_err(|error| Failure::input(error.to_string()))?;
    if found.networks.is_empty() && found.bound.is_none() {
        let message = Some(infeasible(&space));
        return Err(Failure { code: NO_NETWORK, message });
    }
    shown(&space, args, &score, &found)
}

fn shown(space: &Checked, args: &SpaceArgs, score: &Score, found: &Found) -> Outcome {
    let too_large = |_| Failure::input("a cost does not fit 63 bits");
    let macs = Table::new(space, Measure::Macs, None).map_err(too_large)?;
    let params = Table::new(space, Measure::Params, None).map_err(too_large)?;
    let costs = |arch: &Arch| (macs.cost(arch), params.cost(arch));
    // What is to be small was searched for by its negative.
    let sign = if matches!(score, Score::Least(..)) { -1.0 } else { 1.0 };
    if args.format == Format::Json {
        let networks: Vec<_> = found
            .networks
            .iter()
            .map(|(score, arch)| {
                let (macs, params) = costs(arch);
                json!({
                    "arch": compact(space, arch),
                    "score": sign * score,
                    "macs": macs,
                    "params": params,
                })
            })
            .collect();
        let bound = found.bound.map(|bound| sign * bound);
        print::json(&json!({ "networks": networks, "exact": bound.is_none(), "bound": bound }));
        return Ok(());
    }
    for (score, arch) in &found.networks {
        let (macs, params) = costs(arch);
        let (macs, params) = (print::grouped(macs), print::grouped(params));
        print::line(&compact(space, arch));
        if sign < 0.0 {
            print::line(&format!("  macs {macs}, params {params}"));
        } else {
            print::line(&format!("  score {score}, macs {macs}, params {params}"));
        }
    }
    if let Some(bound) = found.bound {
        let (word, bound) = if sign < 0.0 { ("less", -bound) } else { ("more", bound) };
        print::line(&format!(
            "cut short: no other network has {word} than {bound}; `--ways` looks further"
        ));
    }
    Ok(())
}

/// Why no network keeps the limits.
fn infeasible(space: &Checked) -> String {
    let mut message = "no network meets the limits".to_owned();
    let Ok(found) = nearest(space, &space.limits) else { return message };
    for near in found {
        let limit = &space.limits[near.limit];
        let text = limit_text(limit);
        let value = print::grouped(near.value);
        let others = match (near.alone, space.limits.len()) {
            (_, 1) => "",
            (true, _) => " among those that keep the others",
            (false, _) => ", and none keeps the others",
        };
        let arch = compact(space, &near.arch);
        let _ = write!(message, "\n  `{text}`: the nearest has {value}{others}: {arch}");
    }
    message
}

/// The scores of a file, by decision and option.
fn read(space: &Checked, file: &Path) -> Result<Vec<Vec<f64>>, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::input(format!("cannot read `{shown}`: {error}")))?;
    let given: BTreeMap<String, BTreeMap<String, f64>> = serde_json::from_str(&text)
        .map_err(|error| Failure::input(format!("`{shown}` is no file of scores: {error}")))?;
    let mut scores = vec![Vec::new(); space.decisions.len()];
    for (path, options) in given {
        let Some(place) = space.decisions.iter().position(|d| *d.path == *path) else {
            let known = space.decisions.iter().map(|decision| &*decision.path);
            return Err(unknown(&format!("the space has no decision `{path}`"), &path, known));
        };
        let decision = &space.decisions[place];
        let known = || decision.options.iter().map(|option| &**option);
        if let Some(odd) = options.keys().find(|name| !known().any(|option| option == **name)) {
            return Err(unknown(&format!("`{path}` has no option `{odd}`"), odd, known()));
        }
        for option in known() {
            let score = options.get(option).copied().filter(|score| score.is_finite());
            let Some(score) = score else {
                let message = format!("`{shown}` has no score for `{option}` of `{path}`");
                return Err(Failure::input(message));
            };
            scores[place].push(score);
        }
    }
    Ok(scores)
}

fn unknown<'a>(message: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    match nearest_name(name, known) {
        Some(near) => Failure::input(format!("{message}; did you mean `{near}`?")),
        None => Failure::input(message.to_owned()),
    }
}
