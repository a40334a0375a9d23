//! The result store: every evaluation ever made, found again by what it depends on.
//!
//! A result's key is the hash of everything that determines it, so a network is never evaluated
//! twice, in this run or a later one with the same weights, and an interrupted search goes on in
//! mid-generation by asking again for what it had. Results come back bit for bit: a search that
//! compares them decides as it did before.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::journal::{Area, Durable, Journal, JournalError, Reader};
use super::tensors::hex;

/// The store's file name in a run folder.
pub const FILE: &str = "results.jsonl";

/// What an evaluation depends on.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The hash of the space.
    pub space_hash: &'a str,
    /// The canonical bytes of the architecture.
    pub arch: &'a [u8],
    /// The hash of the weights ([`super::tensors::hash`]).
    pub weights_hash: &'a str,
    /// The hash of the images and their order.
    pub data_hash: &'a str,
    /// `f32`, `bf16`, …
    pub precision: &'a str,
    /// Everything else: recalibration, batch, transform.
    pub settings: &'a str,
}

/// The hash of a [`Question`], as 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(String);

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Question<'_> {
    /// The question's key. Parts are hashed with their lengths, so no two questions share one.
    pub fn key(&self) -> Key {
        let Self { space_hash, arch, weights_hash, data_hash, precision, settings } = self;
        let mut digest = Sha256::new();
        digest.update(b"nasc result 1");
        for part in [
            space_hash.as_bytes(),
            arch,
            weights_hash.as_bytes(),
            data_hash.as_bytes(),
            precision.as_bytes(),
            settings.as_bytes(),
        ] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Key(hex(&digest.finalize()))
    }
}

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The architecture as compact text, for readers.
    pub arch: String,
    /// Images classified rightly.
    pub correct: u64,
    /// Images seen.
    pub images: u64,
    /// The mean loss.
    #[serde(with = "exact")]
    pub loss: f64,
    /// Multiply-adds of one image.
    pub macs: u64,
    /// Parameters.
    pub params: u64,
}

impl Outcome {
    /// The fraction of images classified rightly; 0 of none.
    pub fn accuracy(&self) -> f64 {
        if self.images == 0 { 0.0 } else { self.correct as f64 / self.images as f64 }
    }
}

#[derive(Serialize, Deserialize)]
struct Entry {
    key: Key,
    #[serde(flatten)]
    outcome: Outcome,
}

/// An open result store.
#[derive(Debug)]
pub struct Store {
    journal: Journal,
    known: BTreeMap<Key, Outcome>,
    damaged: u64,
}

impl Store {
    /// Opens or creates a store; a torn last line moves to `<name>.torn`.
    ///
    /// # Errors
    /// The file cannot be read, written or healed, or another process writes it.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let journal = Journal::open(path, Area::Results)?;
        let mut lines = Reader::open(path)?;
        let mut known = BTreeMap::new();
        let mut unread = 0;
        while let Some(line) = lines.next_line()? {
            match serde_json::from_str(&line) {
                Ok(Entry { key, outcome }) => drop(known.entry(key).or_insert(outcome)),
                Err(_) => unread += 1,
            }
        }
        Ok(Self { journal, known, damaged: lines.damaged() + unread })
    }

    /// The outcome of an evaluation made before.
    pub fn get(&self, key: &Key) -> Option<&Outcome> {
        self.known.get(key)
    }

    /// Keeps an outcome; the first one for a key stays. It survives a kill of the process from here
    /// on, and a loss of power within a second or after [`Store::sync`].
    ///
    /// # Errors
    /// The disk is full or gone; the store is as it was.
    pub fn insert(&mut self, key: Key, outcome: Outcome) -> Result<(), JournalError> {
        if self.known.contains_key(&key) {
            return Ok(());
        }
        let entry = Entry { key, outcome };
        #[expect(clippy::expect_used, reason = "an entry is a struct of numbers and strings")]
        let line = serde_json::to_string(&entry).expect("an entry is always valid JSON");
        self.journal.append(&line, Durable::Soon)?;
        self.known.insert(entry.key, entry.outcome);
        Ok(())
    }

    /// Puts everything inserted on the disk.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.journal.sync()
    }

    /// How many outcomes are known.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Lines that were passed over on opening because they are not what was written; what they held
    /// is evaluated anew.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }
}

/// A float as text, read back to the same bits: JSON readers may round numbers.
mod exact {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
    pub fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{value:?}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::run::fault;
    use std::fs;

