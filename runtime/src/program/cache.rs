//! Lines that were asked for last.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::straight::Straight;

/// A line is some tens of kilobytes.
const CAPACITY: usize = 512;

/// The most recently used lines, by canonical architecture or by gating.
#[derive(Debug)]
pub(super) struct Cache<K> {
    lines: FxHashMap<K, (u64, Arc<Straight>)>,
    by_age: BTreeMap<u64, K>,
    clock: u64,
}

impl<K> Default for Cache<K> {
    fn default() -> Self {
        Self { lines: FxHashMap::default(), by_age: BTreeMap::new(), clock: 0 }
    }
}

impl<K: Clone + Eq + Hash> Cache<K> {
    pub(super) fn find(&mut self, arch: &K) -> Option<Arc<Straight>> {
        let (used, line) = self.lines.get_mut(arch)?;
        if let Some(arch) = self.by_age.remove(used) {
            self.clock += 1;
            *used = self.clock;
            self.by_age.insert(self.clock, arch);
        }
        Some(line.clone())
    }

    pub(super) fn insert(&mut self, arch: K, line: Arc<Straight>) {
        if self.lines.len() >= CAPACITY
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.lines.remove(&oldest);
        }
        self.clock += 1;
        if let Some((used, _)) = self.lines.insert(arch.clone(), (self.clock, line)) {
            self.by_age.remove(&used);
        }
        self.by_age.insert(self.clock, arch);
    }
}
