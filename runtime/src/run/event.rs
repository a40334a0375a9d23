//! What can happen in a run, as it stands in the event log.
//!
//! Accuracies are fractions from 0 to 1; steps and epochs count from 1 and name what was just done.
//! Losses may be NaN or infinite (a run that diverges says so), which JSON cannot hold: they are
//! written as the strings `"nan"`, `"inf"` and `"-inf"`. Numbers here are for reading; whatever a
//! resumed run computes with comes from checkpoints and the result store, which keep every bit.

use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A run begins. What bit-identical repetition needs to know.
    RunStarted {
        /// The program's version.
        version: String,
        /// The space's name.
        space: String,
        /// The space's hash.
        space_hash: String,
        /// The seed of every random stream.
        seed: u64,
        /// Threads inside one operation.
        threads: usize,
        /// `cpu`, `cuda:0`, …
        device: String,
        /// The recipe's hash.
        recipe_hash: String,
    },
    /// A stage (`supernet`, `search`, `retrain`, …) begins.
    StageStarted {
        /// The stage.
        stage: String,
        /// How many steps or evaluations it will take.
        total: u64,
    },
    /// A training step is done.
    Step {
        /// The stage.
        stage: String,
        /// Which step of the stage.
        step: u64,
        /// The epoch it lies in.
        epoch: u64,
        /// The training loss.
        #[serde(with = "number")]
        loss: f64,
        /// The learning rate it used.
        #[serde(with = "number")]
        lr: f64,
        /// Images per second since the step logged before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        images_per_second: Option<f64>,
    },
    /// An epoch is done.
    Epoch {
        /// The stage.
        stage: String,
        /// Which epoch.
        epoch: u64,
        /// The mean training loss.
        #[serde(with = "number")]
        loss: f64,
        /// Accuracy on the held-out images, when they were looked at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accuracy: Option<f64>,
    },
    /// How the networks that an epoch trained were spread, and what the sampler has learned.
    Sampler {
        /// The stage.
        stage: String,
        /// The epoch that is done.
        epoch: u64,
        /// How often each option was trained so far, a row per decision that exists.
        visits: Vec<Vec<u64>>,
        /// The fewest visits of an option over the most, in the decision where that is least: 1 is even.
        fairness: f64,
        /// The entropy of the distribution over networks, in nats.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entropy: Option<f64>,
        /// The largest entropy that it could have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most_entropy: Option<f64>,
        /// The probability of every option, a row per decision.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        probabilities: Vec<Vec<f64>>,
        /// How many networks of the last step counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effective_samples: Option<f64>,
        /// The mean probability of options that compute nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skip: Option<f64>,
    },
    /// The networks of the probe were judged with the weights after an epoch.
    Probe {
        /// The stage.
        stage: String,
        /// The epoch that is done.
        epoch: u64,
        /// Their accuracies on the held-out images, always in the same order.
        accuracies: Vec<f64>,
        /// Kendall's tau (b) between these and those of the look before; absent at the first, and where all are equal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stability: Option<f64>,
        /// Kendall's tau (b) between these and what the networks reach alone, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alone: Option<f64>,
    },
    /// A checkpoint is on the disk.
    CheckpointSaved {
        /// The stage.
        stage: String,
        /// The last step it contains.
        step: u64,
        /// Its manifest, relative to the run folder.
        path: String,
    },
    /// A candidate network was evaluated (or its result found in the store).
    Candidate {
        /// The stage.
        stage: String,
        /// The count of evaluations in the stage, from 1.
        index: u64,
        /// The architecture as compact text.
        arch: String,
        /// Multiply-adds of one image.
        macs: u64,
        /// Parameters.
        params: u64,
        /// Accuracy on the held-out images.
        accuracy: f64,
        /// The generation that proposed it, from 0; absent outside evolution.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u64>,
    },
    /// A generation of the evolution is evaluated.
    Generation {
        /// The stage.
        stage: String,
        /// Which generation, from 0.
        generation: u64,
        /// Networks evaluated in the stage so far.
        evaluated: u64,
        /// The best network so far, as compact text.
        best_arch: String,
        /// Its accuracy.
        best_accuracy: f64,
        /// Its multiply-adds.
        best_macs: u64,
        /// The mean accuracy of this generation.
        mean_accuracy: f64,
    },
    /// A stage is done.
    StageFinished {
        /// The stage.
        stage: String,
        /// Wall-clock seconds spent in it by this process.
        seconds: f64,
        /// The stage's closing accuracy, when it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accuracy: Option<f64>,
    },
    /// Something a user should know that stops nothing.
    Warning {
        /// One lower-case sentence.
        message: String,
    },
    /// The run goes on from a checkpoint; steps of this stage after it are done again.
    Resumed {
        /// The stage.
        stage: String,
        /// The last step that counts.
        step: u64,
    },
    /// The run was asked to stop and did, with everything saved.
    Interrupted {
        /// The stage.
        stage: String,
        /// The last step that counts.
        step: u64,
    },
    /// The run cannot go on.
    Failed {
        /// One lower-case sentence.
        reason: String,
        /// The stage, when in one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stage: Option<String>,
        /// The step it happened in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u64>,
        /// The architecture that was being trained or evaluated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arch: Option<String>,
    },
    /// All stages are done and the summary is written.
    RunFinished {
        /// Wall-clock seconds of this process.
        seconds: f64,
    },
}