    fn question(arch: &[u8]) -> Question<'_> {
        Question {
            space_hash: "s",
            arch,
            weights_hash: "w",
            data_hash: "d",
            precision: "f32",
            settings: "ema 20x64",
        }
    }

    fn outcome(index: u64) -> Outcome {
        let loss = 1.0 / (index as f64 + 3.0);
        Outcome {
            arch: format!("a{index}"),
            correct: index,
            images: 1000,
            loss,
            macs: 7,
            params: 9,
        }
    }

    #[test]
    fn outcomes_come_back_bit_for_bit_after_a_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut store = Store::open(&path).unwrap();
        for index in 0..200 {
            store.insert(question(&[index]).key(), outcome(u64::from(index))).unwrap();
        }
        let odd = Outcome { loss: f64::NAN, ..outcome(200) };
        store.insert(question(&[200]).key(), odd).unwrap();
        drop(store);
        let store = Store::open(&path).unwrap();
        assert_eq!((store.len(), store.damaged()), (201, 0));
        for index in 0..200 {
            let read = store.get(&question(&[index]).key()).unwrap();
            assert_eq!(read, &outcome(u64::from(index)));
            assert_eq!(read.loss.to_bits(), outcome(u64::from(index)).loss.to_bits());
        }
        assert!(store.get(&question(&[200]).key()).unwrap().loss.is_nan());
    }

    #[test]
    fn each_part_of_a_question_counts_and_parts_do_not_run_together() {
        let base = question(&[1, 2]);
        let others = [
            Question { space_hash: "t", ..base },
            Question { arch: &[1, 3], ..base },
            Question { weights_hash: "v", ..base },
            Question { data_hash: "e", ..base },
            Question { precision: "bf16", ..base },
            Question { settings: "ema 20x32", ..base },
            Question { space_hash: "s\u{1}", arch: &[2], ..base },
            Question { data_hash: "df", precision: "32", ..base },
        ];
        assert_eq!(base.key(), question(&[1, 2]).key());
        for other in others {
            assert_ne!(base.key(), other.key(), "{other:?}");
        }
    }

    #[test]
    fn the_first_outcome_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join(FILE)).unwrap();
        let key = question(&[1]).key();
        store.insert(key.clone(), outcome(1)).unwrap();
        store.insert(key.clone(), outcome(2)).unwrap();
        assert_eq!(store.get(&key), Some(&outcome(1)));
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap().lines().count(), 1);
    }

    #[test]
    fn cut_at_every_byte_whole_results_stay_and_none_is_made_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut store = Store::open(&path).unwrap();
        for index in 0..3 {
            store.insert(question(&[index]).key(), outcome(u64::from(index))).unwrap();
        }
        drop(store);
        let bytes = fs::read(&path).unwrap();
        let ends: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'\n').collect();
        for cut in 0..=bytes.len() {
            fs::write(&path, &bytes[..cut]).unwrap();
            let mut store = Store::open(&path).unwrap();
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(store.len(), whole, "cut at {cut}");
            for index in 0..3_u8 {
                let found = store.get(&question(&[index]).key()).cloned();
                let expected = (usize::from(index) < whole).then(|| outcome(u64::from(index)));
                assert_eq!(found, expected, "cut at {cut}");
                store.insert(question(&[index]).key(), outcome(u64::from(index))).unwrap();
            }
            drop(store);
            assert_eq!(
                fs::read(&path).unwrap(),
                bytes,
                "resumed, it is the file it would have been"
            );
        }
    }

    #[test]
    fn a_changed_digit_is_evaluated_anew_rather_than_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut store = Store::open(&path).unwrap();
        store.insert(question(&[1]).key(), outcome(512)).unwrap();
        drop(store);
        let text = fs::read_to_string(&path).unwrap().replace("512", "912");
        fs::write(&path, text).unwrap();
        let store = Store::open(&path).unwrap();
        assert_eq!((store.len(), store.damaged()), (0, 1));
    }

    #[test]
    fn killed_in_mid_line_only_that_result_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        fault::plan_here("results.line_half_written", 2).unwrap();
        let killed = fault::caught(|| {
            let mut store = Store::open(&path).unwrap();
            for index in 0..3 {
                store.insert(question(&[index]).key(), outcome(u64::from(index))).unwrap();
            }
        });
        killed.unwrap_err();
        assert_eq!(Store::open(&path).unwrap().len(), 1);
    }
}
