//! The networks of the probe.

use std::path::Path;

use nasc_compiler::arch::Arch;
use nasc_compiler::arch::text::parse;
use nasc_compiler::ir::Graph;
use nasc_compiler::random::Stream;

use super::{Job, JobError};
use crate::search::draw::{ATTEMPTS, draw};
use crate::train::Probe;

/// The probe that a recipe asks for.
///
/// # Errors
/// The file of accuracies cannot be read or used, or the space has fewer than two networks.
pub(super) fn probe<'a>(job: &Job<'a>) -> Result<Option<Probe<'a>>, JobError> {
    let Some(asked) = &job.recipe.probe else { return Ok(None) };
    let space = &job.spaces.supernet;
    let (archs, alone) = match &asked.alone {
        Some(path) => {
            let (archs, accuracies) = read(space, path)?;
            (archs, Some(accuracies))
        }
        None => (drawn(space, job.recipe.seed, asked.networks), None),
    };
    if archs.len() < 2 {
        return Err(JobError::SmallProbe { space: space.name.clone(), networks: archs.len() });
    }
    Ok(Some(Probe {
        archs,
        alone,
        every: asked.every,
        training: &job.images.train,
        how: job.recalibration(),
        images: &job.images.search,
        batch: job.recipe.search.batch,
        seed: job.recipe.seed,
    }))
}

/// So many different networks, or as many as are found.
fn drawn(space: &Graph, seed: u64, count: usize) -> Vec<Arch> {
    let mut stream = Stream::new(seed, "probe", &[]);
    let mut archs: Vec<Arch> = Vec::new();
    for _ in 0..ATTEMPTS {
        match draw(space, &mut stream) {
            Some(arch) if !archs.contains(&arch) => archs.push(arch),
            Some(_) => {}
            None => break,
        }
        if archs.len() == count {
            break;
        }
    }
    archs
}

/// Networks and their accuracies. What follows a `#` is a remark.
fn read(space: &Graph, path: &Path) -> Result<(Vec<Arch>, Vec<f64>), JobError> {
    let wrong =
        |line: usize, reason: String| JobError::ProbeFile { path: path.to_owned(), line, reason };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(0, error.to_string()))?;
    let (mut archs, mut accuracies) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let said = line.rsplit_once(char::is_whitespace);
        let said = said.and_then(|(arch, number)| Some((arch, number.parse::<f64>().ok()?)));
        let Some((arch, accuracy)) = said.filter(|(_, accuracy)| accuracy.is_finite()) else {
            return Err(wrong(number, "an architecture and a number are needed".to_owned()));
        };
        let parsed = parse(space, arch).map_err(|error| wrong(number, error.to_string()))?;
        archs.push(parsed.arch);
        accuracies.push(accuracy);
    }
    Ok((archs, accuracies))
}
