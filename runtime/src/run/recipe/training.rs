//! How a recipe has weights trained.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ChannelsLast, Init, Norm, failing, is_positive, sound};
use crate::optimise::{self, Clip, Course, Ema, GroupRule, Rule, Schedule, Selection, Untouched};
use crate::program::Precision;

/// How weights are trained; `supernet` and `retrain` each have one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Training {
    /// Passes over the training images.
    pub epochs: u64,
    /// Images per step.
    pub batch: usize,
    /// In how many parts a batch goes through the network before the weights move, for batches that memory does not
    /// hold at once. Batch norms see each part by itself.
    pub accumulate: usize,
    /// The numbers that a step computes with: `f32`, or `bf16` for convolutions and linear layers.
    pub precision: Precision,
    /// The highest learning rate.
    pub lr: f64,
    /// How gradients move weights: `sgd(…)`, `adam(…)`, `adamw(…)` or `rmsprop(…)`; when absent, stochastic
    /// gradient descent with `momentum` and `nesterov`.
    pub optimiser: Option<Rule>,
    /// The momentum when there is no `optimiser`.
    pub momentum: f64,
    /// Whether that momentum is Nesterov's.
    pub nesterov: bool,
    /// What a step does to weights that are not on its paths: `skip` leaves them as they are, `zero` lets decay and
    /// old momentum move them.
    pub untouched: Untouched,
    /// Weight decay, on the weights of convolutions and linear layers alone but for `groups`.
    pub weight_decay: f64,
    /// What is said of some weights alone, as `(of: norms, lr_scale: 0.5)`; of two that say something of one tensor,
    /// the later counts.
    pub groups: Vec<GroupRule>,
    /// What is trained, as `norms`, `last_norms` or `paths(["logits"])`; all else keeps every bit. Running statistics
    /// of normalisations go on.
    pub trains: Selection,
    /// How the learning rate goes on from `lr`.
    pub schedule: Course,
    /// Epochs over which the learning rate rises to its course; parts of one count.
    pub warm_up: f64,
    /// The rate that the warm-up starts from, straight up to `lr`, after which the schedule begins. When absent, the
    /// rates of the schedule are held down for so long.
    pub warm_up_from: Option<f64>,
    /// The epochs that the schedule is laid out for; when absent, those that are run.
    pub horizon: Option<f64>,
    /// Whether the rate changes only between epochs.
    pub per_epoch: bool,
    /// Whether the first step (or epoch) has the rate `lr`; else the last one has the rate that the schedule ends with.
    pub from_zero: bool,
    /// A trained network whose opinion of the images is learned besides their labels.
    pub teacher: Option<Teacher>,
    /// The share of the target that is spread over all classes.
    pub label_smoothing: f64,
    /// The longest gradient, as one vector; longer ones are shortened to it.
    pub clip_norm: Option<f64>,
    /// What bounds the gradients, in this order, as `[value(5.0), adaptive(factor: 0.02)]`; when absent, `clip_norm`.
    pub clip: Option<Vec<Clip>>,
    /// A moving average of the weights, as `(decay: 0.999)`, which takes their place when the stage ends.
    pub ema: Option<Ema>,
    /// Where the weights start.
    pub init: Init,
    /// Start from the supernet's weights, cut to the network; for `retrain` alone. What the supernet
    /// has not starts as `init` says.
    pub inherit: bool,
    /// What to change about the space's batch norms.
    pub norm: Norm,
    /// Whether activations lie with the channels last in memory.
    pub channels_last: ChannelsLast,
}

/// A trained network that teaches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teacher {
    /// Its file, as `runs/large/best.nas`: a network, or a space without decisions.
    pub space: PathBuf,
    /// Its weights, as `runs/large/best.safetensors`.
    pub weights: PathBuf,
    /// What its logits and those of the network are divided by before they are probabilities.
    #[serde(default = "one")]
    pub temperature: f64,
    /// The share of the loss that its opinion has; the labels have the rest.
    #[serde(default = "half")]
    pub share: f64,
}

fn one() -> f64 {
    1.0
}

fn half() -> f64 {
    0.5
}

