//! Literals of Python and JSON.

use ron::Value;

/// A literal of lists, tuples, maps, strings and numbers.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let mut made = String::with_capacity(text.len());
    let mut quote = None;
    for character in text.chars() {
        match (quote, character) {
            (None, '"' | '\'') => {
                quote = Some(character);
                made.push('"');
            }
            (Some(open), _) if open == character => {
                quote = None;
                made.push('"');
            }
            (Some(_), '"' | '\\') => {
                return Err("a string in it has a quote or a backslash".to_owned());
            }
            (None, '(') => made.push('['),
            (None, ')') => made.push(']'),
            _ => made.push(character),
        }
    }
    ron::from_str(&made).map_err(|error| format!("this is no list or map: {error}"))
}

pub(super) fn list(value: &Value) -> Result<&[Value], String> {
    match value {
        Value::Seq(items) => Ok(items),
        other => Err(format!("{other:?} is no list")),
    }
}

pub(super) fn string(value: &Value) -> Result<&str, String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(format!("{other:?} is no string")),
    }
}

pub(super) fn number(value: &Value) -> Result<f64, String> {
    match value {
        Value::Number(number) => Ok(number.into_f64()),
        other => Err(format!("{other:?} is no number")),
    }
}

pub(super) fn count(value: &Value) -> Result<u32, String> {
    let found = number(value)?;
    if found >= 0.0 && found.fract() == 0.0 && found <= f64::from(u32::MAX) {
        Ok(found as u32)
    } else {
        Err(format!("{found} is no count"))
    }
}

/// What a map says under a name.
pub(super) fn entry<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Map(map) => {
            map.iter().find(|(key, _)| string(key) == Ok(name)).map(|(_, value)| value)
        }
        _ => None,
    }
}

/// A number as other programs write it: `6`, not `6.0`.
pub(super) fn plain(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:?}") }
}
