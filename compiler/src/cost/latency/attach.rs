//! From a table and a space to a measure of the space.

use rustc_hash::FxHashMap;

use super::foreign::{self, Named as Entry};
use super::key::parts_of;
use super::unit::found;
use super::{Interpolation, Keys, LatencyTable};
use crate::arch::Arch;
use crate::ir::NodeId;
use crate::pass::{Checked, Part};
use crate::vary::{Diagrams, Leaf, Vary};

/// How many of the missing keys a message shows.
const SHOWN: usize = 5;

/// Why a table says nothing of a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LatencyError {
    /// The table has no entry for these units, which networks of the space have.
    Missing(Vec<String>),
    /// The units of the space are too many to tell apart.
    TooLarge,
}

impl std::fmt::Display for LatencyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(keys) => {
                let entries = if keys.len() == 1 { "entry" } else { "entries" };
                write!(f, "the table lacks {} {entries} that networks need:", keys.len())?;
                for key in keys.iter().take(SHOWN) {
                    write!(f, "\n  {key}")?;
                }
                match keys.len().checked_sub(SHOWN) {
                    Some(more) if more > 0 => write!(f, "\n  … and {more} more"),
                    _ => Ok(()),
                }
            }
            Self::TooLarge => {
                f.write_str("the units of the space depend on too many decisions at once")
            }
        }
    }
}

impl std::error::Error for LatencyError {}

/// The space with the table as a measure, under a name. What the table lacks is asked of `between`.
///
/// # Errors
/// Some valid network has a unit of which the table says nothing.
pub fn attach(
    space: Checked,
    name: &str,
    table: &LatencyTable,
    between: Option<&Interpolation>,
) -> Result<Checked, LatencyError> {
    let mut named = Named::of(&space, table.header.keys)?;
    let latencies: Vec<Option<u64>> =
        named.keys.iter().map(|key| table.latency(key, between)).collect();
    let missing: Vec<String> = named
        .needed(space.valid)
        .into_iter()
        .filter(|&place| latencies[place].is_none())
        .map(|place| named.keys[place].clone())
        .collect();
    if !missing.is_empty() {
        return Err(LatencyError::Missing(missing));
    }
    let mut parts = Vec::new();
    for &NamedUnit { node, presence, key } in &named.units {
        let value = named.diagrams.map(key, &mut |diagrams, leaf| match leaf {
            Leaf::Int(place) => {
                let latency = latencies.get(*place as usize).copied().flatten();
                // What only forbidden networks have may be missing.
                diagrams.int(latency.unwrap_or(0) as i64)
            }
            // What has no name costs nothing.
            _ => diagrams.int(0),
        });
        parts.push(Part { node, presence, value });
    }
    if named.diagrams.overflowed() {
        return Err(LatencyError::TooLarge);
    }
    Ok(space.with_table(name, named.diagrams, parts))
}

/// The keys of all units that valid networks of the space have, each once, in the order of the networks'
/// operations.
///
/// # Errors
/// The space is too large.
pub fn keys(space: &Checked, keys: Keys) -> Result<Vec<String>, LatencyError> {
    let named = Named::of(space, keys)?;
    Ok(named.needed(space.valid).into_iter().map(|place| named.keys[place].clone()).collect())
}

/// The units of one network in order: the first operation of each, and its key.
///
/// # Errors
/// The space is too large.
pub fn keys_of(
    space: &Checked,
    arch: &Arch,
    keys: Keys,
) -> Result<Vec<(NodeId, String)>, LatencyError> {
    let named = Named::of(space, keys)?;
    let leaf = |value| named.diagrams.eval(value, |decision| arch.option(decision));
    let mut found = Vec::new();
    for unit in &named.units {
        if *leaf(unit.presence) == Leaf::Bool(true)
            && let Some(place) = leaf(unit.key).as_int()
        {
            found.push((unit.node, named.keys[place as usize].clone()));
        }
    }
    Ok(found)
}

/// The units of a space, with what they are called.
fn units(space: &Checked, diagrams: &mut Diagrams) -> Vec<Entry> {
    let mut made = Vec::new();
    for unit in found(space, diagrams).units {
        let parts = parts_of(space, diagrams, &unit);
        made.push(Entry {
            node: unit.lead,
            presence: unit.presence,
            values: parts.values.clone(),
            text: Box::new(move |leaves: &[Leaf]| parts.text(leaves)),
        });
    }
    made
}

/// The units of a space with their keys.
struct Named {
    /// Those of the space, and what the units added.
    diagrams: Diagrams,
    units: Vec<NamedUnit>,
    keys: Vec<String>,
}

#[derive(Clone, Copy)]
struct NamedUnit {
    node: NodeId,
    presence: Vary,
    /// The place of its key, in every network that has the unit.
    key: Vary,
}

impl Named {
    fn of(space: &Checked, keys: Keys) -> Result<Self, LatencyError> {
        let mut diagrams = space.diagrams.clone();
        let mut places: FxHashMap<String, i64> = FxHashMap::default();
        let mut texts = Vec::new();
        let mut named = Vec::new();
        let entries = match keys {
            Keys::Units => units(space, &mut diagrams),
            Keys::Proxyless | Keys::Ofa | Keys::Layers => {
                foreign::named(space, &mut diagrams, keys)
            }
        };
        for Entry { node, presence, values, text } in entries {
            let key = diagrams.combine(presence, &values, &mut |leaves| {
                let Some(text) = text(leaves) else { return Leaf::Absent };
                let place = *places.entry(text).or_insert_with_key(|text| {
                    texts.push(text.clone());
                    texts.len() as i64 - 1
                });
                Leaf::Int(place)
            });
            // What has no name costs nothing.
            let free = diagrams.leaf(Leaf::Absent);
            if key != free {
                named.push(NamedUnit { node, presence, key });
            }
        }
        if diagrams.overflowed() {
            return Err(LatencyError::TooLarge);
        }
        Ok(Self { diagrams, units: named, keys: texts })
    }

    /// The places of the keys that any valid network has, in order.
    fn needed(&self, valid: Vary) -> Vec<usize> {
        let mut is_needed = vec![false; self.keys.len()];
        for unit in &self.units {
            for leaf in self.diagrams.leaves_where(valid, unit.key) {
                if let Some(needed) =
                    leaf.as_int().and_then(|place| is_needed.get_mut(place as usize))
                {
                    *needed = true;
                }
            }
        }
        (0..self.keys.len()).filter(|&place| is_needed[place]).collect()
    }
}
