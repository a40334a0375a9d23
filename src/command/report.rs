//! `nasc report`.

use nasc_runtime::job::Job;
use nasc_runtime::run::folder::Paths;
use nasc_runtime::run::report;

use crate::cli::{Format, StageArgs};
use crate::exit::{Failure, Outcome, chain};
use crate::print;

/// Writes the report of a run, finished or not.
pub fn report(args: &StageArgs) -> Outcome {
    let paths = Paths { root: args.run.clone() };
    if !paths.is_run() {
        return Err(Failure::world(format!("there is no run in `{}`", args.run.display())));
    }
    report::write(&paths).map_err(|error| Failure::world(chain(&error)))?;
    if args.format == Format::Json {
        print::json(&serde_json::json!({ "report": paths.report().display().to_string() }));
    } else {
        print::line(&format!("wrote `{}`", paths.report().display()));
    }
    Ok(())
}

/// Writes the report of a run that has just ended.
pub fn write(job: &Job<'_>) -> Outcome {
    report::write(job.paths).map_err(|error| Failure::world(chain(&error)))
}
