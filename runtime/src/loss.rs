//! What a classifier is trained and judged by.

use crate::torch::{self, Kind, Reduction, Tensor, TorchError};

/// Why a loss has no value to go on with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LossError {
    /// NaN or an infinity.
    #[error("the loss is {0}")]
    NotFinite(f64),
    /// libtorch failed.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// How many images of a batch, or of many, were classified correctly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correct {
    /// Those whose class has the largest logit.
    pub top1: u64,
    /// Those whose class is among the five largest.
    pub top5: u64,
    /// All of them.
    pub images: u64,
}

/// The mean over the batch of the cross entropy between `logits` `[N, K]` and `targets` `[N]` (class numbers, `i64`).
///
/// With `smoothing` ε in `0.0..=1.0` the target distribution has `1 - ε` at the class, and `ε / K` more at each of the
/// K classes (Inception v3, section 7).
pub fn cross_entropy(
    logits: &Tensor,
    targets: &Tensor,
    smoothing: f64,
) -> Result<Tensor, TorchError> {
    // Outside every range of classes: nothing is ignored.
    const IGNORED: i64 = -100;
    let weights = None::<&Tensor>;
    Ok(logits.f_cross_entropy_loss(targets, weights, Reduction::Mean, IGNORED, smoothing)?)
}

/// The mean over the batch of the cross entropy between the softmax of `logits` `[N, K]` and that of `teacher` `[N,
/// K]`, which learns nothing (knowledge distillation at temperature 1).
///
/// # Errors
/// The shapes differ, or libtorch gave out.
pub fn soft_cross_entropy(logits: &Tensor, teacher: &Tensor) -> Result<Tensor, TorchError> {
    let wanted = teacher.f_detach()?.f_softmax(-1, teacher.kind())?;
    let own = logits.f_log_softmax(-1, logits.kind())?;
    let sums = torch::mul(&own, &wanted)?.f_sum_dim_intlist(-1i64, false, own.kind())?;
    torch::scale(&sums.f_mean(own.kind())?, -1.0)
}

/// What `logits` `[N, K]` lose beside a teacher's `[N, K]` at a temperature T: [`soft_cross_entropy`] of both
/// divided by T, times T², so that its gradient stays as large whatever T is (Hinton, Vinyals and Dean 2015,
/// section 2).
///
/// # Errors
/// As [`soft_cross_entropy`].
pub fn distilled(
    logits: &Tensor,
    teacher: &Tensor,
    temperature: f64,
) -> Result<Tensor, TorchError> {
    if temperature == 1.0 {
        return soft_cross_entropy(logits, teacher);
    }
    let [logits, teacher] = [logits, teacher].map(|given| torch::scale(given, 1.0 / temperature));
    torch::scale(&soft_cross_entropy(&logits?, &teacher?)?, temperature * temperature)
}

/// The value of a loss of one element, which must be finite.
pub fn finite_value(loss: &Tensor) -> Result<f64, LossError> {
    let value = loss.f_double_value(&[]).map_err(TorchError::from)?;
    if value.is_finite() { Ok(value) } else { Err(LossError::NotFinite(value)) }
}

/// Counts the images whose class, in `targets` `[N]`, leads in `logits` `[N, K]`.
///
/// Of equal logits the lower class leads, so that a network without an opinion is not always right; NaN leads over
/// everything.
pub fn count_correct(logits: &Tensor, targets: &Tensor) -> Result<Correct, TorchError> {
    let targets = targets.f_unsqueeze(1)?;
    let own = logits.f_gather(1, &targets, false)?;
    let classes = Tensor::f_ones_like(logits)?.f_cumsum(1, Kind::Int64)?;
    let behind = classes.f_gt_tensor(&targets)?;
    let led = logits.f_eq_tensor(&own)?.f_logical_and(&behind)?;
    let led = led.f_logical_or(&logits.f_lt_tensor(&own)?)?;
    let ranks = led.f_logical_not()?.f_sum_dim_intlist(1i64, false, Kind::Int64)?;
    let ranks = Vec::<i64>::try_from(&ranks)?;
    let within = |places| ranks.iter().filter(|rank| **rank < places).count() as u64;
    Ok(Correct { top1: within(1), top5: within(5), images: ranks.len() as u64 })
}

