//! `nasc best`.

use std::path::Path;

use nasc_compiler::Checked;
use nasc_compiler::analysis::{Found, Score, best as search};
use nasc_compiler::arch::text::compact;
use nasc_compiler::cost::Measure;
use serde_json::json;

use super::infeasible::infeasible;
use super::scores::read;
use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::measures::{self, Shown};
use crate::wait::meanwhile;
use crate::{load, print, table};

/// Finds the networks of the highest scores, or of the least of a measure.
pub fn best(
    args: &SpaceArgs,
    scores: Option<&Path>,
    least: Option<&str>,
    k: usize,
    ways: usize,
) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    table::all_there(&space.limits, space.tables().iter().map(|table| &*table.name))?;
    let score = match (scores, least) {
        (Some(file), _) => Score::Options(read(&space, file)?),
        (None, Some(measure)) => Score::Least(measures::named(&space, measure)?, None),
        (None, None) => Score::Least(Measure::Macs, None),
    };
    let found =
        meanwhile("searching", args.format, || search(&space, &score, &space.limits, k, ways))
            .map_err(|error| Failure::input(error.to_string()))?;
    if found.networks.is_empty() && found.bound.is_none() {
        return Err(infeasible(&space, args.format));
    }
    shown(&space, args, &score, &found)
}

fn shown(space: &Checked, args: &SpaceArgs, scored: &Score, found: &Found) -> Outcome {
    let costs = Shown::of(space)?;
    // What is to be small was searched for by its negative.
    let sign = if matches!(scored, Score::Least(..)) { -1.0 } else { 1.0 };
    let name = match scored {
        Score::Options(_) => "score".to_owned(),
        Score::Least(measure, _) | Score::Most(measure, _) => measures::label(space, *measure),
    };
    if args.format == Format::Json {
        let networks: Vec<_> = found
            .networks
            .iter()
            .map(|(score, arch)| {
                let mut shown = json!({ "arch": compact(space, arch), "score": sign * score });
                for (name, cost) in costs.json(arch) {
                    shown[name] = cost;
                }
                shown
            })
            .collect();
        let bound = found.bound.map(|bound| sign * bound);
        print::json(&json!({ "networks": networks, "exact": bound.is_none(), "bound": bound }));
        return Ok(());
    }
    for (score, arch) in &found.networks {
        let costs = costs.text(arch);
        print::line(&compact(space, arch));
        if matches!(scored, Score::Least(Measure::Macs | Measure::Params | Measure::Latency(_), _))
        {
            print::line(&format!("  {costs}"));
        } else {
            print::line(&format!("  {name} {}, {costs}", sign * score));
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
