//! A cost, compiled to look-ups.

use std::collections::BTreeSet;

use super::{Factor, Measure, Sum, factors};
use crate::arch::Arch;
use crate::pass::Checked;
use crate::vary::{DecisionId, Diagrams, FALSE};

/// Most entries of one dense table; factors over more assignments are evaluated on demand.
const DENSE_LIMIT: usize = 1 << 14;

/// A cost as a constant, dense tables over small sets of decisions, and the factors that are too
/// wide for a table. Costing an architecture touches each once.
#[derive(Clone, Debug)]
pub struct Table {
    base: u64,
    dense: Vec<Dense>,
    /// The places of all dense tables: a decision's number, and how far its next option lies.
    steps: Vec<(u32, u32)>,
    entries: Vec<u64>,
    products: Vec<Factor>,
    diagrams: Diagrams,
    /// Per decision, which dense tables and which products look at it.
    users: Vec<(Vec<u32>, Vec<u32>)>,
}

/// One table: where its entries begin, and its range of steps.
#[derive(Clone, Copy, Debug)]
struct Dense {
    entries: u32,
    steps: (u32, u32),
}

/// Some network costs more than 2^63, or a dimension is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the cost of some network does not fit 63 bits")
    }
}

impl std::error::Error for TooLarge {}

impl Table {
    /// The table of a measure over the space, or over the part of it at or below `scope`.
    ///
    /// # Errors
    /// If some network costs more than 2^63.
    pub fn new(space: &Checked, measure: Measure, scope: Option<&str>) -> Result<Self, TooLarge> {
        Self::of(factors(space, measure, scope))
    }

    /// The table of a sum.
    ///
    /// # Errors
    /// If some network costs more than 2^63.
    pub fn of(sum: Sum) -> Result<Self, TooLarge> {
        let Sum { diagrams, factors } = sum;
        let supports: Vec<Vec<DecisionId>> =
            factors.iter().map(|factor| support(&diagrams, factor)).collect();
        let is_dense =
            |support: &[DecisionId]| entries(&diagrams, support).is_some_and(|n| n <= DENSE_LIMIT);
        let mut table = Self {
            base: 0,
            dense: Vec::new(),
            steps: Vec::new(),
            entries: Vec::new(),
            products: Vec::new(),
            users: vec![(Vec::new(), Vec::new()); diagrams.decisions()],
            diagrams: Diagrams::default(),
        };
        let mut most = 0_u64;
        let mut groups: Vec<(Vec<DecisionId>, Vec<Factor>)> = Vec::new();
        for (set, members) in merge(&supports) {
            let members = members.into_iter().map(|member| factors[member].clone());
            if is_dense(&set) {
                groups.push((set, members.collect()));
            } else {
                table.products.extend(members);
            }
        }
        for (set, members) in groups {
            let made = expand(&diagrams, &set, &members)?;
            let largest = made.iter().copied().max().unwrap_or(0);
            most = most.checked_add(largest).ok_or(TooLarge)?;
            if set.is_empty() {
                table.base = largest;
            } else if largest > 0 {
                table.push(&diagrams, &set, &made);
            }
        }
        for (number, product) in table.products.iter().enumerate() {
            most = most.checked_add(bound(&diagrams, product).ok_or(TooLarge)?).ok_or(TooLarge)?;
            for decision in support(&diagrams, product) {
                table.users[decision.index()].1.push(number as u32);
            }
        }
        table.diagrams = diagrams;
        if i64::try_from(most).is_ok() { Ok(table) } else { Err(TooLarge) }
    }

    fn push(&mut self, diagrams: &Diagrams, set: &[DecisionId], made: &[u64]) {
        let number = self.dense.len() as u32;
        let first = self.steps.len() as u32;
        let mut stride = 1;
        for &decision in set {
            self.steps.push((decision.0, stride));
            stride *= diagrams.arity(decision);
            self.users[decision.index()].0.push(number);
        }
        let steps = (first, self.steps.len() as u32);
        self.dense.push(Dense { entries: self.entries.len() as u32, steps });
        self.entries.extend_from_slice(made);
    }

    /// The cost of an architecture; whether it is canonical makes no difference.
    pub fn cost(&self, arch: &Arch) -> u64 {
        let dense: u64 = self.dense.iter().map(|dense| self.look_up(*dense, arch)).sum();
        let products: u64 = self.products.iter().map(|factor| self.product(factor, arch)).sum();
        self.base + dense + products
    }

