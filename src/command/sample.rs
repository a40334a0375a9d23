//! `nasc sample`.

use nasc_compiler::analysis::{Allowed, NODE_LIMIT};
use nasc_compiler::arch::text::compact;
use nasc_compiler::budget::parse_limit;
use nasc_compiler::ir::Limit;
use nasc_compiler::random::Stream;
use serde_json::json;

use super::infeasible::infeasible;
use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::measures::Shown;
use crate::wait::meanwhile;
use crate::{load, print, table};

/// Draws networks that keep the limits: uniformly over all of them, or by the priors of decisions. With
/// `bins`, one of these limits is drawn before each and kept too.
pub fn sample(args: &SpaceArgs, n: u64, seed: u64, by_prior: bool, bins: &[String]) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    table::all_there(&space.limits, space.tables().iter().map(|table| &*table.name))?;
    let costs = Shown::of(&space)?;
    let make = if by_prior { Allowed::by_prior } else { Allowed::new };
    let within = |limits: &[Limit]| {
        meanwhile("counting", args.format, || make(&space, limits, NODE_LIMIT))
            .map_err(|reason| Failure::input(reason.to_string()))
    };
    let mut groups = Vec::new();
    for bin in bins {
        let bin = parse_limit(bin).map_err(Failure::input)?;
        groups.push(within(&[space.limits.as_slice(), &[bin]].concat())?);
    }
    if bins.is_empty() {
        groups.push(within(&space.limits)?);
    }
    let mut drawn = Vec::new();
    for index in 0..n {
        let mut stream = Stream::new(seed, "sample", &[index]);
        let group = if groups.len() > 1 { stream.below(groups.len() as u64) as usize } else { 0 };
        let Some(arch) = groups.get(group).and_then(|networks| networks.draw(&mut stream)) else {
            return Err(infeasible(&space, args.format));
        };
        let text = compact(&space, &arch);
        if args.format == Format::Json {
            let mut shown = json!({ "arch": text });
            for (name, cost) in costs.json(&arch) {
                shown[name] = cost;
            }
            drawn.push(shown);
        } else {
            print::line(&format!("{text}\n  {}", costs.text(&arch)));
        }
    }
    if args.format == Format::Json {
        print::json(&drawn);
    } else if groups.iter().any(|networks| networks.count().is_none()) {
        let part = groups.iter().map(Allowed::acceptance).fold(1.0, f64::min) * 100.0;
        print::error_line(&format!("at least {part:.1} % of all tries gave a network"));
    }
    Ok(())
}
