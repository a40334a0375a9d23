//! The networks that need the least and the most memory.

use super::count::distinct;
use crate::arch::Arch;
use crate::cost::memory::{Memory, MemoryTooLarge, Phase};
use crate::pass::Checked;
use crate::vary::{DecisionId, FALSE, TRUE, Vary};

/// The networks with the smallest and the largest peak, and how much that is in bytes. `None` if there
/// is no network, or the diagrams outgrow their limits.
pub fn memory_range(space: &Checked, phase: Phase) -> Option<[(u64, Arch); 2]> {
    let mut memory = Memory::new(space, phase).ok()?;
    let networks = distinct(space, memory.diagrams())?;
    let any = network(&mut memory, networks)?;
    let peak = memory.peak(&any);
    let (floor, ceiling) = memory.bounds();
    let (mut least, mut most) = ((peak, any.clone()), (peak, any));
    // Whatever is found halves what is left, or more.
    let mut low = floor;
    while low < least.0 {
        let middle = low.midpoint(least.0);
        match within(&mut memory, networks, [None, Some(middle)]).ok()? {
            Some(found) => least = found,
            None => low = middle + 1,
        }
    }
    let mut high = ceiling;
    while most.0 < high {
        let middle = high - (high - most.0) / 2;
        match within(&mut memory, networks, [Some(middle), None]).ok()? {
            Some(found) => most = found,
            None => high = middle - 1,
        }
    }
    Some([least, most])
}

/// A network between the bounds, and its peak.
///
/// # Errors
/// If the diagrams outgrow their limits.
fn within(
    memory: &mut Memory,
    networks: Vary,
    [min, max]: [Option<u64>; 2],
) -> Result<Option<(u64, Arch)>, MemoryTooLarge> {
    let condition = memory.within(min, max)?;
    let diagrams = memory.diagrams();
    let both = diagrams.and(networks, condition);
    if !diagrams.is_sound(both) {
        return Err(MemoryTooLarge);
    }
    Ok(network(memory, both).map(|arch| (memory.peak(&arch), arch)))
}

/// The first network that meets a condition, by its options in decision order.
fn network(memory: &mut Memory, condition: Vary) -> Option<Arch> {
    let diagrams = memory.diagrams();
    let mut arch = Arch(vec![0; diagrams.decisions()]);
    let mut at = condition;
    while at != TRUE {
        let decision: DecisionId = diagrams.first_decision(&[at])?;
        let option = (0..diagrams.arity(decision))
            .find(|&option| diagrams.child(at, decision, option) != FALSE)?;
        arch.set(decision, option);
        at = diagrams.child(at, decision, option);
    }
    Some(arch)
}
