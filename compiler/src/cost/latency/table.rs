//! A table of latencies as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Interpolation;

/// What was measured, where and how; and what came out.
#[derive(Clone, Debug, PartialEq)]
pub struct LatencyTable {
    /// What the numbers hold for.
    pub header: Header,
    /// The latencies, by the text of what was measured.
    pub entries: BTreeMap<String, Entry>,
    /// How well sums of entries tell the latencies of whole networks, if that was tried.
    pub additivity: Option<Additivity>,
}

/// What the numbers of a table hold for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The machine: a processor or card by name.
    pub device: String,
    /// How many threads computed.
    pub threads: u32,
    /// How many images at a time.
    pub batch: u32,
    /// The type of the numbers, such as `f32`.
    pub dtype: String,
    /// The libraries that computed, with their versions.
    pub libraries: Vec<String>,
    /// How was measured, in words.
    pub protocol: String,
    /// What an entry stands for, and how it is named.
    pub keys: Keys,
}

/// What an entry of a table stands for, and how it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keys {
    /// An operation with what runs as one with it.
    Units,
    /// The first and last layers and whole inverted residuals, by the names of ProxylessNAS.
    Proxyless,
    /// The same by the names of Once-for-all.
    Ofa,
    /// Convolutions and linear layers by path and channels, as NetAdapt has them; nothing else takes time.
    Layers,
}

/// The latency of one unit, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Half of the runs took no longer.
    pub median: u64,
    /// A tenth of the runs took no longer.
    pub p10: u64,
    /// Nine tenths of the runs took no longer.
    pub p90: u64,
    /// How many runs were timed.
    pub n: u64,
}

/// How well sums of entries tell the latencies of whole networks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Additivity {
    /// How many networks were measured.
    pub networks: u64,
    /// The mean of how far the sums are off, in percent of what was measured.
    pub mape: f64,
    /// The rank correlation of sums and measured latencies.
    pub spearman: f64,
    /// The slope of the line that tells the latency best from the sum.
    pub slope: f64,
    /// Where that line begins, in nanoseconds.
    pub offset: f64,
}

impl LatencyTable {
    /// The nanoseconds of a unit; between the entries of the table if asked for.
    pub fn latency(&self, key: &str, between: Option<&Interpolation>) -> Option<u64> {
        match self.entries.get(key) {
            Some(entry) => Some(entry.median),
            None => between?.latency(key),
        }
    }
}

impl Keys {
    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Proxyless => "proxyless",
            Self::Ofa => "ofa",
            Self::Layers => "layers",
        }
    }
}
