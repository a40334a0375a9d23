//! The parameters that a primitive makes.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::smallvec;

use super::copies::Copy;
use super::{NodePath, PrimCall};
use crate::diagnostic::Diagnostic;
use crate::ir::{AxisSlice, COPY, Key, Layout, Param, ParamId, Role, Segment};
use crate::vary::{Binary, TRUE, Vary};

/// The most numbers that a parameter may have.
const LARGEST_PARAM: u128 = 1 << 40;

/// A parameter that a primitive makes.
pub struct ParamSpec<'a> {
    /// The last part of its path.
    pub name: Cow<'a, str>,
    /// What it is for.
    pub role: Role,
    /// Its shape in the largest network.
    pub full: Vec<u32>,
    /// How each axis is cut.
    pub slices: Vec<AxisSlice>,
    /// Where it is used, of where the operation exists.
    pub when: Vary,
    /// What every value of has a copy of its own.
    pub per: Option<Vary>,
}

impl<'a> ParamSpec<'a> {
    /// A parameter that is used wherever the operation exists.
    pub fn new(
        name: impl Into<Cow<'a, str>>,
        role: Role,
        full: Vec<u32>,
        slices: Vec<AxisSlice>,
    ) -> Self {
        Self { name: name.into(), role, full, slices, when: TRUE, per: None }
    }
}

impl PrimCall<'_> {
    /// How a parameter's axis follows a channel layout.
    pub fn slice_of(&self, layout: &Layout) -> AxisSlice {
        if layout.is_full(&self.graph.diagrams) {
            AxisSlice::Whole
        } else {
            AxisSlice::Prefixes(layout.segments.clone())
        }
    }

    /// The axis of input channels of a weight with groups: its size, and how it is cut. Groups of
    /// channels that vary are an error, unless every network stands alone; `None` then.
    pub fn per_group(
        &mut self,
        what: &str,
        groups: Vary,
        [input, output]: [&Layout; 2],
    ) -> Option<(u32, AxisSlice)> {
        if self.graph.diagrams.constant_int(groups) == Some(1) {
            return Some((input.max(), self.slice_of(input)));
        }
        let (fixed, apart) = (
            input.is_full(&self.graph.diagrams) && output.is_full(&self.graph.diagrams),
            self.sharing.apart,
        );
        if !fixed && !apart {
            let message = format!("`{what}` cannot divide channels that vary into groups");
            self.sink.push(
                Diagnostic::error("E0313", self.origin, message)
                    .help("give every network the same channels, or use `dwconv`"),
            );
            return None;
        }
        let mut channels = self.graph.diagrams.int(0);
        for segment in &input.segments {
            channels = self.op(Binary::Add, channels, segment.active);
        }
        let active = self.op(Binary::Divide, channels, groups);
        let max = self.most(active);
        let plain = self.graph.diagrams.constant(active).is_some();
        let slice = AxisSlice::Prefixes(smallvec![Segment { max, active }]);
        Some((max, if plain { AxisSlice::Whole } else { slice }))
    }

    /// Adds a parameter, or all of its copies, to those of a node.
    pub(super) fn parameter(
        &mut self,
        node: &NodePath,
        mut spec: ParamSpec<'_>,
        made: &mut Vec<ParamId>,
    ) {
        let (name, role) = (std::mem::take(&mut spec.name), spec.role);
        for copy in self.copies(spec) {
            made.push(self.param(node, &name, role, copy));
        }
    }

    fn param(&mut self, node: &NodePath, name: &str, role: Role, copy: Copy) -> ParamId {
        let mut path = String::with_capacity(node.params.len() + 1 + name.len());
        path.extend([&node.params, ".", name]);
        if let Some(copy) = &copy.name {
            path.push(COPY);
            path.push_str(copy);
        }
        if let Some(&known) = self.instance.as_ref().and_then(|instance| instance.get(&*path)) {
            let first = self.graph.param(known);
            if first.full != copy.full || first.slices != copy.slices {
                let diagnostic = Diagnostic::error(
                    "E0309",
                    self.origin,
                    format!("the applications of a shared instance need different `{path}`"),
                )
                .at(format!("needs {:?} here", copy.full))
                .label(first.origin, format!("needs {:?} at its first application", first.full));
                self.sink.push(diagnostic);
            }
            return known;
        }
        let size: u128 = copy.full.iter().map(|&n| u128::from(n)).product();
        if size > LARGEST_PARAM {
            let message = format!("`{path}` is larger than any memory");
            self.sink.push(
                Diagnostic::error("E0306", self.origin, message)
                    .at(format!("has {size} numbers in the largest network")),
            );
        }
        let keys = node
            .keys
            .iter()
            .map(|key| Key {
                scheme: key.scheme.clone(),
                name: Arc::from(format!("{}.{name}", key.name)),
            })
            .collect();
        let path: Arc<str> = Arc::from(path);
        let param = Param {
            path: path.clone(),
            role,
            full: copy.full,
            slices: copy.slices,
            when: copy.when,
            keys,
            origin: self.origin,
        };
        let id = self.graph.add_param(param);
        if let Some(instance) = self.instance.as_mut() {
            instance.insert(path, id);
        }
        id
    }
}
