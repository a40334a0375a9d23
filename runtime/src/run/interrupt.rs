//! The wish to stop: set by a signal handler, asked for by the loops.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag shared by whoever may interrupt a run and by the loops that can stop between two steps.
/// It never unsets itself.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks the run to stop at the next step, after a checkpoint. Safe to call from any thread.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether the run was asked to stop.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::Interrupt;

    #[test]
    fn clones_share_the_flag() {
        let flag = Interrupt::default();
        let seen_by_a_loop = flag.clone();
        assert!(!seen_by_a_loop.is_set());
        flag.set();
        assert!(seen_by_a_loop.is_set());
    }
}
