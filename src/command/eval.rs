//! `nasc eval`.

use nasc_runtime::job;

use super::run::retrained;
use super::stage::{ended, resume};
use crate::cli::{Format, NetworkArgs};
use crate::exit::Outcome;
use crate::print;

/// Evaluates a network of a run on the test images.
pub fn eval(args: &NetworkArgs) -> Outcome {
    let opened = resume(&args.stage)?;
    let network = retrained(&opened, args.arch.as_deref())?.network;
    let counts = match args.arch {
        None => job::eval(&opened.job(), &network),
        Some(_) => job::eval_network(&opened.job(), &network),
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
            "{:.1} % of {} test images",
            counts.accuracy() * 100.0,
            counts.images
        ));
    }
    Ok(())
}
