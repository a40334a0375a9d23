//! What a distribution over networks costs in the mean, its gradient, and the prices that DSNAS and FNA make of it.

use nasc_compiler::arch::Arch;
use nasc_compiler::cost::{Factor, Measure, factors};
use nasc_compiler::pass::Checked;
use nasc_compiler::vary::{DecisionId, Diagrams, FALSE, Leaf, Vary};
use rustc_hash::FxHashMap;

use super::SamplerError;
use crate::alpha::Rows;

/// Most parts of a price.
const MOST: usize = 1 << 20;

/// A cost as a sum over what decisions say, ready for its mean over independent decisions.
#[derive(Debug, Clone)]
pub(crate) struct Price {
    /// Children before parents.
    parts: Vec<Part>,
    /// The roots of the sum; one may stand for several factors.
    roots: Vec<(u32, f64)>,
    /// What every network pays.
    pub constant: f64,
}

#[derive(Debug, Clone)]
enum Part {
    Leaf(f64),
    Test(u32, Box<[u32]>),
}

impl Price {
    /// The price of a measure, in units of `unit`.
    pub fn new(space: &Checked, measure: Measure, unit: f64) -> Result<Self, SamplerError> {
        let sum = factors(space, measure, None);
        let mut made = Self { parts: Vec::new(), roots: Vec::new(), constant: 0.0 };
        let mut memo = FxHashMap::default();
        let mut counts: FxHashMap<u32, usize> = FxHashMap::default();
        for Factor { presence, terms, coefficient } in &sum.factors {
            let mut values = vec![*presence];
            values.extend(terms);
            let root = made.part(&sum.diagrams, values, &mut memo);
            if made.parts.len() > MOST {
                let message =
                    format!("the mean {} of the space has too many parts", measure.name());
                return Err(SamplerError::Unsuitable(message));
            }
            let factor = *coefficient as f64 / unit;
            match made.parts[root as usize] {
                Part::Leaf(leaf) => made.constant += factor * leaf,
                Part::Test(..) => match counts.get(&root) {
                    Some(&place) => made.roots[place].1 += factor,
                    None => {
                        counts.insert(root, made.roots.len());
                        made.roots.push((root, factor));
                    }
                },
            }
        }
        Ok(made)
    }

    fn part(
        &mut self,
        diagrams: &Diagrams,
        values: Vec<Vary>,
        memo: &mut FxHashMap<Vec<Vary>, u32>,
    ) -> u32 {
        if let Some(&known) = memo.get(&values) {
            return known;
        }
        let first = (values[0] != FALSE && self.parts.len() <= MOST)
            .then(|| diagrams.first_decision(&values))
            .flatten();
        let part = match first {
            None => Part::Leaf(product(diagrams, &values)),
            Some(decision) => {
                let below = |option| -> Vec<Vary> {
                    values.iter().map(|&v| diagrams.child(v, decision, option)).collect()
                };
                let options = diagrams.arity(decision);
                let children: Vec<u32> =
                    (0..options).map(|option| self.part(diagrams, below(option), memo)).collect();
                Part::Test(decision.0, children.into())
            }
        };
        self.parts.push(part);
        let made = self.parts.len() as u32 - 1;
        memo.insert(values, made);
        made
    }

