//! New networks from old ones.
//!
//! A decision that a parent does not ask has no option to pass on; where the child may come to ask
//! it, its option is drawn uniformly. Children may fall outside the space or its limits: the caller
//! asks [`Space::allows`].

use nasc_compiler::arch::Arch;
use nasc_compiler::random::Stream;

use super::Space;

/// The parent with every decision drawn anew with `probability`; the new option may be the old one.
pub fn mutate<S: Space + ?Sized>(
    space: &S,
    parent: &Arch,
    probability: f64,
    stream: &mut Stream,
) -> Arch {
    let options = (0..space.decisions()).map(|decision| {
        // Both numbers are drawn in any case, so that one decision's fate does not move another's.
        let (changes, option) = (stream.chance(probability), any_option(space, decision, stream));
        if changes || !space.exists(parent, decision) { option } else { parent.0[decision] }
    });
    let child = Arch(options.collect());
    space.canonical(&child)
}

/// Each decision from one of the parents, each parent as likely.
pub fn cross<S: Space + ?Sized>(space: &S, parents: [&Arch; 2], stream: &mut Stream) -> Arch {
    let options = (0..space.decisions()).map(|decision| {
        let (side, option) = (stream.below(2) as usize, any_option(space, decision, stream));
        let heirs = [parents[side], parents[1 - side]];
        let heir = heirs.into_iter().find(|parent| space.exists(parent, decision));
        heir.map_or(option, |parent| parent.0[decision])
    });
    let child = Arch(options.collect());
    space.canonical(&child)
}

fn any_option<S: Space + ?Sized>(space: &S, decision: usize, stream: &mut Stream) -> u16 {
    stream.below(u64::from(space.options(decision))) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second decision exists where the first takes option 1; three options each.
    struct Conditional;

    impl Space for Conditional {
        fn decisions(&self) -> usize {
            2
        }

        fn options(&self, _: usize) -> u16 {
            3
        }

        fn exists(&self, arch: &Arch, decision: usize) -> bool {
            decision == 0 || arch.0[0] == 1
        }

        fn canonical(&self, arch: &Arch) -> Arch {
            Arch(vec![arch.0[0], if arch.0[0] == 1 { arch.0[1] } else { 0 }])
        }

        fn allows(&self, _: &Arch) -> bool {
            true
        }

        fn draw(&self, _: &mut Stream) -> Option<Arch> {
            None
        }
    }

    #[test]
    fn a_decision_that_appears_is_drawn_and_not_zero() {
        let mut seen = [0_u32; 3];
        for attempt in 0..3000 {
            let mut stream = Stream::new(0, "test", &[attempt]);
            let child = mutate(&Conditional, &Arch(vec![0, 0]), 0.5, &mut stream);
            if child.0[0] == 1 {
                seen[child.0[1] as usize] += 1;
            } else {
                assert_eq!(child.0[1], 0, "canonical");
            }
        }
        // A sixth of 3000 appear, a third of them each; six standard deviations are 76.
        assert!(seen.iter().all(|count| count.abs_diff(167) < 76), "{seen:?}");
    }

    #[test]
    fn a_child_takes_a_conditional_decision_from_the_parent_that_asks_it() {
        let parents = [&Arch(vec![1, 2]), &Arch(vec![0, 0])];
        for attempt in 0..100 {
            let child = cross(&Conditional, parents, &mut Stream::new(0, "test", &[attempt]));
            assert!([vec![1, 2], vec![0, 0]].contains(&child.0), "{child:?}");
        }
    }

    #[test]
    fn no_probability_leaves_the_parent() {
        let parent = Arch(vec![1, 2]);
        assert_eq!(mutate(&Conditional, &parent, 0.0, &mut Stream::new(0, "test", &[])), parent);
    }
}