    /// By how much the cost changes when one decision takes another option. Only the tables that
    /// look at the decision are read.
    pub fn change(&self, arch: &Arch, decision: DecisionId, new: u32) -> i64 {
        let Some((dense, products)) = self.users.get(decision.index()) else { return 0 };
        let old = arch.option(decision);
        let mut change = 0_i64;
        for &number in dense {
            let dense = self.dense[number as usize];
            let mut place = dense.entries;
            let mut step = 0;
            for &(other, stride) in &self.steps[dense.steps.0 as usize..dense.steps.1 as usize] {
                place += arch.option(DecisionId(other)) * stride;
                if other == decision.0 {
                    step = stride;
                }
            }
            let after = place - old * step + new * step;
            change += self.entries[after as usize] as i64 - self.entries[place as usize] as i64;
        }
        if !products.is_empty() {
            let mut after = arch.clone();
            after.set(decision, new);
            for &number in products {
                let factor = &self.products[number as usize];
                change += self.product(factor, &after) as i64 - self.product(factor, arch) as i64;
            }
        }
        change
    }

    fn look_up(&self, dense: Dense, arch: &Arch) -> u64 {
        let steps = &self.steps[dense.steps.0 as usize..dense.steps.1 as usize];
        let place: u32 = steps.iter().map(|&(d, stride)| arch.option(DecisionId(d)) * stride).sum();
        self.entries[(dense.entries + place) as usize]
    }

    fn product(&self, factor: &Factor, arch: &Arch) -> u64 {
        // The bound was checked when the table was made.
        factor.value(&self.diagrams, arch).unwrap_or(0)
    }
}

/// The decisions that a factor depends on, in order.
fn support(diagrams: &Diagrams, factor: &Factor) -> Vec<DecisionId> {
    let mut found = diagrams.support(factor.presence);
    for &term in &factor.terms {
        found.extend(diagrams.support(term));
    }
    found.into_iter().collect()
}

/// How many assignments a set of decisions has.
fn entries(diagrams: &Diagrams, set: &[DecisionId]) -> Option<usize> {
    set.iter().try_fold(1_usize, |product, &d| product.checked_mul(diagrams.arity(d) as usize))
}

/// Which items to sum in one table: those whose supports lie inside one another. Sets are in the
/// order of their first member.
pub(crate) fn merge(supports: &[Vec<DecisionId>]) -> Vec<(Vec<DecisionId>, Vec<usize>)> {
    let distinct: BTreeSet<&Vec<DecisionId>> = supports.iter().collect();
    let mut by_size: Vec<&Vec<DecisionId>> = distinct.into_iter().collect();
    by_size.sort_by_key(|set| std::cmp::Reverse(set.len()));
    // Every set goes to the first one, largest first, that holds it; the empty one stays apart.
    let mut hosts: Vec<&Vec<DecisionId>> = Vec::new();
    let mut host_of = std::collections::BTreeMap::new();
    for set in by_size {
        let holds = |host: &&&Vec<DecisionId>| set.iter().all(|d| host.binary_search(d).is_ok());
        let host = if set.is_empty() { None } else { hosts.iter().find(holds).copied() };
        if host.is_none() {
            hosts.push(set);
        }
        host_of.insert(set, host.unwrap_or(set));
    }
    let mut groups: Vec<(Vec<DecisionId>, Vec<usize>)> = Vec::new();
    let mut place = std::collections::BTreeMap::new();
    for (item, set) in supports.iter().enumerate() {
        let host = host_of.get(set).copied().unwrap_or(set);
        let at = *place.entry(host).or_insert_with(|| {
            groups.push((host.clone(), Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(item);
    }
    groups
}

/// The sum of the factors for every assignment of `set`, the first decision fastest.
fn expand(
    diagrams: &Diagrams,
    set: &[DecisionId],
    members: &[Factor],
) -> Result<Vec<u64>, TooLarge> {
    let count = entries(diagrams, set).ok_or(TooLarge)?;
    let mut arch = Arch(vec![0; diagrams.decisions()]);
    let mut made = Vec::with_capacity(count);
    for entry in 0..count {
        let mut rest = entry;
        for &decision in set {
            let arity = diagrams.arity(decision) as usize;
            arch.set(decision, (rest % arity) as u32);
            rest /= arity;
        }
        let sum = members
            .iter()
            .try_fold(0_u64, |sum, factor| sum.checked_add(factor.value(diagrams, &arch)?));
        made.push(sum.ok_or(TooLarge)?);
    }
    Ok(made)
}

/// No network has more of a factor.
fn bound(diagrams: &Diagrams, factor: &Factor) -> Option<u64> {
    if factor.presence == FALSE {
        return Some(0);
    }
    factor.terms.iter().try_fold(factor.coefficient, |product, &term| {
        let (_, most) = diagrams.int_range(term)?;
        product.checked_mul(most.max(0) as u64)
    })
}
