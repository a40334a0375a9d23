//! `nasc best`.

use std::path::Path;

use nasc_compiler::analysis::{Found, Score, best as search};
use nasc_compiler::arch::text::compact;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::{Checked, arch::Arch};
use serde_json::json;

use super::infeasible::infeasible;
use super::scores::read;
use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, Outcome};
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
        return Err(infeasible(&space, args.format));
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
