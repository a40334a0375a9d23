//! `nasc eval`.

use nasc_runtime::job;

use super::run::{network, retrained};
use super::stage::{ended, resume};
use crate::cli::{Format, NetworkArgs};
use crate::exit::Outcome;
use crate::print;

/// Evaluates a network of a run: retrained on the test images, or as the search judged it.
pub fn eval(args: &NetworkArgs, supernet: bool) -> Outcome {
    let opened = resume(&args.stage)?;
    let (job, arch) = (opened.job(), args.arch.as_deref());
    let counts = if supernet {
        let arch = network(&opened, arch)?;
        let trained = job::train_supernet(&job).map_err(|error| ended(&error))?;
        job::judge(&job, &trained.supernet, &arch)
    } else {
        let network = retrained(&opened, arch)?.network;
        match arch {
            None => job::eval(&job, &network),
            Some(_) => job::eval_network(&job, &network),
        }
    };
    let counts = counts.map_err(|error| ended(&error))?;
    if opened.format() == Format::Json {
        print::json(&serde_json::json!({
            "accuracy": counts.accuracy(),
            "top5_accuracy": counts.top5_accuracy(),
            "images": counts.images,
        }));
    } else {
        print::line(&format!(
            "{:.1} % of {} {} images",
            counts.accuracy() * 100.0,
            counts.images,
            if supernet { "held-out" } else { "test" },
        ));
    }
    Ok(())
}
