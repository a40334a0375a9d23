//! Which tensor of the seed a tensor is filled from, by their paths.
//!
//! Both trees of paths are walked together. A part meets the part of the same name, a layer the one
//! that the depth policy names, and what only says how a network was written or found is looked
//! through: a decision and its options, and a part with a single part below it.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::layers::layers;
use super::plan::{Policy, Unfilled};
use super::tree::{Tree, WHOLE};
use super::view::View;

/// What was found for a tensor of the target.
pub(super) struct Found {
    /// The seed's tensor, by place.
    pub seed: Result<usize, Unfilled>,
    /// The part of the target that it belongs to: a stage, a pair's, or else one of the whole.
    pub stage: Arc<str>,
}

/// What is found for every tensor of `target`, in order.
pub(super) fn matched(seed: &View<'_>, target: &View<'_>, policy: &Policy) -> Vec<Found> {
    let walk = Walk {
        seed: Tree::of(seed.tensors.iter().map(|tensor| &*tensor.name)),
        target: Tree::of(target.tensors.iter().map(|tensor| &*tensor.name)),
        views: [seed, target],
        pairs: policy.pairs.iter().map(|pair| (&*pair.target, &*pair.source)).collect(),
        policy,
    };
    let mut found: Vec<Option<Found>> = target.tensors.iter().map(|_| None).collect();
    walk.align(WHOLE, Some(WHOLE), None, &mut found);
    let none = || Found { seed: Err(Unfilled::Unnamed), stage: Arc::from("") };
    found.into_iter().map(|found| found.unwrap_or_else(none)).collect()
}

struct Walk<'a> {
    seed: Tree<'a>,
    target: Tree<'a>,
    /// The seed's and the target's.
    views: [&'a View<'a>; 2],
    pairs: FxHashMap<&'a str, &'a str>,
    policy: &'a Policy,
}

impl Walk<'_> {
    /// Matches what is below a part of the target with what is below a part of the seed.
    fn align(
        &self,
        target: usize,
        seed: Option<usize>,
        stage: Option<&str>,
        found: &mut [Option<Found>],
    ) {
        let part = self.target.part(target);
        let (seed, stage) = match self.pairs.get(part.path) {
            Some(source) => (self.seed.find(source), Some(part.path)),
            None => (seed, stage),
        };
        let seed = seed.map(|seed| self.unwrapped(target, seed));
        if let Some(tensor) = part.tensor {
            let seed = seed.and_then(|seed| self.seed.part(seed).tensor);
            let stage = Arc::from(stage.unwrap_or(part.path));
            found[tensor] = Some(Found { seed: seed.ok_or(Unfilled::Unnamed), stage });
        }
        let numbered = self.target.numbered(target);
        let stage = if numbered.is_empty() { stage } else { Some(part.path) };
        let met = self.layers(&numbered, seed);
        for &below in &part.below {
            let name = self.target.part(below).name;
            // What lies in no stage is a part of its own.
            let stage = stage.or(Some(self.target.part(below).path));
            let seed = match met.iter().find(|(part, _)| *part == below) {
                Some((_, met)) => *met,
                None => seed.and_then(|seed| match self.through(seed, name) {
                    None => self.is_looked_through(target, below).then_some(seed),
                    named => named,
                }),
            };
            self.align(below, seed, stage, found);
        }
    }

    /// What every layer below a part meets.
    fn layers(
        &self,
        numbered: &[(u32, usize)],
        seed: Option<usize>,
    ) -> Vec<(usize, Option<usize>)> {
        let known = seed.map(|seed| self.seed.numbered(seed)).unwrap_or_default();
        if known.is_empty() {
            // A part without layers is the only one.
            return numbered.iter().map(|&(_, part)| (part, seed)).collect();
        }
        let numbers = |all: &[(u32, usize)]| all.iter().map(|(n, _)| *n).collect::<Vec<u32>>();
        let Policy { depth, slots, .. } = *self.policy;
        let places = layers(depth, slots, &numbers(numbered), &numbers(&known));
        let met = numbered.iter().zip(places);
        met.map(|(&(_, part), place)| (part, known.get(place).map(|&(_, seed)| seed))).collect()
    }

    /// The seed's part without what stands around it and has no counterpart: a single part below it
    /// that the target does not name, and the first layer where the target has none.
    fn unwrapped(&self, target: usize, mut seed: usize) -> usize {
        let has_layers = self.has_layers(target);
        loop {
            let numbered = self.seed.numbered(seed);
            let all_are =
                !numbered.is_empty() && numbered.len() == self.seed.part(seed).below.len();
            let inner = match (numbered.first(), self.seed.only(seed)) {
                (Some(&(_, first)), _) if all_are && !has_layers => first,
                (None, Some(only)) if self.seed.part(only).is_group() => only,
                _ => return seed,
            };
            let name = self.seed.part(inner).name;
            if self.seed.part(inner).tensor.is_some() || self.target.below(target, name).is_some() {
                return seed;
            }
            seed = inner;
        }
    }

    /// Whether a part of the target has layers, in itself or in what is looked through.
    fn has_layers(&self, target: usize) -> bool {
        let below = &self.target.part(target).below;
        !self.target.numbered(target).is_empty()
            || below.iter().any(|&b| self.is_looked_through(target, b) && self.has_layers(b))
    }

    /// The seed's part of that name, below another or in the only option of a decision below it.
    fn through(&self, seed: usize, name: &str) -> Option<usize> {
        if let Some(named) = self.seed.below(seed, name) {
            return Some(named);
        }
        let below = &self.seed.part(seed).below;
        let decisions = below.iter().filter(|&&part| self.is_decision(0, &self.seed, part));
        let mut options = decisions.filter_map(|&decision| self.seed.only(decision));
        options.find_map(|option| self.through(option, name))
    }

    /// Whether a part of the target that the seed does not name stands for what is below it: a
    /// decision, one of its options, or all that its surroundings have.
    fn is_looked_through(&self, above: usize, part: usize) -> bool {
        let only = self.target.only(above) == Some(part) && above != WHOLE;
        self.target.part(part).tensor.is_none()
            && (only && self.target.part(part).is_group()
                || self.is_decision(1, &self.target, part)
                || self.is_decision(1, &self.target, above))
    }

    fn is_decision(&self, side: usize, tree: &Tree<'_>, part: usize) -> bool {
        self.views[side].choices.contains(tree.part(part).path)
    }
}
