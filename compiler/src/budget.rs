//! Limits as a command line or a recipe writes them, and how they join those of a file.

use std::sync::Arc;

use crate::compile::literal;
use crate::ir::{Limit, Metric, Origin};
use crate::vary::Leaf;

/// A limit such as `macs <= 330M`, `params in 3M..=5M` or `macs(backbone) < 1G`.
///
/// # Errors
/// One lower-case sentence that says what is wrong.
pub fn parse_limit(text: &str) -> Result<Limit, String> {
    let text = text.trim();
    // As the language writes it, and as the graph prints it.
    let text = text.strip_prefix("limit ").map_or(text, str::trim_start);
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let (argument, rest) = match rest.strip_prefix('(') {
        Some(inner) => {
            let (argument, rest) = inner
                .split_once(')')
                .ok_or_else(|| format!("the bracket of `{text}` is not closed"))?;
            (Some(argument.trim().trim_matches('"')), rest.trim_start())
        }
        None => (None, rest),
    };
    let (metric, scope) = match (name, argument) {
        ("macs", scope) => (Metric::Macs, scope),
        ("params", scope) => (Metric::Params, scope),
        ("memory", None) => (Metric::Memory, None),
        ("memory_training", None) => (Metric::MemoryTraining, None),
        ("memory" | "memory_training", Some(_)) => {
            return Err("a limit on memory is one of the whole network".to_owned());
        }
        ("latency", Some(table)) => (Metric::Latency(Arc::from(table)), None),
        ("latency", None) => return Err("a latency limit names its table".to_owned()),
        _ => {
            let known = "macs, params, memory, memory_training and latency";
            return Err(format!("`{name}` is no metric; there are {known}"));
        }
    };
    let whole = |text: &str| bound(&metric, text);
    let (min, max) = if let Some(value) = rest.strip_prefix("<=") {
        (None, Some(whole(value)?))
    } else if let Some(value) = rest.strip_prefix(">=") {
        (Some(whole(value)?), None)
    } else if let Some(value) = rest.strip_prefix('<') {
        (None, Some(whole(value)?.checked_sub(1).ok_or("nothing is below zero")?))
    } else if let Some(value) = rest.strip_prefix('>') {
        (Some(whole(value)? + 1), None)
    } else if let Some(range) = rest.strip_prefix("in ") {
        let (low, high) = range.split_once("..").ok_or_else(|| format!("`{range}` is no range"))?;
        let (high, inclusive) = match high.strip_prefix('=') {
            Some(high) => (high, true),
            None => (high, false),
        };
        let (low, high) = (whole(low)?, whole(high)?);
        let high = if inclusive { Some(high) } else { high.checked_sub(1) };
        match high {
            Some(high) if low <= high => (Some(low), Some(high)),
            _ => return Err(format!("the range `{range}` is empty")),
        }
    } else {
        return Err(format!("`{text}` is no limit; write it as `macs <= 330M`"));
    };
    let scope = scope.map(Arc::from);
    Ok(Limit { metric, scope, min, max, origin: Origin::default() })
}

fn bound(metric: &Metric, text: &str) -> Result<u64, String> {
    let text = text.trim();
    let wrong = || format!("`{text}` is no bound for {metric}");
    if let Metric::Latency(_) = metric {
        let (digits, scale) = [("ms", 1e6), ("us", 1e3), ("s", 1e9)]
            .into_iter()
            .find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, scale)))
            .unwrap_or((text, 1e6));
        let value: f64 = digits.trim().parse().map_err(|_| wrong())?;
        return if value >= 0.0 { Ok((value * scale).round() as u64) } else { Err(wrong()) };
    }
    let is_bytes = matches!(metric, Metric::Memory | Metric::MemoryTraining);
    let sizes = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("KB", 1000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("B", 1),
    ];
    let size = sizes.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
    if let Some((digits, bytes)) = size.filter(|_| is_bytes) {
        let value: f64 = digits.trim().replace('_', "").parse().map_err(|_| wrong())?;
        let value = value * f64::from(bytes);
        let is_whole = value.fract() == 0.0 && (0.0..9e15).contains(&value);
        return if is_whole { Ok(value as u64) } else { Err(wrong()) };
    }
    match literal(text) {
        Some(Leaf::Int(value)) => u64::try_from(value).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

/// The limits of a file with those given besides: a given one replaces all of the file on the same
/// metric and part.
pub fn with_limits(of_file: &[Limit], given: &[Limit]) -> Vec<Limit> {
    let replaced = |limit: &Limit| {
        given.iter().any(|other| other.metric == limit.metric && other.scope == limit.scope)
    };
    of_file.iter().filter(|limit| !replaced(limit)).chain(given).cloned().collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::{parse_limit, with_limits};
    use crate::ir::Metric;
    use crate::ir::text::limit_text;

    #[test]
    fn limits_are_inclusive_bounds() {
        let bounds = |text: &str| {
            let limit = parse_limit(text).unwrap();
            (limit.min, limit.max)
        };
        assert_eq!(bounds("macs <= 330M"), (None, Some(330_000_000)));
        assert_eq!(bounds("macs<2.5K"), (None, Some(2_499)));
        assert_eq!(bounds("limit macs <= 3M"), (None, Some(3_000_000)));
        assert_eq!(bounds("params in 3M..=5M"), (Some(3_000_000), Some(5_000_000)));
        assert_eq!(bounds("params in 1..3"), (Some(1), Some(2)));
        assert_eq!(bounds("macs > 7"), (Some(8), None));
        assert_eq!(bounds("latency(\"pixel1\") <= 51ms"), (None, Some(51_000_000)));
        assert_eq!(bounds("memory <= 20MB"), (None, Some(20_000_000)));
        let (low, high) = (Some(512 << 10), Some(3 << 19));
        assert_eq!(bounds("memory_training in 512KiB..=1.5MiB"), (low, high));
        assert_eq!(parse_limit("macs(body) <= 1G").unwrap().scope.as_deref(), Some("body"));
        for wrong in [
            "macs",
            "flops <= 3",
            "macs <= many",
            "params in 5..5",
            "latency <= 3ms",
            "macs <= 5MB",
            "memory(body) <= 5MB",
            "memory <= 0.3B",
        ] {
            assert!(parse_limit(wrong).is_err(), "{wrong}");
        }
    }

    /// A run keeps its limits as text.
    #[test]
    fn a_limit_is_read_as_it_is_shown() {
        for text in [
            "limit macs <= 330M",
            "limit macs(body) >= 7",
            "limit params in 3M..=5M",
            "limit latency(\"pixel1\") <= 60ms",
            "limit latency(\"pixel1\") in 0.000001ms..=12.34567ms",
        ] {
            assert_eq!(limit_text(&parse_limit(text).unwrap()), text);
        }
    }

    #[test]
    fn a_given_limit_replaces_that_of_the_file() {
        let of_file = [parse_limit("macs <= 5").unwrap(), parse_limit("params <= 5").unwrap()];
        let joined = with_limits(&of_file, &[parse_limit("macs <= 9").unwrap()]);
        assert_eq!(joined.len(), 2);
        assert_eq!(joined[1].metric, Metric::Macs);
        assert_eq!(joined[1].max, Some(9));
    }
}
