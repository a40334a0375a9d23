//! Moving averages of weights.
//!
//! After every step an average `a` of a weight `w` becomes `d * a + (1 - d) * w`. It goes over all trained weights,
//! touched or not, so that the averages of all networks of a supernet are equally old. Running statistics are averages
//! already: they are taken as they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::torch::{self, Tensor, TorchError};

/// How weights are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ema {
    /// What a step keeps of the average, in `0.0..1.0`.
    pub decay: f64,
    /// Whether step `t`, from 1, keeps `(1 + t) / (10 + t)` of it where that is less: a short run would otherwise
    /// average its first weights in.
    #[serde(default)]
    pub warm_up: bool,
}

impl Ema {
    /// What step `step`, from 1, keeps.
    pub fn kept(&self, step: u64) -> f64 {
        let step = step as f64;
        let limit = if self.warm_up { (1.0 + step) / (10.0 + step) } else { 1.0 };
        self.decay.min(limit)
    }
}

/// The averages of some weights.
#[derive(Debug)]
pub struct Averages {
    how: Ema,
    paths: Vec<String>,
    weights: Vec<Tensor>,
    followers: Vec<Tensor>,
}

impl Averages {
    /// Averages that begin with the weights as they are. These stay shared with the caller.
    ///
    /// # Errors
    /// There is no memory for them.
    pub fn new(
        how: Ema,
        weights: impl IntoIterator<Item = (String, Tensor)>,
    ) -> Result<Self, TorchError> {
        let _guard = torch::no_grad();
        let (paths, weights): (Vec<_>, Vec<_>) = weights.into_iter().unzip();
        let followers: Result<_, TorchError> = weights.iter().map(copied).collect();
        Ok(Self { how, paths, followers: followers?, weights })
    }

    /// Takes the weights after step `step`, from 1, into the averages.
    ///
    /// # Errors
    /// libtorch gave out.
    pub fn follow(&mut self, step: u64) -> Result<(), TorchError> {
        let lists = [&self.followers, &self.weights].map(|list| list.iter().collect::<Vec<_>>());
        torch::draw_near(&lists[0], &lists[1], 1.0 - self.how.kept(step))
    }

    /// The averages by path; shared, not copied.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        let all = self.paths.iter().zip(&self.followers);
        all.map(|(path, average)| (path.clone(), average.shallow_clone())).collect()
    }

    /// Puts saved averages in the place of the present ones; whether there was one of the same shape for each. If not,
    /// nothing has changed.
    ///
    /// # Errors
    /// libtorch gave out.
    pub fn restore(&mut self, state: &BTreeMap<String, Tensor>) -> Result<bool, TorchError> {
        let saved: Vec<&Tensor> = self.paths.iter().filter_map(|path| state.get(path)).collect();
        let sizes = saved.iter().zip(&self.followers).all(|(a, b)| a.size() == b.size());
        if saved.len() != self.paths.len() || state.len() != saved.len() || !sizes {
            return Ok(false);
        }
        let _guard = torch::no_grad();
        for (average, saved) in self.followers.iter_mut().zip(saved) {
            average.f_copy_(saved)?;
        }
        Ok(true)
    }

    /// Puts the averages into the weights.
    ///
    /// # Errors
    /// libtorch gave out.
    pub fn settle(&mut self) -> Result<(), TorchError> {
        let _guard = torch::no_grad();
        for (weight, average) in self.weights.iter_mut().zip(&self.followers) {
            weight.f_copy_(average)?;
        }
        Ok(())
    }
}

fn copied(weight: &Tensor) -> Result<Tensor, TorchError> {
    let weight = weight.f_detach()?;
    let mut copy = weight.f_empty_like()?;
    copy.f_copy_(&weight)?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::torch::{Device, Kind};

    fn weight(value: f64) -> Tensor {
        Tensor::full([2], value, (Kind::Double, Device::Cpu)).set_requires_grad(true)
    }

    fn set(weight: &Tensor, value: f64) {
        let _guard = torch::no_grad();
        let _ = weight.shallow_clone().fill_(value);
    }

    #[test]
    fn averages_follow_their_weights() {
        let w = weight(1.0);
        let how = Ema { decay: 0.75, warm_up: false };
        let mut averages = Averages::new(how, [("w".to_owned(), w.shallow_clone())]).unwrap();
        for (step, (value, expected)) in [(5.0, 2.0), (-2.0, 1.0), (1.0, 1.0)].iter().enumerate() {
            set(&w, *value);
            averages.follow(step as u64 + 1).unwrap();
            assert_eq!(averages.state()["w"].double_value(&[1]), *expected);
            assert_eq!(w.double_value(&[0]), *value, "weights stay their own");
        }
        set(&w, 9.0);
        averages.settle().unwrap();
        assert_eq!(w.double_value(&[0]), 1.0);
        assert!(w.requires_grad());
    }

    #[test]
    fn the_first_steps_of_a_warm_up_keep_less() {
        let how = Ema { decay: 0.999, warm_up: true };
        assert_eq!(how.kept(1), 2.0 / 11.0);
        assert_eq!(how.kept(100_000), 0.999);
        assert_eq!(Ema { warm_up: false, ..how }.kept(1), 0.999);
    }

    #[test]
    fn saved_averages_come_back_whole_or_not_at_all() {
        let w = weight(1.0);
        let how = Ema { decay: 0.5, warm_up: false };
        let mut averages = Averages::new(how, [("w".to_owned(), w)]).unwrap();
        let saved = |path: &str, tensor: Tensor| BTreeMap::from([(path.to_owned(), tensor)]);
        assert!(!averages.restore(&saved("v", weight(3.0))).unwrap());
        assert!(!averages.restore(&BTreeMap::new()).unwrap());
        let long = Tensor::zeros([3], (Kind::Double, Device::Cpu));
        assert!(!averages.restore(&saved("w", long)).unwrap());
        assert_eq!(averages.state()["w"].double_value(&[0]), 1.0);
        assert!(averages.restore(&saved("w", weight(3.0))).unwrap());
        assert_eq!(averages.state()["w"].double_value(&[0]), 3.0);
    }
}
