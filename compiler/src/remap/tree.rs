//! The paths of tensors as a tree of parts.

use rustc_hash::FxHashMap;

use crate::ir::COPY;

/// A part: everything whose path begins with its own.
pub(super) struct Part<'a> {
    /// The last part of its path.
    pub name: &'a str,
    /// Its path; empty for the whole.
    pub path: &'a str,
    /// The parts right below, in order.
    pub below: Vec<usize>,
    /// The tensor of that path, by place.
    pub tensor: Option<usize>,
    /// Whether tensors lie right below it: it is an operation.
    pub is_operation: bool,
}

impl Part<'_> {
    /// Its number in a loop, if that is its name.
    pub fn number(&self) -> Option<u32> {
        self.name.parse().ok()
    }

    /// Whether there is more than tensors below it.
    pub fn is_group(&self) -> bool {
        self.tensor.is_none() && !self.is_operation
    }
}

/// All parts, the whole first.
pub(super) struct Tree<'a> {
    parts: Vec<Part<'a>>,
    by_path: FxHashMap<&'a str, usize>,
}

/// The part that everything is part of.
pub(super) const WHOLE: usize = 0;

impl<'a> Tree<'a> {
    /// The tree of tensors with these paths.
    pub fn of(paths: impl Iterator<Item = &'a str>) -> Self {
        let whole =
            Part { name: "", path: "", below: Vec::new(), tensor: None, is_operation: false };
        let mut tree = Self { parts: vec![whole], by_path: FxHashMap::default() };
        for (tensor, path) in paths.enumerate() {
            let mut above = WHOLE;
            let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
            let mut start = 0;
            for end in ends {
                above = tree.enter(above, &path[..end], &path[start..end]);
                start = end + 1;
            }
            tree.parts[above].tensor = Some(tensor);
            if let Some((operation, _)) = path.rsplit_once('.')
                && let Some(&at) = tree.by_path.get(operation)
            {
                tree.parts[at].is_operation = true;
            }
        }
        tree
    }

    fn enter(&mut self, above: usize, path: &'a str, name: &'a str) -> usize {
        if let Some(&known) = self.by_path.get(path) {
            return known;
        }
        let at = self.parts.len();
        self.parts.push(Part { name, path, below: Vec::new(), tensor: None, is_operation: false });
        self.parts[above].below.push(at);
        self.by_path.insert(path, at);
        at
    }

    /// The part of that place.
    pub fn part(&self, at: usize) -> &Part<'a> {
        &self.parts[at]
    }

    /// The part of that path.
    pub fn find(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// The part of that name right below another; of a copy, what it is a copy of if need be.
    pub fn below(&self, at: usize, name: &str) -> Option<usize> {
        let named =
            |name: &str| self.part(at).below.iter().copied().find(|&b| self.part(b).name == name);
        named(name).or_else(|| named(name.split_once(COPY)?.0))
    }

    /// The numbered parts right below, by number.
    pub fn numbered(&self, at: usize) -> Vec<(u32, usize)> {
        let below = self.part(at).below.iter();
        let mut found: Vec<(u32, usize)> =
            below.filter_map(|&part| Some((self.part(part).number()?, part))).collect();
        found.sort_unstable();
        found
    }

    /// The only part right below.
    pub fn only(&self, at: usize) -> Option<usize> {
        match self.part(at).below[..] {
            [only] => Some(only),
            _ => None,
        }
    }
}
