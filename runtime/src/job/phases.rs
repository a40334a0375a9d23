//! The parts of the supernet's training, as a recipe lists them.

use std::collections::BTreeMap;
use std::sync::Arc;

use nasc_compiler::ir::{Decision, Param};
use nasc_compiler::pass::Checked;
use rustc_hash::FxHashMap;

use super::{JobError, Spaces};
use crate::run::recipe::{Phase, Recipe, Training};
use crate::sampler::{self, Entry};
use crate::train::Feed;

/// A part of the training with everything said.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The name of its stage: the last part has that of the whole.
    pub stage: String,
    /// How weights are trained.
    pub training: Training,
    /// What draws networks.
    pub entry: &'static Entry,
    /// The sampler's numbers.
    pub options: BTreeMap<String, f64>,
    /// What the recipe says of it.
    phase: Phase,
}

/// The parts of a recipe, at least one.
///
/// # Errors
/// There is no sampler of a name.
pub(super) fn parts(recipe: &Recipe, stage: &str) -> Result<Vec<Part>, JobError> {
    let one = [Phase::default()];
    let phases = if recipe.phases.is_empty() { &one } else { &*recipe.phases };
    let part = |(number, phase): (usize, &Phase)| {
        let name = phase.sampler.as_ref().unwrap_or(&recipe.sampler);
        let entry = sampler::named(name).ok_or_else(|| JobError::NoSampler(name.clone()))?;
        let options = phase.sampler_options.as_ref().unwrap_or(&recipe.sampler_options);
        let is_last = number + 1 == phases.len();
        Ok(Part {
            stage: if is_last { stage.to_owned() } else { format!("{stage}_{}", number + 1) },
            training: recipe.training_of(phase),
            entry,
            options: options.clone(),
            phase: phase.clone(),
        })
    };
    phases.iter().enumerate().map(part).collect()
}

impl Part {
    /// The sampler and what is special about the part, as text: a run goes on only with its own.
    pub fn seal(&self) -> String {
        let Self { entry, options, phase, .. } = self;
        let options = (!options.is_empty()).then(|| format!("{options:?}"));
        let classes = (!phase.classes.is_empty()).then(|| format!("classes {:?}", phase.classes));
        let only = (!phase.only.is_empty()).then(|| format!("only {:?}", phase.only));
        let sorted = phase.sort_channels.then(|| "channels sorted".to_owned());
        let set = (!phase.set.is_empty()).then(|| format!("set {:?}", phase.set));
        let said = [Some(entry.name.to_owned()), options, classes, only, sorted, set];
        said.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Whether channels are sorted before it.
    pub fn sorts_channels(&self) -> bool {
        self.phase.sort_channels
    }

    /// The space with the parameters that the part sets, if it sets some.
    ///
    /// # Errors
    /// It was not compiled, has other decisions than the space, or a tensor that the space has not.
    pub fn variant(&self, spaces: &Spaces) -> Result<Option<Arc<Checked>>, JobError> {
        let set = &self.phase.set;
        if set.is_empty() {
            return Ok(None);
        }
        let space = &spaces.supernet;
        let wrong = |reason: String| JobError::Variant {
            space: space.name.clone(),
            set: set.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            reason,
        };
        let Some(variant) = spaces.variants.get(set) else {
            return Err(wrong("was not there when the run began".to_owned()));
        };
        let said = |decision: &Decision| (decision.path.clone(), decision.options.clone());
        let apart = space.decisions.iter().map(said).ne(variant.decisions.iter().map(said));
        if apart {
            return Err(wrong("has other decisions".to_owned()));
        }
        let known: FxHashMap<&str, &Param> =
            space.params.iter().map(|param| (&*param.path, param)).collect();
        for param in &variant.params {
            let path = &param.path;
            match known.get(&**path) {
                None => return Err(wrong(format!("has a tensor `{path}` more"))),
                Some(own) if own.full != param.full => {
                    let (found, expected) = (&param.full, &own.full);
                    let reason = format!("has `{path}` of {found:?}, which is {expected:?} there");
                    return Err(wrong(reason));
                }
                Some(_) => {}
            }
        }
        Ok(Some(Arc::clone(variant)))
    }

    /// The images of the part.
    ///
    /// # Errors
    /// A class is not one of the data's, or nothing is left.
    pub fn images(&self, images: &Feed) -> Result<Feed, JobError> {
        let mut own = images.clone();
        if !self.phase.classes.is_empty() {
            let known = images.dataset.classes();
            let number = |name: &String| {
                let found = known.iter().position(|class| class == name);
                found.ok_or_else(|| JobError::NoClass(name.clone()))
            };
            let kept: Vec<usize> =
                self.phase.classes.iter().map(number).collect::<Result<_, _>>()?;
            let labels = images.dataset.labels();
            own.indices.retain(|&index| kept.contains(&(labels[index as usize] as usize)));
        }
        if let Some(size) = self.phase.size {
            own.transform.size = size;
            own.transform.resize = own.transform.resize.max(size);
        }
        Ok(own)
    }

    /// The space as the sampler sees it: options that are closed have a prior of zero.
    ///
    /// # Errors
    /// A path or an option is none of the space's, or nothing is left of a decision.
    pub fn space(&self, space: &Arc<Checked>) -> Result<Arc<Checked>, JobError> {
        if self.phase.only.is_empty() {
            return Ok(Arc::clone(space));
        }
        let mut priors: Vec<Option<Vec<f64>>> =
            space.decisions.iter().map(|decision| decision.prior.clone()).collect();
        for (pattern, labels) in &self.phase.only {
            let mut found = false;
            for (decision, prior) in space.decisions.iter().zip(&mut priors) {
                if !matches(pattern, &decision.path) {
                    continue;
                }
                found = true;
                let count = decision.options.len();
                let before = prior.clone().unwrap_or_else(|| vec![1.0 / count as f64; count]);
                let kept = |(option, p): (&Arc<str>, f64)| {
                    if labels.iter().any(|label| **label == **option) { p } else { 0.0 }
                };
                let row: Vec<f64> = decision.options.iter().zip(before).map(kept).collect();
                let total: f64 = row.iter().sum();
                if total <= 0.0 {
                    let (path, labels) = (decision.path.to_string(), labels.join("`, `"));
                    return Err(JobError::NothingOpen { path, labels });
                }
                *prior = Some(row.iter().map(|p| p / total).collect());
            }
            if !found {
                return Err(JobError::NoDecision(pattern.clone()));
            }
        }
        Ok(Arc::new((**space).clone().with_priors(priors)))
    }
}

/// Which options a space leaves open, a row per decision: those without a prior of zero.
pub(super) fn open_options(space: &Checked) -> Vec<Vec<bool>> {
    let open = |decision: &Decision| match &decision.prior {
        Some(prior) => prior.iter().map(|share| *share > 0.0).collect(),
        None => vec![true; decision.options.len()],
    };
    space.decisions.iter().map(open).collect()
}

/// Whether a path is of a pattern, in which every `*` stands for any text.
fn matches(pattern: &str, path: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == path };
    let Some(path) = path.strip_prefix(head) else { return false };
    (0..=path.len()).filter(|&at| path.is_char_boundary(at)).any(|at| matches(rest, &path[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("s1.op", "s1.op") && !matches("s1.op", "s1.ops"));
        assert!(matches("*.op", "s1.0.op") && !matches("*.op", "s1.0.kernel"));
        assert!(matches("s*.*.kernel", "s2.1.kernel") && matches("*", ""));
        assert!(!matches("s1.*", "s2.0.op"));
    }
}
