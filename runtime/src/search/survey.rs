//! Networks drawn at random that were not met before.

use nasc_compiler::arch::Arch;
use nasc_compiler::random::Stream;
use rustc_hash::FxHashSet;

use super::Space;

/// So many known networks in a row mean that there are no others. Networks with a share `s` of the
/// draws are overlooked with a probability of at most `exp(-10000 s)`.
const DRAWS_BEFORE_EXHAUSTED: u64 = 10_000;

/// Networks that were proposed before.
pub(super) type Met = FxHashSet<Arch>;

/// Draws `count` networks that are in nobody's `met`, and adds them to it; fewer when there are no
/// others. `stream` gives the stream of an item's attempt.
pub(super) fn draw_new<S: Space + ?Sized>(
    space: &S,
    count: usize,
    met: &mut Met,
    stream: impl Fn(u64, u64) -> Stream,
) -> Vec<Arch> {
    let mut drawn = Vec::with_capacity(count);
    for item in 0..count as u64 {
        let new = (0..DRAWS_BEFORE_EXHAUSTED).find_map(|attempt| {
            let arch = space.draw(&mut stream(item, attempt));
            // A space that finds nothing at all is not asked ten thousand times.
            let Some(arch) = arch else { return Some(None) };
            met.insert(arch.clone()).then_some(Some(arch))
        });
        let Some(Some(arch)) = new else { break };
        drawn.push(arch);
    }
    drawn
}
