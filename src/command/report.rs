//! `nasc report`.

use std::path::{Path, PathBuf};

use nasc_compiler::emit::report as page;
#[cfg(feature = "runtime")]
use nasc_runtime::{job::Job, run::folder::Paths, run::report as of_run};

#[cfg(feature = "runtime")]
use crate::cli::StageArgs;
use crate::cli::{Format, ReportArgs, SpaceArgs, Subject};
#[cfg(feature = "runtime")]
use crate::exit::chain;
use crate::exit::{Failure, Outcome};
use crate::{load, print};

/// Writes the report of a space, or of a run, finished or not.
pub fn report(args: &ReportArgs) -> Outcome {
    if let Some(Subject::Space { space, out }) = &args.subject {
        return of_space(space, out.as_deref());
    }
    #[cfg(feature = "runtime")]
    if let Some(run) = &args.run {
        return run_folder(run);
    }
    Err(Failure::input("there is a report of a space or of a run: `nasc report space SPACE`"))
}

fn of_space(args: &SpaceArgs, out: Option<&Path>) -> Outcome {
    let (space, _) = load::space(args)?;
    let space = load::under_limits(space, args)?;
    let path = out.map_or_else(|| PathBuf::from(format!("{}.html", space.name)), Path::to_path_buf);
    let text = match path.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => page::svg(&space)
            .ok_or_else(|| Failure::input("the distribution of this space is not known exactly"))?,
        Some("html") => page::html(&space),
        _ => return Err(Failure::input("a report is a page (.html) or charts (.svg)")),
    };
    std::fs::write(&path, text)
        .map_err(|error| Failure::world(format!("cannot write `{}`: {error}", path.display())))?;
    written(&path, args.format);
    Ok(())
}

#[cfg(feature = "runtime")]
fn run_folder(args: &StageArgs) -> Outcome {
    let paths = Paths { root: args.run.clone() };
    if !paths.is_run() {
        return Err(Failure::world(format!("there is no run in `{}`", args.run.display())));
    }
    of_run::write(&paths).map_err(|error| Failure::world(chain(&error)))?;
    written(&paths.report(), args.format);
    Ok(())
}

fn written(path: &Path, format: Format) {
    if format == Format::Json {
        print::json(&serde_json::json!({ "report": path.display().to_string() }));
    } else {
        print::line(&format!("wrote `{}`", path.display()));
    }
}

/// Writes the report of a run that has just ended.
#[cfg(feature = "runtime")]
pub fn write(job: &Job<'_>) -> Outcome {
    of_run::write(job.paths).map_err(|error| Failure::world(chain(&error)))
}