impl Default for Training {
    /// The supernet's.
    fn default() -> Self {
        Self {
            epochs: 14,
            batch: 64,
            accumulate: 1,
            precision: Precision::F32,
            lr: 0.1,
            optimiser: None,
            momentum: 0.9,
            nesterov: true,
            untouched: Untouched::Skip,
            weight_decay: 4e-5,
            groups: Vec::new(),
            trains: Selection::All,
            schedule: Course::Cosine { floor: 0.0 },
            warm_up: 1.0,
            warm_up_from: None,
            horizon: None,
            per_epoch: false,
            from_zero: false,
            teacher: None,
            label_smoothing: 0.1,
            clip_norm: Some(5.0),
            clip: None,
            ema: None,
            init: Init::Kaiming,
            inherit: false,
            norm: Norm::default(),
            channels_last: ChannelsLast::Auto,
        }
    }
}

impl Training {
    /// The learning rates, when an epoch has so many steps.
    pub fn rates(&self, steps_per_epoch: u64) -> Schedule {
        let steps = |epochs: f64| (epochs * steps_per_epoch as f64).round() as u64;
        Schedule {
            base: self.lr,
            course: self.schedule.clone(),
            warmup_steps: steps(self.warm_up),
            warmup_from: self.warm_up_from,
            horizon: self.horizon.map(steps),
            every: if self.per_epoch { steps_per_epoch } else { 1 },
            from_zero: self.from_zero,
        }
    }

    /// The optimiser's settings; weight decay is a matter of each parameter.
    pub fn optimisation(&self) -> optimise::Settings {
        let (momentum, nesterov) = (self.momentum, self.nesterov);
        let rule = self.optimiser.unwrap_or(Rule::Sgd { momentum, nesterov });
        optimise::Settings { rule, untouched: self.untouched }
    }

    /// What bounds the gradients, in order.
    pub fn clips(&self) -> Vec<Clip> {
        let norm = || self.clip_norm.map(Clip::Norm).into_iter().collect();
        self.clip.clone().unwrap_or_else(norm)
    }

    /// The fields without a usable value, and what they must be.
    pub(super) fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let Self { epochs, batch, lr, momentum, nesterov, weight_decay, warm_up, .. } = self;
        let Self { label_smoothing, clip_norm, norm, optimiser, .. } = self;
        let Self { accumulate, groups, schedule, warm_up_from, horizon, clip, ema, .. } = self;
        let teacher = self.teacher.as_ref();
        let facts = [
            (*epochs > 0, "epochs", "must be at least 1"),
            (*batch > 1, "batch", "must be at least 2, or batch norms have nothing to go by"),
            (
                *accumulate > 0 && 2 * *accumulate <= *batch,
                "accumulate",
                "must be at least 1, and leave at least 2 images of the batch to every part",
            ),
            (is_positive(*lr), "lr", "must be above 0"),
            ((0.0..1.0).contains(momentum), "momentum", "must be at least 0 and below 1"),
            (!nesterov || *momentum > 0.0, "nesterov", "needs a momentum above 0"),
            sound("optimiser", optimiser.as_ref().and_then(Rule::fault)),
            (
                weight_decay.is_finite() && *weight_decay >= 0.0,
                "weight_decay",
                "must not be below 0",
            ),
            ((0.0..=*epochs as f64).contains(warm_up), "warm_up", "must lie within the epochs"),
            (
                warm_up_from.is_none_or(|rate| rate.is_finite() && rate >= 0.0),
                "warm_up_from",
                "must not be below 0",
            ),
            (
                horizon.is_none_or(|end| end.is_finite() && end > *warm_up),
                "horizon",
                "must lie after the warm-up",
            ),
            sound("schedule", schedule.fault()),
            sound("groups", groups.iter().find_map(GroupRule::fault)),
            sound("clip", clip.iter().flatten().find_map(Clip::fault)),
            (
                ema.is_none_or(|ema| (0.0..1.0).contains(&ema.decay)),
                "ema.decay",
                "must be at least 0 and below 1",
            ),
            (
                (0.0..1.0).contains(label_smoothing),
                "label_smoothing",
                "must be at least 0 and below 1",
            ),
            (
                teacher.is_none_or(|teacher| is_positive(teacher.temperature)),
                "teacher.temperature",
                "must be above 0",
            ),
            (
                teacher.is_none_or(|teacher| teacher.share > 0.0 && teacher.share <= 1.0),
                "teacher.share",
                "must be above 0 and at most 1",
            ),
            (clip_norm.is_none_or(is_positive), "clip_norm", "must be above 0, or `None`"),
            (norm.eps.is_none_or(is_positive), "norm.eps", "must be above 0"),
            (
                norm.momentum.is_none_or(|share| share > 0.0 && share <= 1.0),
                "norm.momentum",
                "must be above 0 and at most 1",
            ),
        ];
        failing(facts)
    }
}
