//! All stages, one after the other.

use super::summary::Figures;
use super::{Job, JobError, Summary, derive, eval, retrain, search, summary, train_supernet};

/// Trains the supernet, searches it, writes the found network down, retrains and evaluates it, and
/// sums up.
///
/// # Errors
/// Those of the stages; what is finished stays, and calling again goes on.
pub fn whole(job: &Job<'_>) -> Result<Summary, JobError> {
    let supernet = train_supernet(job)?;
    let searched = search(job, &supernet)?;
    let best = searched.found.best().arch.clone();
    let network = derive(job, &supernet.supernet, &best)?;
    let inherited = job.recipe.retrain.inherit.then_some(&network);
    let retrained = retrain(job, &best, inherited)?;
    let test = eval(job, &retrained.network)?;
    let figures = Figures {
        supernet_steps: supernet.trained.steps,
        searched: &searched,
        retrain_steps: retrained.trained.steps,
        test,
    };
    summary(job, &figures)
}
