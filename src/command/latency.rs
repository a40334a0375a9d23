//! `nasc latency`.

#[cfg(feature = "runtime")]
mod check;
mod import;
#[cfg(feature = "runtime")]
mod measure;
#[cfg(feature = "runtime")]
mod timing;

use nasc_compiler::cost::latency::{Keys, keys};

use crate::cli::{Format, Latency, SpaceArgs};
use crate::exit::{Failure, Outcome};
use crate::{load, print};

/// Does what the subcommand says.
pub fn latency(what: &Latency) -> Outcome {
    match what {
        Latency::Keys(space) => list(space),
        Latency::Import { from, file, out, name } => {
            import::import(*from, file, out, name.as_deref())
        }
        #[cfg(feature = "runtime")]
        Latency::Measure { space, out, timing, name, overwrite } => {
            measure::measure(space, out, timing, name.as_deref(), *overwrite)
        }
        #[cfg(feature = "runtime")]
        Latency::Check { space, timing, n } => check::check(space, timing, *n),
    }
}

/// Lists the keys of a space.
fn list(args: &SpaceArgs) -> Outcome {
    let (space, _) = load::untabled(args)?;
    let found = keys(&space, Keys::Units).map_err(Failure::input)?;
    if args.format == Format::Json {
        print::json(&found);
    } else {
        for key in found {
            print::line(&key);
        }
    }
    Ok(())
}
