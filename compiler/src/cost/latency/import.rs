//! Tables that others have published, as tables of ours.
//!
//! ProxylessNAS and Once-for-all publish YAML: an entry per line or per paragraph, `NAME: {mean: 1.25, count: 50}`,
//! in milliseconds. What is read here is that shape of YAML alone. NetAdapt keeps pickled dictionaries, which
//! cannot be read safely; they are taken as JSON: `{"LAYER": {"latency": {"16,24": 0.00125}}}`, in seconds, by the
//! channels that the layer reads and gives.

use std::collections::BTreeMap;

use super::{Entry, Header, Keys, LatencyTable};

/// A table of ProxylessNAS or Once-for-all, by `keys`, from its YAML text.
///
/// # Errors
/// What is wrong, and in which line: one lower-case sentence.
pub fn import_yaml(text: &str, keys: Keys, device: &str) -> Result<LatencyTable, String> {
    let mut found: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    let mut open: Option<String> = None;
    for (number, line) in text.lines().enumerate() {
        let wrong = |what: &str| format!("line {}: {what}", number + 1);
        let line = line.split_once(" #").map_or(line, |(line, _)| line).trim_end();
        if line.is_empty() || line.starts_with('#') || line == "---" {
            continue;
        }
        if line.starts_with(char::is_whitespace) {
            let key = open.as_ref().ok_or_else(|| wrong("the number belongs to no entry"))?;
            let (name, value) = field(line).ok_or_else(|| wrong("`name: number` is expected"))?;
            if found.entry(key.clone()).or_default().insert(name, value).is_some() {
                return Err(wrong("the number is there twice"));
            }
            continue;
        }
        let (key, fields) = match line.strip_suffix(':') {
            Some(key) => (key, None),
            None => {
                let (key, rest) =
                    line.split_once(": ").ok_or_else(|| wrong("an entry is expected"))?;
                let rest = rest.trim();
                let inner = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                (key, Some(inner.ok_or_else(|| wrong("the braces do not match"))?))
            }
        };
        let key = key.trim_matches(['\'', '"']).to_owned();
        if found.contains_key(&key) {
            return Err(wrong(&format!("`{key}` is there twice")));
        }
        let mut numbers = BTreeMap::new();
        for part in fields.unwrap_or_default().split(',').filter(|part| !part.trim().is_empty()) {
            let (name, value) = field(part).ok_or_else(|| wrong("`name: number` is expected"))?;
            numbers.insert(name, value);
        }
        found.insert(key.clone(), numbers);
        open = fields.is_none().then_some(key);
    }
    let mut entries = BTreeMap::new();
    for (key, numbers) in found {
        let mean = numbers.get("mean").ok_or_else(|| format!("`{key}` has no `mean`"))?;
        let count = numbers.get("count").copied().unwrap_or(0.0);
        entries.insert(key.clone(), entry(&key, *mean * 1e6, count)?);
    }
    Ok(table(entries, keys, device, "means, as published; the spread is not known"))
}

/// A table of NetAdapt from its dictionary as JSON.
///
/// # Errors
/// What is wrong: one lower-case sentence.
pub fn import_netadapt(text: &str, device: &str) -> Result<LatencyTable, String> {
    // What JSON writes, RON reads.
    let layers: BTreeMap<String, BTreeMap<String, ron::Value>> =
        ron::from_str(text).map_err(|error| error.to_string())?;
    let mut entries = BTreeMap::new();
    for (layer, properties) in layers {
        let latencies = properties
            .get("latency")
            .ok_or_else(|| format!("`{layer}` has no `latency`"))?
            .clone()
            .into_rust::<BTreeMap<String, f64>>()
            .map_err(|error| format!("the latencies of `{layer}` are no numbers: {error}"))?;
        for (channels, seconds) in latencies {
            let wrong = || format!("`{channels}` of `{layer}` is no pair of channels");
            let bare = channels.trim_matches(['(', ')']);
            let (from, to) = bare.split_once(',').ok_or_else(wrong)?;
            let count = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
            let key = format!("{layer};in={};out={}", count(from)?, count(to)?);
            let made = entry(&key, seconds * 1e9, 0.0)?;
            if entries.insert(key, made).is_some() {
                return Err(format!("`{channels}` of `{layer}` is there twice"));
            }
        }
    }
    Ok(table(entries, Keys::Layers, device, "means, as NetAdapt measures them"))
}

fn field(text: &str) -> Option<(String, f64)> {
    let (name, value) = text.split_once(':')?;
    Some((name.trim().to_owned(), value.trim().parse().ok()?))
}

fn entry(key: &str, nanoseconds: f64, count: f64) -> Result<Entry, String> {
    if !(0.0..9e18).contains(&nanoseconds) {
        return Err(format!("the latency of `{key}` is no time"));
    }
    let median = nanoseconds.round() as u64;
    Ok(Entry { median, p10: median, p90: median, n: count.max(0.0) as u64 })
}

fn table(
    entries: BTreeMap<String, Entry>,
    keys: Keys,
    device: &str,
    protocol: &str,
) -> LatencyTable {
    let header = Header {
        device: device.to_owned(),
        threads: 1,
        batch: 1,
        dtype: "unknown".to_owned(),
        libraries: Vec::new(),
        protocol: protocol.to_owned(),
        keys,
    };
    LatencyTable { header, entries, additivity: None }
}