impl Event {
    /// A warning that tells an error with its causes, as `what: why: why`.
    pub fn warning(error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message = format!("{message}: {error}");
            cause = error.source();
        }
        Self::Warning { message }
    }

    /// Whether the event must be on the disk before the run goes on; steps, epochs and candidates
    /// follow within a second, and can be made again.
    pub fn is_important(&self) -> bool {
        !matches!(
            self,
            Self::Step { .. }
                | Self::Epoch { .. }
                | Self::Sampler { .. }
                | Self::Probe { .. }
                | Self::Candidate { .. }
        )
    }
}

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its place in the log, from 0, without gaps over all resumptions.
    pub seq: u64,
    /// Wall-clock milliseconds since 1970 (UTC). For readers' eyes: no result depends on it.
    pub at_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Floats that may not be finite.
mod number {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
    pub fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        match value {
            value if value.is_finite() => value.serialize(to),
            value if value.is_nan() => "nan".serialize(to),
            value if *value > 0.0 => "inf".serialize(to),
            _ => "-inf".serialize(to),
        }
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Finite(f64),
        Word(String),
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        match Written::deserialize(from)? {
            Written::Finite(value) => Ok(value),
            Written::Word(word) => match word.as_str() {
                "nan" => Ok(f64::NAN),
                "inf" => Ok(f64::INFINITY),
                "-inf" => Ok(f64::NEG_INFINITY),
                _ => Err(serde::de::Error::custom(format!("`{word}` is no number"))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn the_tag_is_snake_case_and_absent_values_are_left_out() {
        let event = Event::Epoch { stage: "supernet".into(), epoch: 2, loss: 1.5, accuracy: None };
        let text = serde_json::to_string(&Record { seq: 7, at_ms: 9, event }).unwrap();
        assert_eq!(
            text,
            r#"{"seq":7,"at_ms":9,"event":"epoch","stage":"supernet","epoch":2,"loss":1.5}"#
        );
    }

    #[test]
    fn a_warning_tells_what_and_why() {
        let folder = tempfile::tempdir().unwrap();
        let error = crate::run::weights::load_weights(&folder.path().join("gone")).unwrap_err();
        let Event::Warning { message } = Event::warning(&error) else { unreachable!() };
        assert!(message.contains("gone`: No such file"), "{message}");
    }

    #[test]
    fn losses_come_back_even_when_not_finite() {
        for loss in [2.5, 0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let event = Event::Epoch { stage: "s".into(), epoch: 1, loss, accuracy: Some(0.25) };
            let text = serde_json::to_string(&Record { seq: 0, at_ms: 0, event }).unwrap();
            let back: Record = serde_json::from_str(&text).unwrap();
            let Event::Epoch { loss: read, accuracy, .. } = back.event else { unreachable!() };
            assert_eq!(read.to_bits(), loss.to_bits(), "{text}");
            assert_eq!(accuracy, Some(0.25));
        }
    }
}
