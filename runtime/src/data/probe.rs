//! What a linear model makes of a data set: multinomial logistic regression on the pixels.
//!
//! The figure a data set for networks is measured by: where a linear model does well, an architecture
//! has nothing to show. The probe is meant to be hard on the data: pixels are standardised, training
//! runs to convergence with momentum and a falling rate, and the *best* accuracy over the epochs is
//! reported, chosen on the very images it is measured on.

use std::borrow::Cow;

use nasc_compiler::random::Stream;

use super::{DataError, Dataset, Image};

/// How the probe is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Passes over the training images.
    pub epochs: u32,
    /// Images per step.
    pub batch: usize,
    /// The first learning rate; it falls linearly to 0.
    pub rate: f32,
    /// Weight of the squared norm of the weights, halved.
    pub decay: f32,
}

impl Default for Probe {
    fn default() -> Self {
        Self { epochs: 15, batch: 50, rate: 0.002, decay: 0.0 }
    }
}

/// The share of images that a linear model classifies rightly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// Of the training images, at the end.
    pub train: f64,
    /// Of the test images, at the best epoch.
    pub best_test: f64,
}

/// Trains on one part and measures on the other. Images must have one size.
///
/// # Errors
/// An image that cannot be read, or has another size than the first.
pub fn linear_probe(
    train: &Dataset,
    test: &Dataset,
    probe: &Probe,
    seed: u64,
) -> Result<Accuracy, DataError> {
    let (mut train_pixels, width) = inputs(train, None)?;
    let scale = Scale::of(&train_pixels, width);
    scale.apply(&mut train_pixels);
    let (mut test_pixels, _) = inputs(test, Some(width))?;
    scale.apply(&mut test_pixels);
    let classes = train.classes().len();
    let mut model = Model::new(width, classes);
    let batch = probe.batch.max(1);
    let mut best_test = 0.0_f64;
    let steps = (train.len().div_ceil(batch) * probe.epochs as usize) as f32;
    let mut step = 0.0;
    for epoch in 0..probe.epochs {
        let order = Stream::new(seed, "probe", &[u64::from(epoch)]).permutation(train.len() as u32);
        for indices in order.chunks(batch) {
            let rate = probe.rate * (1.0 - step / steps);
            model.step(&train_pixels, train.labels(), indices, rate, probe.decay);
            step += 1.0;
        }
        best_test = best_test.max(model.accuracy(&test_pixels, test.labels()));
    }
    Ok(Accuracy { train: model.accuracy(&train_pixels, train.labels()), best_test })
}

/// The bytes of all images as numbers, one image after the other, and how many each has.
fn inputs(data: &Dataset, width: Option<usize>) -> Result<(Vec<f32>, usize), DataError> {
    let mut width = width;
    let mut values = Vec::new();
    for index in 0..data.len() as u32 {
        let image: Cow<'_, Image> = data.image(index)?;
        let found = image.pixels().len();
        if *width.get_or_insert(found) != found {
            let reason = "the probe needs images of one size, and this one has another";
            return Err(DataError::decode(data.name(index), reason));
        }
        values.extend(image.pixels().iter().map(|&byte| f32::from(byte) / 255.0));
    }
    Ok((values, width.unwrap_or(1)))
}

/// What brings each input to mean 0 and variance 1 over the training images.
struct Scale {
    mean: Vec<f32>,
    factor: Vec<f32>,
}

impl Scale {
    fn of(values: &[f32], width: usize) -> Self {
        let count = (values.len() / width).max(1) as f32;
        let (mut mean, mut square) = (vec![0.0; width], vec![0.0; width]);
        for image in values.chunks_exact(width) {
            for ((value, mean), square) in image.iter().zip(&mut mean).zip(&mut square) {
                *mean += value / count;
                *square += value * value / count;
            }
        }
        let factor = mean
            .iter()
            .zip(&square)
            .map(|(mean, square)| 1.0 / (square - mean * mean).max(1e-6).sqrt())
            .collect();
        Self { mean, factor }
    }

    fn apply(&self, values: &mut [f32]) {
        for image in values.chunks_exact_mut(self.mean.len()) {
            for ((value, mean), factor) in image.iter_mut().zip(&self.mean).zip(&self.factor) {
                *value = (*value - mean) * factor;
            }
        }
    }
}

/// Classes that are computed together, as one vector.
const LANES: usize = 16;

/// Weights `[block of classes][input][LANES]`; the last input is the bias, always 1.
struct Model {
    width: usize,
    classes: usize,
    weights: Vec<[f32; LANES]>,
    velocity: Vec<[f32; LANES]>,
    gradient: Vec<[f32; LANES]>,
}

