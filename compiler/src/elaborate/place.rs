//! Where in the space elaboration stands: the path that new nodes and decisions get.
//!
//! A path grows by `let` names, labels, loop numbers and alternatives. Operations and calls of blocks
//! add their own name, unless the surrounding name has only one of them to name (`bare`); a name that
//! is taken gets `_1`, `_2`, ….

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

/// The current path.
#[derive(Default)]
pub(super) struct Place {
    prefix: String,
    /// Whether the next call takes the current path instead of adding its own name.
    bare: bool,
    used: Names,
}

/// Taken paths.
#[derive(Clone, Default)]
pub(super) struct Names {
    /// How often each was asked for.
    counts: FxHashMap<Arc<str>, u32>,
    /// The paths that others lie below.
    parents: FxHashSet<Box<str>>,
}

impl Names {
    fn holds(&self, path: &str) -> bool {
        self.counts.contains_key(path)
    }

    fn take(&mut self, path: Arc<str>, count: u32) {
        let mut below = &*path;
        while let Some(end) = below.bytes().rposition(|byte| byte == b'.') {
            below = &below[..end];
            if self.parents.contains(below) {
                break;
            }
            self.parents.insert(below.into());
        }
        self.counts.insert(path, count);
    }

    /// Those below a path.
    fn below(&self, path: &str) -> Self {
        if path.is_empty() {
            return self.clone();
        }
        let mut found = Self::default();
        if self.parents.contains(path) {
            let is_below =
                |name: &str| name.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
            for (name, &count) in self.counts.iter().filter(|(name, _)| is_below(name)) {
                found.take(name.clone(), count);
            }
        }
        found
    }

    #[expect(clippy::iter_over_hash_type, reason = "the larger count is the same in any order")]
    fn join(&mut self, other: Self) {
        self.parents.extend(other.parents);
        for (name, count) in other.counts {
            let known = self.counts.entry(name).or_insert(0);
            *known = count.max(*known);
        }
    }
}

/// The path before something was entered.
pub(super) struct Mark {
    length: usize,
    bare: bool,
}

impl Place {
    /// Goes into a named part; `bare` if it holds a single call.
    pub(super) fn enter(&mut self, name: &str, bare: bool) -> Mark {
        let mark = Mark { length: self.prefix.len(), bare: self.bare };
        self.push(name);
        self.bare = bare;
        mark
    }

    /// Goes into a part without a name.
    pub(super) fn enter_plain(&mut self) -> Mark {
        let mark = Mark { length: self.prefix.len(), bare: self.bare };
        self.bare = false;
        mark
    }

    /// Stays where it is; a statement uses the name of the place up.
    pub(super) fn enter_keep(&mut self) -> Mark {
        Mark { length: self.prefix.len(), bare: false }
    }

    /// Stays where it is, for a statement that made nothing that could have used the name up.
    pub(super) fn enter_unused(&mut self) -> Mark {
        Mark { length: self.prefix.len(), bare: self.bare }
    }

    /// Goes into an alternative of the decision at `path`, which lies at or below the current place.
    pub(super) fn enter_alternative(&mut self, path: &str, label: &str, bare: bool) -> Mark {
        let mark = Mark { length: self.prefix.len(), bare: false };
        self.prefix = format!("{path}.{label}");
        self.bare = bare;
        mark
    }

    /// The path of a new node at a path of its own.
    pub(super) fn node_at(&mut self, full: &str) -> Arc<str> {
        self.bare = false;
        self.claim(full)
    }

    /// Goes into a call of a block: under its own name, unless the place has one for it.
    pub(super) fn enter_call(&mut self, name: Option<&str>) -> Mark {
        let mark = Mark { length: self.prefix.len(), bare: false };
        if std::mem::take(&mut self.bare) {
            return mark;
        }
        if let Some(name) = name {
            let full = self.claim(&self.join(name));
            self.prefix.clear();
            self.prefix.push_str(&full);
        }
        mark
    }

    /// Comes back.
    pub(super) fn leave(&mut self, mark: &Mark) {
        self.prefix.truncate(mark.length);
        self.bare = mark.bare;
    }

    /// Goes to an absolute path with a table of taken names of its own; gives the former state.
    pub(super) fn jump(&mut self, path: &str, used: Names) -> Self {
        let fresh = Self { prefix: path.to_owned(), bare: false, used };
        std::mem::replace(self, fresh)
    }

    /// Comes back from a jump; the names that were taken there stay taken.
    pub(super) fn come_back(&mut self, outer: Self) {
        let there = std::mem::replace(self, outer);
        self.used.join(there.used);
    }

    /// Takes a path for a part that has a table of names of its own.
    pub(super) fn claim_part(&mut self, path: &str) -> String {
        if path.is_empty() { String::new() } else { self.claim(path).to_string() }
    }

    /// The taken names below a path.
    pub(super) fn names_under(&self, path: &str) -> Names {
        self.used.below(path)
    }

    /// The path of a new node called `name`.
    pub(super) fn node(&mut self, name: &str) -> Arc<str> {
        let full = if std::mem::take(&mut self.bare) && !self.prefix.is_empty() {
            self.prefix.clone()
        } else {
            self.join(name)
        };
        self.claim(&full)
    }

    /// The path of a decision called `name`: `let n = choose n` adds `n` once.
    pub(super) fn decision(&self, name: &str) -> Arc<str> {
        let last = self.prefix.rsplit('.').next().unwrap_or_default();
        Arc::from(if self.bare && last == name { self.prefix.clone() } else { self.join(name) })
    }

    /// The current path.
    pub(super) fn path(&self) -> &str {
        &self.prefix
    }

    fn push(&mut self, name: &str) {
        self.prefix = self.join(name);
    }

    /// The path of a part of the current place.
    pub(super) fn join(&self, name: &str) -> String {
        match (self.prefix.is_empty(), name.is_empty()) {
            (true, _) => name.to_owned(),
            (false, true) => self.prefix.clone(),
            (false, false) => {
                let mut path = String::with_capacity(self.prefix.len() + 1 + name.len());
                path.push_str(&self.prefix);
                path.push('.');
                path.push_str(name);
                path
            }
        }
    }

    fn claim(&mut self, full: &str) -> Arc<str> {
        let Some(count) = self.used.counts.get_mut(full) else {
            let path: Arc<str> = Arc::from(full);
            self.used.take(path.clone(), 1);
            return path;
        };
        *count += 1;
        let numbered = format!("{full}_{}", *count - 1);
        // A name that was written with the number itself is passed over.
        if self.used.holds(&numbered) {
            return self.claim(full);
        }
        let numbered: Arc<str> = Arc::from(numbered);
        self.used.take(numbered.clone(), 1);
        numbered
    }
}
