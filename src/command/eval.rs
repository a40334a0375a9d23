//! `nasc eval`.

use nasc_runtime::job;

use super::run::retrained;
use super::stage::{ended, resume};
use crate::cli::{Format, StageArgs};
use crate::exit::Outcome;
use crate::print;

/// Evaluates the network of a run on the test images.
pub fn eval(args: &StageArgs) -> Outcome {
    let opened = resume(args)?;
    let retrained = retrained(&opened)?;
    let counts = job::eval(&opened.job(), &retrained.network).map_err(|error| ended(&error))?;
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