impl Model {
    fn new(width: usize, classes: usize) -> Self {
        let zero = vec![[0.0; LANES]; classes.div_ceil(LANES) * (width + 1)];
        Self { width, classes, weights: zero.clone(), velocity: zero.clone(), gradient: zero }
    }

    fn logits(&self, image: &[f32], out: &mut Vec<f32>) {
        out.clear();
        for block in self.weights.chunks_exact(self.width + 1) {
            let mut sums = block[self.width];
            for (&value, row) in image.iter().zip(block) {
                for (sum, weight) in sums.iter_mut().zip(row) {
                    *sum += value * weight;
                }
            }
            out.extend_from_slice(&sums);
        }
        out.truncate(self.classes);
    }

    /// One step of stochastic gradient descent with momentum 0.9 on the cross-entropy.
    fn step(&mut self, pixels: &[f32], labels: &[u32], indices: &[u32], rate: f32, decay: f32) {
        self.gradient.fill([0.0; LANES]);
        let mut logits = Vec::new();
        for &index in indices {
            let image = &pixels[index as usize * self.width..][..self.width];
            self.logits(image, &mut logits);
            let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for logit in &mut logits {
                *logit = (*logit - highest).exp();
            }
            let sum: f32 = logits.iter().sum();
            for share in &mut logits {
                *share /= sum * indices.len() as f32;
            }
            logits[labels[index as usize] as usize] -= 1.0 / indices.len() as f32;
            for (block, errors) in
                self.gradient.chunks_exact_mut(self.width + 1).zip(logits.chunks(LANES))
            {
                let mut error = [0.0; LANES];
                error[..errors.len()].copy_from_slice(errors);
                for (&value, row) in image.iter().chain(&[1.0]).zip(block) {
                    for (sum, error) in row.iter_mut().zip(error) {
                        *sum += value * error;
                    }
                }
            }
        }
        for ((weight, velocity), gradient) in
            self.weights.iter_mut().zip(&mut self.velocity).zip(&self.gradient)
        {
            for lane in 0..LANES {
                velocity[lane] = 0.9 * velocity[lane] + gradient[lane] + decay * weight[lane];
                weight[lane] -= rate * velocity[lane];
            }
        }
    }

    fn accuracy(&self, pixels: &[f32], labels: &[u32]) -> f64 {
        let mut logits = Vec::new();
        let mut right = 0;
        for (image, &label) in pixels.chunks_exact(self.width).zip(labels) {
            self.logits(image, &mut logits);
            let best = (0..self.classes).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
            right += usize::from(best == Some(label as usize));
        }
        right as f64 / labels.len().max(1) as f64
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::data::Part;
    use crate::data::shapes::{self, Options};

    /// The probe is no straw man: what is linear, it learns.
    #[test]
    fn a_linear_rule_is_found() {
        let mut stream = Stream::new(0, "linear", &[]);
        let mut make = |count: usize| {
            let mut labels = Vec::new();
            let images = (0..count)
                .map(|_| {
                    let pixels: Vec<u8> = (0..48).map(|_| stream.below(256) as u8).collect();
                    let sum = |part: &[u8]| part.iter().map(|&byte| u32::from(byte)).sum::<u32>();
                    let (left, right) = pixels.split_at(24);
                    labels.push(u32::from(sum(left) > sum(right)));
                    Image::new(4, 4, pixels)
                })
                .collect();
            let classes = vec!["less".into(), "more".into()];
            Dataset::in_memory(classes, labels, vec!["".into(); count], images)
        };
        let (train, test) = (make(2000), make(500));
        let probe = Probe { rate: 0.02, ..Probe::default() };
        let found = linear_probe(&train, &test, &probe, 0).unwrap();
        assert!(found.best_test > 0.95, "{found:?}");
    }

    /// The built-in data set leaves a linear model below 40 %, with and without regularisation.
    #[test]
    fn shapes_are_not_linear() {
        let options = Options::default();
        let train = shapes::in_memory(&options, Part::Train).unwrap();
        let test = shapes::in_memory(&options, Part::Test).unwrap();
        let probes = [0.0, 0.3].map(|decay| Probe { decay, ..Probe::default() });
        let found = std::thread::scope(|scope| {
            let (train, test) = (&train, &test);
            let start = |probe| scope.spawn(move || linear_probe(train, test, probe, 0).unwrap());
            probes.each_ref().map(start).map(|thread| thread.join().unwrap())
        });
        for found in found {
            assert!(found.best_test < 0.4, "{found:?}");
        }
        // The plain probe fits what it can: its training accuracy shows that it was not stopped early.
        assert!(found[0].train > 0.4, "{found:?}");
    }
}
