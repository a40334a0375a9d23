//! `nasc sample`.

use nasc_compiler::arch::text::compact;
use nasc_compiler::cost::{Measure, Table};
use nasc_compiler::random::Stream;
use nasc_compiler::sample::{Limits, uniform};
use serde_json::json;

use crate::cli::{Format, SpaceArgs};
use crate::exit::{Failure, NO_NETWORK, Outcome};
use crate::{load, print, table};

/// Draws networks: under limits uniformly over all that meet them, else each decision uniformly.
pub fn sample(args: &SpaceArgs, n: u64, seed: u64) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    table::all_there(&space.limits, space.tables().iter().map(|table| &*table.name))?;
    let too_large = |_| Failure::input("a cost does not fit 63 bits");
    let limits = Limits::new(&space, &space.limits).map_err(too_large)?;
    let macs = Table::new(&space, Measure::Macs, None).map_err(too_large)?;
    let params = Table::new(&space, Measure::Params, None).map_err(too_large)?;
    let mut drawn = Vec::new();
    for index in 0..n {
        let mut stream = Stream::new(seed, "sample", &[index]);
        let arch = if space.limits.is_empty() {
            uniform(&space, &mut stream)
        } else {
            limits.draw(&space, &mut stream)
        };
        let Some(arch) = arch else {
            let message = Some("no network meets the limits".to_owned());
            return Err(Failure { code: NO_NETWORK, message });
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
    }
    Ok(())
}
