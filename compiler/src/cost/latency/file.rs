//! Tables of latencies as files: RON, one entry a line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Additivity, Entry, Header, LatencyTable};

/// The version of the format.
pub const VERSION: u32 = 1;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "latencies")]
struct File {
    #[serde(rename = "version")]
    _version: u32,
    header: Header,
    additivity: Option<Additivity>,
    entries: Entries,
}

/// What every version has.
#[derive(Deserialize)]
#[serde(rename = "latencies")]
struct Versioned {
    version: u32,
}

/// Reads a table.
///
/// # Errors
/// What is wrong with the text, and where: one lower-case sentence.
pub fn read(text: &str) -> Result<LatencyTable, String> {
    let versioned: Versioned = ron::from_str(text).map_err(|error| shown(&error))?;
    if versioned.version != VERSION {
        return Err(format!(
            "the table has version {} of the format, and only {VERSION} is known",
            versioned.version
        ));
    }
    let file: File = ron::from_str(text).map_err(|error| shown(&error))?;
    let File { _version: _, header, additivity, entries: Entries(entries) } = file;
    for (key, entry) in &entries {
        if entry.p10 > entry.median || entry.median > entry.p90 {
            return Err(format!("the percentiles of `{key}` are not in order"));
        }
        if i64::try_from(entry.p90).is_err() {
            return Err(format!("the latency of `{key}` does not fit 63 bits"));
        }
    }
    let known = |value: f64| value.is_finite();
    if additivity.is_some_and(|a| ![a.mape, a.spearman, a.slope, a.offset].into_iter().all(known)) {
        return Err("the report on additivity has what is no number".to_owned());
    }
    Ok(LatencyTable { header, entries, additivity })
}

/// Writes a table; [`read`] gives it back.
pub fn write(table: &LatencyTable) -> String {
    let LatencyTable { header, entries, additivity } = table;
    let Header { device, threads, batch, dtype, libraries, protocol, keys } = header;
    let mut text = format!("(\n    version: {VERSION},\n    header: (\n");
    let libraries: Vec<String> = libraries.iter().map(|library| quoted(library)).collect();
    for (name, value) in [
        ("device", quoted(device)),
        ("threads", threads.to_string()),
        ("batch", batch.to_string()),
        ("dtype", quoted(dtype)),
        ("libraries", format!("[{}]", libraries.join(", "))),
        ("protocol", quoted(protocol)),
        ("keys", keys.name().to_owned()),
    ] {
        let _ = writeln!(text, "        {name}: {value},");
    }
    text.push_str("    ),\n");
    match additivity {
        Some(Additivity { networks, mape, spearman, slope, offset }) => {
            let _ = writeln!(
                text,
                "    additivity: Some((networks: {networks}, mape: {mape:?}, spearman: \
                 {spearman:?}, slope: {slope:?}, offset: {offset:?})),"
            );
        }
        None => text.push_str("    additivity: None,\n"),
    }
    text.push_str("    entries: {\n");
    for (key, Entry { median, p10, p90, n }) in entries {
        let key = quoted(key);
        let _ =
            writeln!(text, "        {key}: (median: {median}, p10: {p10}, p90: {p90}, n: {n}),");
    }
    text.push_str("    },\n)\n");
    text
}

fn quoted(text: &str) -> String {
    // RON escapes as Rust's debug form does.
    format!("{text:?}")
}

fn shown(error: &ron::error::SpannedError) -> String {
    let ron::error::SpannedError { code, .. } = error;
    let place = error.span.start;
    format!("line {}, column {}: {code}", place.line, place.col)
}

/// Entries of which no two have one key.
struct Entries(BTreeMap<String, Entry>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map of entries by key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((key, entry)) = map.next_entry::<String, Entry>()? {
            if entries.contains_key(&key) {
                return Err(A::Error::custom(format!("`{key}` is there twice")));
            }
            entries.insert(key, entry);
        }
        Ok(Entries(entries))
    }
}
