//! The format of `torch.save` before archives: five pickles in a row, and the storages behind them.
//!
//! The pickles are a number that says what this is, the version, the machine, the saved value, and the keys of the
//! storages in their order. A storage is its number of elements, in eight bytes, and their bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::error::PthError;
use super::limits::Limits;
use super::pickle;
use super::storage::{Storages, claimed};
use super::value::{Value, Values};
use super::view::Storage;

/// How such a file begins: the first pickle, without its end.
pub(super) const MAGIC: &[u8] =
    &[0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

const VERSION: i64 = 1001;
const LENGTH_BYTES: usize = 8;

/// The saved value and its storages.
pub(super) fn read<'a>(
    input: &'a [u8],
    limits: &Limits,
) -> Result<(Values<'a>, Storages<'a>), PthError> {
    let (_, at) = pickle::read(input, 0, limits)?;
    let (version, at) = pickle::read(input, at, limits)?;
    if *version.root() != Value::Int(VERSION) {
        return Err(PthError::Foreign("its version is none that is known"));
    }
    let (machine, at) = pickle::read(input, at, limits)?;
    little_endian(&machine)?;
    let (values, at) = pickle::read(input, at, limits)?;
    let (keys, mut at) = pickle::read(input, at, limits)?;

    let named = named(&values)?;
    let Value::List(listed) = keys.root() else {
        return Err(PthError::Pickle { at, why: "its storages are no list".to_owned() });
    };
    let mut storages = Storages::new();
    for key in listed {
        let corrupt = |why: String| PthError::Pickle { at, why };
        let Value::Str(key) = *keys.at(*key) else {
            return Err(corrupt("the key of a storage is no text".to_owned()));
        };
        let storage = named.get(key);
        let storage =
            storage.ok_or_else(|| corrupt(format!("no tensor lies in the storage `{key}`")))?;
        let length = claimed(storage).map_err(corrupt)?;
        let rest = input.get(at..).and_then(<[u8]>::split_first_chunk::<LENGTH_BYTES>);
        let found = rest.and_then(|(count, rest)| Some((count, rest.get(..length)?)));
        let (count, bytes) = found.ok_or_else(|| {
            corrupt(format!("the storage `{key}` of {length} bytes is truncated"))
        })?;
        if u64::from_le_bytes(*count) != storage.whole as u64 {
            return Err(corrupt(format!("the storage `{key}` has another length than it says")));
        }
        if storages.insert(key, Cow::Borrowed(bytes)).is_some() {
            return Err(corrupt(format!("the storage `{key}` is there twice")));
        }
        at += LENGTH_BYTES + length;
    }
    if at != input.len() {
        let why = "something follows the last storage".to_owned();
        return Err(PthError::Pickle { at, why });
    }
    Ok((values, storages))
}

/// The storages in which tensors lie. How long an element is stands with the tensors alone.
fn named<'v, 'a>(values: &'v Values<'a>) -> Result<BTreeMap<&'a str, &'v Storage<'a>>, PthError> {
    let mut named: BTreeMap<&str, &Storage<'_>> = BTreeMap::new();
    for value in &values.table {
        let Value::Storage(storage) = value else { continue };
        let known = named.entry(storage.key).or_insert(storage);
        if (known.dtype, known.whole) != (storage.dtype, storage.whole) {
            let why = format!("the storage `{}` has two types or lengths", storage.key);
            return Err(PthError::Pickle { at: 0, why });
        }
    }
    Ok(named)
}

/// The machine that wrote the file says its byte order.
fn little_endian(machine: &Values<'_>) -> Result<(), PthError> {
    let Value::Dict(facts) = machine.root() else {
        return Err(PthError::Foreign("it does not say what machine wrote it"));
    };
    let order = facts.iter().find(|(name, _)| *machine.at(*name) == Value::Str("little_endian"));
    match order.map(|(_, order)| machine.at(*order)) {
        Some(Value::Bool(true)) => Ok(()),
        Some(_) => Err(PthError::BigEndian),
        None => Err(PthError::Foreign("it does not say its byte order")),
    }
}
