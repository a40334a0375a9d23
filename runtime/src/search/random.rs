//! Random search: the baseline that a search has to beat at equal cost.

use nasc_compiler::random::Stream;

use super::judge::best_of;
use super::survey::{Met, draw_new};
use super::{Evaluated, Found, Judge, SearchError, Shortage, Space};

/// Evaluates `count` distinct random networks within the limits, in batches of `batch` that count
/// as generations.
///
/// # Errors
/// No network is within the limits, or the judge failed.
pub fn random_search<S: Space + ?Sized, J: Judge>(
    space: &S,
    count: u64,
    batch: usize,
    seed: u64,
    judge: &mut J,
) -> Result<Found, SearchError<J::Error>> {
    let mut met = Met::default();
    let mut evaluated: Vec<Evaluated> = Vec::new();
    let mut shortage = None;
    let mut generation = 0;
    while (evaluated.len() as u64) < count && shortage.is_none() {
        let wanted = batch.max(1).min(count as usize - evaluated.len());
        let archs = draw_new(space, wanted, &mut met, |item, attempt| {
            Stream::new(seed, "search.baseline", &[generation, item, attempt])
        });
        if archs.len() < wanted {
            let found = (evaluated.len() + archs.len()) as u64;
            shortage = Some(Shortage { wanted: count, found });
        }
        let fitness = judge.judge(generation, &archs).map_err(SearchError::Judge)?;
        let judged = archs.into_iter().zip(fitness);
        evaluated.extend(judged.map(|(arch, fitness)| Evaluated { arch, fitness, generation }));
        judge.generation_done(generation, &evaluated).map_err(SearchError::Judge)?;
        generation += 1;
    }
    let best = best_of(&evaluated).ok_or(SearchError::NoNetwork)?;
    Ok(Found { evaluated, best, shortage })
}
