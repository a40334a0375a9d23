//! `nasc best --pareto`.

use std::path::Path;

use nasc_compiler::analysis::{Front, NODE_LIMIT, Score, pareto};
use nasc_compiler::arch::text::compact;
use serde_json::json;

use super::infeasible::infeasible;
use super::scores::read;
use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::{load, measures, print, table};

/// All networks than which none is better and no dearer: by two measures, or by a score and a measure.
pub fn front(args: &SpaceArgs, scores: Option<&Path>, given: &[String]) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    table::all_there(&space.limits, space.tables().iter().map(|table| &*table.name))?;
    let measures = given.iter().map(|name| measures::named(&space, name));
    let measures = measures.collect::<Outcome<Vec<_>>>()?;
    let (cost, other, score) = match (measures.as_slice(), scores) {
        (&[cost], Some(file)) => (cost, "score".to_owned(), Score::Options(read(&space, file)?)),
        (&[cost, other], None) => (cost, measures::label(&space, other), Score::Least(other, None)),
        _ => return Err(Failure::input("`--pareto` takes two measures, or one with `--score`")),
    };
    let Front { points, slack } = pareto(&space, cost, None, &score, &space.limits, NODE_LIMIT)
        .map_err(|reason| Failure::input(reason.to_string()))?;
    if points.is_empty() {
        return Err(infeasible(&space, args.format));
    }
    let by_score = scores.is_some();
    let cost = measures::label(&space, cost);
    if slack > 0 {
        print::error_line(&format!(
            "note: not the whole front: another network may cost up to {} {cost} less than one of these and be as good",
            print::grouped(slack)
        ));
    }
    if args.format == Format::Json {
        let shown: Vec<_> = points
            .iter()
            .map(|point| {
                let mut shown = json!({ "arch": compact(&space, &point.arch) });
                shown[&cost] = json!(point.cost);
                if slack > 0 {
                    shown["slack"] = json!(slack);
                }
                shown[&other] =
                    if by_score { json!(point.score) } else { json!(-point.score as u64) };
                shown
            })
            .collect();
        print::json(&shown);
        return Ok(());
    }
    for point in &points {
        let value =
            if by_score { point.score.to_string() } else { print::grouped(-point.score as u64) };
        print::line(&compact(&space, &point.arch));
        print::line(&format!("  {cost} {}, {other} {value}", print::grouped(point.cost)));
    }
    Ok(())
}
