//! `nasc run`, `train`, `search`, `retrain` and `derive` of a run.

use std::path::Path;

use nasc_compiler::arch::Arch;
use nasc_runtime::job;

use super::stage::{Opened, begin, ended, resume};
use crate::cli::{Format, NetworkArgs, RunArgs, StageArgs};
use crate::exit::{Failure, Outcome};
use crate::print::grouped;
use crate::{load, print};

/// The whole way.
pub fn run(args: &RunArgs) -> Outcome {
    let opened = begin(args)?;
    let summary = job::whole(&opened.job()).map_err(|error| ended(&error))?;
    super::report::write(&opened.job())?;
    if opened.format() == Format::Json {
        print::json(&summary);
        return Ok(());
    }
    print::line("");
    let percent = |accuracy: f64| format!("{:.1} %", accuracy * 100.0);
    let mut rows = vec![vec![
        "found".to_owned(),
        grouped(summary.found.macs),
        grouped(summary.found.params),
        percent(summary.found.accuracy),
        percent(summary.test_accuracy),
    ]];
    if let Some(baseline) = &summary.baseline {
        rows.push(vec![
            "random search at equal cost".to_owned(),
            grouped(baseline.macs),
            grouped(baseline.params),
            percent(baseline.accuracy),
            "-".to_owned(),
        ]);
    }
    let header = ["network", "macs", "params", "with the supernet's weights", "retrained, test"];
    print::table(&header, &rows, 1);
    print::line("");
    // A network has no decisions that name it, and no others beside it.
    if !summary.found.arch.is_empty() {
        print::line(&format!("found:    {}", summary.found.arch));
        print::line(&format!(
            "supernet: {} mean accuracy of random networks on held-out images",
            percent(summary.supernet_accuracy)
        ));
    }
    let seconds: Vec<String> =
        summary.seconds.iter().map(|(stage, s)| format!("{stage} {s:.0} s")).collect();
    print::line(&format!("seconds:  {}", seconds.join(", ")));
    let paths = opened.job().paths;
    for path in
        [paths.best_space(), paths.best_weights(), paths.summary(), paths.report(), paths.events()]
    {
        print::line(&format!("  {}", path.display()));
    }
    Ok(())
}

/// The supernet.
pub fn train(args: &RunArgs) -> Outcome {
    let opened = begin(args)?;
    let trained = job::train_supernet(&opened.job()).map_err(|error| ended(&error))?;
    let root = opened.job().paths.root.display();
    if opened.format() == Format::Json {
        print::json(&serde_json::json!({
            "run": root.to_string(),
            "steps": trained.trained.steps,
        }));
    } else {
        print::line(&format!("trained; next: `nasc search {root}`"));
    }
    Ok(())
}

/// The best network of a supernet.
pub fn search(args: &StageArgs) -> Outcome {
    let opened = resume(args)?;
    let searched = searched(&opened)?;
    let best = searched.1.found.best();
    let text = nasc_compiler::arch::text::compact(&opened.job().spaces.supernet, &best.arch);
    if opened.format() == Format::Json {
        print::json(&serde_json::json!({
            "arch": text,
            "accuracy": best.fitness.accuracy,
            "evaluated": searched.1.found.evaluated.len(),
        }));
    } else {
        let space = &opened.job().spaces.supernet.name;
        print::line(&format!("best: {}", if text.is_empty() { space } else { &text }));
        print::line(&format!(
            "      {:.1} % on held-out images, of {} networks",
            best.fitness.accuracy * 100.0,
            searched.1.found.evaluated.len()
        ));
        print::line(&format!("next: `nasc derive {}`", opened.job().paths.root.display()));
    }
    Ok(())
}

fn searched(opened: &Opened) -> Outcome<(job::TrainedSupernet, job::Searched)> {
    let trained = job::train_supernet(&opened.job()).map_err(|error| ended(&error))?;
    let searched = job::search(&opened.job(), &trained).map_err(|error| ended(&error))?;
    Ok((trained, searched))
}

/// The found network as files of its own.
pub fn derive(run: &Path) -> Outcome {
    let args =
        StageArgs { run: run.to_owned(), with: Vec::new(), resume: true, format: Format::Human };
    let opened = resume(&args)?;
    let (trained, searched) = searched(&opened)?;
    let job = opened.job();
    job::derive(&job, &trained.supernet, &searched.found.best().arch)
        .map_err(|error| ended(&error))?;
    print::line(&format!("wrote `{}`", job.paths.best_space().display()));
    print::line(&format!("wrote `{}`", job.paths.best_weights().display()));
    print::line(&format!("next: `nasc retrain {}`", run.display()));
    Ok(())
}

/// A network of a run: the found one, or another that is named; trained.
pub fn retrained(opened: &Opened, arch: Option<&str>) -> Outcome<job::Retrained> {
    let job = opened.job();
    let ended = |error| ended(&error);
    let Some(arch) = arch else {
        let (trained, searched) = searched(opened)?;
        let best = searched.found.best().arch.clone();
        let network = job::derive(&job, &trained.supernet, &best).map_err(ended)?;
        let inherited = job.recipe.retrain.inherit.then_some(&network);
        return job::retrain(&job, &best, inherited).map_err(ended);
    };
    let arch = network(opened, Some(arch))?;
    let inherited = if job.recipe.retrain.inherit {
        let trained = job::train_supernet(&job).map_err(ended)?;
        Some(job::cut(&job, &trained.supernet, &arch).map_err(ended)?)
    } else {
        None
    };
    job::retrain_other(&job, &arch, inherited.as_ref()).map_err(ended)
}

/// The architecture that is named, or the one that the run found.
pub fn network(opened: &Opened, arch: Option<&str>) -> Outcome<Arch> {
    let Some(arch) = arch else { return Ok(searched(opened)?.1.found.best().arch.clone()) };
    let space = &opened.job().spaces.supernet;
    let arch = load::arch(space, arch)?;
    if space.is_valid(&arch) {
        Ok(arch)
    } else {
        Err(Failure::input("the space forbids this network"))
    }
}

/// Trains the found network, or another.
pub fn retrain(args: &NetworkArgs) -> Outcome {
    let opened = resume(&args.stage)?;
    let retrained = retrained(&opened, args.arch.as_deref())?;
    if opened.format() == Format::Json {
        print::json(&serde_json::json!({ "steps": retrained.trained.steps }));
    } else if args.arch.is_some() {
        print::line(&format!("wrote to `{}`", opened.job().paths.networks().display()));
    } else {
        print::line(&format!("wrote `{}`", opened.job().paths.best_weights().display()));
        print::line(&format!("next: `nasc eval {}`", args.stage.run.display()));
    }
    Ok(())
}
