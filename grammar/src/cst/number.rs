//! Numbers and their suffixes.

use super::{Builder, Node};
use crate::{SyntaxError, ast::ExprKind, error};

/// A number; one that cannot be read is reported and stands as 0.
pub(super) fn number(b: &mut Builder, pair: &Node) -> ExprKind {
    match read(pair.as_str()) {
        Ok(kind) => kind,
        Err((message, help)) => {
            let message = format!("`{}` {message}", pair.as_str());
            let error = SyntaxError::at(error::BAD_NUMBER, b.span(pair), message).help(help);
            b.errors.push(error);
            ExprKind::Int(0)
        }
    }
}

const SUFFIXES: &str = "the suffixes are `K`, `M`, `G` for numbers, `ns`, `us`, `ms`, `s` for \
                        durations, and for sizes `B`, `KB`, `MB`, `GB` (powers of 1000) and `KiB`, `MiB`, \
                        `GiB` (powers of 1024)";

fn read(written: &str) -> Result<ExprKind, (&'static str, &'static str)> {
    let (mantissa, suffix) = split(written);
    let digits: String = mantissa.chars().filter(|c| *c != '_').collect();
    let whole: Option<i64> = digits.parse().ok();
    let is_whole = digits.bytes().all(|b| b.is_ascii_digit());
    let value: f64 = digits.parse().map_err(|_| ("is not a number", SUFFIXES))?;
    let out_of_range = ("is out of range", "whole numbers go up to 9,223,372,036,854,775,807");
    let scaled = |factor: i64| match whole {
        Some(whole) => whole.checked_mul(factor).ok_or(out_of_range),
        None if is_whole => Err(out_of_range),
        // A fraction that the factor makes whole; below 2^53 that is exact.
        None => {
            let product = value * factor as f64;
            let exact = product.fract() == 0.0 && product < 9_007_199_254_740_992.0;
            exact.then_some(product as i64).ok_or(("is not a whole number", "use more digits"))
        }
    };
    match suffix {
        "" if is_whole => whole.map(ExprKind::Int).ok_or(out_of_range),
        "" if value.is_finite() => Ok(ExprKind::Float(value)),
        "" => Err(("is out of range", "numbers go up to about 1.8e308")),
        "K" => scaled(1_000).map(ExprKind::Int),
        "M" => scaled(1_000_000).map(ExprKind::Int),
        "G" => scaled(1_000_000_000).map(ExprKind::Int),
        "B" => scaled(1).map(ExprKind::Size),
        "KB" => scaled(1_000).map(ExprKind::Size),
        "MB" => scaled(1_000_000).map(ExprKind::Size),
        "GB" => scaled(1_000_000_000).map(ExprKind::Size),
        "KiB" => scaled(1 << 10).map(ExprKind::Size),
        "MiB" => scaled(1 << 20).map(ExprKind::Size),
        "GiB" => scaled(1 << 30).map(ExprKind::Size),
        "ns" => Ok(ExprKind::Duration(value / 1e6)),
        "us" => Ok(ExprKind::Duration(value / 1e3)),
        "ms" => Ok(ExprKind::Duration(value)),
        "s" => Ok(ExprKind::Duration(value * 1e3)),
        _ => Err(("has no known suffix", SUFFIXES)),
    }
}

/// The digits with fraction and exponent, and what follows them.
fn split(written: &str) -> (&str, &str) {
    let bytes = written.as_bytes();
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count()
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = end + 1 + sign;
        if bytes.get(exponent).is_some_and(u8::is_ascii_digit) {
            end = digits(exponent);
        }
    }
    written.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_scale() {
        let cases = [
            ("42", ExprKind::Int(42)),
            ("1_000", ExprKind::Int(1000)),
            ("330M", ExprKind::Int(330_000_000)),
            ("1.5G", ExprKind::Int(1_500_000_000)),
            ("0.3K", ExprKind::Int(300)),
            ("0.5", ExprKind::Float(0.5)),
            ("1e-3", ExprKind::Float(1e-3)),
            ("2E3", ExprKind::Float(2000.0)),
            ("12ms", ExprKind::Duration(12.0)),
            ("3us", ExprKind::Duration(0.003)),
            ("1s", ExprKind::Duration(1000.0)),
            ("4MB", ExprKind::Size(4_000_000)),
            ("1.5MiB", ExprKind::Size(3 << 19)),
            ("9223372036854775807", ExprKind::Int(i64::MAX)),
        ];
        for (written, kind) in cases {
            assert_eq!(read(written), Ok(kind), "{written}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for written in ["9223372036854775808", "10000000000G", "1e999", "3x3", "1e", "0.0001K"] {
            assert!(read(written).is_err(), "{written}");
        }
    }
}
