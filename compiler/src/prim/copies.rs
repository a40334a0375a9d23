//! The copies of a parameter that is not shared: one per option of an `@own` decision, one per width.

use smallvec::{SmallVec, smallvec};

use super::PrimCall;
use super::parameters::ParamSpec;
use crate::ir::{AxisSlice, DecisionId, Segment, Segments};
use crate::vary::{Binary, FALSE, Vary};

/// A parameter, or one of its copies where not everything is shared.
pub(super) struct Copy {
    /// What tells it from the others.
    pub name: Option<String>,
    /// Where it is used.
    pub when: Vary,
    /// Its shape in the largest network that uses it.
    pub full: Vec<u32>,
    /// How each axis is cut.
    pub slices: Vec<AxisSlice>,
}

impl PrimCall<'_> {
    /// What a parameter is made of: itself, or its copies in the order of the options.
    pub(super) fn copies(&mut self, spec: ParamSpec<'_>) -> SmallVec<[Copy; 1]> {
        let owned = self.owned_by(&spec);
        let whole = Copy { name: None, when: spec.when, full: spec.full, slices: spec.slices };
        let mut copies = smallvec![whole];
        for decision in owned {
            let options = self.graph.decision(decision).options.clone();
            let mut split = SmallVec::new();
            for copy in copies {
                for (option, label) in options.iter().enumerate() {
                    let here = self.graph.diagrams.is(decision, option as u32);
                    split.extend(self.part(&copy, here, label));
                }
            }
            copies = split;
        }
        if let Some(value) = spec.per
            && self.graph.diagrams.constant(value).is_none()
        {
            let mut split = SmallVec::new();
            for copy in copies {
                for leaf in self.graph.diagrams.leaves(value) {
                    let label = leaf.to_string();
                    let leaf = self.graph.diagrams.leaf(leaf);
                    let here = self.graph.diagrams.binary(Binary::Equal, value, leaf);
                    split.extend(self.part(&copy, here, &label));
                }
            }
            copies = split;
        }
        copies
    }

    /// The `@own` decisions by which the shape or the slices of a parameter go.
    fn owned_by(&self, spec: &ParamSpec<'_>) -> Vec<DecisionId> {
        if self.sharing.owned.is_empty() {
            return Vec::new();
        }
        let mut found = std::collections::BTreeSet::new();
        for slice in &spec.slices {
            match slice {
                AxisSlice::Whole => {}
                AxisSlice::Prefixes(segments) => {
                    for segment in segments {
                        found.extend(self.graph.diagrams.support(segment.active));
                    }
                }
                AxisSlice::Centre(size) => found.extend(self.graph.diagrams.support(*size)),
            }
        }
        found.into_iter().filter(|decision| self.sharing.owned.contains(decision)).collect()
    }

    /// What is left of a copy where `here` holds; nothing if no network of the call is there.
    fn part(&mut self, copy: &Copy, here: Vary, label: &str) -> Option<Copy> {
        let when = self.graph.diagrams.and(copy.when, here);
        let seen = self.graph.diagrams.and(self.guard, when);
        if seen == FALSE {
            return None;
        }
        let mut full = copy.full.clone();
        let slices = copy
            .slices
            .iter()
            .zip(&mut full)
            .map(|(slice, size)| self.part_of_axis(slice, size, seen))
            .collect();
        let name = match &copy.name {
            Some(known) => format!("{known}_{label}"),
            None => label.to_owned(),
        };
        Some(Copy { name: Some(name), when, full, slices })
    }

    fn part_of_axis(&mut self, slice: &AxisSlice, size: &mut u32, seen: Vary) -> AxisSlice {
        let most = |this: &mut Self, value: Vary| {
            let most = this.graph.diagrams.int_range_where(seen, value);
            most.map_or(0, |(_, most)| most).clamp(0, i64::from(u32::MAX >> 1)) as u32
        };
        match slice {
            AxisSlice::Whole => AxisSlice::Whole,
            AxisSlice::Prefixes(segments) => {
                let segments: Segments = segments
                    .iter()
                    .map(|s| Segment {
                        max: most(self, s.active),
                        active: self.graph.diagrams.where_(seen, s.active),
                    })
                    .collect();
                *size = segments.iter().map(|segment| segment.max).sum();
                let fills = |s: &Segment| {
                    let max = Some((i64::from(s.max), i64::from(s.max)));
                    self.graph.diagrams.int_range_where(seen, s.active) == max
                };
                if segments.iter().all(fills) {
                    AxisSlice::Whole
                } else {
                    AxisSlice::Prefixes(segments)
                }
            }
            AxisSlice::Centre(value) => {
                *size = most(self, *value);
                let fixed = Some((i64::from(*size), i64::from(*size)));
                if self.graph.diagrams.int_range_where(seen, *value) == fixed {
                    AxisSlice::Whole
                } else {
                    AxisSlice::Centre(self.graph.diagrams.where_(seen, *value))
                }
            }
        }
    }
}