    /// The mean over networks whose decisions are drawn with these probabilities, without what every network pays, and
    /// its gradient by the probabilities.
    pub fn mean(&self, probabilities: &Rows) -> (f64, Rows) {
        let mut means = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            means.push(match part {
                Part::Leaf(leaf) => *leaf,
                Part::Test(decision, children) => {
                    let row = &probabilities[*decision as usize];
                    row.iter().zip(children).map(|(p, &child)| p * means[child as usize]).sum()
                }
            });
        }
        let mut weights = vec![0.0; self.parts.len()];
        let mut total = 0.0;
        for &(root, factor) in &self.roots {
            total += factor * means[root as usize];
            weights[root as usize] += factor;
        }
        let mut gradient: Rows = probabilities.iter().map(|row| vec![0.0; row.len()]).collect();
        for (place, part) in self.parts.iter().enumerate().rev() {
            let (Part::Test(decision, children), weight) = (part, weights[place]) else { continue };
            let decision = *decision as usize;
            for (option, &child) in children.iter().enumerate() {
                gradient[decision][option] += weight * means[child as usize];
                weights[child as usize] += weight * probabilities[decision][option];
            }
        }
        (total, gradient)
    }

    /// What one network pays beyond the constant, and the gradient by the logits of what its options cost times how
    /// probable they are (DSNAS): of `Σ p(taken) cost(taken)`, where a part that several decisions form has the
    /// product of their probabilities.
    pub fn taken(&self, arch: &Arch, probabilities: &Rows) -> (f64, Rows) {
        let mut gradient: Rows = probabilities.iter().map(|row| vec![0.0; row.len()]).collect();
        let mut total = 0.0;
        for &(root, factor) in &self.roots {
            let (mut at, mut way, mut likely) = (root, Vec::new(), 1.0);
            let leaf = loop {
                match &self.parts[at as usize] {
                    Part::Leaf(leaf) => break *leaf,
                    Part::Test(decision, children) => {
                        let option = arch.option(DecisionId(*decision)) as usize;
                        way.push((*decision as usize, option));
                        likely *= probabilities[*decision as usize][option];
                        at = children[option];
                    }
                }
            };
            total += factor * leaf;
            for (decision, taken) in way {
                for (option, p) in probabilities[decision].iter().enumerate() {
                    let one_hot = f64::from(u8::from(option == taken));
                    gradient[decision][option] += factor * leaf * likely * (one_hot - p);
                }
            }
        }
        (total, gradient)
    }

    /// What DSNAS pays for a network: a multiple of the gradient of [`Self::taken`] where that costs `threshold` or
    /// more together, else nothing. In its code 290 million multiply-adds of the choice blocks alone. Where the
    /// losses and scores of `W` processes are divided by `W` and their gradients summed, as there, this is not
    /// divided: a single process takes `W^2` times their 1e-6.
    pub fn gated(
        &self,
        arch: &Arch,
        probabilities: &Rows,
        threshold: f64,
        coefficient: f64,
    ) -> Rows {
        let (cost, mut gradient) = self.taken(arch, probabilities);
        let factor = if cost >= threshold { coefficient } else { 0.0 };
        gradient.iter_mut().flatten().for_each(|g| *g *= factor);
        gradient
    }

    /// What FNA pays for a distribution: `strength ln(mean) / ln(base)`, which is negative for a mean of less than
    /// one unit (1e9 multiply-adds there), and its gradient by the logits. `strength` is 0.02 for `RetinaNet` and
    /// 0.15 for
    /// `SSDLite`, `base` 10.
    pub fn logarithmic(
        &self,
        probabilities: &Rows,
        temperature: f64,
        [strength, base]: [f64; 2],
    ) -> (f64, Rows) {
        let (cost, by_options) = self.mean(probabilities);
        let mut gradient = through_softmax(probabilities, temperature, &by_options);
        let factor = strength / base.ln();
        gradient.iter_mut().flatten().for_each(|g| *g *= factor / cost);
        (factor * cost.ln(), gradient)
    }

    /// The price of options that cost something each, whatever the others are: a row per decision.
    #[cfg(test)]
    pub fn of_options(costs: &Rows) -> Self {
        let mut made = Self { parts: Vec::new(), roots: Vec::new(), constant: 0.0 };
        for (decision, costs) in (0..).zip(costs) {
            let first = made.parts.len() as u32;
            made.parts.extend(costs.iter().map(|&cost| Part::Leaf(cost)));
            made.parts.push(Part::Test(decision, (first..first + costs.len() as u32).collect()));
            made.roots.push((made.parts.len() as u32 - 1, 1.0));
        }
        made
    }
}

fn product(diagrams: &Diagrams, values: &[Vary]) -> f64 {
    let (presence, terms) = values.split_at(1);
    if presence.iter().any(|&value| diagrams.constant(value) != Some(&Leaf::Bool(true))) {
        return 0.0;
    }
    terms.iter().map(|&term| diagrams.constant_int(term).unwrap_or(0) as f64).product()
}

/// The gradient by logits of something with that gradient by their softmax at a temperature.
pub(super) fn through_softmax(probabilities: &Rows, temperature: f64, gradient: &Rows) -> Rows {
    let row = |(p, g): (&Vec<f64>, &Vec<f64>)| {
        crate::alpha::estimator::through_relaxed(p, temperature, g)
    };
    probabilities.iter().zip(gradient).map(row).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use nasc_compiler::cost::Table;
    use nasc_compiler::random::Stream;

    use super::*;
    use crate::alpha::softmax;
    use crate::supernet::tests::toy;

    fn networks(options: &[usize]) -> Vec<Arch> {
        let mut made = vec![Vec::new()];
        for &count in options {
            let longer = made.iter().flat_map(|arch: &Vec<u16>| {
                (0..count as u16).map(move |option| [arch.as_slice(), &[option]].concat())
            });
            made = longer.collect();
        }
        made.into_iter().map(|arch| Arch(arch.into_iter().collect())).collect()
    }

    /// Against the sum over all networks, and against differences.
    #[test]
    fn means_are_those_over_all_networks() {
        let space = toy::space();
        let options: Vec<usize> = space.decisions.iter().map(|d| d.options.len()).collect();
        let price = Price::new(&space, Measure::Macs, 1e3).unwrap();
        let table = Table::new(&space, Measure::Macs, None).unwrap();
        let mut stream = Stream::new(1, "rows", &[]);
        let rows: Rows = options
            .iter()
            .map(|&count| softmax(&(0..count).map(|_| stream.normal()).collect::<Vec<_>>()))
            .collect();
        let mean = |rows: &Rows| -> f64 {
            let share = |arch: &Arch| -> f64 {
                rows.iter().zip(&arch.0).map(|(row, &option)| row[option as usize]).product()
            };
            networks(&options).iter().map(|a| share(a) * table.cost(a) as f64 / 1e3).sum()
        };
        let (found, gradient) = price.mean(&rows);
        assert!((found + price.constant - mean(&rows)).abs() < 1e-9);
        for (decision, row) in rows.iter().enumerate() {
            // The mean is linear in each probability, of which what one loses another gains.
            let slope = |option: usize| {
                let mut moved = rows.clone();
                moved[decision][option] += 1.0;
                moved[decision][0] -= 1.0;
                mean(&moved) - mean(&rows)
            };
            for option in 0..row.len() {
                let found = gradient[decision][option] - gradient[decision][0];
                assert!((found - slope(option)).abs() < 1e-9);
            }
        }
        for arch in networks(&options).iter().step_by(7) {
            let (cost, _) = price.taken(arch, &rows);
            assert!((cost + price.constant - table.cost(arch) as f64 / 1e3).abs() < 1e-9);
        }
    }
}
