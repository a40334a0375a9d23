//! `nasc sample`.

use nasc_compiler::analysis::Allowed;
use nasc_compiler::arch::text::compact;
use nasc_compiler::budget::parse_limit;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::ir::Limit;
use nasc_compiler::random::Stream;
use serde_json::json;

use super::infeasible::infeasible;
use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::{load, print, table};

/// Most states of the automaton that draws come from.
const STATES: usize = 2_000_000;

/// Draws networks that keep the limits: uniformly over all of them, or by the priors of decisions. With
/// `bins`, one of these limits is drawn before each and kept too.
pub fn sample(args: &SpaceArgs, n: u64, seed: u64, by_prior: bool, bins: &[String]) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    table::all_there(&space.limits, space.tables().iter().map(|table| &*table.name))?;
    let too_large = |_| Failure::input("a cost does not fit 63 bits");
    let macs = Table::new(&space, Measure::Macs, None).map_err(too_large)?;
    let params = Table::new(&space, Measure::Params, None).map_err(too_large)?;
    let make = if by_prior { Allowed::by_prior } else { Allowed::new };
    let within = |limits: &[Limit]| {
        make(&space, limits, STATES).map_err(|reason| Failure::input(reason.to_string()))
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
        let (macs, params) = (macs.cost(&arch), params.cost(&arch));
        let text = compact(&space, &arch);
        if args.format == Format::Json {
            drawn.push(json!({ "arch": text, "macs": macs, "params": params }));
        } else {
            print::line(&format!(
                "{text}\n  macs {}, params {}",
                print::grouped(macs),
                print::grouped(params)
            ));
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
