//! Random networks of a space, before any limits.

use nasc_compiler::arch::Arch;
use nasc_compiler::ir::Graph;
use nasc_compiler::random::Stream;

/// Draws before a space is said to forbid everything.
pub const ATTEMPTS: u64 = 10_000;

/// A network with every decision drawn by itself, by its prior or uniformly, in canonical form; drawn
/// again where a rule of the space forbids it. `None` if that happens [`ATTEMPTS`] times.
pub fn draw(space: &Graph, stream: &mut Stream) -> Option<Arch> {
    (0..ATTEMPTS).find_map(|_| {
        let options = space.decisions.iter().map(|decision| match &decision.prior {
            Some(prior) => by_prior(prior, stream.unit()),
            None => stream.below(decision.options.len() as u64) as u16,
        });
        let arch = space.canonical(&Arch(options.collect()));
        space.is_valid(&arch).then_some(arch)
    })
}

/// The option in whose share of the unit interval `at` lies.
fn by_prior(prior: &[f64], at: f64) -> u16 {
    let mut end = 0.0;
    let place = prior.iter().position(|share| {
        end += share;
        at < end
    });
    // Shares that sum to a little less than one leave a gap at the end, which the last likely
    // option takes.
    let last = || prior.iter().rposition(|&share| share > 0.0).unwrap_or(0);
    place.unwrap_or_else(last) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priors_are_kept() {
        assert_eq!(by_prior(&[0.25, 0.5, 0.25], 0.0), 0);
        assert_eq!(by_prior(&[0.25, 0.5, 0.25], 0.25), 1);
        assert_eq!(by_prior(&[0.25, 0.5, 0.25], 0.75), 2);
        assert_eq!(by_prior(&[0.0, 1.0, 0.0], 0.0), 1);
        assert_eq!(by_prior(&[0.5, 0.499, 0.0], 0.9995), 1);
    }
}