impl std::ops::AddAssign for Correct {
    fn add_assign(&mut self, other: Self) {
        let Self { top1, top5, images } = other;
        self.top1 += top1;
        self.top5 += top5;
        self.images += images;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn logits() -> Tensor {
        Tensor::from_slice2(&[[1.0, 2.0, -1.0, 0.5, 0.0f64], [0.0, 0.0, 3.0, -2.0, 1.0]])
    }

    fn matrix(value: &serde_json::Value) -> Tensor {
        let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
        torch::from_slice(&rows.concat(), &[rows.len() as i64, rows[0].len() as i64]).unwrap()
    }

    #[test]
    fn smoothed_cross_entropy_has_its_reference_value() {
        let vectors = include_str!("../../tests/vectors/dsnas_misc.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        let known = &vectors["label_smoothing"];
        let targets: Vec<i64> = serde_json::from_value(known["targets"].clone()).unwrap();
        let smoothing = known["eps"].as_f64().unwrap();
        let given = matrix(&known["logits"]);
        let loss = cross_entropy(&given, &Tensor::from_slice(&targets), smoothing).unwrap();
        for name in ["spos", "dsnas", "torch_builtin"] {
            let expected = known[name].as_f64().unwrap();
            assert!((loss.double_value(&[]) - expected).abs() < 1e-15, "{name}");
        }
    }

    /// The loss by which binary networks learn from large ones, and its gradient.
    #[test]
    fn what_a_teacher_says_has_its_reference_value() {
        let vectors = include_str!("../../tests/vectors/bnn_nobn.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        let known = &vectors["kd_distribution_loss"];
        let student = matrix(&known["student"]).set_requires_grad(true);
        let loss = distilled(&student, &matrix(&known["teacher"]), 1.0).unwrap();
        assert!((loss.double_value(&[]) - known["loss"].as_f64().unwrap()).abs() < 1e-12);
        torch::backward(&loss).unwrap();
        let apart = (student.grad() - matrix(&known["dstudent"])).abs().max();
        assert!(apart.double_value(&[]) < 1e-12);
    }

    #[test]
    fn without_smoothing_it_is_the_log_of_the_odds() {
        let even = Tensor::from_slice2(&[[0.0f64; 4]]);
        let loss = cross_entropy(&even, &Tensor::from_slice(&[2i64]), 0.0).unwrap();
        assert!((loss.double_value(&[]) - 4f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn wrong_targets_are_errors() {
        for targets in [&[1i64][..], &[1, 5], &[1, -1]] {
            assert!(cross_entropy(&logits(), &Tensor::from_slice(targets), 0.0).is_err());
        }
    }

    #[test]
    fn a_loss_must_be_finite() {
        let loss = |value: f64| finite_value(&Tensor::from_slice(&[value]).squeeze());
        assert_eq!(loss(0.5).unwrap(), 0.5);
        assert_eq!(loss(f64::INFINITY).unwrap_err().to_string(), "the loss is inf");
        assert_eq!(loss(f64::NAN).unwrap_err().to_string(), "the loss is NaN");
        assert!(matches!(finite_value(&logits()), Err(LossError::Torch(_))));
    }

    /// By hand: a teacher that is sure of a class is a label.
    #[test]
    fn a_sure_teacher_is_a_label() {
        let teacher =
            Tensor::from_slice2(&[[0.0, 80.0, 0.0, 0.0, 0.0f64], [0.0, 0.0, 0.0, 0.0, 80.0]]);
        let soft = soft_cross_entropy(&logits(), &teacher).unwrap().double_value(&[]);
        let hard = cross_entropy(&logits(), &Tensor::from_slice(&[1i64, 4]), 0.0).unwrap();
        assert!((soft - hard.double_value(&[])).abs() < 1e-12);
        let even = Tensor::from_slice2(&[[1.0f64, 1.0]]);
        let found = soft_cross_entropy(&even, &Tensor::from_slice2(&[[3.0f64, -1.0]])).unwrap();
        assert!((found.double_value(&[]) - 2f64.ln()).abs() < 1e-15);
    }

    /// Far above all logits, distilling is to bring their differences together: half their squared distance over the
    /// number of classes (section 2.1).
    #[test]
    fn at_a_high_temperature_logits_are_matched() {
        let teacher =
            Tensor::from_slice2(&[[0.5, -1.0, 0.0, 2.0, -1.5f64], [1.0, 0.0, -1.0, 2.0, -2.0]]);
        let logits = logits() - logits().mean_dim(1i64, true, Kind::Double);
        let logits = logits.set_requires_grad(true);
        torch::backward(&distilled(&logits, &teacher, 1e4).unwrap()).unwrap();
        let expected = (logits.detach() - teacher) / 5.0 / 2.0;
        let apart = (logits.grad() - expected).abs().max().double_value(&[]);
        assert!(apart < 1e-4, "{apart}");
    }

    #[test]
    fn leaders_are_counted() {
        let rows = torch::from_slice(
            &[
                [9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0f32],
                [9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
                [9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
                [0.0; 7],
                [0.0; 7],
                [f32::NAN; 7],
            ]
            .concat(),
            &[6, 7],
        )
        .unwrap();
        let targets = Tensor::from_slice(&[0i64, 3, 2, 0, 5, 0]);
        let found = count_correct(&rows, &targets).unwrap();
        assert_eq!(found, Correct { top1: 2, top5: 3, images: 6 });
        let mut sum = found;
        sum += found;
        assert_eq!(sum.images, 12);
    }
}
