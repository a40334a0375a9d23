//! Ways by the probability of what they take: scores are the logarithms of probabilities.

use super::ways::{Ways, start};
use crate::arch::Arch;
use crate::random::{Stream, exact_exp, exact_ln};

/// The logarithm of what never happens; everything below half of it has the probability zero.
const NEVER: f64 = -1e6;

/// The logarithm of a probability, the same on every machine.
pub(super) fn logarithm(chance: f64) -> f64 {
    if chance >= f64::MIN_POSITIVE { exact_ln(chance) } else { NEVER }
}

fn chance(logarithm: f64) -> f64 {
    if logarithm < -600.0 { 0.0 } else { exact_exp(logarithm) }
}

/// How likely the ways on from each node are together, given the way there.
pub(super) fn weights(ways: &Ways) -> Vec<Vec<f64>> {
    ways.backward(1.0, &0.0, |layer, edge, rest, sum| *sum += chance(layer.score(edge)) * rest)
}

/// A way, as likely as the product of its probabilities; `None` if none has any.
pub(super) fn weighted(ways: &Ways, weights: &[Vec<f64>], stream: &mut Stream) -> Option<Arch> {
    start(weights).filter(|all| **all > 0.0)?;
    let mut arch = Arch(vec![0; ways.layers.len()]);
    let mut node = 0;
    for (level, (layer, arity)) in ways.options().enumerate() {
        let mut left = stream.unit() * weights[level][node];
        let mut found = None;
        for edge in node * arity..(node + 1) * arity {
            let target = layer.next[edge] as usize;
            let Some(rest) = weights[level + 1].get(target) else { continue };
            let weight = chance(layer.score(edge)) * rest;
            if weight > 0.0 {
                // The last one takes what rounding leaves.
                found = Some((edge, target));
                if left < weight {
                    break;
                }
                left -= weight;
            }
        }
        let (edge, target) = found?;
        arch.set(ways.order[level], (edge - node * arity) as u32);
        node = target;
    }
    Some(arch)
}
